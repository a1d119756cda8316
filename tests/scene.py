"""A recording that is played in pieces to a recorder, and what must come out in the end.

This file knows no store by its inside: it asks a Live, and the recording's own table.
"""

import csv
import functools
import gzip
import itertools
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from quantlive_nb import Live
from quantlive_nb.feed import Backfill, WebSocketFeed
from quantlive_nb.live import recorder, source
from quantlive_nb.live.repair import followed, task_pool
from quantlive_nb.live.repair import repairer as repair
from quantlive_nb.store import Store
from quantlive_nb.store.aggregate.bar_rows import AGGREGATES
from quantlive_nb.store.verify import verify
from quantlive_nb.testing import LoopbackExchange
from tests.listener import hasty
from tests.lives import BOTH, FRAMES, PARQUET, STEM, until

TABLES = """
WITH ours AS (
    SELECT symbol, trade_id, last_id, price, qty, side = 'sell' AS buyer_maker,
           epoch_us(ts_exch) // 1000 AS trade_ms
    FROM trades WHERE era = 0
), theirs AS (
    SELECT symbol, trade_id, trade_id AS last_id, price, qty::DECIMAL(28, 8) AS qty, buyer_maker,
           trade_ms
    FROM read_parquet($truth, file_row_number = true) WHERE file_row_number < $n
)
"""
BARS = """
SELECT symbol, trade_ms // 1000 AS s, arg_min(price, trade_id) AS o, max(price) AS h,
       min(price) AS l, arg_max(price, trade_id) AS c, sum(qty) AS v, sum(price * qty) AS q,
       sum(last_id - trade_id + 1) AS n, sum(qty) FILTER (NOT buyer_maker) AS b,
       min(trade_id) AS first_id, max(last_id) AS last_id
"""
DIFFERENCE = """
SELECT count(*) FROM (
    ({what} FROM ours {group} EXCEPT ALL {what} FROM theirs {group}) UNION ALL
    ({what} FROM theirs {group} EXCEPT ALL {what} FROM ours {group})
)
"""
SYMBOLS = "SELECT count(DISTINCT symbol) AS n FROM trades"
ANEW = "SELECT count(*) AS n FROM trades WHERE era = 1"
ROWS_DIFFER = TABLES + DIFFERENCE.format(what="SELECT *", group="")
BARS_DIFFER = TABLES + DIFFERENCE.format(what=BARS, group="GROUP BY ALL")


def make_hasty(patch, *, silence_s=0.6):
    """Scale every pause of a recorder to a test's length."""
    patch.setattr(source, "WebSocketFeed", functools.partial(WebSocketFeed, waits=hasty))
    patch.setattr(recorder, "Backfill", functools.partial(Backfill, waits=hasty))
    patch.setattr(repair, "ROUND_S", 0.03)
    patch.setattr(followed, "QUIET_S", silence_s / 2)
    patch.setattr(task_pool, "AGAIN_S", 0.02)
    patch.setattr(task_pool, "AGAIN_MOST_S", 0.2)


def shortened(data: Path, folder: Path, n: int) -> Path:
    """The first frames of the recording, as a recording."""
    path = folder / f"first{n}.frames.jsonl.gz"
    with gzip.open(data / FRAMES) as lines, gzip.open(path, "wb") as out:
        out.writelines(itertools.islice(lines, n))
    return path


