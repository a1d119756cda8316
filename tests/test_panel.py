"""A user's function at work: edits, slips, and the line that stays."""

import sys

import numpy as np
import pytest

from quantlive_nb import panel as panel_module
from quantlive_nb.alert import Condition
from quantlive_nb.analytics import engle_granger, zscore
from quantlive_nb.errors import UsageError
from quantlive_nb.panel import Panel
from quantlive_nb.types import Pair, PairSpec

SPEC = PairSpec("ETHUSDT", "BTCUSDT", 1_000_000)
PAIR = Pair(SPEC, np.arange(3), np.array([1.0, 2.0, 4.0]), np.array([1.0, 1.0, 2.0]), 0, 2)


def gap(y, x):
    """How far y is above x.

    In logarithms.
    """
    return y - x


@pytest.fixture
def panel():
    """A panel that has drawn its first line."""
    panel = Panel("gap", SPEC, gap)
    panel.run(PAIR)
    return panel


def test_a_panel_sees_log_closes_and_keeps_a_value_a_bar(panel):
    """The line has the bars' times, and remembers how many of them are incomplete."""
    np.testing.assert_allclose(panel.values, np.log([1, 2, 2]))
    np.testing.assert_array_equal(panel.ts, PAIR.ts)
    assert panel.n_missing == 2
    assert repr(panel) == "Panel(gap v1: ETHUSDT on BTCUSDT, 1s, n=3)"


@pytest.mark.parametrize(
    ("slip", "why"),
    [
        (lambda y, x: y / "x", "TypeError"),
        (lambda y, x: y[:-1], r"UsageError: it returned shape \(2,\), expected \(3,\)"),
        (lambda y, x: 0.0, r"UsageError: it returned shape \(\)"),
        (lambda y, x: None, r"UsageError: it returned shape \(\)"),
        (lambda y, x: y.__setitem__(0, 9.0), "ValueError: assignment destination is read-only"),
        (lambda y: y, "TypeError"),
    ],
    ids=["raises", "short", "scalar", "nothing", "writes", "one argument"],
)
def test_a_slip_keeps_the_last_good_line(panel, slip, why):
    """The error stands on the panel, with the version that has it; the line is as it was."""
    good = panel.values
    panel.edit(SPEC, slip)
    panel.run(PAIR)

    assert panel.values is good
    assert panel.version == 2
    with pytest.raises(type(panel.error), match=f"panel gap .version 2.: {why}"):
        raise panel.error
    assert "version 2" in repr(panel)


def test_a_mended_edit_takes_over(panel):
    """After a slip the next good body draws again, and its error is forgotten."""
    panel.edit(SPEC, lambda y, x: y / "x")
    panel.run(PAIR)
    panel.edit(SPEC, lambda y, x: [1, 2, 3])
    panel.run(PAIR)

    assert panel.error is None
    assert panel.version == 3
    np.testing.assert_array_equal(panel.values, [1.0, 2.0, 3.0])


def test_an_edit_brings_its_own_description(panel):
    """The first line of the docstring is the panel's, and goes when the body has none."""
    panel.edit(SPEC, gap)
    assert panel.doc == "How far y is above x."

    panel.edit(SPEC, lambda y, x: y)
    assert not panel.doc


def test_the_line_stays_until_the_new_body_has_run(panel):
    """Between an edit and the next bar the chart does not go blank."""
    good = panel.values
    panel.edit(PairSpec("SOLUSDT", "BTCUSDT", 1), gap)

    assert panel.values is good


def test_comparing_makes_a_condition(panel):
    """Either way round, as one writes it."""
    above = Condition("panel:gap", ">", 2.0)

    assert (panel > 2) == (2 < panel) == above  # noqa: SIM300  that is the point
    assert (panel < -2) == Condition("panel:gap", "<", -2.0)


@pytest.mark.parametrize("value", ["2", None, float("nan"), 1j, [2]])
def test_a_panel_is_compared_with_a_number(panel, value):
    """Anything else is a sentence, and no traceback of Python's."""
    with pytest.raises(UsageError, match="is compared with a number"):
        _ = panel > value


