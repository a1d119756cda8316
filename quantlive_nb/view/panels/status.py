"""The top of the page: state of the recording, kind of market, and messages."""

import math
from collections.abc import Iterable
from pathlib import PurePath

import ipywidgets as w

from quantlive_nb.alert import Event
from quantlive_nb.demo import recording_of
from quantlive_nb.health import OUT_OF_REACH, FeedState, Health
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.panels.backfill_progress import BackfillProgress
from quantlive_nb.view.text import NOTHING, cell, clock, day, escape, fine, number
from quantlive_nb.view.widgets.form import button, toggle

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
"""A shape for each state, so that colour is not the only cue."""
TAPE_GLYPH = {"complete": "✓", "unproved": "◌", "repairing": "↻", "missing": "△"}
MEANING = {
    "dropped": "Trades dropped while the database could not write; they are fetched again",
    "rejected": "Messages that cannot be parsed and trades that cannot be valid; none is stored",
    "differing": "Prices, volumes and counts of closed minutes that are not the exchange's own, "
    "although its trades were fetched again",
    "skipped": "Older than the history fetched at the start, and not fetched yet",
}
"""Tooltip of each counter."""
UNITS = (("days", 86_400_000.0), ("h", 3_600_000.0), ("min", 60_000.0), ("s", 1_000.0), ("ms", 1.0))
"""Units of a lag and their length in ms; a unit is used from ten of it on."""
SAID_S = 12.0
"""Seconds for which a message is shown."""
FIRED_S = 15.0
"""Seconds for which a firing is shown."""
MOST_FIRED = 2


