"""The scan controls: a form, the progress, and a table of the pairs found."""

import math
from importlib.resources import files
from typing import Any

import anywidget
import ipywidgets as w
import traitlets as t

from quantlive_nb.analytics import ScanResult
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import every_name
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.controls.typed_field import Typed, bounded, length
from quantlive_nb.view.scan_task import ScanRequest, ScanState
from quantlive_nb.view.text import correlation, escape, fine, p_value, several, significant, stamp
from quantlive_nb.view.widgets.form import button, field, set_quietly, toggle

__all__ = ["ScanPanel", "ScanTable", "rows_of"]

MOST_BPS = 1_000.0
MOST_ROWS = 200
"""Most rows shown, best first; ``quantlive scan --out`` writes all."""
LAGS = (("by AIC", "aic"), ("1", 1), ("2", 2), ("5", 5))
UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))


class ScanTable(anywidget.AnyWidget):
    """A table sorted in the browser, and a heat map; a click shows a pair.

    Attributes
    ----------
    rows : list of dict
        As :func:`rows_of` makes them.
    """

    _esm = files("quantlive_nb.view").joinpath("scan.js").read_text(encoding="utf-8")
    rows: Any = t.List().tag(sync=True)

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self.on_msg(self._hear)

    def _hear(self, _: object, message: dict[str, Any], __: object) -> None:
        """Handle a click on a pair; ignore other messages."""
        if message.get("kind") == "pair":
            self._controller.change(y=str(message.get("y")), x=str(message.get("x")))


