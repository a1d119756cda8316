"""A client's answers: the owner's where they are cheap, else computed here, within the budget."""

import json
from contextlib import closing

import pytest

from quantlive_nb.errors import Closed, StoreError
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.paged_copy import PagedCopy
from quantlive_nb.share.server import find
from tests.owner import owner
from tests.tape import SECOND, trade


@pytest.fixture
def client(tmp_path):
    """A client of a database with five trades."""
    path = str(tmp_path / "t.duckdb")
    with owner(path) as process:
        process.say("append", json.dumps([trade(i, i * SECOND, price=i) for i in range(1, 6)]))
        with closing(RemoteStore(path, find(path))) as store:
            yield store


def test_rows_are_fetched_only_where_the_owner_would_not_answer(client, monkeypatch):
    """A count is the owner's to answer; a median is computed here."""
    fetched, fetch = [], PagedCopy.fetch

    def noted(copy, need, *rest):
        fetched.append(need)
        fetch(copy, need, *rest)

    monkeypatch.setattr(PagedCopy, "fetch", noted)

    assert client.sql("SELECT count(*) AS n FROM trades").n.item() == 5
    assert fetched == []
    assert client.sql("SELECT median(price)::DOUBLE AS m FROM trades").m.item() == 3.0
    assert [(need.table, need.columns) for need in fetched] == [("trades", ("price",))]


def test_an_error_is_one_kind_of_error(client):
    """Wrong SQL is a StoreError wherever it would be computed; after closing it is Closed."""
    for query in ("SELECT nonsense FROM trades", "SELECT median(nonsense) FROM trades"):
        with pytest.raises(StoreError, match="the SQL cannot be answered"):
            client.sql(query)
    client.close()
    with pytest.raises(Closed):
        client.sql("SELECT count(*) FROM trades")
