"""Functions that make much of little are found wherever they stand in a question."""

import duckdb
import pytest

from quantlive_nb.store.question.unbounded import GATHERERS, MAKERS, expansion


@pytest.fixture(scope="module")
def why():
    """Ask about a statement."""
    with duckdb.connect() as connection:
        yield lambda said: expansion(connection, said)


@pytest.mark.parametrize(
    "said",
    [
        'SELECT "REPEAT"(symbol, 9) FROM trades',
        "SELECT 1 FROM trades WHERE length(lpad(symbol, 999, 'x')) > 5",
        "SELECT (SELECT list(price) FROM trades)",
        "SELECT unnest(list(price)), list(price) FROM trades",
        "SELECT p FROM (SELECT list(price) p FROM trades), trades",
        "WITH t AS (SELECT string_agg(symbol, ',') s FROM trades) FROM t",
        "SELECT price FROM trades QUALIFY len(array_agg(price) OVER ()) > 5",
        "SELECT list_transform([1], x -> range(x))",
        "FROM unnest(range(1000000000))",
        "FROM range(len(range(1000000000)))",
        "SELECT 1 UNION ALL SELECT len(generate_series(1, 9))",
    ],
)
def test_a_greedy_function_is_found_anywhere(why, said):
    """In a condition, a subquery, a window, a lambda, beside a UNION, and in an argument."""
    assert "() may make a value larger than the memory: " in why(said)


@pytest.mark.parametrize(
    "said",
    [
        "SELECT symbol, count(*), median(price), arg_max(price, trade_id) FROM trades GROUP BY ALL",
        "SELECT symbol, list(price ORDER BY trade_id) FROM trades GROUP BY 1 HAVING count(*) < 9",
        "FROM range(10)",
        "SELECT * FROM trades, generate_series(1, 5) t(n)",
        "SELECT lag(price) OVER (ORDER BY trade_id) FROM trades",
        "SELECT 'repeat(list)' AS list, time_bucket(INTERVAL 1 MINUTE, ts_exch) FROM trades",
        "FROM unnest([1, 2])",
    ],
)
def test_a_question_of_plain_values_passes(why, said):
    """Also rows made by range in the place of a table, and names within a text."""
    assert why(said) == ""


def test_every_name_is_a_function_of_the_installed_duckdb():
    """A name that DuckDB gives up or changes is noticed."""
    names = duckdb.sql("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()

    assert {name for (name,) in names} >= MAKERS | GATHERERS
