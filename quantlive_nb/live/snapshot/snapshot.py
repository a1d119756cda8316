"""One refresh of the page as a value: everything shown, computed at one moment."""

from dataclasses import dataclass, field

import numpy as np

from quantlive_nb.alert import Event, Status
from quantlive_nb.analytics.cointegration.engle_granger import ADFResult, EGResult
from quantlive_nb.analytics.core.summary import Summary
from quantlive_nb.analytics.pair.ols import OLSFit
from quantlive_nb.analytics.pair.pair_series import PairSeries
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.health import Health
from quantlive_nb.settings import Settings
from quantlive_nb.types import Bars, Ints, Vector

__all__ = ["PanelView", "Snapshot", "Stats"]

Missing = NotEnoughData | UsageError
"""Why a statistic has no value: it is warming up, or its input is invalid."""


@dataclass(frozen=True, slots=True)
class Stats:
    """The numbers of the statistics panel; each is a result or the reason for its absence.

    Attributes
    ----------
    summary_y, summary_x : Summary or Missing
        Of the closes drawn.
    ols : OLSFit or Missing
        Log prices, over the hedge window's closed bars.
    spread, zscore, correlation : float or Missing
        The last values of the series drawn.
    adf, engle_granger : ADFResult, EGResult or Missing
        Computed off the render thread, at most every 5 s; ``tests_ts`` is their bar.
    n_incomplete : int
        Number of bars with an incomplete leg, among those used by these numbers.
    """

    summary_y: Summary | Missing
    summary_x: Summary | Missing
    ols: OLSFit | Missing
    spread: float | Missing
    zscore: float | Missing
    correlation: float | Missing
    adf: ADFResult | Missing
    engle_granger: EGResult | Missing
    tests_ts: int | None = None
    n_incomplete: int = 0


@dataclass(frozen=True, slots=True)
class PanelView:
    """State of a user's panel: its last good line, and its error if the newest edit failed."""

    name: str
    version: int
    ts: Ints
    values: Vector
    error: str = ""
    doc: str = ""
    causal: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one refresh shows.

    Attributes
    ----------
    settings : Settings
        The settings of these numbers; a snapshot for other settings must not be drawn.
    y, x : Bars
        Bars drawn of each leg, the forming bar last.
    series : PairSeries
        Spread, bands, z-score, correlation on the closed bars drawn.
    stats : Stats
    health : Health
    alerts : tuple of Status
        Every alert and its state.
    events : tuple of Event
        Latest firings, newest first.
    panels : tuple of PanelView
    loading : str
        The reason, while there is nothing to draw yet: ``no trades of ETHUSDT yet``.
    now_us : int, µs UTC
        Market time of the snapshot; 0 before the first trade.
    """

    settings: Settings
    y: Bars
    x: Bars
    series: PairSeries
    stats: Stats
    health: Health
    alerts: tuple[Status, ...] = ()
    events: tuple[Event, ...] = ()
    panels: tuple[PanelView, ...] = field(default=())
    loading: str = ""
    now_us: int = 0

    @property
    def times(self) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
        """Opening times of the closed bars drawn, datetime64[us] UTC."""
        return self.series.ts.view("datetime64[us]")
