"""Builds a snapshot of a recording: everything one refresh of a page shows."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from quantlive_nb.analytics import OLSFit, PairSeries, SeriesMemo, ols, summary
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.health import FeedState, Health
from quantlive_nb.live.snapshot.alert_runner import AlertRunner
from quantlive_nb.live.snapshot.market_data import MarketData, aligned, paired
from quantlive_nb.live.snapshot.snapshot import Missing, PanelView, Snapshot, Stats
from quantlive_nb.panel import Panel
from quantlive_nb.settings import Settings
from quantlive_nb.types import Bars, Pair, Vector

__all__ = ["assemble", "blank"]

T = TypeVar("T")


def assemble(
    tape: MarketData, watcher: AlertRunner, settings: Settings, memo: SeriesMemo
) -> Snapshot:
    """Build the snapshot for these settings; missing data are described in it, not raised.

    Parameters
    ----------
    tape : MarketData
    watcher : AlertRunner
        Holds the alerts, the panels and the slow tests.
    settings : Settings
    memo : SeriesMemo
        Owned by the caller: with it a refresh computes only the new bar.
    """
    spec = settings.spec
    y, x = (tape.bars(symbol, spec.every_us, spec.last_us) for symbol in (spec.y, spec.x))
    pair = paired(spec, y, x)
    series = memo(pair, settings.windows)
    drawn = slice(max(len(series) - settings.bars, 0), None)
    health = tape.recorder.health()
    return Snapshot(
        settings=settings,
        y=y.select(slice(-settings.bars - 1, None)),
        x=x.select(slice(-settings.bars - 1, None)),
        series=series.select(drawn),
        stats=stats_of(watcher, settings, pair, series, (y, x)),
        health=health,
        alerts=watcher.statuses(),
        events=watcher.events,
        panels=tuple(view(panel) for panel in tuple(watcher.panels.values())),
        loading=lacking(health, (y, x)),
        now_us=tape.now_us,
    )


def lacking(health: Health, legs: tuple[Bars, Bars]) -> str:
    """Which leg has no trades, and what the feed is doing; empty if both have some."""
    symbols = " and ".join(leg.symbol for leg in legs if not len(leg))
    if not symbols:
        return ""
    if health.state is FeedState.ENDED:
        return f"the recording holds no trades of {symbols}"
    if health.state is FeedState.LIVE:
        return f"no trades of {symbols} yet"
    is_begun = health.state is FeedState.CONNECTING and bool(health.reason)
    doing = health.reason if is_begun else f"{health.market} is {health.state.value}"
    return f"no trades of {symbols} yet: {doing}"


def blank(settings: Settings, health: Health, panels: Iterable[Panel]) -> Snapshot:
    """The snapshot of a Live that was not started, or was closed."""
    y, x = (Bars.empty("", symbol, settings.every_us) for symbol in (settings.y, settings.x))
    none = NotEnoughData("the page", 0, settings.windows.warmup)
    stats = Stats(none, none, none, none, none, none, none, none)
    views = tuple(view(panel) for panel in panels)
    series, loading = PairSeries.empty(), health.reason
    return Snapshot(settings, y, x, series, stats, health, panels=views, loading=loading)


def stats_of(
    watcher: AlertRunner,
    settings: Settings,
    pair: Pair,
    series: PairSeries,
    legs: tuple[Bars, Bars],
) -> Stats:
    """The numbers of the statistics panel."""
    windows, n = settings.windows, settings.bars
    tests = watcher.tests.read(settings.spec._replace(last_us=n * pair.spec.every_us), len(pair))
    hedge = slice(-windows.hedge, None)
    closes = [leg.closed.close[-n:] for leg in legs]
    return Stats(
        summary_y=attempt(lambda: summary(closes[0])),
        summary_x=attempt(lambda: summary(closes[1])),
        ols=attempt(lambda: fit(pair, hedge, windows.hedge)),
        spread=last("spread", series, series.spread, windows.hedge + 1),
        zscore=last("zscore", series, series.zscore, windows.hedge + windows.z + 1),
        correlation=last("correlation", series, series.correlation, windows.correlation + 1),
        adf=tests.adf,
        engle_granger=tests.engle_granger,
        tests_ts=tests.ts,
        n_incomplete=n_incomplete(settings, legs),
    )


def fit(pair: Pair, which: slice, need: int) -> OLSFit:
    """OLS of the log closes over the hedge window, once it is full."""
    if len(pair) < need:
        raise NotEnoughData("ols", len(pair), need)
    return ols(pair.log_y[which], pair.log_x[which])


def n_incomplete(settings: Settings, legs: tuple[Bars, Bars]) -> int:
    """Number of bars with an incomplete leg, among those drawn or used in windows."""
    used = slice(-max(settings.bars, settings.windows.warmup), None)
    y, x = (leg.select(used) for leg in aligned(*legs))
    return paired(settings.spec, y, x).n_missing


def attempt(compute: Callable[[], T]) -> T | Missing:
    """The result of a function, or why there is none."""
    try:
        return compute()
    except (NotEnoughData, UsageError) as missing:
        return missing


def last(what: str, series: PairSeries, column: Vector, need: int) -> float | Missing:
    """The last value of a series, or why there is none."""
    if len(series) < need:
        return NotEnoughData(what, len(series), need)
    value = float(column[-1])
    return value if value == value else UsageError(f"{what}: the prices did not move")


def view(panel: Panel) -> PanelView:
    """The current state of a panel."""
    error = str(panel.error) if panel.error else ""
    return PanelView(
        panel.name, panel.version, panel.ts, panel.values, error, panel.doc, panel.causal
    )
