"""A repairer under test: an exchange history without HTTP, a store, and recorded results."""

import asyncio
import contextlib
import functools

from quantlive_nb.errors import FeedError, StoreFull
from quantlive_nb.live.repair import followed, task_pool
from quantlive_nb.live.repair import gap_plan as block
from quantlive_nb.live.repair import repairer as repair
from quantlive_nb.live.repair.repairer import Repairer
from quantlive_nb.store import Store
from quantlive_nb.types import Trades
from quantlive_nb.venue import Binance
from tests.tape import SECOND, VENUE, batch, trade

PATIENCE_S = 60.0
A, B = "BTCUSDT", "ETHUSDT"


def make_short(patch):
    """Small pages, and pauses that keep a test short."""
    patch.setattr(block, "PAGE", 10)
    patch.setattr(repair, "ROUND_S", 0.02)
    patch.setattr(followed, "QUIET_S", 3_600.0)
    patch.setattr(task_pool, "AGAIN_S", 0.02)
    patch.setattr(task_pool, "AGAIN_MOST_S", 0.04)


class Past:
    """An exchange's past, without HTTP: what has traded, what was asked, what fails."""

    exchange = Binance()
    trouble = ""

    def __init__(self, *, is_by_id=True):
        self.is_by_id, self.is_closed = is_by_id, False
        self.rows, self.pages, self.asked = {}, [], []
        self.flaws, self.stuck = {}, set()
        self.failure, self.gate = None, asyncio.Event()
        self.gate.set()

    def trade(self, *ids, symbol=A, n_ids=1):
        """Let these trades, one a second, have happened."""
        made = [trade(i, i * SECOND, symbol=symbol, n_ids=n_ids, qty=n_ids) for i in ids]
        self.rows.setdefault(symbol, []).extend(made)
        self.rows[symbol].sort()

    async def newest(self, symbol):
        """The newest trade."""
        await self._asked(("newest", symbol))
        return self.rows[symbol][-1] if self.rows.get(symbol) else None

    async def first(self, symbol, ts):
        """The first from a moment on."""
        await self._asked(("first", symbol))
        return next((row for row in self.rows[symbol] if row.ts_exch >= ts), None)

    async def page(self, symbol, from_id, to_id, since_us, given):
        """Trades of a range."""
        self.pages.append((symbol, from_id, to_id))
        await self._asked(("page", symbol))
        rows = [r for r in self.rows[symbol] if r.last_id >= from_id and r.trade_id <= to_id]
        flaws = {i: why for i, why in self.flaws.items() if from_id <= i <= to_id and symbol == A}
        if flaws.keys() & self.stuck:
            raise FeedError(f"the page of {from_id} cannot be read")
        told = [row for row in rows[: block.PAGE] if row.trade_id not in flaws]
        given.update(flaws)
        return Trades.of(told, VENUE)

    async def aclose(self):
        """Nothing is open."""
        self.is_closed = True

    async def _asked(self, what):
        self.asked.append(what)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure


class Rig:
    """A repairer at work, its store, and the past it can ask."""

    def __init__(self, past, store, **choices):
        self.past, self.store = past, store
        self.renewed, self.begun = [], []
        self.is_full, self.n_rounds, self._went = False, 0, asyncio.Event()
        self.repairer = Repairer(
            past, lambda: store, self.append, self.renew, begun=self.begun.append, **choices
        )
        self.repairer.symbols = (A, B)
        self._round, self.repairer._round = self.repairer._round, self.go_round

    async def append(self, trades):
        """Store what came, unless the disk is full."""
        if self.is_full:
            raise StoreFull(self.store.path, "no space left on device")
        return self.store.append(trades, "rest")

    def renew(self, symbol):
        """Take note of it."""
        self.renewed.append(symbol)

    def go_round(self):
        """A round of the repairer, which is counted."""
        self.n_rounds += 1
        self._went.set()
        self._round()

    async def until(self, condition):
        """Wait until something holds; it is looked at at every round."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                assert not self.task.done()
                self._went.clear()
                await self._went.wait()

    async def rounds(self, n):
        """Let some rounds go by."""
        enough = self.n_rounds + n
        await self.until(lambda: self.n_rounds >= enough)

    async def repaired(self):
        """Wait until nothing is missing."""
        await self.until(lambda: self.n_missing == 0 and not self.repairer.is_repairing)

    @property
    def n_missing(self):
        """Ids that are missing."""
        return self.store.coverage[VENUE].n_missing(A, B)

    def held(self, symbol=A):
        """Ranges of ids that are held."""
        return [held[:2] for held in self.store.coverage[VENUE].ranges.get(symbol, [])]

    def skipped(self, symbol=A):
        """Ranges of ids that were skipped."""
        return [part[:2] for part in self.store.coverage[VENUE].skipped.get(symbol, [])]


@contextlib.asynccontextmanager
async def repairing(past, held=(), **choices):
    """A repairer of a store that holds some ids, begun for both symbols."""
    with contextlib.closing(Store()) as store:
        store.append(batch(*[trade(i, i * SECOND) for i in held]))
        rig = Rig(past, store, **choices)
        rig.task = asyncio.create_task(rig.repairer.run())
        try:
            await rig.until(lambda: all(w.begun_ts is not None for w in watches(rig)))
            yield rig
        finally:
            rig.task.cancel()
            await asyncio.gather(rig.task, return_exceptions=True)
        assert past.is_closed
        assert asyncio.all_tasks() == {asyncio.current_task()}


def watches(rig):
    """What is known of each symbol."""
    return [rig.repairer._follow(symbol) for symbol in (A, B)]


def hear(rig, *ids, symbol=A):
    """Trades that come on the socket."""
    rig.store.append(batch(*[trade(i, i * SECOND, symbol=symbol) for i in ids]))
    rig.repairer.heard([symbol])


def on_a_loop(story):
    """A test that is written as a coroutine."""

    @functools.wraps(story)
    def test(*args, **kwargs):
        asyncio.run(story(*args, **kwargs))

    return test
