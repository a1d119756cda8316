"""The first and newest trade that each symbol's tape should hold, requested from the exchange."""

import logging
from collections.abc import Callable

from quantlive_nb.errors import FeedError
from quantlive_nb.feed import Backfill
from quantlive_nb.interval import Micros
from quantlive_nb.live.repair.followed import Asked, Followed
from quantlive_nb.live.repair.gap_plan import plan
from quantlive_nb.live.repair.newest import is_leap, is_refuted, objection, slack_us
from quantlive_nb.live.repair.untold_ids import UntoldIds
from quantlive_nb.store import Coverage, Writer
from quantlive_nb.store.tape.coverage import Gap, Range
from quantlive_nb.types import Trade

__all__ = ["Extent"]

log = logging.getLogger("quantlive.repair")


class Extent:
    """The first and the newest trade that ought to be held, by what the exchange tells.

    Parameters
    ----------
    backfill : Backfill
    store : callable
        The store of now, with the ledger.
    untold : UntoldIds
        Forgets what turns out never to have been traded.
    begun : callable
        Told the market time at which a symbol's past was asked for.
    """

    def __init__(
        self,
        backfill: Backfill,
        store: Callable[[], Writer],
        untold: UntoldIds,
        begun: Callable[[Micros], object],
    ) -> None:
        self._backfill, self._store, self._untold, self._begun = backfill, store, untold, begun

    @property
    def _venue(self) -> str:
        return self._backfill.exchange.name

    @property
    def _coverage(self) -> Coverage:
        return self._store().coverage.setdefault(self._venue, Coverage())

    def compare(self, symbol: str, followed: Followed) -> None:
        """Trades have come on a connection: they may show that what REST told was false."""
        held, wanted = self._coverage.ranges.get(symbol), self._coverage.wanted.get(symbol)
        if not held or not wanted:
            return
        n_before, passed_us = held[0].from_id - wanted.from_id, held[0].from_ts - wanted.from_ts
        if is_refuted(wanted, held[-1].to_id, held[-1].to_ts) or is_leap(n_before, passed_us):
            self._disbelieve(symbol, followed)

    async def compare_before(self, symbol: str, followed: Followed, gap: Gap) -> None:
        """Once a connection and gap: see that what REST tells continues what is held before it.

        Ids may have begun anew unseen, and passed those of the gap: then other trades have them.

        Raises
        ------
        FeedError
            When the exchange has trades with lower ids that are later.
        """
        before = [r for r in self._coverage.ranges.get(symbol, ()) if r.to_id < gap.from_id]
        if not before:
            return
        held = before[-1]
        now = self._coverage.era(symbol), followed.n_changes, held.to_id
        if followed.compared == now:
            return
        first = await self._backfill.first(symbol, held.to_ts)
        n_ids = first.last_id - held.to_id if first else 0
        if first and n_ids < 0 and first.ts_exch > held.to_ts + slack_us(n_ids):
            raise FeedError(
                f"{self._venue} has trade {first.last_id} of {symbol} after trade {held.to_id}, "
                "which is held: its ids may have begun anew, and what is missing is not fetched"
            )
        followed.compared = now

    async def begin(self, symbol: str, followed: Followed, preload_us: Micros) -> None:
        """Ask what there is of a symbol, and decide what of it should be here.

        Raises
        ------
        FeedError
            When it cannot be asked, or the answer cannot be true.
        """
        newest, asked = await self._newest(symbol, followed)
        if newest is None:
            followed.begun_ts = 0
            followed.confirm(asked)
            return
        first = None
        if preload_us:
            first = await self._backfill.first(symbol, newest.ts_exch - preload_us)
            self._judge_first(symbol, first, newest)
            self._judge(symbol, newest)  # trades may have come meanwhile
        self._begun(newest.ts_exch)
        coverage = self._coverage
        skipped, wanted = plan(coverage, symbol, newest, first)
        for gap in skipped:
            if followed.first_id is None or gap.from_id < followed.first_id:
                self._store().skip(self._venue, symbol, gap)
        if wanted is not None:
            coverage.want(symbol, wanted)
        followed.begun_ts, followed.n_asked = newest.ts_exch, coverage.n_missing(symbol)
        followed.confirm(asked)

    async def _newest(self, symbol: str, followed: Followed) -> "tuple[Trade | None, Asked]":
        """The newest trade of a symbol, and what its answer proves."""
        asked = followed.ask()
        newest = await self._backfill.newest(symbol)
        self._judge(symbol, newest)
        return newest, asked

    def _judge_first(self, symbol: str, first: "Trade | None", newest: Trade) -> None:
        """Refuse a first trade of a time that the newest cannot follow.

        Raises
        ------
        FeedError
        """
        if first is None or first.trade_id > newest.last_id:
            told = "none" if first is None else f"trade {first.trade_id}"
            raise FeedError(
                f"{self._venue} told {told} as the first of {symbol} before trade {newest.last_id}"
            )
        self._refuse(symbol, newest, first.trade_id, first.ts_exch)

    def _judge(self, symbol: str, newest: "Trade | None") -> None:
        """Refuse a newest trade that cannot follow what is held.

        Raises
        ------
        FeedError
        """
        held = self._coverage.ranges.get(symbol)
        if not held:
            return
        if newest is None:
            raise FeedError(f"{self._venue} told of no trade of {symbol}, of which some are held")
        self._refuse(symbol, newest, held[-1].to_id, held[-1].to_ts)

    def _refuse(self, symbol: str, newest: Trade, trade_id: int, ts: Micros) -> None:
        """Refuse a newest trade beside another one.

        Raises
        ------
        FeedError
        """
        if why := objection(newest, trade_id, ts):
            told = f"trade {newest.last_id} as the newest of {symbol}"
            raise FeedError(f"{self._venue} told {told}: {why}")

    def _disbelieve(self, symbol: str, followed: Followed) -> None:
        """What REST told of the end of a tape was false: forget it, and ask again."""
        end = self._coverage.wanted.pop(symbol).to_id
        log.warning(
            "%s has no trade %d of %s: its newest is asked for again", self._venue, end, symbol
        )
        if self._coverage.skipped.get(symbol):
            self._store().unskip(self._venue, symbol)
        self._untold.forget(symbol)
        followed.begun_ts = None

    async def probe(self, symbol: str, followed: Followed, *, is_quiet: bool) -> None:
        """Ask for the newest trade of a symbol: what lies before it is here, or is missing.

        Raises
        ------
        FeedError
            When it cannot be asked, or the answer cannot be true.
        """
        newest, asked = await self._newest(symbol, followed)
        held, wanted = self._coverage.ranges.get(symbol), self._coverage.wanted.get(symbol)
        if newest and wanted and is_refuted(wanted, newest.last_id, newest.ts_exch):
            self._disbelieve(symbol, followed)
            return
        n_ahead = newest.last_id - held[-1].to_id if newest and held else 0
        if newest is not None and n_ahead > 0:
            end = newest.last_id
            self._coverage.want(symbol, Range(end, end, newest.ts_exch, newest.ts_exch))
            followed.is_suspect = is_quiet
        if newest is not None and n_ahead < 0 and not followed.is_confirmed:
            told = f"trade {newest.last_id} as the newest of {symbol}"
            raise FeedError(f"{self._venue} told {told}: a newer one is held")
        followed.confirm(asked)
