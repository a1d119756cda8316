"""DuckDB's client-server extension is found, or it is said how to get it."""

import duckdb
import pytest

from quantlive_nb.store import extension
from quantlive_nb.store.extension import load_quack


def test_it_loads_from_what_is_installed():
    """Without a network, and a second time without a word."""
    with duckdb.connect() as connection:
        assert load_quack(connection) == ""
        assert load_quack(connection) == ""
        known = "SELECT count(*) FROM duckdb_functions() WHERE function_name = 'quack_serve'"
        assert connection.execute(known).fetchone()[0] > 0


def test_what_cannot_be_had_is_a_sentence(monkeypatch: pytest.MonkeyPatch):
    """It names the extension and the remedy; nothing is raised."""
    monkeypatch.setattr(extension, "NEEDED", ("nosuchthing",))
    with duckdb.connect() as connection:
        trouble = load_quack(connection)

    assert "extension nosuchthing cannot be had: pip install 'quantlive_nb[share]'" in trouble