class ScanPanel:
    """The form, the progress, a summary in words, and the table."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        text = "How far back from now: 6h, 2d; the bars are those of the page"
        self.last = Typed("scan-last", "Look back", text, length(), "6h")
        text = "Lagged differences in each test: a number, or the best by AIC, which takes longer"
        self.lags = field(w.Dropdown, "scan-lags", "Lags", text, options=LAGS)
        text = "Cost of one trade in basis points; a round trip has four trades"
        cost = bounded("a cost", 0.0, MOST_BPS)
        self.cost = Typed("scan-cost", "Cost, bps", text, cost, 10.0)
        text = "Test every ordered pair of the streamed symbols for cointegration"
        self.start = button("scan-start", "Scan", text, self._start)
        text = "Cancel the scan; the results so far are shown"
        self.cancel = button("scan-cancel", "Cancel", text, controller.cancel_scan)
        form = w.Box([self.last.box, self.lags, self.cost.box, self.start, self.cancel])
        self._said = w.HTML().add_class("ql-scan-said")
        self.table = ScanTable(controller)
        head = w.HTML("<h3>Scan of all pairs</h3>")
        parts = [head, form.add_class("ql-scan-form"), self._said, self.table]
        self.box = w.VBox(parts).add_class("ql-scan")
        self._shown: ScanState | None = None
        self.draw(ScanState())

    def draw(self, state: ScanState) -> None:
        """Show the state of the scan; nothing is sent when it did not change."""
        if state is self._shown:
            return
        self._shown = state
        toggle(self.cancel, "ql-hidden", is_on=not state.is_running)
        set_quietly(self.start, disabled=state.is_running)
        set_quietly(self._said, value=said(state))
        bar_s = state.asked.every_us / 1e6 if state.asked else 1.0
        rows = rows_of(state.found, bar_s) if state.found else []
        if rows != self.table.rows:
            self.table.rows = rows

    def _start(self) -> None:
        try:
            last, cost_bps = self.last.read(), self.cost.read()
        except UsageError:  # the field says why
            self._controller.search.refuse(
                "nothing was scanned: mend the field that is marked above"
            )
        else:
            self._controller.scan(last, self.lags.value, cost_bps)


def rows_of(found: ScanResult, bar_s: float) -> list[dict[str, Any]]:
    """The best pairs as table rows: numbers to sort by (or None) and their texts.

    Parameters
    ----------
    bar_s : float, seconds
        Length of a bar: a half-life is shown in time.
    """
    rows = []
    for at in range(min(len(found), MOST_ROWS)):
        numbers = {
            "stat": float(found.stat[at]),
            "p": float(found.p[at]),
            "q": float(found.q[at]),
            "half_life": float(found.half_life[at]) * bar_s,
            "correlation": float(found.correlation[at]),
            "beta": float(found.beta[at]),
            "hurdle": float(found.hurdle[at]),
            "holdout_p": float(found.holdout_p[at]),
        }
        known = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
        rows.append({"y": str(found.y[at]), "x": str(found.x[at]), **known, "text": texts(numbers)})
    return rows


def texts(numbers: dict[str, float]) -> dict[str, str]:
    """The formatted text of each number.

    Examples
    --------
    >>> texts({"half_life": 93.0, "hurdle": float("nan")})
    {'half_life': '1.6 min', 'hurdle': '–'}
    """
    ways = {"p": p_value, "q": p_value, "holdout_p": p_value, "half_life": duration}
    ways["correlation"] = correlation
    return {
        name: ways.get(name, significant)(value) if math.isfinite(value) else "–"
        for name, value in numbers.items()
    }


def duration(seconds: float) -> str:
    """A time in its largest unit.

    Examples
    --------
    >>> duration(5.0), duration(5_400.0), duration(0.004)
    ('5.0 s', '1.5 h', '0.0040 s')
    """
    size, unit = next((one for one in UNITS if seconds >= one[0]), UNITS[-1])
    return f"{fine(seconds / size, 1)} {unit}"


def said(state: ScanState) -> str:
    """The progress or result in words."""
    if state.error:
        return f'<p class="ql-error">{escape(state.error)}</p>'
    if state.is_running:
        part = state.n_done / state.n_pairs if state.n_pairs else 0.0
        count = (
            f"{state.n_done} of {several(state.n_pairs, 'pair')}" if state.n_pairs else "reading"
        )
        bar = f'<div class="ql-progress"><div style="width:{100 * part:.0f}%"></div></div>'
        return f'<div class="ql-scan-running" data-value="{part!r}"><span>{count}</span>{bar}</div>'
    if state.found is None or state.asked is None:
        return '<p class="ql-note">Every streamed symbol on every other. Add symbols above.</p>'
    small = terms(state.found, state.asked, state.now_us)
    return f"<p>{summary(state.found)}</p><small>{small}</small>"


def summary(found: ScanResult) -> str:
    """The result: discoveries, number of tests, and whether it was cancelled."""
    n_found = int((found.q <= 0.05).sum())
    tested = several(len(found), "pair")
    ended = "" if found.complete else f" (ended after {found.n_done} of {found.n_pairs})"
    words = f"<b>{n_found}</b> of {tested} at q ≤ 0.05{ended}. "
    many = f"{several(len(found), 'test')} at once: by chance about {0.05 * len(found):.1f} have p"
    words += f"{many} below 5 %, so judge by q, and by the holdout, which chose nothing."
    if len(found) > MOST_ROWS:
        words += f" The best {MOST_ROWS} are shown."
    return words


def terms(found: ScanResult, asked: ScanRequest, now_us: int) -> str:
    """Bars, end time and options of the scan, and the symbols left out with the reason."""
    lags = "lags by AIC" if asked.lags == "aic" else several(int(asked.lags), "lag")
    bars = f"{every_name(asked.every_us)} bars up to {stamp(now_us)} UTC"
    parts = f"{found.n_train} to fit, {found.n_holdout} held out"
    market = f"<b>{asked.market}</b>" if asked.market.isupper() else escape(asked.market)
    words = f"{market}, {bars}: {parts}; {lags}; {asked.cost_bps:g} bps a trade."
    left = "; ".join(escape(why) for why in found.left_out.values())
    return f"{words} Left out: {left}." if left else words
