"""The tree of errors, and the sentences it speaks."""

import re

import pytest

from quantlive_nb import errors
from quantlive_nb.errors import (
    Closed,
    FeedRefused,
    FeedStalled,
    NotEnoughData,
    PanelError,
    QuantliveError,
    ReplayError,
    ShapeError,
    StoreBusy,
    StoreError,
    UnknownSymbol,
    UsageError,
    WireError,
)

SPOKEN = [
    UsageError("give at least 2 bars"),
    UnknownSymbol("BTC\nUSD", ["BTCUSDT"]),
    ShapeError("x", (3,), (4,)),
    NotEnoughData("zscore", 37, 240),
    FeedRefused("binance", "wss://host", "HTTP 451"),
    FeedStalled("binance", 30.0),
    ReplayError("a.parquet", "the file does not exist"),
    WireError("binance", "{]\n" * 99, "not JSON"),
    StoreError("t.duckdb", "choose another"),
    StoreBusy("t.duckdb", None),
    PanelError("z", 2, ZeroDivisionError("division by zero")),
    Closed("Live"),
]


def drawn():
    """Child and parent of every line of the tree that the module's docstring draws."""
    above = {}
    for line in errors.__doc__.splitlines():
        if match := re.match(r"([│├└─ ]*)([A-Z]\w+)( \(|   |$)", line):
            depth = len(match[1]) // 4
            above[depth] = match[2]
            yield match[2], above.get(depth - 1)


def test_the_drawn_tree_is_the_real_one():
    """Every exported error is drawn, below the class it inherits from."""
    tree = dict(drawn())

    assert set(tree) == set(errors.__all__)
    for child, parent in tree.items():
        bases = [base.__name__ for base in getattr(errors, child).__bases__]
        assert bases[0] == (parent or "Exception")


@pytest.mark.parametrize("error", SPOKEN, ids=lambda error: type(error).__name__)
def test_one_sentence_and_one_root(error):
    """Each error speaks in one line, whatever is in its fields, and one root catches them all."""
    assert isinstance(error, QuantliveError)
    assert str(error)
    assert "\n" not in str(error)


def test_usage_is_a_value_error():
    """Who expects Python's own error for a bad argument gets it."""
    with pytest.raises(ValueError, match="did you mean"):
        raise UnknownSymbol("BTCUSTD", ["BTCUSDT"])


def test_fields_stay_readable():
    """A handler needs no parsing of sentences."""
    missing, busy = NotEnoughData("adf", 9, 13), StoreBusy("t.duckdb", 4711)
    cause = ZeroDivisionError()

    assert (missing.what, missing.have, missing.need) == ("adf", 9, 13)
    assert (busy.path, busy.pid) == ("t.duckdb", 4711)
    assert PanelError("z", 2, cause).cause is cause
    assert UnknownSymbol("X", ["Y", "Z"]).near == ("Y", "Z")


@pytest.mark.parametrize("raw", ["é" * 500, ("é" * 500).encode(), b"\xff" * 500])
def test_a_long_message_is_kept_short(raw):
    """Only the head of what an exchange sent is kept, also where it is not even text."""
    assert len(WireError("binance", raw, "not JSON").raw) == 120


def test_an_owner_without_a_pid_is_another_process():
    """Where the system does not tell who holds the file, the sentence is still whole."""
    assert str(StoreBusy("t.duckdb", None)) == "t.duckdb: another process is recording into it"
