"""What the exchange can do to its clients, each fault by name and from any thread.

This file knows what can be asked for; how it is done on a socket is said elsewhere.
"""

import http
import math

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.market import Market
from quantlive_nb.testing.outage import Outage
from quantlive_nb.testing.server import Server
from quantlive_nb.testing.tally import Tally
from quantlive_nb.testing.thread import LoopThread

__all__ = ["Faults"]

REFUSALS = frozenset(status.value for status in http.HTTPStatus if status >= 400)


class Faults(Tally):
    """The faults of a ``LoopbackExchange``, which sets the attributes that they act on.

    Notes
    -----
    ``faults["silence"]`` and its like count how often each has struck: a fault that is asked for
    and meets nobody is not counted.

    Examples
    --------
    >>> from quantlive_nb.testing import LoopbackExchange
    >>> with LoopbackExchange() as exchange:
    ...     exchange.rest_refuse(418, n=2, retry_after_s=0.1)
    """

    _thread: LoopThread
    _server: Server
    _market: Market
    _outage: Outage

    # On sockets

    def drop(self) -> int:
        """Abort every connection at once, without a farewell; how many these were."""
        return self._thread.call(self._server.drop)

    def silence(self) -> None:
        """Stay connected, answer, and send no event: what is played meanwhile is lost."""
        self._thread.call(lambda: setattr(self._server, "is_silent", True))

    def resume(self) -> None:
        """End the silence."""
        self._thread.call(lambda: setattr(self._server, "is_silent", False))

    def refuse(self, status: int | None) -> None:
        """Answer every further handshake with this HTTP status, such as 451; None accepts again."""
        _check_status(status)
        self._thread.call(lambda: setattr(self._server, "refusal", status))

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
        """Let each REST answer take so long, at most a minute; it tells what was so before.

        Notes
        -----
        Other requests and the sockets do not wait for it.
        """
        _check_number("seconds", seconds)
        self._thread.call(lambda: setattr(self._outage, "delay_s", seconds))

    def rest_partial(self, limit: int | None) -> None:
        """Put at most so many rows on a page, whatever is asked for; None: as many as asked."""
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

    # In time

    def skew(self, ms: int) -> None:
        """Put the exchange's clock ahead by so many ms: ``E`` of coming trades, ``serverTime``.

        Notes
        -----
        The time ``T`` of a trade stays, and so do the bytes of a recording.
        """
        self._thread.call(lambda: setattr(self._market, "skew_ms", ms))


def _check_status(status: int | None) -> None:
    """Whether a status refuses something."""
    if status is not None and status not in REFUSALS:
        raise UsageError(f"HTTP status {status} refuses nothing: give one such as 451 or 503")


def _check_number(name: str, value: float, least: float = 0) -> None:
    """Whether a number is one, and large enough."""
    if not (value >= least and math.isfinite(value)):
        raise UsageError(f"{name} is {value}: give a number from {least:g} on")
