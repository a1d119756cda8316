"""The top of the page: state of the recording, what market it is, and what there is to say.

This file words a Health and hands on sentences; it asks nothing itself.
"""

import math
from collections.abc import Iterable
from pathlib import PurePath

import ipywidgets as w

from quantlive_nb.alert import Event
from quantlive_nb.health import FeedState, Health
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.view.desk import Desk
from quantlive_nb.view.text import NOTHING, cell, clock, day, escape, number

__all__ = ["Status"]

GLYPH = {
    FeedState.NEW: "○",
    FeedState.CONNECTING: "◌",
    FeedState.LIVE: "●",
    FeedState.DOWN: "▼",
    FeedState.ENDED: "■",
    FeedState.FAILED: "✕",
    FeedState.STOPPED: "❚❚",
}
"""A shape for each state, so that none is told by its colour alone."""
UNITS = (("days", 86_400_000.0), ("h", 3_600_000.0), ("min", 60_000.0), ("s", 1_000.0), ("ms", 1.0))
"""Of a lag, and their length in ms; ten of a unit are enough to use it."""
OUT_OF_REACH = {FeedState.CONNECTING, FeedState.DOWN, FeedState.FAILED}
SAID_S = 12.0
"""How long a sentence stays."""
FIRED_S = 15.0
"""How long a firing stays on top of the page."""
MOST_FIRED = 2


class Status:
    """The strip, the band of a market that is not live, sentences, and firings.

    Attributes
    ----------
    box : Widget
        The top of the page.
    notes : Widget
        Sentences and firings, which lie over the page and move nothing.
    """

    def __init__(self, desk: Desk) -> None:
        self._strip = w.HTML().add_class("ql-strip")
        self._band = w.HTML().add_class("ql-band")
        self._reason = w.HTML().add_class("ql-reason")
        self._message = w.HTML().add_class("ql-message")
        self._toast = w.HTML().add_class("ql-toast")
        tooltip = "Leave the exchange and watch the seeded random market"
        fallback = w.Button(description="Use the simulated market", tooltip=tooltip)
        fallback.on_click(lambda _: desk.switch("simulated", 1.0))
        self._fallback = fallback.add_class("ql-fallback").add_class("ql-hidden")
        trouble = w.HBox([self._reason, self._fallback]).add_class("ql-trouble")
        self.box = w.VBox([self._strip, self._band, trouble]).add_class("ql-status")
        self.notes = w.VBox([self._toast, self._message]).add_class("ql-notes")
        self._shown: tuple[object, ...] = ()
        self._said_until = math.inf
        self._fired: list[tuple[float, str]] = []

    def draw(self, health: Health, now_us: Micros) -> None:
        """Word the state: what changes with every trade once a second, the rest at once."""
        shown = (health.but(trades_per_s=0.0, lag_ms=0.0, n_trades=0), now_us // SECOND)
        if shown != self._shown:
            self._shown = shown
            self._strip.value = strip(health, now_us)
        self._band.value = band(health)
        is_exchange = health.market not in ("SIMULATED", "REPLAY")
        is_lost = is_exchange and health.state in OUT_OF_REACH and bool(health.reason)
        self._reason.value = f'<span role="status">{escape(health.reason)}</span>'
        _toggle(self._fallback, "ql-hidden", is_on=not is_lost)

    def say(self, text: str, now_s: float, *, is_error: bool = False) -> None:
        """Show a sentence for a while.

        Parameters
        ----------
        now_s : float
            Of a clock that only runs forward.
        """
        kind, role = ("ql-error", "alert") if is_error else ("ql-done", "status")
        self._message.value = f'<div class="{kind}" role="{role}">{escape(text)}</div>'
        self._said_until = now_s + SAID_S

    def fire(self, events: Iterable[Event], now_s: float) -> None:
        """Show firings on top of the page for a while."""
        self._fired += [(now_s + FIRED_S, _fired(event)) for event in events]
        self._fired = self._fired[-MOST_FIRED:]

    def tidy(self, now_s: float) -> None:
        """Take away what has been shown long enough."""
        if now_s >= self._said_until:
            self._message.value, self._said_until = "", math.inf
        self._fired = [(until, html) for until, html in self._fired if until > now_s]
        self._toast.value = "".join(html for _, html in reversed(self._fired))


def strip(health: Health, now_us: Micros) -> str:
    """State, market, rate, lag, tape, role and market time, as one line."""
    state, rate = health.state.value, health.trades_per_s
    glyph = f"<i>{GLYPH[health.state]}</i> {state}"
    warn = " ql-warn" if health.n_missing else ""
    parts = [
        f'<span class="ql-state ql-state-{state.lower()}" data-state="{state}">{glyph}</span>',
        f'<span class="ql-market">{escape(health.market)}</span>',
        f"<span>{cell('ql-rate', rate, number(rate, 1))} trades/s</span>",
        f"<span>lag {_lag(health.lag_ms)}</span>",
        f'<span class="ql-tape{warn}">{escape(health.tape)}</span>',
        f'<span class="ql-role" title="{escape(health.role)}">{escape(health.role)}</span>',
    ]
    if health.n_rejected:
        text = f"{number(health.n_rejected, 0)} rejected"
        parts.insert(5, f'<span class="ql-warn">{text}</span>')
    time = f"{day(now_us)} <b>{clock(now_us)}</b> UTC" if now_us else NOTHING
    parts.append(f'<span class="ql-clock" data-value="{now_us}">{time}</span>')
    return f'<div class="ql-line" role="status" aria-live="off">{"".join(parts)}</div>'


def band(health: Health) -> str:
    """The warning across the page that this is no live market; empty for an exchange."""
    if health.market == "SIMULATED":
        text = "SIMULATED MARKET", "random numbers from a seed, no exchange's prices"
    elif health.market == "REPLAY":
        name = PurePath(health.source.removeprefix("replay:")).name
        text = "REPLAY", f"recorded trades of {name}, not the market of now"
    else:
        return ""
    return f'<div class="ql-unreal"><b>{text[0]}</b> {escape(text[1])}</div>'


def _lag(lag_ms: float) -> str:
    """The lag; a negative one is shown as it is, and called what it is."""
    unit, size = next((u for u in UNITS if abs(lag_ms) >= 10 * u[1]), UNITS[-1])
    text = f"{number(lag_ms / size, 0)} {unit}" if math.isfinite(lag_ms) else NOTHING
    skew = ' <i class="ql-warn">clock skew</i>' if lag_ms < 0 else ""
    return cell("ql-lag", lag_ms, text) + skew


def _fired(event: Event) -> str:
    """One firing as an announcement."""
    doubt = "" if event.is_complete else " (incomplete bar)"
    return (
        f'<div class="ql-alert-banner" role="alert"><b>▲ {escape(event.text)}</b>'
        f"<span>{clock(event.ts)} UTC{doubt}</span></div>"
    )


def _toggle(widget: w.Widget, name: str, *, is_on: bool) -> None:
    """Have a CSS class or not."""
    widget.add_class(name) if is_on else widget.remove_class(name)