def long_pair(n=300):
    """Two prices that wander."""
    y, x = np.exp(1e-3 * np.random.default_rng(4).normal(size=(2, n)).cumsum(axis=1))
    return Pair(SPEC, np.arange(n), y, x, 0, 0)


@pytest.mark.parametrize(
    ("analytic", "said"),
    [
        (lambda y, x: zscore(y - x, 30), "causal ✓"),
        (lambda y, x: (y - y.mean()) / y.std(), "reads the future"),
        (lambda y, x: y if len(y) == 300 else 1 / 0, "not checked"),
        (lambda y, x: engle_granger(y, x) and y - y.mean(), "reads the future"),
        (lambda y, x: y - y[:15].mean(), "reads the future"),
        (lambda y, x: np.full(len(y), np.nan), ""),
    ],
    ids=[
        "causal",
        "hindsight",
        "slips on less",
        "needs 52 bars",
        "first 15 bars",
        "says nothing",
    ],
)
def test_a_panel_says_whether_it_reads_the_future(analytic, said):
    """Tried once a version, on the panel's own bars; where it cannot be told, that is said."""
    panel = Panel("z", SPEC, analytic)
    panel.run(long_pair())

    assert (panel.causal, panel.error) == (said, None)


def test_a_slow_analytic_is_judged_by_fewer_cuts(monkeypatch):
    """What the page says of a panel does not hang on how busy the machine is."""
    monkeypatch.setattr(panel_module, "QUICK_S", -1.0)
    for analytic, said in ((lambda y, x: y - y.mean(), "reads the future"), (gap, "causal ✓")):
        panel = Panel("z", SPEC, analytic)
        panel.run(long_pair())
        assert panel.causal == said


def test_an_edit_is_judged_anew():
    """The word of the old version goes with it; too few bars say nothing yet."""
    panel = Panel("z", SPEC, lambda y, x: y - x)
    panel.run(long_pair(50))
    assert panel.causal == ""
    panel.run(long_pair())
    assert panel.causal == "causal ✓"
    panel.edit(SPEC, lambda y, x: y - y[-1])
    assert panel.causal == ""
    panel.run(long_pair())
    assert panel.causal == "reads the future"


def test_it_is_tried_once():
    """A dozen shorter pasts for a version, not for every bar."""
    calls = []
    panel = Panel("z", SPEC, lambda y, x: calls.append(len(y)) or y - x)
    for _ in range(5):
        panel.run(long_pair())

    assert 5 < len(calls) < 30


def test_a_panel_waits_for_the_first_bar(panel):
    """Without a closed bar its function is not called, and no line of another market stays."""
    called = []
    panel.edit(SPEC, lambda y, _: called.append(len(y)) or y[-1])
    panel.run(Pair(SPEC, PAIR.ts[:0], PAIR.y[:0], PAIR.x[:0], 0, 0))

    assert called == []
    assert panel.error is None
    assert len(panel.ts) == len(panel.values) == 0


def test_a_panel_that_exits_is_a_slip(panel):
    """sys.exit in a body ends neither the watcher's thread nor the check of its shorter pasts."""
    panel.edit(SPEC, lambda y, x: sys.exit("enough"))
    panel.run(PAIR)

    assert "SystemExit: enough" in str(panel.error)
    n = 100
    panel.edit(SPEC, lambda y, x: y if len(y) == n else sys.exit("short"))
    panel.run(Pair(SPEC, np.arange(n), np.arange(1.0, n + 1), np.ones(n), 0, 0))
    assert panel.causal == "not checked"


def test_two_comparisons_are_no_condition(panel):
    """Of 1 < z < 2 Python would keep the second half and drop the first without a word."""
    with pytest.raises(UsageError, match="make one for each"):
        _ = 1 < panel < 2
    with pytest.raises(UsageError, match="not with 1000"):
        _ = panel > 10**400
