"""What a page shows: one frozen value, replaced as a whole when a control changes."""

from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from typing import Any, Self

from quantlive_nb.errors import UsageError
from quantlive_nb.interval import SECOND, Micros, every_name, micros
from quantlive_nb.name import require_text
from quantlive_nb.numeral import brief
from quantlive_nb.types import PairSpec

__all__ = ["Settings", "Windows", "require_settings"]

REFRESH_MS = (200, 5_000)
MOST_BARS = 10_000
"""Of a window: more is no rolling statistic, and would read for minutes."""
MOST_Z = 1_000
LONGEST_BAR_US = 366 * 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Windows:
    """How many closed bars each rolling statistic looks back.

    Parameters
    ----------
    hedge : int, bars
        Window of the rolling OLS behind the spread; at least 10.
    z : int, bars
        Window of the z-score's mean and deviation; at least 5.
    correlation : int, returns
        Window of the rolling correlation; at least 5.

    Raises
    ------
    UsageError
        If a window is shorter than its minimum, or longer than 10 000 bars.

    Examples
    --------
    >>> Windows().correlation
    30
    >>> Windows(z=1)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: the z window is 1 bars: give at least 5
    """

    hedge: int = 120
    z: int = 60
    correlation: int = 30

    def __post_init__(self) -> None:
        for name, least in (("hedge", 10), ("z", 5), ("correlation", 5)):
            given = getattr(self, name)
            if not isinstance(given, Integral):
                raise UsageError(
                    f"the {name} window is {brief(given)}: give a whole number of bars"
                )
            value, said = int(given), brief(given)
            if value < least:
                raise UsageError(f"the {name} window is {said} bars: give at least {least}")
            if value > MOST_BARS:
                raise UsageError(f"the {name} window is {said} bars: give at most {MOST_BARS}")

    @property
    def warmup(self) -> int:
        """Closed bars needed before the first z-score and correlation exist."""
        return max(self.hedge + self.z, self.correlation) + 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a visitor can choose on the page.

    Parameters
    ----------
    y, x : str
        Legs of the pair: y is explained by x. They must differ.
    every_us : int, µs
        Length of a bar.
    bars : int
        Bars drawn, 20 to 2 000.
    refresh_ms : int
        Milliseconds between two refreshes, 200 to 5 000.
    z_threshold : float
        Where the z chart draws its two thresholds; above 0.

    Raises
    ------
    UsageError
        If the choices cannot mean anything; the sentence says what would.

    Examples
    --------
    >>> Settings("ETHUSDT", "BTCUSDT").swapped().y
    'BTCUSDT'
    >>> Settings("ETHUSDT", "ETHUSDT")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: Y and X are both ETHUSDT: choose two different symbols
    """

    y: str
    x: str
    every_us: Micros = SECOND
    bars: int = 300
    refresh_ms: int = 250
    windows: Windows = Windows()
    z_threshold: float = 2.0

    def __post_init__(self) -> None:
        self._check_kinds()
        if self.y == self.x:
            raise UsageError(f"Y and X are both {self.y}: choose two different symbols")
        if not 20 <= self.bars <= 2_000:
            raise UsageError(f"{brief(self.bars)} bars cannot be drawn: choose 20 to 2000")
        low, high = REFRESH_MS
        if not low <= self.refresh_ms <= high:
            raise UsageError(f"refresh {brief(self.refresh_ms)} ms is outside {low} to {high} ms")
        if not self.z_threshold > 0:
            raise UsageError(f"the z threshold is {self.z_threshold}: it must be above 0")
        if self.z_threshold > MOST_Z:
            raise UsageError(f"the z threshold is {brief(self.z_threshold)}: give at most {MOST_Z}")
        if not 1 <= self.every_us <= LONGEST_BAR_US:
            length = every_name(self.every_us)[:20]
            raise UsageError(f"bars of {length} cannot be drawn: choose 1ms to 366d")

    def _check_kinds(self) -> None:
        """Refuse what is of another kind than it has to be."""
        for leg in (self.y, self.x):
            require_text("a symbol", leg)
        for name in ("every_us", "bars", "refresh_ms"):
            if not isinstance(getattr(self, name), Integral):
                raise UsageError(f"{name} is {brief(getattr(self, name))}: give a whole number")
        if not isinstance(self.windows, Windows):
            raise UsageError(
                f"windows is {brief(self.windows)}: give Windows(hedge, z, correlation)"
            )
        threshold: object = self.z_threshold
        if not isinstance(threshold, Real):
            raise UsageError(f"the z threshold is {brief(threshold)}: give a number above 0")

    @property
    def spec(self) -> PairSpec:
        """The pair, with all the history that the drawn statistics need."""
        need = self.bars + self.windows.warmup
        return PairSpec(self.y, self.x, self.every_us, need * self.every_us)

    def but(self, **changes: Any) -> Self:
        """The same settings with some of them changed."""
        return replace(self, **changes)

    def chosen(self, **choices: Any) -> Self:
        """The same settings with choices as controls make them.

        Parameters
        ----------
        **choices
            ``hedge``, ``z`` and ``correlation`` are windows, ``every`` is text, such as ``"5s"``.

        Examples
        --------
        >>> Settings("ETHUSDT", "BTCUSDT").chosen(every="5s", z=20).windows.z
        20
        """
        if "every" in choices:
            choices["every_us"] = micros(choices.pop("every").strip())
        names = {field.name for field in fields(Windows)} & choices.keys()
        windows = {name: choices.pop(name) for name in names}
        return replace(self, windows=replace(self.windows, **windows), **choices)

    def swapped(self) -> Self:
        """The same settings with the legs exchanged."""
        return replace(self, y=self.x, x=self.y)


def require_settings(given: object) -> Settings:
    """The same settings; anything else is refused.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> require_settings("5s")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: '5s' are no Settings: write ql.Settings("ETHUSDT", "BTCUSDT")
    """
    if not isinstance(given, Settings):
        text = 'write ql.Settings("ETHUSDT", "BTCUSDT")'
        raise UsageError(f"{brief(given)} are no Settings: {text}")
    return given
