"""The page: places all parts and draws them from one Snapshot at a time.

Only the render thread calls it.
"""

from collections.abc import Iterator
from html import escape

import ipywidgets as w
from bqscales import Scale

from quantlive_nb.alert.metric import PANEL
from quantlive_nb.interval import Micros
from quantlive_nb.live.snapshot.snapshot import Snapshot
from quantlive_nb.view.charts.autoscale import chunk, window
from quantlive_nb.view.charts.axis import TimeAxis
from quantlive_nb.view.charts.bqplot_model import Axis, Mark
from quantlive_nb.view.charts.candle import CandleChart
from quantlive_nb.view.charts.chart import Chart, Sight
from quantlive_nb.view.charts.pair_charts import CorrelationChart, SpreadChart, ZScoreChart
from quantlive_nb.view.charts.panel_chart import PanelCharts
from quantlive_nb.view.controller import Controller, ViewState
from quantlive_nb.view.controls.alert_controls import AlertPanel, fired_on
from quantlive_nb.view.controls.export_controls import ExportPanel
from quantlive_nb.view.controls.market_controls import SourceFields, SymbolFields
from quantlive_nb.view.controls.number_controls import Controls
from quantlive_nb.view.controls.scan_controls import ScanPanel
from quantlive_nb.view.page_client import Client
from quantlive_nb.view.panels.statistics import StatisticsTable
from quantlive_nb.view.panels.status import Status
from quantlive_nb.view.theme import STYLE
from quantlive_nb.view.widgets.widget_tree import close, family

__all__ = ["Page"]

CHANGING = (Mark, Axis, Scale, w.DOMWidget)
MARKETS = {"SIMULATED": "ql-market-simulated", "REPLAY": "ql-market-replay"}


