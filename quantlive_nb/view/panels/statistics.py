"""The statistics panel: every number with its description, or why there is none yet."""

from collections.abc import Callable

import ipywidgets as w

from quantlive_nb.analytics.cointegration.engle_granger import ADFResult, EGResult
from quantlive_nb.analytics.core.summary import Summary
from quantlive_nb.analytics.pair.ols import OLSFit
from quantlive_nb.live.snapshot.snapshot import Missing, Snapshot
from quantlive_nb.view.text import (
    NOTHING,
    cell,
    correlation,
    escape,
    fine,
    missing,
    number,
    p_value,
    places,
    several,
    significant,
    spread,
    stamp,
    zscore,
)

__all__ = ["StatisticsTable", "hypotheses", "pair_table", "price_table"]

ROWS = (
    ("last", "last close"),
    ("mean", "mean"),
    ("std", "std dev"),
    ("min", "min"),
    ("max", "max"),
)


class StatisticsTable:
    """Three elements, each sent only when it changed: prices often, the rest seldom."""

    def __init__(self) -> None:
        self._prices, self._pair, self._tests = (w.HTML() for _ in range(3))
        self.box = w.VBox([self._prices, self._pair, self._tests]).add_class("ql-stats")

    def draw(self, frame: Snapshot) -> None:
        """Show the numbers of a frame."""
        self._prices.value = f"<h3>Statistics</h3>{price_table(frame)}"
        self._pair.value = pair_table(frame)
        self._tests.value = f"<h3>Tests</h3>{hypotheses(frame)}"

    def empty(self, why: str) -> None:
        """Show no numbers, only the reason."""
        self._prices.value = f'<h3>Statistics</h3><p class="ql-warming">{escape(why)}</p>'
        self._pair.value = self._tests.value = ""


AGAIN = "Tested again at every bar: one rejection among many tests is no evidence at 5 %."


def price_table(frame: Snapshot) -> str:
    """Price statistics, a column for each leg, with the decimals of each symbol."""
    names = (frame.settings.y, frame.settings.x)
    results = (frame.stats.summary_y, frame.stats.summary_x)
    decimals = tuple(places(bars.close) for bars in (frame.y, frame.x))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = ""
    for field, label in ROWS:
        legs = zip("yx", results, decimals, strict=True)
        cells = "".join(_price(field, leg, result, n) for leg, result, n in legs)
        body += f'<tr><th scope="row">{label}</th>{cells}</tr>'
    counts = "".join(f"<td>{r.n if isinstance(r, Summary) else NOTHING}</td>" for r in results)
    body += f'<tr class="ql-muted"><th scope="row">bars</th>{counts}</tr>'
    body += doubt(frame.stats.n_incomplete)
    head = f"<thead><tr><td></td>{head}</tr></thead>"
    return f'<table class="ql-prices">{head}<tbody>{body}</tbody></table>'


def doubt(n_incomplete: int) -> str:
    """A row with the number of incomplete bars behind these numbers; empty for none."""
    if not n_incomplete:
        return ""
    words = cell("ql-incomplete", n_incomplete, several(n_incomplete, "incomplete bar"))
    return f'<tr class="ql-doubt"><td colspan="3" class="ql-warn">△ rests on {words}</td></tr>'


def pair_table(frame: Snapshot) -> str:
    """Hedge ratio with its interval, spread, z-score and correlation."""
    stats, windows = frame.stats, frame.settings.windows
    rows = (
        _hedge(stats.ols),
        _single("Spread", "spread", stats.spread, spread, "log price, last closed bar"),
        _single("z-score", "zscore", stats.zscore, zscore, f"against the {windows.z} bars before"),
        _single(
            "Correlation",
            "correlation",
            stats.correlation,
            correlation,
            f"of the last {windows.correlation} returns",
        ),
    )
    return f'<table class="ql-pair"><tbody>{"".join(rows)}</tbody></table>'


def hypotheses(frame: Snapshot) -> str:
    """The two tests, and the bar of their last evaluation."""
    stats = frame.stats
    when = "not tested yet"
    if stats.tests_ts is not None:
        when = f"tested on the bar of {stamp(stats.tests_ts, frame.settings.every_us)} UTC. {AGAIN}"
    return (
        _test("Engle–Granger", "engle-granger", stats.engle_granger)
        + _test("ADF of the spread", "adf", stats.adf)
        + f'<p class="ql-note ql-tests-at">{when}</p>'
    )


def _price(field: str, leg: str, result: Summary | Missing, n_places: int) -> str:
    """One price statistic."""
    name = f"ql-stat-{field}-{leg}"
    if not isinstance(result, Summary):
        return f'<td class="{name}">{missing(result) if field == "last" else NOTHING}</td>'
    value = float(getattr(result, field))
    text = significant(value) if field == "std" else number(value, n_places)
    return cell(name, value, text, tag="td")


def _hedge(fit: OLSFit | Missing) -> str:
    """Hedge ratio, its interval and the number of bars used."""
    label = "Hedge ratio &beta;"
    if not isinstance(fit, OLSFit):
        return _row(label, f'<span class="ql-stat-hedge">{missing(fit)}</span>', "")
    ends = f"{fine(fit.beta_low, 4)} … {fine(fit.beta_high, 4)}"
    note = f'95 %: <span class="ql-stat-hedge-interval">{ends}</span>, n {fit.n}'
    return _row(label, cell("ql-stat-hedge", fit.beta, fine(fit.beta, 4)), note)


def _single(
    label: str, name: str, value: float | Missing, spell: Callable[[float], str], note: str
) -> str:
    """A single number, or why it is missing."""
    name = f"ql-stat-{name}"
    if not isinstance(value, float):
        return _row(label, f'<span class="{name}">{missing(value)}</span>', note)
    return _row(label, cell(name, value, spell(value)), note)


def _row(label: str, value: str, note: str) -> str:
    """Label with its note, and the value."""
    head = f'<th scope="row">{label}<small>{note}</small></th>'
    return f"<tr>{head}<td>{value}</td></tr>"


def _test(label: str, name: str, result: ADFResult | EGResult | Missing) -> str:
    """A test: p-value, verdict, null hypothesis, and how to read it."""
    if not isinstance(result, ADFResult | EGResult):
        value = f'<span class="ql-stat-{name}">{missing(result)}</span>'
        return f'<div class="ql-test"><div><b>{label}</b> {value}</div></div>'
    value = cell(f"ql-stat-{name}", result.p, escape(f"p {p_value(result.p)}"))
    word = f'<span class="ql-word">{escape(result.word)}</span>'
    verdict = f"H0: {escape(result.h0)} → {escape(result.verdict)}"
    caveat = escape(result.caveat) if isinstance(result, ADFResult) else ""
    return (
        f'<div class="ql-test"><div><b>{label}</b> {value} {word}</div>'
        f'<p class="ql-verdict">{verdict}</p><p class="ql-caveat">{caveat}</p></div>'
    )
