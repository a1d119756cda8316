"""A panel: a named function of a pair, with its last good line; an edit replaces the function."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from quantlive_nb.alert.metric import PANEL
from quantlive_nb.alert.rule import Condition
from quantlive_nb.analytics import CausalResult, check_causal
from quantlive_nb.analytics.core.index import aligned, column
from quantlive_nb.errors import PanelError, UsageError
from quantlive_nb.interval import micros
from quantlive_nb.name import named, require_text
from quantlive_nb.numeral import brief, is_finite
from quantlive_nb.types import Ints, Pair, PairSpec, Vector

__all__ = ["Analytic", "Panel", "spec_of"]

QUICK_S, FEW = 0.05, 3
"""An analytic that takes longer is tried on so few shorter pasts, beside the very short ones."""
TELLING = 60
"""Values that have to be there before an analytic is tried on shorter pasts."""
Analytic = Callable[[Vector, Vector], Vector]
"""What a panel computes: ``(y, x)``, read-only log closes of closed bars, to one value a bar."""


@dataclass(eq=False)
class Panel:
    """A user's analytic at work on one pair.

    Comparing a panel with a number gives the condition of an alert: ``live.alert("wide", z > 2)``.

    Parameters
    ----------
    name : str
    spec : PairSpec
        The question that is asked again whenever a bar closes.
    analytic : callable
        ``(y, x) -> values``, one value a bar.

    Examples
    --------
    >>> spec = PairSpec("ETHUSDT", "BTCUSDT", 1_000_000)
    >>> panel = Panel("gap", spec, lambda y, x: y - x)
    >>> panel.run(Pair(spec, np.arange(2), np.array([1.0, 2.0]), np.ones(2), 0, 0))
    >>> panel.values.round(2), panel > 2
    (array([0.  , 0.69]), Condition(metric='panel:gap', op='>', value=2.0))
    """

    name: str
    spec: PairSpec
    analytic: Analytic
    version: int = 1
    ts: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    values: Vector = field(default_factory=lambda: np.empty(0))
    n_missing: int = 0
    """Incomplete bars behind the line."""
    error: PanelError | None = None
    doc: str = ""
    causal: str = ""
    """Whether this version reads the future, in words; empty while there are too few values."""
    _checked: int = -1
    """The version of which it is known."""

    def __post_init__(self) -> None:
        self.name = named("a panel", self.name)

    def __gt__(self, value: float) -> Condition:
        """The condition that the panel's value is above a number."""
        return Condition(f"{PANEL}{self.name}", ">", _threshold(value))

    def __lt__(self, value: float) -> Condition:
        """The condition that the panel's value is below a number."""
        return Condition(f"{PANEL}{self.name}", "<", _threshold(value))

    def __repr__(self) -> str:
        """Name, question, version, and the error of the newest edit."""
        state = str(self.error) if self.error else f"n={len(self.values)}"
        return f"Panel({self.name} v{self.version}: {self.spec}, {state})"

    def edit(self, spec: PairSpec, analytic: Analytic) -> None:
        """Swap the function; the line that is drawn stays until the new one has a value."""
        self.spec, self.analytic, self.version = spec, analytic, self.version + 1
        self.doc = (analytic.__doc__ or "").strip().partition("\n")[0]
        self.causal = ""

    def run(self, pair: Pair) -> None:
        """Compute anew; a slip is kept as :attr:`error` and changes nothing else.

        Without a closed bar there is nothing to compute, and no line.
        """
        if not len(pair):
            self.ts, self.values, self.n_missing, self.error = pair.ts, np.empty(0), 0, None
            return
        version, begun_s = self.version, time.perf_counter()
        try:
            values = _computed(self.analytic, pair)
        # A user's function may raise anything: it is kept on the panel, and the market goes on.
        except (Exception, SystemExit) as exc:  # noqa: BLE001
            self.error = PanelError(self.name, version, exc)
        else:
            self.ts, self.values, self.n_missing = pair.ts, values, pair.n_missing
            self.error = None
            if self._checked != version:
                is_quick = time.perf_counter() - begun_s <= QUICK_S
                self._check(version, pair, {} if is_quick else {"n_cuts": FEW})

    def _check(self, version: int, pair: Pair, options: dict[str, int]) -> None:
        """Find out whether the past changes when bars come, once enough values are there to tell.

        A slip in a shorter past is no slip of the panel's: where that is all, it was not checked.
        """
        if np.count_nonzero(np.isfinite(self.values)) < TELLING:
            return
        self._checked = version
        try:
            said = _said(check_causal(self.analytic, pair.log_y, pair.log_x, **options))
        except (Exception, SystemExit):  # noqa: BLE001  as in run
            said = "not checked"
        if self.version == version:
            self.causal = said


def spec_of(pair: "Pair | PairSpec") -> PairSpec:
    """The question behind a pair.

    Raises
    ------
    UsageError
        If it is no pair.

    Examples
    --------
    >>> spec_of("ETHUSDT")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: 'ETHUSDT' is no pair: write live.panel(live.pair(y, x))
    """
    if isinstance(pair, Pair):
        return pair.spec
    if not isinstance(pair, PairSpec):
        raise UsageError(f"{brief(pair)} is no pair: write live.panel(live.pair(y, x))")
    y, x = (require_text("a symbol", leg) for leg in (pair.y, pair.x))
    last_us = None if pair.last_us is None else micros(pair.last_us)
    return PairSpec(y, x, micros(pair.every_us), last_us)


def _threshold(value: object) -> float:
    """A finite number to compare a panel with, or a sentence."""
    if not is_finite(value):
        raise UsageError(f"a panel is compared with a number, not with {brief(value)}: write z > 2")
    return float(value)


def _said(found: CausalResult) -> str:
    """The verdict in a few words."""
    if not found.is_checked:
        return "not checked"
    return "causal ✓" if found else "reads the future"


def _computed(analytic: Analytic, pair: Pair) -> Vector:
    answer = column("its answer", analytic(*_locked(pair.log_y, pair.log_x)))
    if answer.values.shape != (len(pair),):
        raise UsageError(f"it returned shape {answer.values.shape}, expected ({len(pair)},)")
    return aligned({"its answer": answer})[0]


def _locked(*columns: Vector) -> tuple[Vector, ...]:
    for one in columns:
        one.setflags(write=False)
    return columns