class Page:
    """Everything on the screen.

    Parameters
    ----------
    controller : Controller
        Receives the controls.
    source : str
        The source to show first.

    Attributes
    ----------
    root : Widget
        The displayed widget.
    """

    def __init__(self, controller: Controller, source: str) -> None:
        self.status = Status(controller)
        self.source = SourceFields(controller, source)
        self.symbols = SymbolFields(controller)
        self.controls = Controls(controller)
        self.time = TimeAxis()
        self.candles = (
            CandleChart(self.time, "y", 202),
            CandleChart(self.time, "x", 160, is_labelled=True),
        )
        self.spread = SpreadChart(self.time, 102)
        self.zscore = ZScoreChart(self.time, 102)
        self.correlation = CorrelationChart(self.time, 106)
        self.panels = PanelCharts(self.time)
        self.table = StatisticsTable()
        self.alerts = AlertPanel(controller)
        self.export = ExportPanel(controller)
        self.scan = ScanPanel(controller)
        self.client = Client(controller, self.time.scale)
        self.root = self._assemble()
        self._frame: Snapshot | None = None
        self._seen: tuple[object, ...] = ()
        self._is_panning = False
        self.time.scale.observe(lambda _: controller.moved(), ["min", "max"])

    def draw(self, frame: Snapshot, look: ViewState) -> None:
        """Show a frame."""
        self._frame = frame
        self.status.draw(frame.health, frame.now_us)
        self._mark_market(frame.health.market)
        if self.client.is_met:
            self._grow(frame)
        self.alerts.draw(frame.alerts, frame.events)
        if frame.loading:
            self.empty(frame.loading)
            return
        self.table.draw(frame)
        self._show(frame, look)

    def glance(self, look: ViewState) -> None:
        """Redraw the current snapshot after a change of the view state."""
        if self._frame is not None and (look, self.time.shown) != self._seen:
            self._show(self._frame, look)

    def _show(self, frame: Snapshot, look: ViewState) -> None:
        """All charts of a frame."""
        sight = self._sight(frame, look)
        self.client.every_ms = frame.settings.every_us / 1e3
        for chart, bars in zip(self.candles, (frame.y, frame.x), strict=True):
            chart.draw(bars, sight)
        for series in (self.spread, self.zscore, self.correlation):
            series.draw(frame, sight)
        self.panels.draw(frame.panels, sight)
        if look.is_panning != self._is_panning:
            self._interact(is_panning=look.is_panning)
        self._mark_events(frame)
        self._seen = (look, self.time.shown)

    @property
    def window(self) -> "tuple[Micros, Micros] | None":
        """Ends of the shown window, µs UTC; None while no data are shown."""
        return None if self._frame is None else self.time.shown

    def empty(self, why: str) -> None:
        """Show no data anywhere, only the reason."""
        self._frame = None
        self.table.empty(why)
        for chart in self._charts():
            chart.empty(why)

    def show(self, controller: Controller) -> None:
        """Show the current settings on the controls."""
        symbols = controller.live.symbols
        self.controls.show(controller.settings, controller.look, symbols)
        self.source.show(controller.live.source, controller.look, controller.live.speed)
        self.symbols.show(controller.settings, symbols, controller.listed)

    def resync(self) -> None:
        """Send all changing state again, for a browser that may have missed updates."""
        for widget in family(self.root):
            if isinstance(widget, CHANGING):
                widget.send_state()

    def give_way(self, why: str) -> None:
        """Replace the page by one message; all other widgets are closed."""
        style, *parts = self.root.children
        self.root.children = (style, w.HTML(f"<p>{escape(why)}</p>").add_class("ql-note"))
        for widget in (*parts, *self.time.shared):
            close(widget)

    def close(self) -> None:
        """Close every widget of the page."""
        for widget in (self.root, *self.time.shared):
            close(widget)

    def _grow(self, frame: Snapshot) -> None:
        """Create and close charts and rows to match the data.

        Not before a browser is connected: while it loads, it would receive a new widget before
        those that the widget references.
        """
        self.alerts.match(frame.alerts)
        if self.panels.match(frame.panels):
            self._interact(is_panning=self._is_panning)

    def _sight(self, frame: Snapshot, look: ViewState) -> Sight:
        """The shown window: advanced when following, else unchanged."""
        settings = frame.settings
        every_us = settings.every_us
        if look.is_following or self.time.shown is None:
            newest = [int(bars.ts[-1]) for bars in (frame.y, frame.x) if len(bars)]
            self.time.show(*window(max(newest, default=frame.now_us), every_us, settings.bars))
        low_us, high_us = self.time.shown or (0, 0)
        self.time.spell(high_us - low_us)
        hover = None if look.hover_us is None else look.hover_us // every_us * every_us
        return Sight(settings, chunk(every_us, settings.bars), low_us, high_us, hover)

    def _mark_events(self, frame: Snapshot) -> None:
        settings = frame.settings
        fired = fired_on(frame.events, frame.alerts, settings.y, settings.x)
        charts = {
            f"price:{settings.y}": self.candles[0],
            f"price:{settings.x}": self.candles[1],
            "spread": self.spread,
            "zscore": self.zscore,
            "correlation": self.correlation,
        } | {f"{PANEL}{name}": chart for name, chart in self.panels.charts.items()}
        for name, chart in charts.items():
            chart.mark_events(fired.get(name, []), settings.every_us)

    def _mark_market(self, market: str) -> None:
        """Set the CSS class of the market on the page."""
        for name, css in MARKETS.items():
            self.root.add_class(css) if name == market else self.root.remove_class(css)

    def _interact(self, *, is_panning: bool) -> None:
        """Set what the mouse does: drag the time axis or inspect."""
        self._is_panning = is_panning
        for chart in self._charts():
            chart.figure.interaction = self.time.zoom if is_panning else None

    def _charts(self) -> Iterator[Chart]:
        yield from self.candles
        yield from (self.spread, self.zscore, self.correlation)
        yield from self.panels.charts.values()

    def _assemble(self) -> w.Widget:
        """Build the layout."""
        groups = [self.source.box, *self.controls.groups, self.symbols.box]
        controls = w.Box(groups).add_class("ql-controls")
        single = [*self.candles, self.spread, self.zscore, self.correlation]
        charts = w.VBox([*(chart.box for chart in single), self.panels.box]).add_class("ql-charts")
        rail = w.VBox([self.table.box, self.alerts.box, self.export.box]).add_class("ql-rail")
        body = w.Box([w.Box([charts, rail]).add_class("ql-body")]).add_class("ql-frame")
        style = w.HTML(f"<style>{STYLE}</style>").add_class("ql-style")
        parts = [style, self.client, self.status.box, controls, body, self.scan.box]
        parts.append(self.status.notes)
        return w.VBox(parts).add_class("ql-root")
