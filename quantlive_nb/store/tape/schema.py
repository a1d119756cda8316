"""The SQL of the tables: trades, coverage, alerts and firings."""

__all__ = ["ADJUST", "BOOK", "COLUMNS", "COVERAGE", "INSERT", "MERGE", "SUMS", "TABLES", "VERSION"]

VERSION = 3
"""1 had no ledger; 2 had no eras and no sums; see :mod:`quantlive_nb.store.tape.migration`."""

TABLES = f"""
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
    ts_recv TIMESTAMP NOT NULL,
    era INTEGER DEFAULT 0,
    venue_trade_id VARCHAR
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
CREATE TABLE schema_version AS SELECT {VERSION} AS version;
"""
"""Times are UTC. There is no unique index on purpose: ids in memory say what is new, and an index
would triple the file and halve the rate. ``era`` counts how often a symbol's ids have begun anew;
``venue_trade_id`` is for venues whose ids are no numbers."""

COVERAGE = """
CREATE TABLE coverage (
    venue VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    from_ts TIMESTAMP NOT NULL,
    to_ts TIMESTAMP NOT NULL,
    how VARCHAR NOT NULL,
    era INTEGER NOT NULL,
    n_rows BIGINT NOT NULL,
    sum_ids HUGEINT NOT NULL,
    sum_price DECIMAL(38, 8) NOT NULL,
    sum_qty DECIMAL(38, 8) NOT NULL,
    summed TIMESTAMP
);
"""
"""The ledger: ids ``from_id..to_id`` came ``live``, over ``rest`` or by ``import``, or were
``skipped``. Entries are written with their trades, in one transaction, and merged later. The sums
over the rows of these ids show what has been changed since: they are written with the trades, or
``summed`` says when they were made."""

SUMS = """
    count(*) AS n_rows, coalesce(sum(trade_id::HUGEINT + last_id), 0)::HUGEINT AS sum_ids,
    coalesce(sum(price), 0)::DECIMAL(38, 8) AS sum_price,
    coalesce(sum(qty), 0)::DECIMAL(38, 8) AS sum_qty
"""
"""What an entry says of its rows."""

BOOK = """(
    {venue}, {symbol}, {held.from_id}, {held.to_id},
    make_timestamp({held.from_ts}), make_timestamp({held.to_ts}), '{how}',
    {era}, {sums.n_rows}, {sums.ids}, {sums.price:f}, {sums.qty:f}, NULL
)"""
"""One entry as text: binding thirteen parameters takes DuckDB longer than parsing them."""

ADJUST = f"""
UPDATE coverage SET
    n_rows = coverage.n_rows + $sign * changed.n_rows,
    sum_ids = coverage.sum_ids + $sign * changed.sum_ids,
    sum_price = coverage.sum_price + $sign * changed.sum_price,
    sum_qty = coverage.sum_qty + $sign * changed.sum_qty
FROM (
    SELECT from_id AS entry_id, {SUMS}
    FROM (SELECT * FROM trades WHERE {{within}}) AS t
    JOIN (SELECT from_id, to_id FROM coverage
          WHERE venue = $venue AND symbol = $symbol AND era = $era AND how <> 'skipped') AS c
    ON trade_id BETWEEN from_id AND to_id
    GROUP BY from_id
) AS changed
WHERE venue = $venue AND symbol = $symbol AND era = $era AND how <> 'skipped' AND from_id = entry_id
"""
"""Subtract replaced rows from their entries' sums (-1), or add others (1)."""

MERGE = """
CREATE OR REPLACE TEMP TABLE merged AS
SELECT venue, symbol, min(from_id), max(to_id),
       arg_min(from_ts, from_id), arg_max(to_ts, to_id), how,
       era, sum(n_rows)::BIGINT, sum(sum_ids)::HUGEINT, sum(sum_price)::DECIMAL(38, 8),
       sum(sum_qty)::DECIMAL(38, 8), max(summed)
FROM (
    SELECT *, sum(starts::INT) OVER line AS stretch
    FROM (
        SELECT *, from_id IS DISTINCT FROM lag(to_id) OVER line + 1 AS starts
        FROM coverage WINDOW line AS (PARTITION BY venue, symbol, era, how ORDER BY from_id)
    )
    WINDOW line AS (PARTITION BY venue, symbol, era, how ORDER BY from_id)
)
GROUP BY venue, symbol, era, how, stretch ORDER BY venue, symbol, era, min(from_id)
"""
"""Merges adjacent entries of the same kind into one row."""

INSERT = """
INSERT INTO trades SELECT
    $venue, symbol, trade_id, last_id, ({price})::DECIMAL(18, 8), ({qty})::DECIMAL(28, 8),
    (CASE WHEN is_buy THEN 'buy' ELSE 'sell' END)::side,
    make_timestamp(ts_exch), make_timestamp(ts_event), make_timestamp(ts_recv), {era},
    {venue_trade_id}
FROM batch
"""

COLUMNS = """
    venue, symbol, trade_id, price, qty, side,
    ts_exch, ts_event, ts_recv, last_id, era
"""
"""Columns of a trade in the order in which they are exported."""