class Status:
    """The status bar, the banner of a market that is not live, messages and firings.

    Attributes
    ----------
    box : Widget
        The top of the page.
    notes : Widget
        Messages and firings, drawn over the page without moving it.
    """

    def __init__(self, controller: Controller) -> None:
        self._strip = w.HTML().add_class("ql-strip")
        self._band = w.HTML().add_class("ql-band")
        self._reason = w.HTML().add_class("ql-reason")
        self._message = w.HTML().add_class("ql-message")
        self._toast = w.HTML().add_class("ql-toast")
        tooltip = "Leave the exchange and switch to the simulated market"
        self._fallback = button(
            "fallback",
            "Use the simulated market",
            tooltip,
            lambda: controller.switch("simulated", 1.0),
        ).add_class("ql-hidden")
        tooltip = "Play this recording again from its beginning"
        self._again = button("again", "Play again", tooltip, controller.play_again)
        self._filling = BackfillProgress(controller)
        top = w.Box([self._strip, self._filling.more]).add_class("ql-top")
        trouble = w.HBox([self._reason, self._fallback, self._again]).add_class("ql-trouble")
        self.box = w.VBox([top, self._filling.box, self._band, trouble]).add_class("ql-status")
        self.notes = w.VBox([self._toast, self._message]).add_class("ql-notes")
        self._shown: tuple[object, ...] = ()
        self._said_until, self._is_error = math.inf, False
        self._fired: list[tuple[float, str]] = []

    def draw(self, health: Health, now_us: Micros) -> None:
        """Show the state: rates once a second, everything else at once."""
        restless = {"trades_per_s": 0.0, "lag_ms": 0.0, "n_trades": 0, "n_held": 0, "filled": 0.0}
        shown = (health.but(**restless), health.tape, now_us // SECOND)
        if shown != self._shown:
            self._shown = shown
            self._strip.value = strip(health, now_us)
        self._filling.draw(health)
        self._band.value = band(health)
        is_lost = not is_unreal(health) and health.state in OUT_OF_REACH and bool(health.reason)
        why = " · ".join(filter(None, (health.reason, health.trouble)))
        self._reason.value = f'<span role="status">{escape(why)}</span>'
        toggle(self._fallback, "ql-hidden", is_on=not is_lost)
        toggle(self._again, "ql-hidden", is_on=not may_play_again(health))

    def say(self, text: str, now_s: float, *, is_error: bool = False) -> None:
        """Show a message for a while; an empty one removes the error shown now.

        Parameters
        ----------
        now_s : float
            Monotonic time.
        """
        if not text:
            if self._is_error:
                self._message.value, self._said_until, self._is_error = "", math.inf, False
            return
        self._is_error = is_error
        kind, role = ("ql-error", "alert") if is_error else ("ql-done", "status")
        self._message.value = f'<div class="{kind}" role="{role}">{escape(text)}</div>'
        self._said_until = now_s + SAID_S

    def fire(self, events: Iterable[Event], now_s: float) -> None:
        """Show firings on top of the page for a while."""
        self._fired += [(now_s + FIRED_S, _fired(event)) for event in events]
        self._fired = self._fired[-MOST_FIRED:]

    def tidy(self, now_s: float) -> None:
        """Remove expired messages and firings."""
        if now_s >= self._said_until:
            self._message.value, self._said_until = "", math.inf
        self._fired = [(until, html) for until, html in self._fired if until > now_s]
        self._toast.value = "".join(html for _, html in reversed(self._fired))


def strip(health: Health, now_us: Micros) -> str:
    """The status bar: state, market, rate, lag, completeness, role and time."""
    state = health.state.value
    glyph = f"<i>{GLYPH[health.state]}</i> {state}"
    parts = [
        f'<span class="ql-state ql-state-{state.lower()}" data-state="{state}">{glyph}</span>',
        f'<span class="ql-market">{escape(health.market)}</span>',
        _pace(health),
        _tape(health),
        _doubts(health),
        f'<span class="ql-role" title="{escape(health.role)}">{escape(health.role)}</span>',
        _count("skipped", health.n_skipped, "skipped"),
    ]
    time = f"{day(now_us)} <b>{clock(now_us)}</b> UTC" if now_us else NOTHING
    parts.append(f'<span class="ql-clock" data-value="{now_us}">{time}</span>')
    return f'<div class="ql-line" role="status" aria-live="off">{"".join(parts)}</div>'


def is_unreal(health: Health) -> bool:
    """Whether the market is simulated or replayed, so that there is no lag."""
    return health.market in ("SIMULATED", "REPLAY")


def may_play_again(health: Health) -> bool:
    """Whether a recording is over, and kept in memory: a file that holds it takes it only once."""
    is_in_memory = health.role.startswith("recording in memory")
    return health.state is FeedState.ENDED and is_in_memory


def band(health: Health) -> str:
    """The banner that this is not a live market; empty for an exchange."""
    if health.market == "SIMULATED":
        text = "SIMULATED MARKET", "random numbers from a seed, no exchange's prices"
    elif health.market == "REPLAY":
        name = PurePath(recording_of(health.source)).name
        text = "REPLAY", f"recorded trades of {name}, not the market of now"
    else:
        return ""
    return f'<div class="ql-unreal"><b>{text[0]}</b> {escape(text[1])}</div>'


def _pace(health: Health) -> str:
    """Rate and lag while trades arrive; older measurements are not shown."""
    if health.state is not FeedState.LIVE:
        return ""
    rate = health.trades_per_s
    lag = "" if is_unreal(health) else f"<span>lag {_lag(health.lag_ms)}</span>"
    return f"<span>{cell('ql-rate', rate, fine(rate, 1))} trades/s</span>{lag}"


def _tape(health: Health) -> str:
    """Completeness of the tape, shown by shape, word and colour.

    It is not green while newer trades of the exchange may be missing.
    """
    n, whole = health.n_missing, "complete" if health.is_confirmed else "unproved"
    state = ("repairing" if health.is_repairing else "missing") if n else whole
    words = health.tape.replace(f"{n:,}", number(n, 0))
    data = f'data-state="{state}" data-value="{health.completeness!r}"'
    return f'<span class="ql-tape ql-tape-{state}" {data}><i>{TAPE_GLYPH[state]}</i> {words}</span>'


def _doubts(health: Health) -> str:
    """Counters: dropped trades, rejected messages, minutes that differ from the exchange's."""
    return (
        _count("dropped", health.n_dropped, "dropped, to be repaired", "ql-warn")
        + _count("rejected", health.n_rejected, "rejected", "ql-warn")
        + _count("differing", health.n_differing, "differ", "ql-warn")
    )


def _count(name: str, n: int, what: str, kind: str = "") -> str:
    """A counter with its tooltip; empty for zero."""
    words = cell(f"ql-{name} {kind}".rstrip(), n, f"{number(n, 0)} {what}")
    return f'<span title="{MEANING[name]}">{words}</span>' if n else ""


def _lag(lag_ms: float) -> str:
    """The lag; a negative one (clock skew) is labelled as such."""
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
