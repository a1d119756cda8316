"""What is fetched for a question: no table, column or row that it cannot read."""

import duckdb
import pytest

from quantlive_nb.share.authorize import guard
from quantlive_nb.share.paged_copy import Need
from quantlive_nb.share.required_columns import needs

KNOWN = {"trades": ["venue", "symbol", "trade_id", "price", "qty"], "alerts": ["name", "rule"]}


@pytest.fixture(scope="module")
def needed():
    """Ask what a question needs."""
    with duckdb.connect() as connection:
        guard(connection)
        yield lambda said: needs(connection, said, KNOWN)


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ("SELECT median(price) FROM trades", ("price",)),
        ("SELECT count(*) FROM trades, trades b", ("venue",)),
        ("SELECT t.PRICE FROM trades t ORDER BY qty", ("price", "qty")),
        ("SELECT a.price FROM trades a JOIN trades b USING (trade_id)", ("trade_id", "price")),
        ("SELECT list(trades) FROM trades", ()),
        ("SELECT list(t) FROM trades t", ()),
        ("SELECT a.price FROM trades a NATURAL JOIN trades b", ()),
        ("WITH t AS (FROM trades) SELECT max(price) FROM t", ()),
        ("SELECT COLUMNS('p.*') FROM trades", ()),
    ],
)
def test_only_columns_that_are_named_are_fetched(needed, said, columns):
    """A star, a whole row or a natural join names all of them."""
    assert needed(said) == [Need("trades", columns)]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("SELECT list(price) FROM trades t WHERE t.symbol = 'A'", "(symbol = 'A')"),
        ("SELECT list(price) FROM trades WHERE price > 5 LIMIT 3", "(price > 5)"),
        ("SELECT list(price) FROM trades WHERE regexp_matches(symbol, 'A')", ""),
        ("SELECT list(price) FROM trades WHERE price > (SELECT 5)", ""),
        ("SELECT list(price) FROM trades a, trades b WHERE a.price > 5", ""),
        ("SELECT list(price) FROM (FROM trades) WHERE price > 5", ""),
    ],
)
def test_a_condition_of_the_only_table_is_used(needed, said, where):
    """Where the owner can judge by it; else every row is fetched."""
    assert needed(said)[0].where == where


def test_tables_that_are_not_named_are_not_fetched(needed):
    """Each one that is named is, whatever the case of its letters."""
    assert [need.table for need in needed("SELECT 1")] == []
    assert [need.table for need in needed("FROM Alerts, TRADES")] == ["trades", "alerts"]
