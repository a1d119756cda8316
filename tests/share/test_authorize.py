"""What a viewer may say: every way around the judge that we could think of ends there."""

import re

import duckdb
import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.share.authorize import AUTHORIZE, guard, is_small
from quantlive_nb.share.statement import command, subscription
from quantlive_nb.store.aggregate.bar_sql import (
    BEFORE,
    BEFORE_OF_ERAS,
    FIRST,
    QUESTION,
    QUESTION_OF_ERAS,
)
from quantlive_nb.store.question.literal import spelled
from quantlive_nb.store.question.read_only import refusal
from tests.tape import batch, trade

PARAMETERS = {
    "venue": "binance",
    "symbol": "BTCUSDT",
    "every": 1_000_000,
    "split": 5,
    "start": 0,
}


@pytest.fixture(scope="module")
def may():
    """Ask the judge about a statement."""
    with duckdb.connect() as connection:
        guard(connection, (QUESTION, QUESTION_OF_ERAS, BEFORE_OF_ERAS))
        yield lambda said: is_small(connection, said)


@pytest.mark.parametrize("query", [QUESTION, QUESTION_OF_ERAS, FIRST, BEFORE, BEFORE_OF_ERAS])
def test_every_question_of_a_page_may_be_asked(may, query):
    """Bars, and what came before them."""
    assert may(spelled(query, PARAMETERS))


def test_no_pattern_is_compiled_before_it_is_used(may):
    """Each is an expression of what is judged: DuckDB compiles constants for every statement."""
    with duckdb.connect() as connection:
        guard(connection, (QUESTION, QUESTION_OF_ERAS, BEFORE_OF_ERAS))
        ((text,),) = connection.execute(
            "SELECT macro_definition FROM duckdb_functions() WHERE function_name = ?",
            [AUTHORIZE.rpartition(".")[2]],
        ).fetchall()
    used = re.findall(r"regexp_\w+\((?:CAST\(\w+ AS VARCHAR\)|\w+), (.{7})", text)

    assert len(used) == text.count("regexp_") == 8
    assert set(used) <= {"concat(", "CASE  W"}


def test_a_question_for_bars_has_no_other_shape(may):
    """Its parameters are numbers and names; the bound of its answer is part of its text."""
    said = spelled(QUESTION, PARAMETERS)

    assert not may(said.replace("10000 * 1000000", "10000000 * 1000000"))
    assert not may(said.replace("'BTCUSDT'", "(SELECT max(symbol) FROM trades)"))
    assert not may(said + " UNION ALL FROM trades")


@pytest.mark.parametrize(
    "said",
    [
        "SELECT symbol, count(*) AS n, avg(price)::DOUBLE FROM trades GROUP BY ALL ORDER BY n",
        "SELECT sum(price * qty) / sum(qty) AS vwap FROM trades WHERE symbol IN ('A', 'B')",
        "SELECT DISTINCT venue, symbol FROM trades",
        "FROM coverage LIMIT 50000",
        "SELECT price FROM trades WHERE trade_id BETWEEN 5 AND 50004 LIMIT 50000",
        "FROM trades ORDER BY ts_exch DESC LIMIT 10",
    ],
)
def test_what_costs_the_owner_little_may_be_asked(may, said):
    """Aggregates by columns of few values, pages, and the newest rows."""
    assert may(said)


@pytest.mark.parametrize(
    "said",
    [
        "FROM trades",
        "FROM trades LIMIT 50001",
        "FROM trades LIMIT 10 OFFSET 100000000",
        "FROM trades LIMIT 50 %",
        "FROM trades LIMIT (SELECT 5)",
        "FROM trades ORDER BY price, qty LIMIT 1000000",
        "FROM trades ORDER BY price, qty LIMIT 1001",
        "SELECT count(*) FROM trades a, trades b WHERE a.price < b.price",
        "SELECT count(*) FROM trades a JOIN trades b USING (symbol)",
        "SELECT count(*) FROM range(1000000000000)",
        "SELECT unnest(range(1000000000000))",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "WITH t AS (FROM trades) FROM t LIMIT 5",
        "SELECT count(*) FROM (SELECT DISTINCT price FROM trades)",
        "SELECT price FROM trades LIMIT 5 UNION ALL FROM trades",
        "SELECT max(price) FROM trades GROUP BY trade_id",
        "SELECT trade_id, max(price) FROM trades GROUP BY ALL",
        "SELECT price + qty, count(*) FROM trades GROUP BY ALL",
        "SELECT symbol, max(price) FROM trades GROUP BY CUBE (symbol, venue)",
        "SELECT DISTINCT price FROM trades",
        "SELECT DISTINCT ON (price) symbol FROM trades",
        "SELECT count(DISTINCT price) FROM trades",
        "SELECT first(price ORDER BY qty) FROM trades",
        "SELECT string_agg(price::VARCHAR, ',') FROM trades",
        "SELECT list(trades) FROM trades",
        "SELECT median(price) FROM trades",
        "SELECT histogram(trade_id) FROM trades",
        "SELECT count(*) OVER () FROM trades LIMIT 5",
        "SELECT price FROM trades QUALIFY row_number() OVER (ORDER BY price) < 5 LIMIT 5",
        "SELECT symbol FROM trades TABLESAMPLE reservoir(1000000) LIMIT 5",
        "SELECT count(*) FROM trades WHERE price IN (SELECT qty FROM trades)",
        "SELECT count(*) FROM trades WHERE regexp_matches(symbol, '(a|b)*c')",
        "SELECT max(repeat(symbol, 100000000)) FROM trades",
        "SELECT repeat('x', 100000000) FROM trades LIMIT 1",
        "SELECT 'a text in each row' FROM trades LIMIT 50000",
        "SELECT * REPLACE ('a text' AS side) FROM trades LIMIT 50000",
        "SELECT COLUMNS(*) FROM trades LIMIT 5",
        f"SELECT {', '.join(['price'] * 41)} FROM trades LIMIT 5",
        f"SELECT count(*) FROM trades WHERE symbol = '{'x' * 8_000}'",
        "FROM now.main.subscription LIMIT 5",
        "FROM command LIMIT 5",
        "FROM duckdb_tables() LIMIT 5",
        "DESCRIBE trades",
        "VALUES (1)",
        "SELECT 1",
    ],
)
def test_what_could_cost_the_owner_much_is_refused(may, said):
    """Its memory and its time are those of the recording; the asker computes it itself."""
    assert not may(said)


