"""Compares our closed minutes with the exchange's bars; where they differ, its trades decide."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from quantlive_nb.errors import FeedError, StoreError
from quantlive_nb.feed import Backfill
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.store import Writer
from quantlive_nb.store.exact_bars import ExactBar, exact_bars
from quantlive_nb.types import Trades
from quantlive_nb.venue.base import Kline

__all__ = ["Auditor", "Difference", "compare", "reconcile"]

log = logging.getLogger("quantlive.reconcile")

MINUTE: Micros = 60 * SECOND
CHECK_S = 300.0
"""So often what has closed since is compared."""
SETTLED_US: Micros = 10 * SECOND
"""A minute is compared when it has been over for so long."""
KEPT = 200
"""Differences remembered."""
FIELDS = ("open", "high", "low", "close", "volume", "n_trades")


@dataclass(frozen=True, slots=True)
class Difference:
    """One number of a closed bar that is not the exchange's.

    Attributes
    ----------
    symbol : str
    ts : int, µs UTC
        Opening time of the minute.
    field : str
        ``open``, ``high``, ``low``, ``close``, ``volume`` or ``n_trades``.
    ours, theirs : Decimal
    is_mended : bool
        Whether it is gone since the exchange's trades were put in the place of ours.

    Examples
    --------
    >>> print(Difference("BTCUSDT", 0, "close", Decimal("1"), Decimal("2")))
    BTCUSDT 1970-01-01 00:00 close: 1 here, 2 at the exchange
    """

    symbol: str
    ts: Micros
    field: str
    ours: Decimal
    theirs: Decimal
    is_mended: bool = False

    def __str__(self) -> str:
        """A line for a list."""
        when = f"{datetime.fromtimestamp(self.ts / SECOND, UTC):%Y-%m-%d %H:%M}"
        mended = ", mended" if self.is_mended else ""
        numbers = f"{self.ours:f} here, {self.theirs:f} at the exchange"
        return f"{self.symbol} {when} {self.field}: {numbers}{mended}"


def compare(symbol: str, bars: list[ExactBar], klines: list[Kline]) -> list[Difference]:
    """Every number in which bars of ours differ from the exchange's of the same minute.

    Notes
    -----
    A minute without trades is no bar of ours: the exchange's must then count none.
    """
    ours = {bar.ts: bar for bar in bars}
    found = []
    for kline in klines:
        if (bar := ours.get(kline.ts)) is None:
            continue
        for name in FIELDS:
            mine, theirs = Decimal(getattr(bar, name)), Decimal(getattr(kline, name))
            if mine != theirs:
                found.append(Difference(symbol, kline.ts, name, mine, theirs))
    return found


async def reconcile(
    store: Writer, backfill: Backfill, symbol: str, start_us: Micros, end_us: Micros
) -> list[Difference]:
    """Compare the closed minutes of a stretch of time, and mend from trades what differs.

    Parameters
    ----------
    start_us, end_us : int, µs UTC
        Market time; minutes that lie wholly within are compared, at most a thousand.

    Returns
    -------
    list of Difference
        Empty when all is equal. What could not be mended keeps ``is_mended`` False.

    Raises
    ------
    FeedRefused
        When the exchange cannot be asked.
    """
    venue = backfill.exchange.name
    klines = await backfill.klines(symbol, MINUTE, start_us)
    bars = exact_bars(store, venue, symbol, MINUTE, (start_us, end_us))
    found = compare(symbol, bars, klines)
    wrong = {difference.ts for difference in found}
    for bar in bars:
        if bar.ts in wrong:
            await _mend(store, backfill, symbol, bar)
    if not found:
        return []
    again = exact_bars(store, venue, symbol, MINUTE, (start_us, end_us))
    left = {(d.ts, d.field) for d in compare(symbol, again, klines)}
    return [replace(d, is_mended=(d.ts, d.field) not in left) for d in found]


async def _mend(store: Writer, backfill: Backfill, symbol: str, bar: ExactBar) -> None:
    """Put the exchange's trades in the place of a bar's; nothing where it has only aggregates."""
    from_id, rows = bar.first_id, []
    while from_id <= bar.last_id and backfill.is_by_id:
        page = await backfill.page(symbol, from_id, bar.last_id, bar.ts)
        if not len(page) or int(page.trade_id[0]) != from_id:
            return
        rows += list(page.rows())
        from_id = int(page.last_id[-1]) + 1
    if rows and len(rows) == bar.last_id - bar.first_id + 1:
        store.replace(Trades.of(rows))


class Auditor:
    """Compares what has closed with the exchange's bars, every five minutes.

    Parameters
    ----------
    backfill : Backfill
    store : callable
        The store of now.
    now_us : callable
        Market time.
    symbols : callable
        Whose minutes are compared.

    Attributes
    ----------
    found : deque of Difference
        The latest differences, mended ones too.
    """

    def __init__(
        self,
        backfill: Backfill,
        store: Callable[[], Writer],
        now_us: Callable[[], Micros],
        symbols: Callable[[], tuple[str, ...]],
    ) -> None:
        self.found: deque[Difference] = deque(maxlen=KEPT)
        self._backfill, self._store = backfill, store
        self._now_us, self._symbols = now_us, symbols
        self._checked_us: dict[str, Micros] = {}

    @property
    def n_differing(self) -> int:
        """Numbers that are not the exchange's and could not be mended."""
        return sum(not difference.is_mended for difference in tuple(self.found))

    async def run(self) -> None:
        """Compare until cancelled."""
        while True:
            await asyncio.sleep(CHECK_S)
            for symbol in self._symbols():
                try:
                    await self.check(symbol, self._checked_us.get(symbol, 0))
                except (FeedError, StoreError) as exc:
                    log.info("%s", exc)

    async def check(self, symbol: str, since_us: Micros) -> list[Difference]:
        """Compare the minutes of a symbol that have closed since a moment."""
        now_us = self._now_us() - SETTLED_US
        newest_us = now_us - 999 * MINUTE  # the exchange tells a thousand at a time
        found = await reconcile(
            self._store(), self._backfill, symbol, max(since_us, newest_us, 0), now_us
        )
        self._checked_us[symbol] = now_us // MINUTE * MINUTE
        for difference in found:
            log.warning("%s", difference)
        self.found.extend(found)
        return found
