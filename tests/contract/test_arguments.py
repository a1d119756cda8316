"""Whatever is given to a Live, a Dashboard, an alert or a panel: it is understood, or a sentence.

Each argument of each public method is given what it was not made for, while a market runs; a new
argument joins by itself: it is read from the signature.
"""

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantlive_nb import Dashboard, Live, Settings, Windows
from quantlive_nb.alert import Rule
from quantlive_nb.cli.record import record
from quantlive_nb.errors import QuantliveError, UsageError
from quantlive_nb.live.lifecycle import State
from quantlive_nb.live.source import Options
from quantlive_nb.panel import Panel
from quantlive_nb.types import PairSpec

ODD = (
    *(None, 5, -1, 0, 1.5, -0.5, True, float("nan"), float("inf"), 1e300, 10**400, 1j),
    *("", " ", "x", "A;B", "\0", "a\nb", "fast", "-1s", "NOPE" * 900, "🙂", b"x"),
    *([], ["A", "B"], (), {}, {1}, object(), len, Path("x\0"), np.int64(-5), np.array([1, 2])),
    *(np.float64("nan"), pd.NA, pd.NaT, np.datetime64("2024-08-09"), pd.DataFrame({"a": [1]})),
)
PAIR = {"y": "ETHUSDT", "x": "BTCUSDT"}
SETTINGS = Settings(**PAIR, bars=20, windows=Windows(10, 5, 5))
SPEC = PairSpec(**PAIR, every_us=1_000_000, last_us=60_000_000)
RULE = Rule("wide", "zscore", ">", 2, **PAIR)
METHODS = {
    "bars": {"symbol": "ETHUSDT", "every": "1s", "last": "1min"},
    "pair": {**PAIR, "every": "1s", "last": "1min"},
    "closes": {"symbols": "ETHUSDT", "every": "1s", "last": "1min"},
    "sql": {"query": "SELECT 1", "params": 5},
    "scan": {"every": "1s", "last": "1min", "lags": 1, "progress": None, "cancel": None},
    "alert": {"name": "wide", "condition": "zscore > 2", **PAIR},
    "add_alert": {"rule": RULE},
    "remove_alert": {"name": "wide"},
    "drop": {"symbols": "SOLUSDT"},
    "panel": {"pair": SPEC},
    "fill": {"last": "1h"},
    "reconcile": {"last": "1h"},
    "look_at": {"ts": 1},
    "frame": {"settings": SETTINGS, "memo": None},
    "export": {"what": "trades", "fmt": "csv", "settings": SETTINGS},
    "switch": {"source": "simulated", "speed": 1.0},
    "want": {"symbols": "ETHUSDT"},
}
"""Each method that takes arguments, with some that it understands."""
INNER = {"join", "wait_change", "close", "records"}
"""Called by this package alone, or with a reason to be shown."""
MADE = {
    Options: {"symbols": ("A", "B"), "source": "simulated"},
    Settings: PAIR,
    Windows: {},
    Rule: {"name": "wide", "metric": "zscore", "op": ">", "value": 2.0, **PAIR},
}
MOST_LETTERS = 500
GIVEN_INSIDE = {"memo", "progress", "cancel"}


def parameters(function):
    """Its parameters by name."""
    return {k: one for k, one in inspect.signature(function).parameters.items() if k != "self"}


def with_one(function, given, name, value):
    """Call it with one argument exchanged."""
    given = given | {name: value}
    several = [key for key, one in parameters(function).items() if one.kind is one.VAR_POSITIONAL]
    return function(*[given.pop(key) for key in several if key in given], **given)


def tried(function, given, name):
    """Call it with each odd value for one argument; what is refused is one short sentence."""
    for value in ODD:
        said = ""
        try:
            with_one(function, given, name, value)
        except QuantliveError as exc:
            said = str(exc)
        if "the SQL cannot be answered" not in said:  # there DuckDB points at the place
            assert "\n" not in said, (name, value)
            assert len(said) < MOST_LETTERS, (name, value)


@pytest.fixture(scope="module")
def live():
    """A simulated market that runs."""
    live = Live("BTCUSDT", "ETHUSDT", name="odd", source="simulated").start()
    yield live
    live.close()


@pytest.mark.parametrize("name", METHODS)
def test_every_argument_of_every_method(live, name):
    """The recording goes on, whatever was asked."""
    method, given = getattr(live, name), METHODS[name]
    for argument in parameters(method).keys() - GIVEN_INSIDE:
        tried(method, given, argument)

    assert live.state is State.RUNNING
    assert {"BTCUSDT", "ETHUSDT"} <= set(live.symbols)