@pytest.mark.parametrize(
    "said",
    [
        "DROP TABLE trades",
        "SELECT 1; DROP TABLE trades",
        "SELECT 1; SELECT 2",
        "DELETE FROM trades",
        "UPDATE trades SET price = 1",
        "INSERT INTO trades FROM trades",
        "CREATE TABLE mine (a INT)",
        "CREATE OR REPLACE MACRO now.main.may(c, q) AS true",
        "COPY trades TO 'stolen.csv'",
        "COPY (SELECT 1) TO 'stolen.csv'",
        "EXPORT DATABASE 'stolen'",
        "ATTACH 'other.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '1MB'",
        "SET GLOBAL quack_authorization_function = 'quack_nop_authorization'",
        "PRAGMA database_list",
        "CALL quack_stop('quack:127.0.0.1:1')",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE p AS SELECT 1",
        "BEGIN",
        "VACUUM",
        "",
        "nonsense",
    ],
)
def test_what_is_no_question_is_refused(may, said):
    """Data, definitions, files, settings, extensions, several statements in one text."""
    assert not may(said)
    assert refusal(duckdb.default_connection(), said)
    assert refusal(duckdb.default_connection(), said, files=True)


@pytest.mark.parametrize(
    "said",
    [
        "SELECT * FROM read_text('secret')",
        "FROM read_csv('secret')",
        "FROM read_parquet(['secret'])",
        "FROM read_blob('secret')",
        "FROM 'secret.csv'",
        "FROM '/etc/passwd'",
        'FROM "/etc/passwd"',
        "FROM 'https://example.org/a.parquet'",
        "FROM glob('*')",
        "FROM sniff_csv('secret')",
        "FROM parquet_metadata('secret')",
        "SELECT getenv('HOME')",
        "SELECT \"getenv\"('HOME')",
        "SELECT (SELECT getenv('HOME')) FROM trades",
        "SELECT list_transform([1], x -> getenv('HOME'))",
        "SELECT * FROM trades WHERE symbol = getenv('HOME')",
        "SELECT count(*) FILTER (WHERE getenv('HOME') = 'x') FROM trades",
        "SELECT price FROM trades ORDER BY getenv('HOME')",
        "SELECT current_setting('secret_directory')",
        "FROM duckdb_secrets()",
        "FROM duckdb_settings()",
        "FROM query('DROP TABLE trades')",
        "FROM query_table('secret.csv')",
        "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "FROM quack_query('quack:127.0.0.1:1', 'SELECT 1', token => 'x')",
        "SELECT nextval('s')",
        "SELECT write_log('x')",
        "PIVOT trades ON symbol USING count(*)",
    ],
)
def test_what_reaches_beyond_the_tables_is_refused(may, said):
    """Files by function and by name, the environment, settings, secrets, SQL made of text."""
    assert not may(said)
    assert refusal(duckdb.default_connection(), said)


def test_subscriptions_and_commands_may_be_said_in_their_own_words_alone(may):
    """A subscription and a command pass; anything that is nearly one does not."""
    good = subscription("4711-ab", "这是测试币456", 5), command(b'{"type": "fill"}')
    assert all(may(said) for said in good)
    for said in good:
        assert not may(f"{said}; DROP TABLE trades")
        assert not may(f"{said} RETURNING (SELECT count(*) FROM trades)")
        assert not may(said.replace("now.main.", ""))
    assert not may("INSERT INTO now.main.command VALUES ('7b' || (SELECT 'x'))")
    assert not may("INSERT INTO now.main.command VALUES ('7b'), ('7d')")
    assert not may(subscription("a', 'b'); DROP TABLE trades; --", "A", 5))


def test_a_symbol_cannot_break_out_of_its_subscription(may):
    """Quotes are taken out, so the statement is refused or harmless, never another one."""
    said = subscription("me", "A'), ('x', 'y', now()); DROP TABLE trades; --", 5)

    assert said.count("'") == 4
    assert not may(said)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM trades",
        "UPDATE trades SET price = 1",
        "DROP TABLE coverage",
        "SELECT 1; DELETE FROM trades",
        "COPY trades TO 'stolen.csv'",
        "SET memory_limit = '1MB'",
        "FROM quack_stop('quack:127.0.0.1:1')",
        "CHECKPOINT",
    ],
)
def test_sql_reads_only(store, query):
    """A tape that was proved stays as it is; whoever wants to write opens the file with DuckDB."""
    store.append(batch(trade(1), trade(2)))
    with pytest.raises(StoreError, match="sql can only ask: give one SELECT; to change tables"):
        store.sql(query)

    assert store.sql("SELECT count(*) AS n FROM trades").n.item() == 2