class Scene:
    """A recording that is played in pieces, to a recorder that must not lose any of it.

    Parameters
    ----------
    exchange : LoopbackExchange
    live : Live
    n : int
        Frames in all.
    """

    def __init__(self, exchange: LoopbackExchange, live: Live, n: int) -> None:
        self.exchange, self.live, self.n = exchange, live, n
        self.n_played = 0

    def play(self, n: int) -> None:
        """Play on by so many frames, whoever hears them."""
        self.n_played = min(self.n_played + n, self.n)
        self.exchange.play_until(self.n_played)
        self.exchange.wait_played(self.n_played)

    def reconnected(self, n_before: int) -> None:
        """Wait for a further connection."""
        self.exchange.wait_connected(n=n_before + 1)
        self.exchange.wait_subscribed(*BOTH)

    def newest(self, symbol: str) -> int:
        """The newest id of a symbol that was traded, heard or not."""
        return self.exchange._market.history.book(symbol).page(limit=1)[-1].trade_id

    def holds_both(self) -> None:
        """Wait until some trades of both symbols are stored."""
        until(self.live, lambda: self.live.sql(SYMBOLS).n.item() == len(BOTH))

    def says_unconfirmed(self) -> None:
        """Wait until the recorder does not call its tape complete."""
        until(self.live, lambda: not self.live.health().is_confirmed)

    def says_missing(self) -> None:
        """Wait until it says that something is missing, and why that does not come."""
        until(self.live, lambda: self.live.health().n_missing and self.live.health().trouble)

    def claims_nothing_false(self) -> None:
        """Wait until all that was played is held, or the tape is not called complete."""
        until(
            self.live,
            lambda: (
                self.live.health().n_held >= self.n_played
                or self.live.health().tape != "tape complete"
            ),
        )

    def ids_begin_anew(self, symbol: str) -> None:
        """A test network forgets its past; its next trades are all kept, and nothing is hidden.

        The first hundred are refused, for they could be another symbol's; REST tells them again.
        """
        exchange, live, made = self.exchange, self.live, []
        newest = exchange._market.history.book(symbol).page(limit=1)[-1]
        exchange.reset_ids(symbol)

        def is_told() -> bool:
            """Trade on until it is said that ids have begun anew."""
            at_ms = newest.time_ms + 100 * (len(made) + 1)
            made.append(exchange.trade(symbol, "99", "1", ts_ms=at_ms))
            return live.health().n_eras == 1

        exchange.wait_subscribed(*BOTH)
        until(live, is_told)
        until(live, lambda: live.sql(ANEW).n.item() == len(made))
        assert live.health().tape != "tape complete"

    def finish(self) -> None:
        """End every fault, play the rest, and wait until nothing is missing."""
        exchange = self.exchange
        exchange.resume()
        exchange.refuse(None)
        exchange.rest_refuse(None)
        exchange.rest_partial(None)
        exchange.limit_age(None)
        exchange.wait_subscribed(*BOTH)
        self.play(self.n)
        exchange.reorder(0)
        for end in (exchange.delay, exchange.rest_delay):
            end(0)
        for end in (exchange.rest_cut, exchange.rest_garbage, exchange.rest_other):
            end(0)
        exchange.rest_flaw("BTCUSDT")
        until(self.live, self.is_whole)

    def is_whole(self) -> bool:
        """Whether every id that was played is held."""
        health = self.live.health()
        return health.n_held >= self.n and health.n_missing == 0


@contextmanager
def scene(path: Path, n: int, db: Path, **choices):
    """A recorder and its exchange, which waits to be told to play."""
    exchange = LoopbackExchange(play=path, speed=float("inf"), start_when=BOTH, **choices)
    with exchange:
        exchange.play_until(0)
        live = Live(
            name=db.stem,
            db=str(db),
            source="binance",
            ws_url=exchange.ws_url,
            rest_url=exchange.rest_url,
            silence="600ms",
        )
        try:
            live.start()
            exchange.wait_subscribed(*BOTH)
            yield Scene(exchange, live, n)
        finally:
            live.close()


def assert_equal(db: Path, data: Path, n: int, *, is_by_id: bool = True) -> None:
    """The database holds the recording's first trades, each once and exactly, and can prove it.

    Where the exchange told aggregates alone, rows may cover several ids; every bar is the same.
    """
    store = Store(db, read_only=True)
    try:
        verdicts = verify(store)
        assert all(verdict.is_whole for verdict in verdicts), "\n".join(map(str, verdicts))
        assert sum(verdict.n_trades for verdict in verdicts if not verdict.era) == n
        given = {"truth": str(data / PARQUET), "n": n}
        if is_by_id:
            assert store.sql(ROWS_DIFFER, given).iat[0, 0] == 0
        assert store.sql(BARS_DIFFER, given).iat[0, 0] == 0
    finally:
        store.close()


def traded_bars(store: Store, every_us: int) -> list[tuple[str, ...]]:
    """Every bar in which something was traded, as the golden files write it."""
    rows = store.cursor().execute(f"""
        SELECT symbol, epoch_us(ts_exch) // {every_us} * {every_us // 1000} AS bar_ms, {AGGREGATES}
        FROM trades GROUP BY symbol, bar_ms ORDER BY symbol, bar_ms
    """)
    return [tuple(map(as_number, row)) for row in rows.fetchall()]


def golden_bars(data: Path, name: str) -> list[tuple[str, ...]]:
    """The golden bars, whose columns are in our order."""
    with gzip.open(data / f"golden_{STEM}.bars_{name}.csv.gz", "rt", newline="") as lines:
        _, *rows = csv.reader(lines)
    return sorted(tuple(map(as_number, row)) for row in rows)


def as_number(value: object) -> object:
    """A symbol, or a number in exact decimals."""
    text = str(value)
    return text if text.isalpha() else Decimal(text)
