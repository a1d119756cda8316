"""The charts of user-defined panels: created when a panel appears, closed when it is removed."""

from collections.abc import Iterable

from quantlive_nb.live.snapshot.snapshot import PanelView
from quantlive_nb.view.charts.axis import TimeAxis, ValueAxis
from quantlive_nb.view.charts.chart import Sight
from quantlive_nb.view.charts.line_chart import LineChart
from quantlive_nb.view.text import escape, significant
from quantlive_nb.view.widgets.keyed_list import KeyedList

__all__ = ["PanelCharts"]

HEIGHT_PX = 136
WAITING = '<span class="ql-warming">waiting for the first closed bar</span>'


class PanelChart(LineChart):
    """One panel: its last good line, its version, and the error of the newest edit."""

    def __init__(self, time: TimeAxis) -> None:
        values = ValueAxis(max(3, HEIGHT_PX // 30))
        super().__init__(time, "panel", HEIGHT_PX, values, self._spell, is_labelled=True)
        self.add()

    def draw(self, panel: PanelView, sight: Sight) -> None:
        """Show the line as it stands."""
        self.draw_line(panel.ts, panel.values, sight)
        error = f'<span class="ql-error" role="alert">{escape(panel.error)}</span>'
        name = f'{escape(panel.name)} <small class="ql-version">version {panel.version}</small>'
        kind = "ql-good" if panel.causal.endswith("✓") else "ql-warn"
        badge = f'<span class="ql-causal {kind}">{panel.causal}</span>' if panel.causal else ""
        keys = error if panel.error else badge
        note = escape(panel.doc)
        lacking = "" if len(panel.ts) or panel.error else WAITING
        self.write_line(name, panel.ts, panel.values, sight, note=note, keys=keys, lacking=lacking)

    def _spell(self, value: float) -> str:
        return significant(value, 4, signed=True)


class PanelCharts:
    """As many charts as there are panels, in their order."""

    def __init__(self, time: TimeAxis) -> None:
        self._time = time
        self._rows = KeyedList(lambda _: PanelChart(time), lambda chart: chart.box)
        self.box = self._rows.box.add_class("ql-panels")

    @property
    def charts(self) -> dict[str, PanelChart]:
        """The charts now shown, by the name of their panel."""
        return self._rows.entries

    def match(self, panels: Iterable[PanelView]) -> bool:
        """Create and close charts to match the panels; return whether any changed."""
        names = [panel.name for panel in panels]
        for name in self.charts.keys() - set(names):
            self.charts[name].remove()
        return self._rows.match(names, spare=self._time.shared)

    def draw(self, panels: Iterable[PanelView], sight: Sight) -> None:
        """Show the panels that have a chart."""
        for panel in panels:
            if panel.name in self.charts:
                self.charts[panel.name].draw(panel, sight)

    def empty(self, why: str) -> None:
        """Show no data, only why there are none."""
        for chart in self.charts.values():
            chart.empty(why)
