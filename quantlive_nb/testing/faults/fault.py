"""The faults that the exchange can inject, by name and from any thread."""

import http
import math
from collections.abc import Iterable

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.exchange.clients import Clients
from quantlive_nb.testing.exchange.counters import Counters
from quantlive_nb.testing.exchange.loop_thread import LoopThread
from quantlive_nb.testing.exchange.server import Server
from quantlive_nb.testing.faults.garbage import garbage
from quantlive_nb.testing.market.event_frame import EventFrame
from quantlive_nb.testing.market.market import Market
from quantlive_nb.testing.market.pace import Throttle
from quantlive_nb.testing.rest.outage import Outage

__all__ = ["Faults"]

REFUSALS = frozenset(status.value for status in http.HTTPStatus if status >= 400)


class Faults(Counters):
    """The faults of a ``LoopbackExchange``, which sets the attributes that they act on.

    Notes
    -----
    ``faults["silence"]`` and so on count how often each took effect: a fault that affects nobody is
    not counted.

    Examples
    --------
    >>> from quantlive_nb.testing import LoopbackExchange
    >>> with LoopbackExchange() as exchange:
    ...     exchange.rest_refuse(418, n=2, retry_after_s=0.1)
    """

    _thread: LoopThread
    _server: Server
    _clients: Clients
    _market: Market
    _outage: Outage
    _throttle: Throttle

    # To connections

    def drop(self) -> int:
        """Abort every connection at once, without a close frame; return how many."""
        return self._thread.call(self._clients.drop)

    def refuse(self, status: int | None) -> None:
        """Answer every further handshake with this HTTP status, such as 451; None accepts again."""
        _check_status(status)
        self._thread.call(lambda: setattr(self._server, "refusal", status))

    def shutdown(self, lead_s: float = 0.0) -> int:
        """Send ``serverShutdown`` to the connections open now, and close them ``lead_s`` later.

        Returns
        -------
        int
            How many these are.
        """
        _check_number("lead_s", lead_s)
        event = f'{{"e":"serverShutdown","E":{self._market.clock_ms()}}}'
        warning = EventFrame.of(f'{{"stream":"!serverShutdown","data":{event}}}')
        return self._thread.call(lambda: self._clients.shut_down(warning, lead_s))

    def limit_age(self, max_age_s: float | None) -> None:
        """Close each connection at this age, including those open now; None: never.

        Notes
        -----
        The exchange's own limit is 24 h.
        """
        _check_number("max_age_s", max_age_s or 0)
        most_s = math.inf if max_age_s is None else max_age_s
        self._thread.call(lambda: self._clients.limit_age(most_s))

    # To markets

    def halt(self, *symbols: str) -> None:
        """List these symbols with status BREAK from now on, and no others.

        Notes
        -----
        Their streams can be subscribed to; the test decides whether they trade.
        """
        halted = frozenset(symbol.upper() for symbol in symbols)
        self._thread.call(lambda: setattr(self._market, "halted", halted))

    def reset_ids(self, symbol: str) -> None:
        """Forget a symbol's trades and count its ids from 1 again, as a test network does monthly.

        Notes
        -----
        A recording that is being played keeps its own ids.
        """
        self._market.begin_anew(symbol.upper())

    # To streams

    def silence(self, *streams: str) -> None:
        """Stay connected and answer, but send no events, or none of these streams.

        Notes
        -----
        Events played meanwhile are lost.
        """
        self._thread.call(lambda: self._clients.silence(streams))

    def resume(self, *streams: str) -> None:
        """End the silence of these streams, or of all."""
        self._thread.call(lambda: self._clients.resume(streams))

    def duplicate(self, n: int) -> None:
        """Send the next ``n`` trade frames with a subscriber twice."""
        _check_number("n", n)
        self._thread.call(lambda: setattr(self._clients.reordering, "n_duplicate", n))

    def reorder(self, n: int) -> None:
        """Shuffle the next ``n`` trade frames with a subscriber.

        Notes
        -----
        They are held until there are ``n``, or the recording ends; ``reorder(0)`` sends them as
        they are.
        """
        _check_number("n", n)
        self._thread.call(lambda: self._clients.reorder(n))

    def delay(self, seconds: float) -> None:
        """Delay every event by this much, in order; 0 ends it once the delayed events are sent."""
        _check_number("seconds", seconds)
        self._thread.call(lambda: setattr(self._clients.backlog, "delay_s", seconds))

    def garbage(self, messages: Iterable[str | bytes] | None = None) -> int:
        """Send invalid or hostile messages to everyone now; return how many.

        Parameters
        ----------
        messages : iterable of str or bytes, optional
            By default one of each kind that there is in ``garbage.py``: broken JSON, 4 MB, bytes,
            errors, trades of strangers, and trades with absurd prices or times that have the next
            id of a symbol.
        """
        if messages is None:
            frames = [*self._hostile().values()]
        else:
            frames = [EventFrame.odd(message, None) for message in messages]
        self._thread.call(lambda: self._clients.litter(frames))
        return len(frames)

    def _hostile(self) -> dict[str, EventFrame]:
        """Garbage about a subscribed symbol, if there is one."""
        names = {stream.partition("@")[0].upper() for stream in self.streams}
        symbol = min(names & set(self._market.symbols), default="BTCUSDT")
        last = self._market.history.book(symbol).page(limit=1)
        if not last:
            return garbage(symbol, 1, self._market.clock_ms(), "1.00000000")
        return garbage(symbol, last[0].trade_id + 1, last[0].time_ms, last[0].price)

    # Over REST

    def rest_refuse(
        self, status: int | None, n: int | None = None, retry_after_s: float | None = None
    ) -> None:
        """Refuse REST requests.

        Parameters
        ----------
        status : int or None
            HTTP status, such as 418, 429, 451 or 503; None accepts again.
        n : int, optional
            How many of the next requests; all by default.
        retry_after_s : float, optional, seconds
            What the header ``Retry-After`` says; there is none by default.
        """
        _check_status(status)
        self._thread.call(lambda: self._outage.refuse(status, n, retry_after_s))

    def rest_delay(self, seconds: float) -> None:
        """Delay each REST answer, by at most a minute; its content is from before the delay.

        Notes
        -----
        Other requests and the sockets are not delayed.
        """
        _check_number("seconds", seconds)
        self._thread.call(lambda: setattr(self._outage, "delay_s", seconds))

    def rest_partial(self, limit: int | None) -> None:
        """Return at most this many rows per page; None: as many as requested."""
        _check_number("limit", 1 if limit is None else limit, least=1)
        most = math.inf if limit is None else limit
        self._thread.call(lambda: setattr(self._outage, "page_most", most))

    def rest_cut(self, n: int) -> None:
        """Break off the next ``n`` REST answers in the middle of their body."""
        _check_number("n", n)
        self._thread.call(lambda: setattr(self._outage, "n_cut", n))

    def rest_garbage(self, n: int) -> None:
        """Give the next ``n`` REST answers a page of HTML, with status 200."""
        _check_number("n", n)
        self._thread.call(lambda: setattr(self._outage, "n_garbage", n))

    def rest_other(self, n: int) -> None:
        """Let the next ``n`` REST answers about a symbol contain another symbol's trades."""
        _check_number("n", n)
        self._thread.call(lambda: setattr(self._outage, "n_other", n))

    def rest_flaw(self, symbol: str, *trade_ids: int) -> None:
        """Return these trades with quantity 0 over REST from now on, and no others."""
        flawed = frozenset((symbol.upper(), trade_id) for trade_id in trade_ids)
        self._thread.call(lambda: setattr(self._outage, "flawed", flawed))

    # To time

    def pause_play(self) -> None:
        """Pause the recording or the random trades."""
        self._thread.call(lambda: self._throttle.let(self._throttle.n_gone))

    def resume_play(self) -> None:
        """Resume after :meth:`pause_play`."""
        self._thread.call(lambda: self._throttle.let(math.inf))

    def play_until(self, n_frames: int) -> None:
        """Resume, and pause when ``n_frames`` have been played in total: see ``wait_played``."""
        _check_number("n_frames", n_frames)
        self._thread.call(lambda: self._throttle.let(n_frames))

    def skew(self, ms: int) -> None:
        """Set the exchange's clock ahead by this many ms: ``E`` of new trades, ``serverTime``.

        Notes
        -----
        The time ``T`` of a trade stays, and so do the bytes of a recording.
        """
        self._thread.call(lambda: setattr(self._market, "skew_ms", ms))


def _check_status(status: int | None) -> None:
    """Check that a status is one of refusal."""
    if status is not None and status not in REFUSALS:
        raise UsageError(f"HTTP status {status} refuses nothing: give one such as 451 or 503")


def _check_number(name: str, value: float, least: float = 0) -> None:
    """Check that a value is a number and large enough."""
    if not (value >= least and math.isfinite(value)):
        raise UsageError(f"{name} is {value}: give a number from {least:g} on")
