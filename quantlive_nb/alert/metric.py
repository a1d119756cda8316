"""The registry of metrics: what an alert may watch, in which unit and range, and from what data."""

import math
from dataclasses import dataclass
from enum import Enum

from quantlive_nb.errors import UsageError
from quantlive_nb.name import named, require_text
from quantlive_nb.numeral import brief

__all__ = ["METRICS", "PANEL", "REGISTRY", "Metric", "Need", "label", "metric_of"]

PANEL = "panel:"
"""Prefix of a metric that is a user's panel: ``panel:NAME``."""


class Need(Enum):
    """The data that a metric is read from.

    Examples
    --------
    >>> metric_of("zscore").needs
    <Need.SERIES: 'series'>
    """

    BARS = "bars"  # a column of the bars of y
    SERIES = "series"  # a column of the rolling statistics of the pair
    TESTS = "tests"  # one value of the slow tests, ``TEST.field``
    PANEL = "panel"  # the line of a user's panel


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; all that the package knows of it.

    Parameters
    ----------
    name : str
        As it is written in a condition.
    unit : str
        What its numbers are, for a tooltip.
    needs : Need
    column : str
        Where it stands in what it needs: a field of ``Bars``, of ``PairSeries``, ``TEST.field`` of
        the slow tests, or the name of a panel.
    low, high : float
        Ends of its range.
    is_above_low : bool
        Whether it is never at the lower end itself.
    n_legs : int
        1 if it is about y alone, 2 if it is about the pair.

    Examples
    --------
    >>> metric_of("price").n_legs, metric_of("correlation").low
    (1, -1.0)
    """

    name: str
    unit: str
    needs: Need
    column: str
    low: float = -math.inf
    high: float = math.inf
    is_above_low: bool = False
    n_legs: int = 2

    @property
    def range(self) -> str:
        """The range in words, for a metric that has one."""
        if math.isinf(self.high):
            return f"is never below {self.low:g}"
        return f"lies from {self.low:g} to {self.high:g}"

    @property
    def has_every_bar(self) -> bool:
        """Whether it has a value on every closed bar, so that none of them may be passed over."""
        return self.needs in (Need.BARS, Need.SERIES)


REGISTRY = {
    metric.name: metric
    for metric in (
        Metric("price", "quote currency", Need.BARS, "close", 0.0, is_above_low=True, n_legs=1),
        Metric("spread", "log price", Need.SERIES, "spread"),
        Metric("zscore", "standard deviations", Need.SERIES, "zscore"),
        Metric("correlation", "-1 to 1", Need.SERIES, "correlation", -1.0, 1.0),
        Metric("adf_p", "probability", Need.TESTS, "adf.p", 0.0, 1.0),
        Metric("hedge_ratio", "log price of y per log price of x", Need.SERIES, "beta"),
        Metric("volume", "base currency", Need.BARS, "volume", 0.0, n_legs=1),
    )
}
"""Every metric by its name. Rules, the page, the alert runner and the completion of
``REGISTRY["..."]`` read it: a new metric is one entry."""
METRICS: tuple[str, ...] = tuple(REGISTRY)
"""Names of the metrics that ship; ``panel:NAME`` is a user's panel."""


def metric_of(name: str) -> Metric:
    """The metric of a name, or of ``panel:NAME``.

    Raises
    ------
    UsageError
        If there is none; the sentence lists all.

    Examples
    --------
    >>> metric_of("panel:gap").column
    'gap'
    """
    if require_text("a metric", name).startswith(PANEL):
        panel = named("a panel", name.removeprefix(PANEL))
        return Metric(name, "the panel's own unit", Need.PANEL, panel)
    if name not in REGISTRY:
        raise UsageError(f"unknown metric {brief(name)}: use one of {', '.join(REGISTRY)}")
    return REGISTRY[name]


def label(name: str) -> str:
    """What a reader calls a metric: a panel by its own name.

    Examples
    --------
    >>> label("panel:gap"), label("zscore")
    ('gap', 'zscore')
    """
    return name.removeprefix(PANEL)
