"""Parses the parameters of a request as the exchange does, and refuses invalid ones.

Text in, values or a refusal out: this file knows no socket and no market.
"""

import json
import re
from collections.abc import Container, Iterable, Sequence
from urllib.parse import parse_qs

from quantlive_nb.testing.market.market_trade import MICROSECONDS
from quantlive_nb.testing.rest.kline import INTERVALS_MS
from quantlive_nb.testing.rest.reply import compact

__all__ = ["Query", "Refusal"]

SYMBOL = re.compile(r"(?:(?![a-z])[\w.-]){1,50}")
INTEGER = re.compile(r"[0-9]{1,20}")
N_ROWS, N_ROWS_MOST = 500, 1_000


class Refusal(Exception):
    """A request that gets an error body, which is the message.

    Examples
    --------
    >>> str(Refusal(-1121, "Invalid symbol."))
    '{"code":-1121,"msg":"Invalid symbol."}'
    """

    def __init__(self, code: int, why: str) -> None:
        super().__init__(compact({"code": code, "msg": why}))


class Query:
    """The query string of a URL.

    Parameters
    ----------
    text : str
    names : iterable of str
        Parameters of the endpoint.

    Raises
    ------
    Refusal
        If a parameter is none of those or comes twice; so do the methods for a bad value.

    Examples
    --------
    >>> query = Query("symbol=BTCUSDT&limit=5000", ["symbol", "limit"])
    >>> query.symbol({"BTCUSDT"}), query.limit()
    ('BTCUSDT', 1000)
    """

    def __init__(self, text: str, names: Iterable[str]) -> None:
        fields = parse_qs(text, keep_blank_values=True)
        if any(len(values) > 1 for values in fields.values()):
            raise Refusal(-1101, "Duplicate values for a parameter detected.")
        self._values = {name: values[0] for name, values in fields.items()}
        n_known = len(self._values.keys() & set(names))
        if n_known < len(self._values):
            counts = f"expected '{n_known}' and received '{len(self._values)}'"
            raise Refusal(-1101, f"Too many parameters; {counts}.")

    def exclude(self, name: str, *others: str) -> None:
        """Refuse a parameter combined with any of the others."""
        if name in self._values and not self._values.keys().isdisjoint(others):
            raise Refusal(-1128, "Combination of optional parameters invalid.")

    def symbol(self, listed: Container[str]) -> str:
        """The required symbol, in upper case; it must be listed."""
        symbol = self._values.get("symbol")
        if not symbol:
            raise _missing("symbol")
        if not SYMBOL.fullmatch(symbol):
            raise _illegal("symbol", r"^[\w\-._&&[^a-z]]{1,50}$")
        if symbol not in listed:
            raise Refusal(-1121, "Invalid symbol.")
        return symbol

    def symbols(self) -> Sequence[str] | None:
        """The symbols requested by either parameter; None if by neither."""
        self.exclude("symbol", "symbols")
        if "symbol" in self._values:
            return [self._values["symbol"]]
        if "symbols" not in self._values:
            return None
        try:
            names = json.loads(self._values["symbols"])
        except json.JSONDecodeError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Refusal(-1100, "Illegal characters found in parameter 'symbols'.")
        return names

    def integer(self, name: str) -> int | None:
        """A whole number that is not negative; None if it was not sent."""
        text = self._values.get(name)
        if text is None:
            return None
        if text == "":
            raise Refusal(-1105, f"Parameter '{name}' was empty.")
        if not INTEGER.fullmatch(text):
            raise _illegal(name, "^[0-9]{1,20}$")
        return int(text)

    def span_ms(self) -> tuple[int | None, int | None]:
        """Start and end of a span of time, each sent in ms or µs."""
        times = self.integer("startTime"), self.integer("endTime")
        start_ms, end_ms = (
            time if time is None or time < MICROSECONDS else time // 1_000 for time in times
        )
        return start_ms, end_ms

    def interval_ms(self) -> int:
        """The length of the bars, which must be sent."""
        interval = self._values.get("interval")
        if not interval:
            raise _missing("interval")
        if interval not in INTERVALS_MS:
            raise Refusal(-1120, "Invalid interval.")
        return INTERVALS_MS[interval]

    def limit(self) -> int:
        """Most rows: 500 by default, never over 1 000."""
        limit = self.integer("limit")
        if limit == 0:
            raise Refusal(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(limit or N_ROWS, N_ROWS_MOST)


def _missing(name: str) -> Refusal:
    """Error for a missing parameter."""
    why = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return Refusal(-1102, why)


def _illegal(name: str, legal: str) -> Refusal:
    """Error for a malformed value."""
    return Refusal(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'."
    )
