"""What may be believed of a trade: one table of rules for the socket, REST, files and imports.

Every rule has a row form, for a trade as it comes, and a column form, for a file's columns. No rule
asks our own clock: a recording of 2024 is as good as today.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Bools, Ints, Texts, Trade, Trades

__all__ = ["Judge", "as_micros", "flaw", "is_price", "is_qty"]

HOUR: Micros = 3_600 * SECOND
DAY: Micros = 24 * HOUR
LEAP = 100_000_000
"""More trades than the busiest symbol has in a month."""
MONTH: Micros = 30 * DAY
PATIENCE = 100
"""So many objections in a row, and it is the stream that has moved."""
SPAN = 100_000
"""More trades than any taker order was ever filled by."""
MOST_ID = 2**63 - 1
EARLIEST, LATEST = 946_684_800 * SECOND, 4_102_444_800 * SECOND
"""From 2000 to 2100 the magnitude of a time tells its unit."""

PRICE = re.compile(r"(?=[0.]*[1-9])[0-9]{1,10}(?:\.[0-9]{1,8})?")
QTY = re.compile(r"(?=[0.]*[1-9])[0-9]{1,20}(?:\.[0-9]{1,8})?")
"""Positive; what DECIMAL(18,8) and DECIMAL(28,8) hold exactly."""
ID = re.compile(r"[0-9]{1,19}")
SCIENTIFIC = re.compile(r"[0-9.,]+[eE][+-]?[0-9]+")
MORE_ZEROS = re.compile(r"(\.[0-9]{8})0+$")
"""Zeros after the eighth place, which change nothing."""
NUMBER = re.compile(r"[0-9][0-9,]*")
SIDES = {"buy": True, "sell": False}

NO_PRICE = "a trade without a positive exact price (10 digits, a decimal point, 8 digits at most)"
NO_QTY = "a trade without a positive exact quantity (20 digits, a decimal point, 8 digits at most)"
NO_ID = "a trade without an id or a symbol (an id is a whole number from 0 to 9223372036854775807)"
ROUNDED_ID = "an id in scientific notation, which a spreadsheet has rounded: export the file anew"
NO_SPAN = f"a trade that covers {SPAN:,} ids or more"
NO_SIDE = "a trade whose side is neither buy nor sell"
NO_TIME = "a trade without a time between 2000 and 2100"


def is_price(text: str) -> bool:
    """Whether a text is a positive decimal that DECIMAL(18,8) holds exactly.

    Examples
    --------
    >>> [is_price(t) for t in ("61837.63000000", "0.00000000", "-1", "NaN", "1e3", "0.000000001")]
    [True, False, False, False, False, False]
    """
    return PRICE.fullmatch(text) is not None


def is_qty(text: str) -> bool:
    """Whether a text is a positive decimal that DECIMAL(28,8) holds exactly."""
    return QTY.fullmatch(text) is not None


def as_micros(stamp: int) -> Micros:
    """A timestamp in ms or µs, told apart by its magnitude, in µs.

    Examples
    --------
    >>> as_micros(1_723_161_255_342) == as_micros(1_723_161_255_342_000)
    True
    """
    return stamp if stamp >= 10**14 else stamp * 1_000


def flaw(trade: Trade) -> str:
    """What keeps a trade from being true by itself, whatever was before; empty when nothing.

    Examples
    --------
    >>> good = Trade("v", "A", 7, 7, "1", "1", True, 10**15, 10**15, 0)
    >>> flaw(good), flaw(good._replace(ts_exch=0))
    ('', 'a trade without a time between 2000 and 2100')
    """
    _, symbol, first, last, price, qty, _, exch, event, _, _ = trade  # quicker than by names
    if PRICE.fullmatch(price) is None:
        return NO_PRICE
    if QTY.fullmatch(qty) is None:
        return NO_QTY
    if not 0 <= first <= last <= MOST_ID or not symbol:
        return NO_ID
    if last >= first + SPAN:
        return NO_SPAN
    if not EARLIEST <= exch < LATEST or not EARLIEST <= event < LATEST:
        return NO_TIME
    return ""


class Judge:
    """Remembers each symbol's newest trade, and objects to what cannot follow it.

    Parameters
    ----------
    symbols : set of str or None
        What was asked for; None takes every symbol, as a recording is played.

    Attributes
    ----------
    refused : Counter of str
        Rows of files by objection.

    Examples
    --------
    >>> judge = Judge({"BTCUSDT"})
    >>> good = Trade("binance", "BTCUSDT", 7, 7, "1", "1", True, 10**15, 10**15, 10**15)
    >>> judge.objection(good)
    ''
    >>> judge.objection(good._replace(trade_id=8, ts_exch=0))
    'a trade that happened 277777 hours from when it was sent'
    """

    def __init__(self, symbols: "set[str] | None" = None) -> None:
        self.symbols = symbols
        self.refused: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.n_believed = 0
        self._last: dict[str, Trade] = {}
        self._n_odd: dict[str, int] = {}
        self._era = "0"

    def want(self, symbols: Iterable[str]) -> None:
        """Take these symbols too from now on."""
        self.symbols = {*(self.symbols or ()), *symbols}

    def objection(self, trade: Trade) -> str:
        """What keeps a trade without a :func:`flaw` from following those before it; else empty.

        Notes
        -----
        A time is judged against the trade's own event time and against its neighbours, allowing
        for the time that has passed since on our clock. What is refused leaves a gap in the ids,
        which is repaired; after a hundred refusals in a row the new course is accepted.
        """
        if self.symbols is not None and trade.symbol not in self.symbols:
            return "a trade of a symbol that was not asked for"
        apart = abs(trade.ts_event - trade.ts_exch)
        if apart > HOUR:
            return f"a trade that happened {apart // HOUR} hours from when it was sent"
        last = self._last.get(trade.symbol)
        if last is not None and (odd := _odd(trade, last)):
            n = self._n_odd[trade.symbol] = self._n_odd.get(trade.symbol, 0) + 1
            if n < PATIENCE:
                return odd
        self._n_odd[trade.symbol] = 0
        self._last[trade.symbol] = trade
        return ""

    def sift(self, venue: str, columns: "Mapping[str, Sequence[object]]", era: str = "0") -> Trades:
        """The rows of a file that can be believed, in their order; the others are counted.

        Parameters
        ----------
        venue : str
        columns : mapping
            ``symbol, trade_id, last_id, price, qty, side`` as text, ``side`` being the taker's;
            ``ts_exch, ts_event, ts_recv`` as integers in ms, µs or ns; None where there is nothing.

        Examples
        --------
        >>> row = {"symbol": "A", "trade_id": "7", "last_id": "7", "price": "1", "qty": "1"}
        >>> row |= {"side": "BUY", "ts_exch": 10**12, "ts_event": 10**12, "ts_recv": 10**15}
        >>> judge = Judge()
        >>> len(judge.sift("v", {name: [value, value] for name, value in row.items()}))
        2
        >>> len(judge.sift("v", {name: [value] for name, value in (row | {"side": "b"}).items()}))
        0
        >>> judge.verdict
        "1 of 3 rows refused: 1 × a trade whose side is neither buy nor sell ('b')"
        """
        if era != self._era:  # its ids have nothing to do with those of another
            self._last, self._era = {}, era
        trades, flaws = _read(venue, columns)
        bad = np.zeros(len(trades), np.bool_)
        for why, which, values in flaws:
            new = which & ~bad
            if new.any():
                self.count(why, values[int(new.argmax())], int(new.sum()))
            bad |= which
        return self.follow(trades.select(~bad))

    def follow(self, trades: Trades) -> Trades:
        """Those trades without a flaw that can follow the others; what cannot is counted.

        Notes
        -----
        A tape that was repaired holds old trades that were received late: a row that cannot follow
        the one received before it is believed when its neighbours by id are close.
        """
        kept, close = np.ones(len(trades), np.bool_), None
        for at, row in enumerate(trades.rows()):
            if not (why := self.objection(row)):
                continue
            close = _close(trades) if close is None else close
            if close[at]:
                self._last[row.symbol], self._n_odd[row.symbol] = row, 0
            else:
                kept[at] = False
                self.count(NUMBER.sub("many", why), row.trade_id)
        self.n_believed += int(kept.sum())
        return trades.select(kept)

    def count(self, why: str, example: object, n: int = 1) -> None:
        """Take note of something that was refused."""
        self.refused[why] += n
        self.examples.setdefault(why, "empty" if example is None else repr(str(example)[:40]))

    @property
    def verdict(self) -> str:
        """How many rows were refused and why, in one sentence; empty when none were."""
        n_refused = self.refused.total()
        if not n_refused:
            return ""
        parts = (f"{n:,} × {why} ({self.examples[why]})" for why, n in self.refused.most_common())
        of = f"{n_refused:,} of {n_refused + self.n_believed:,} rows refused"
        return f"{of}: {'; '.join(parts)}"


def _odd(trade: Trade, last: Trade) -> str:
    """What keeps a trade from being a neighbour of another."""
    passed = abs(trade.ts_recv - last.ts_recv)
    if abs(trade.ts_exch - last.ts_exch) > DAY + passed:
        return "a trade more than a day from its neighbours"
    if abs(trade.trade_id - last.trade_id) > LEAP + LEAP * (passed // MONTH):
        return f"a trade {abs(trade.trade_id - last.trade_id):,} ids from its neighbour"
    return ""


def _close(trades: Trades) -> Bools:
    """Which rows have a neighbour by id that is close, and lie in time where their id does."""
    close = np.zeros(len(trades), np.bool_)
    for symbol in dict.fromkeys(trades.symbol.tolist()):
        rows = np.flatnonzero(trades.symbol == symbol)
        rows = rows[np.argsort(trades.trade_id[rows], kind="stable")]
        n_ids, time = np.diff(trades.trade_id[rows]), np.diff(trades.ts_exch[rows])
        fits = np.pad((n_ids <= LEAP) & (time >= -DAY), 1, constant_values=False)
        falls = np.pad(time < -DAY, 1, constant_values=False)
        close[rows] = (fits[1:] | fits[:-1]) & ~(falls[1:] | falls[:-1])
    close[np.abs(trades.ts_event - trades.ts_exch) > HOUR] = False
    return close


def _read(
    venue: str, columns: "Mapping[str, Sequence[object]]"
) -> "tuple[Trades, list[tuple[str, Bools, Sequence[object]]]]":
    """A file's columns as trades; and each flaw, the rows that have it, and the values told of."""
    first, last = (_ids(columns[name]) for name in ("trade_id", "last_id"))
    (price, no_price), (qty, no_qty) = (
        _decimals(columns[name], form) for name, form in (("price", PRICE), ("qty", QTY))
    )
    sides = [SIDES.get(str(text).strip().lower()) for text in columns["side"]]
    exch, event, recv = (_times(columns[name]) for name in ("ts_exch", "ts_event", "ts_recv"))
    symbols = np.array([str(text or "") for text in columns["symbol"]], object)
    bought = np.array([side is True for side in sides], np.bool_)
    trades = Trades(venue, symbols, first, last, price, qty, bought, exch, event, recv)
    rounded = [SCIENTIFIC.fullmatch(str(text)) is not None for text in columns["trade_id"]]
    flaws = [
        (ROUNDED_ID, rounded, "trade_id"),
        (NO_ID, (first < 0) | (last < first) | (symbols == ""), "trade_id"),
        (NO_SPAN, last - first >= SPAN, "last_id"),
        (NO_PRICE, no_price, "price"),
        (NO_QTY, no_qty, "qty"),
        (NO_SIDE, [side is None for side in sides], "side"),
        (NO_TIME, (exch < 0) | (event < 0) | (recv < 0), "ts_exch"),
    ]
    return trades, [(why, np.array(w, np.bool_), columns[name]) for why, w, name in flaws]


def _ids(texts: Sequence[object]) -> Ints:
    """Ids as integers; -1 for what is none."""
    values = [int(t) if ID.fullmatch(t) else -1 for t in map(str, texts)]
    return np.array([-1 if value > MOST_ID else value for value in values], np.int64)


def _decimals(values: Sequence[object], form: "re.Pattern[str]") -> "tuple[Texts, Bools]":
    """Decimals as text, without zeros after the eighth place; and which have not the form."""
    texts = np.array([str(value) for value in values], object)
    bad = np.array([form.fullmatch(text) is None for text in texts], np.bool_)
    for at in np.flatnonzero(bad):
        texts[at] = MORE_ZEROS.sub(r"\1", texts[at])
        bad[at] = form.fullmatch(texts[at]) is None
    return texts, bad


def _times(stamps: Sequence[object]) -> Ints:
    """Times in µs, their unit told by the magnitude; -1 for what lies not within our years."""
    values = np.array([-1 if s is None else s for s in stamps], np.int64)
    values = np.where(values >= 10**17, values // 1_000, values)
    values = np.where((values >= 0) & (values < 10**14), values * 1_000, values)
    return np.where((values >= EARLIEST) & (values < LATEST), values, -1)
