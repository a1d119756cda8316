"""The tables: what a trade, a covered range, an alert and a firing are at rest.

This file holds SQL text alone; nothing here opens a database.
"""

__all__ = ["BOOK", "COLUMNS", "COVERAGE", "INSERT", "MERGE", "TABLES"]

TABLES = """
CREATE TYPE side AS ENUM ('buy', 'sell');
CREATE TABLE trades (
    venue VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    trade_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    price DECIMAL(18, 8) NOT NULL,
    qty DECIMAL(28, 8) NOT NULL,
    side side NOT NULL,
    ts_exch TIMESTAMP NOT NULL,
    ts_event TIMESTAMP NOT NULL,
    ts_recv TIMESTAMP NOT NULL
);
CREATE TABLE alerts (
    name VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    phase VARCHAR NOT NULL,
    value DOUBLE NOT NULL,
    seen TIMESTAMP NOT NULL,
    fired TIMESTAMP,
    n_fired BIGINT NOT NULL
);
CREATE TABLE alert_events (
    rule VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    ts TIMESTAMP NOT NULL,
    value DOUBLE NOT NULL,
    text VARCHAR NOT NULL,
    is_complete BOOLEAN NOT NULL
);
CREATE TABLE schema_version AS SELECT 2 AS version;
"""
"""Times are UTC. There is no unique index on purpose: ids in memory say what is new, and an index
would triple the file and halve the rate."""

COVERAGE = """
CREATE TABLE coverage (
    venue VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    from_ts TIMESTAMP NOT NULL,
    to_ts TIMESTAMP NOT NULL,
    how VARCHAR NOT NULL
);
"""
"""The ledger: ids ``from_id..to_id`` came ``live``, over ``rest`` or by ``import``, or were
``skipped``. Entries are written with their trades, in one transaction, and merged later."""

BOOK = """
INSERT INTO coverage
SELECT venue, symbol, from_id, to_id, make_timestamp(from_ts), make_timestamp(to_ts), how
FROM (SELECT unnest(?) AS venue, unnest(?) AS symbol, unnest(?) AS from_id, unnest(?) AS to_id,
             unnest(?) AS from_ts, unnest(?) AS to_ts, unnest(?) AS how)
"""

MERGE = """
CREATE OR REPLACE TEMP TABLE merged AS
SELECT venue, symbol, min(from_id), max(to_id),
       arg_min(from_ts, from_id), arg_max(to_ts, to_id), how
FROM (
    SELECT *, sum(starts::INT) OVER line AS stretch
    FROM (
        SELECT *, from_id IS DISTINCT FROM lag(to_id) OVER line + 1 AS starts
        FROM coverage WINDOW line AS (PARTITION BY venue, symbol, how ORDER BY from_id)
    )
    WINDOW line AS (PARTITION BY venue, symbol, how ORDER BY from_id)
)
GROUP BY venue, symbol, how, stretch ORDER BY venue, symbol, min(from_id)
"""
"""Neighbours that came in the same way, as one row."""

INSERT = """
INSERT INTO trades SELECT
    $venue, symbol, trade_id, last_id, price::DECIMAL(18, 8), qty::DECIMAL(28, 8),
    (CASE WHEN is_buy THEN 'buy' ELSE 'sell' END)::side,
    make_timestamp(ts_exch), make_timestamp(ts_event), make_timestamp(ts_recv)
FROM batch
"""

COLUMNS = """
    venue, symbol, trade_id, price, qty, side,
    ts_exch, ts_event, ts_recv, last_id
"""
"""Columns of a trade in the order in which they are exported."""