@pytest.mark.parametrize("kind", MADE)
def test_every_argument_of_every_value(kind):
    """Options, settings, windows and rules are checked as they are made."""
    for name in parameters(kind):
        tried(kind, MADE[kind], name)


@pytest.mark.parametrize("name", [*parameters(Live)])
def test_every_argument_of_a_live(name, monkeypatch):
    """Nothing is opened, and nothing is left that ``start`` would stumble over."""
    monkeypatch.delenv("QUANTLIVE_SYMBOLS", raising=False)
    tried(Live, {"name": "odd-too", "source": "simulated"}, name)


def test_every_argument_of_a_dashboard(live):
    """What is no Live and what are no settings is said."""
    for name in parameters(Dashboard):
        tried(Dashboard, {"live": live, "name": "odd"}, name)
    page = Dashboard(live, name="odd")
    with pytest.raises(UsageError, match="are no Settings"):
        page.settings = "5s"


def test_every_method_is_tried():
    """A new public method of a Live joins the table."""
    methods = inspect.getmembers(Live, inspect.isfunction)
    public = {name for name, one in methods if not name.startswith("_") and parameters(one)}

    assert public == METHODS.keys() | INNER


SENTENCES = [
    (lambda live: live.panel("x"), r"^'x' is no pair: write live\.panel\(live\.pair\(y, x\)\)$"),
    (lambda live: live.panel(SPEC)(5), "^5 is no panel: define a function of y and x$"),
    (lambda live: live.bars(None, "1s"), "^a symbol is None: give a text$"),
    (lambda live: live.want(5), r"^'5' is no symbol: give letters"),
    (lambda live: live.want(["A", "B"]), r"is no symbol: give letters"),
    (lambda live: live.frame("x"), r"^'x' are no Settings: write ql\.Settings"),
    (lambda _: Live(["A", "B"]), r"is no symbol: give letters"),
    (lambda _: Live(name=5), "^the name of a Live is 5: give a text$"),
    (lambda _: Live(speed="fast"), "^the speed is 'fast': give a number above 0$"),
    (lambda _: Live(seed="x"), "^the seed is 'x': give a whole number from 0 on$"),
    (lambda _: Live(db="a\0b"), "^db of a Live holds"),
    (lambda _: Live(ws_url="example"), "^the ws_url is 'example': give an address such as wss://"),
    (lambda _: Live(must_own="no"), "^must_own is 'no': give True or False$"),
    (lambda _: Live(source="simulated", speed=1e300), r"^the speed is 1e\+300: the simulated"),
    (lambda live: live.switch("simulated", 0), "^the speed is 0: give a number above 0$"),
    (lambda live: Dashboard("x"), r"^'x' is no Live: write ql\.Dashboard\(ql\.Live\(\)\)$"),
    (lambda live: Panel(5, SPEC, len), "^the name of a panel is 5: give a text$"),
    (lambda live: record(live, 0), "^a recording of 0 s is none: give seconds above 0$"),
    (lambda live: live.sql(5), "^the query is 5: give a text$"),
]


@pytest.mark.parametrize(("call", "why"), SENTENCES)
def test_a_slip_is_answered_with_what_to_do(live, call, why):
    """One sentence where the slip was made, not a TypeError from somewhere inside."""
    with pytest.raises(UsageError, match=why):
        call(live)

    assert live.state is State.RUNNING


def test_whole_numbers_of_numpy_are_whole_numbers(live):
    """A length, a window, a seed or a size that NumPy made is one like any other."""
    second = np.int64(1_000_000)
    assert live.bars("ETHUSDT", second, 60 * second).every_us == 1_000_000
    assert live.pair("ETHUSDT", "BTCUSDT", every=np.int32(1_000_000)).spec.every_us == 1_000_000
    live.alert("wide", "zscore > 2", every=second, cooldown=np.int64(0))
    assert Options(seed=np.int64(3), memory_mb=np.uint16(64), speed=np.float32(2)).seed == 3
    assert Settings(**PAIR, every_us=second, bars=np.int64(30)).bars == 30


def test_a_path_is_a_path(tmp_path):
    """A database and a recording may be named by pathlib's Path."""
    assert Live(db=tmp_path / "t.duckdb", name="path").options.path == str(tmp_path / "t.duckdb")
