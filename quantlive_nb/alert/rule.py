"""Conditions and rules: what an alert waits for, read from text and checked in one place."""

from dataclasses import dataclass
from typing import NamedTuple

from quantlive_nb.alert.metric import label, metric_of
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import SECOND, Micros, every_name, micros
from quantlive_nb.name import named, require_text
from quantlive_nb.numeral import brief, is_finite, number, shown
from quantlive_nb.settings import Windows
from quantlive_nb.types import PairSpec

__all__ = ["Condition", "Rule"]


class Condition(NamedTuple):
    """A metric, an operator and a value: what an alert waits for.

    Examples
    --------
    >>> Condition.read("zscore > 2")
    Condition(metric='zscore', op='>', value=2.0)
    >>> Condition.read("zscore over 2")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: 'zscore over 2' is no condition: write it as zscore > 2
    """

    metric: str
    op: str
    value: float

    def __bool__(self) -> bool:
        """No condition is true or false by itself: of ``1 < z < 2`` Python would keep one half.

        Raises
        ------
        UsageError
        """
        raise UsageError("an alert waits for one comparison, z > 2: make one for each")

    @classmethod
    def of(cls, condition: object) -> "Condition":
        """A condition as it was given: one that is made, or its text.

        Raises
        ------
        UsageError
            If it is neither.
        """
        if isinstance(condition, cls):
            return condition
        if not isinstance(condition, str):
            raise UsageError(f"{brief(condition)} is no condition: write it as zscore > 2")
        return cls.read(condition)

    @classmethod
    def read(cls, text: str) -> "Condition":
        """A condition from text.

        Raises
        ------
        UsageError
            If it is not ``metric > number`` or ``metric < number``; the comma of 2,5 is decimal.
        """
        for op in (">", "<"):
            metric, found, value = text.partition(op)
            if found:
                try:
                    return cls(metric.strip(), op, number(value, is_code=True))
                except UsageError as exc:
                    raise UsageError(f"{exc}: write it as zscore > 2") from None
        raise UsageError(f"{brief(text)} is no condition: write it as zscore > 2")


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on one metric of one pair.

    Parameters
    ----------
    name : str
        Unique; adding a rule of the same name replaces it.
    metric : str
        A name of :data:`REGISTRY` or ``panel:NAME``. Price and volume are those of ``y``.
    op : ``">"`` or ``"<"``
    value : float
        In the metric's own unit.
    y, x : str
        Legs of the pair.
    every_us : int, µs
        Bar length; all metrics are read on closed bars.
    windows : Windows
        Windows of the rolling statistics.
    cooldown_us : int, µs of market time
        At least this long between two firings.
    hysteresis : float
        How far back past ``value`` the metric must go before the rule can fire again.

    Raises
    ------
    UsageError
        If the condition cannot mean anything.

    Examples
    --------
    >>> print(Rule("wide", "zscore", ">", 2, "ETHUSDT", "BTCUSDT"))
    zscore > 2 · ETHUSDT on BTCUSDT, 1s
    >>> print(Rule("up", "price", ">", 65000, "BTCUSDT", "ETHUSDT"))
    price > 65000 · BTCUSDT, 1s
    """

    name: str
    metric: str
    op: str
    value: float
    y: str
    x: str
    every_us: Micros = SECOND
    windows: Windows = Windows()
    cooldown_us: Micros = 60 * SECOND
    hysteresis: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", named("an alert", self.name))
        for name in ("metric", "op", "y", "x"):
            require_text(f"the {name} of an alert", getattr(self, name))
        metric_of(self.metric)
        if self.op not in (">", "<"):
            raise UsageError(f"operator {brief(self.op)} is not > or <")
        if not is_finite(self.value):
            raise UsageError(f"alert {self.name}: the value {brief(self.value)} is not a number")
        if not is_finite(self.hysteresis) or not is_finite(self.cooldown_us):
            raise UsageError(f"alert {self.name}: hysteresis and cooldown have to be numbers")
        for part in ("value", "hysteresis"):  # a fraction, or NumPy's float32, is no JSON
            object.__setattr__(self, part, _plain(getattr(self, part)))
        if not isinstance(self.windows, Windows):
            raise UsageError(
                f"the windows are {brief(self.windows)}: give Windows(hedge, z, correlation)"
            )
        if self.hysteresis < 0 or self.cooldown_us < 0:
            raise UsageError(f"alert {self.name}: hysteresis and cooldown cannot be negative")

    @classmethod
    def of(
        cls,
        name: str,
        condition: "str | Condition",
        y: str,
        x: str,
        *,
        every: "str | Micros" = "1s",
        cooldown: "str | Micros" = "60s",
        hysteresis: float = 0.0,
        windows: Windows = Windows(),
    ) -> "Rule":
        """The rule that a user means; cells, page and API make theirs here.

        Parameters
        ----------
        condition : str or Condition
            ``metric > value``, or a panel compared with a number.
        every, cooldown : str or int
            Lengths of time; a cooldown may be ``"0"``.

        Raises
        ------
        UsageError
            If it cannot mean anything.

        Examples
        --------
        >>> Rule.of("wide", "zscore > 2,5", "ETHUSDT", "BTCUSDT", every="5s").value
        2.5
        """
        asked = Condition.of(condition)
        every_us, cooldown_us = micros(every), micros(cooldown, may_be_zero=True)
        return cls(name, *asked, y, x, every_us, windows, cooldown_us, hysteresis)

    def require_reachable(self) -> None:
        """Refuse a condition that is always or never true, or that could fire only once.

        Raises
        ------
        UsageError
            Says in which range the metric lies.
        """
        metric = metric_of(self.metric)
        low, high, is_above = metric.low, metric.high, self.op == ">"
        text = f"{self.metric} {self.op} {shown(self.value)}"
        if not self.holds(high if is_above else low):
            raise UsageError(f"{text} can never be: {self.metric} {metric.range}")
        if metric.is_above_low and is_above and self.value == low:
            raise UsageError(f"{text} is always true: give the {self.metric} to wait for")
        if not low <= self.value <= high:
            raise UsageError(f"{text} is always true: {self.metric} {metric.range}")
        back = self.value + (-self.hysteresis if is_above else self.hysteresis)
        if not low <= back <= high or (metric.is_above_low and back == low):
            raise UsageError(
                f"{text} could fire only once: with hysteresis {shown(self.hysteresis)} it waits"
                f" for {shown(back)}, and {self.metric} {metric.range}"
            )

    def __str__(self) -> str:
        """The condition in words."""
        value = f"{self.value:.12g}"
        return f"{label(self.metric)} {self.op} {value} · {self.subject}"

    @property
    def is_of_y(self) -> bool:
        """Whether it is about one symbol, y."""
        return metric_of(self.metric).n_legs == 1

    @property
    def subject(self) -> str:
        """What it is about: a symbol for a metric of one leg, else the pair."""
        if self.is_of_y:
            return f"{self.y}, {every_name(self.every_us)}"
        return str(PairSpec(self.y, self.x, self.every_us))

    def holds(self, value: float) -> bool:
        """Whether the condition is true of a value."""
        return value > self.value if self.op == ">" else value < self.value

    def clears(self, value: float) -> bool:
        """Whether a value is back past the threshold by the hysteresis."""
        if self.op == ">":
            return value <= self.value - self.hysteresis
        return value >= self.value + self.hysteresis


def _plain(value: float) -> float:
    """The number as an int or a float of Python's own."""
    return value if type(value) in (int, float) else float(value)
