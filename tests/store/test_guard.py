"""What a viewer may say: every way around the judge that we could think of ends there."""

import duckdb
import pytest

from quantlive_nb.store.bars import BEFORE, QUESTION
from quantlive_nb.store.cursor import spelled
from quantlive_nb.store.export import ALERTS, TRADES
from quantlive_nb.store.guard import AUTHORIZE, guard, lease, wish
from quantlive_nb.store.ledger import ENTRIES

PARAMETERS = {
    "venue": "binance",
    "symbol": "BTCUSDT",
    "symbols": ["BTCUSDT"],
    "every": 1_000_000,
    "split": 5,
    "start": 0,
}


@pytest.fixture(scope="module")
def may():
    """Ask the judge about a statement."""
    with duckdb.connect() as connection:
        guard(connection)
        query = f"SELECT {AUTHORIZE}('', ?)"
        yield lambda said: connection.execute(query, [said]).fetchone()[0]


@pytest.mark.parametrize(
    "query", [QUESTION, BEFORE, TRADES, ALERTS, ENTRIES.format(table="coverage")]
)
def test_every_question_of_a_page_may_be_asked(may, query):
    """Bars, exports, the ledger and what the owner tells."""
    assert may(spelled(query, PARAMETERS))


@pytest.mark.parametrize(
    "said",
    [
        "SELECT symbol, count(*) AS n, avg(price)::DOUBLE FROM trades GROUP BY ALL ORDER BY n",
        "FROM coverage",
        "WITH t AS (FROM trades) SELECT max(price) OVER (ORDER BY trade_id) FROM t LIMIT 5",
        "SELECT time_bucket(INTERVAL 1 minute, ts_exch) AS m, sum(qty) FROM trades GROUP BY m",
        "SELECT a.price FROM trades a ASOF JOIN trades b ON a.ts_exch >= b.ts_exch",
    ],
)
def test_what_a_researcher_asks_may_be_asked(may, said):
    """Aggregates, windows, joins."""
    assert may(said)


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


def test_the_two_wishes_may_be_said_in_their_own_words_alone(may):
    """A lease and a wish pass; anything that is nearly one does not."""
    good = lease("4711-ab", "这是测试币456", 5), wish(b'{"do": "fill"}')
    assert all(may(said) for said in good)
    for said in good:
        assert not may(f"{said}; DROP TABLE trades")
        assert not may(f"{said} RETURNING (SELECT count(*) FROM trades)")
        assert not may(said.replace("now.main.", ""))
    assert not may("INSERT INTO now.main.wish VALUES ('7b' || (SELECT 'x'))")
    assert not may("INSERT INTO now.main.wish VALUES ('7b'), ('7d')")
    assert not may(lease("a', 'b'); DROP TABLE trades; --", "A", 5))


def test_a_symbol_cannot_break_out_of_its_lease(may):
    """Quotes are taken out, so the statement is refused or harmless, never another one."""
    said = lease("me", "A'), ('x', 'y', now()); DROP TABLE trades; --", 5)

    assert said.count("'") == 4
    assert not may(said)
