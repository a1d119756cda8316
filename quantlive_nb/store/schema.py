"""The tables: what a trade, a covered range, an alert and a firing are at rest.

This file holds SQL text alone; nothing here opens a database.
"""

__all__ = ["COLUMNS", "INSERT", "TABLES"]

VERSION = 1

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
CREATE TABLE schema_version AS SELECT 1 AS version;
"""
"""Times are UTC. There is no unique index on purpose: ids in memory say what is new, and an index
would triple the file and halve the rate."""

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
