"""Faults of the REST interface: refusals, garbage, truncated and partial answers."""

import http
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from quantlive_nb.testing.rest.reply import Reply, compact

__all__ = ["Outage"]

HTML = "text/html"
PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
BODIES = {
    418: (-1003, "Way too much request weight used; IP banned. Please use WebSocket Streams."),
    429: (-1003, "Too many requests queued."),
    451: (0, "Service unavailable from a restricted location according to 'b. Eligibility'."),
    500: (-1000, "An unknown error occurred while processing the request."),
    503: (-1001, "Internal error; unable to process your request. Please try again."),
}
"""Error bodies by status; any other status is an HTML page, as from a proxy."""


class Outage:
    """Faults of REST, each active until ended or for a number of answers.

    Parameters
    ----------
    struck : Counter of str, optional
        Counts how often each took effect.

    Attributes
    ----------
    delay_s : float, seconds
        Delay of each answer.
    page_most : float
        Most rows per page, whatever was requested.
    n_garbage, n_cut : int
        How many of the next answers are an HTML page, or truncated.
    n_other : int
        How many of the next answers about one symbol are about another.
    flawed : frozenset of (str, int)
        Symbol and id of trades returned with quantity 0.

    Examples
    --------
    >>> outage = Outage()
    >>> outage.refuse(503, n=1)
    >>> outage.refusal().status, outage.refusal()
    (503, None)
    """

    def __init__(self, struck: Counter[str] | None = None) -> None:
        self._struck: Counter[str] = Counter() if struck is None else struck
        self._status: int | None = None
        self._n_refused: float = 0
        self._retry_after_s: float | None = None
        self.delay_s = 0.0
        self.page_most: float = math.inf
        self.n_garbage = self.n_cut = self.n_other = 0
        self.flawed: frozenset[tuple[str, int]] = frozenset()

    def refuse(
        self, status: int | None, n: int | None = None, retry_after_s: float | None = None
    ) -> None:
        """Answer the next ``n`` requests, or all, with this status; None accepts again."""
        self._status = status
        self._n_refused = math.inf if n is None else n
        self._retry_after_s = retry_after_s

    def refusal(self) -> Reply | None:
        """The refusal of one request; None if it is accepted."""
        if self._status is None or self._n_refused <= 0:
            return None
        self._n_refused -= 1
        self._struck["rest_refuse"] += 1
        if self._status in BODIES:
            code, why = BODIES[self._status]
            body = compact({"code": code, "msg": why})
            return Reply(self._status, body, retry_after_s=self._retry_after_s)
        title = f"{self._status} {http.HTTPStatus(self._status).phrase}"
        return Reply(self._status, PAGE.format(title), None, self._retry_after_s, HTML)

    def cap(self, limit: int) -> int:
        """Number of rows on a page for a requested limit."""
        if limit <= self.page_most:
            return limit
        self._struck["rest_partial"] += 1
        return int(self.page_most)

    def confuse(self, symbol: str, traded: Sequence[str]) -> str:
        """The symbol whose trades are returned for a symbol."""
        others = [other for other in traded if other != symbol]
        if self.n_other <= 0 or not others:
            return symbol
        self.n_other -= 1
        self._struck["rest_other"] += 1
        return others[0]

    def is_flawed(self, symbol: str, trade_ids: Iterable[int]) -> bool:
        """Whether any of these trades is returned with a flaw."""
        if not self.flawed or not any((symbol, i) in self.flawed for i in trade_ids):
            return False
        self._struck["rest_flaw"] += 1
        return True

    def spoil(self, reply: Reply) -> Reply:
        """Apply the faults to one answer."""
        if self.n_garbage > 0:
            self.n_garbage -= 1
            self._struck["rest_garbage"] += 1
            return Reply(200, PAGE.format("Welcome"), kind=HTML)
        if self.n_cut > 0:
            self.n_cut -= 1
            self._struck["rest_cut"] += 1
            return reply._replace(is_cut=True)
        return reply
