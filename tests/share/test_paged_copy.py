"""Rows of another process's tables, page by page: all of them, each once."""

import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.share import authorize as guard
from quantlive_nb.share import paged_copy as module
from quantlive_nb.share.paged_copy import Need, PagedCopy
from quantlive_nb.share.server import find
from quantlive_nb.store import Store
from quantlive_nb.store.question.question_budget import Deadline
from tests.owner import owner
from tests.tape import many

AGAIN = "INSERT INTO trades FROM trades WHERE symbol = 'BTCUSDT' AND trade_id < 1000"
SUMS = "SELECT symbol, count(*) n, sum(trade_id) s FROM trades GROUP BY 1 ORDER BY 1"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Two symbols of several pages, a far hole in one, ids twice in the other."""
    path = str(tmp_path_factory.mktemp("served") / "t.duckdb")
    store = Store(path)
    store.append(many("BTCUSDT", 3_500))
    store.append(many("ETHUSDT", 3_000))
    store.append(many("ETHUSDT", 10, first=10**12, every_us=1))
    store.cursor().execute(AGAIN)
    counts = store.sql(SUMS)
    store.close()
    with owner(path):
        yield path, counts


@pytest.fixture
def scratch(served, monkeypatch):
    """A database of this process for its rows, with short pages."""
    monkeypatch.setattr(module, "PAGE_ROWS", 1_000)
    monkeypatch.setattr(module, "STEP_IDS", 999)
    path, _ = served
    with PagedCopy(find(path), path, memory_mb=64) as scratch:
        yield scratch


def test_a_table_of_many_pages_comes_whole(served, scratch):
    """Also where ids stand there twice, and past a hole of a million million ids."""
    scratch.fetch(Need("trades", ("symbol", "trade_id")))

    assert scratch.connection.execute(SUMS).df().equals(served[1])


def test_no_question_asks_for_more_than_a_page(scratch, monkeypatch):
    """The owner never answers with more rows at once."""
    asked = []
    run = scratch._remote.run
    monkeypatch.setattr(scratch._remote, "run", lambda said: asked.append(said) or run(said))
    scratch.fetch(Need("trades", ("trade_id",), "symbol = 'ETHUSDT'"))

    pages = [said for said in asked if said.startswith("INSERT")]
    assert len(pages) >= 3
    assert all("LIMIT 1000" in page for page in pages)
    assert scratch.connection.execute("SELECT count(*) FROM trades").fetchone() == (3_010,)


def test_no_page_is_fetched_after_the_deadline(scratch, monkeypatch):
    """However short each page is: the clock is read before each, and not only by an interrupt."""
    asked, run = [], scratch._remote.run
    monkeypatch.setattr(scratch._remote, "run", lambda said: asked.append(said) or run(said))
    deadline = Deadline(3.0, "t", lambda: float(sum(said.startswith("INSERT") for said in asked)))
    with pytest.raises(StoreError, match=r"^t: the answer takes longer than 3 s: ask for fewer"):
        scratch.fetch(Need("trades", ("symbol", "trade_id")), deadline)

    assert sum(said.startswith("INSERT") for said in asked) == 4


def test_other_tables_come_too(scratch):
    """The ledger, and tables without a row."""
    for table in ("coverage", "alerts", "alert_events", "schema_version"):
        scratch.fetch(Need(table))

    assert scratch.connection.execute("SELECT count(*) > 1 FROM coverage").fetchone() == (True,)
    assert scratch.connection.execute("SELECT count(*) FROM alerts").fetchone() == (0,)


def test_a_page_is_what_the_owner_answers_at_once():
    """With one row to spare: a full answer says that there was more."""
    assert module.STEP_IDS < module.PAGE_ROWS == guard.PAGE_ROWS
