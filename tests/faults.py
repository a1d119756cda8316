"""A recorder on a loopback exchange that misbehaves: scenes of a recording, and what may go wrong.

This file knows no store by its inside: it asks a Live, and the recording's own table.
"""

import functools
import gzip
import itertools
from contextlib import contextmanager
from pathlib import Path

from quantlive_nb import Live
from quantlive_nb.feed import Backfill, Socket
from quantlive_nb.live import errand, recorder, repair, source
from quantlive_nb.store import Store
from quantlive_nb.store.verify import verify
from quantlive_nb.testing import LoopbackExchange
from tests.listener import hasty
from tests.lives import BOTH, FRAMES, PARQUET, until

TABLES = """
WITH ours AS (
    SELECT symbol, trade_id, last_id, price, qty, side = 'sell' AS buyer_maker,
           epoch_us(ts_exch) // 1000 AS trade_ms
    FROM trades
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
ROWS_DIFFER = TABLES + DIFFERENCE.format(what="SELECT *", group="")
BARS_DIFFER = TABLES + DIFFERENCE.format(what=BARS, group="GROUP BY ALL")


def make_hasty(patch, *, silence_s=0.6):
    """Scale every pause of a recorder to a test's length."""
    patch.setattr(source, "Socket", functools.partial(Socket, waits=hasty))
    patch.setattr(recorder, "Backfill", functools.partial(Backfill, waits=hasty))
    patch.setattr(repair, "ROUND_S", 0.03)
    patch.setattr(repair, "QUIET_S", silence_s / 2)
    patch.setattr(errand, "AGAIN_S", 0.02)
    patch.setattr(errand, "AGAIN_MOST_S", 0.2)


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
        for end in (exchange.rest_cut, exchange.rest_garbage):
            end(0)
        until(self.live, self.is_whole, timeout_s=20.0)

    def is_whole(self) -> bool:
        """Whether every id that was played is held."""
        health = self.live.health()
        return health.n_held >= self.n and health.n_missing == 0


def cut(scene: Scene) -> None:
    """The connection is lost, and trades with it."""
    n_before = scene.exchange.n_connections
    scene.exchange.drop()
    scene.play(60)
    scene.reconnected(n_before)


def stall(scene: Scene) -> None:
    """The connection stays open and says nothing for a while."""
    scene.exchange.silence()
    scene.play(80)
    scene.exchange.resume()


def dead(scene: Scene) -> None:
    """The connection stays open and never says anything again: it must be replaced."""
    n_before = scene.exchange.n_connections
    scene.exchange.silence()
    scene.play(40)
    scene.exchange.wait_connected(n=n_before + 1)
    scene.exchange.resume()


def half_silent(scene: Scene) -> None:
    """One symbol of the connection says nothing, the other goes on."""
    scene.exchange.silence(BOTH[1])
    scene.play(80)
    scene.exchange.resume(BOTH[1])


def duplicate(scene: Scene) -> None:
    """Trades come twice."""
    scene.exchange.duplicate(40)
    scene.play(40)


def reorder(scene: Scene) -> None:
    """Trades come in a wild order."""
    scene.exchange.reorder(30)
    scene.play(60)


def delay(scene: Scene) -> None:
    """Everything comes late."""
    scene.exchange.delay(0.05)
    scene.play(40)
    scene.exchange.delay(0)


def garbage(scene: Scene) -> None:
    """Broken JSON, absurd trades, four megabytes, bytes: everything that is no trade."""
    scene.exchange.garbage()
    scene.play(30)


def shutdown(scene: Scene) -> None:
    """The exchange announces that it closes, and closes."""
    n_before = scene.exchange.n_connections
    scene.exchange.shutdown(lead_s=0.2)
    scene.play(30)
    scene.exchange.wait_connected(n=n_before + 1)
    scene.play(30)


def day(scene: Scene) -> None:
    """The connection has lived its 24 hours."""
    n_before = scene.exchange.n_connections
    scene.exchange.limit_age(0.05)
    scene.play(30)
    scene.exchange.wait_connected(n=n_before + 1)
    scene.exchange.limit_age(None)


def refuse(scene: Scene) -> None:
    """The exchange accepts no connection for a while."""
    n_before, n_refused = scene.exchange.n_connections, scene.exchange.n_refused
    scene.exchange.refuse(503)
    scene.exchange.drop()
    scene.play(60)
    scene.exchange.wait_until(lambda: scene.exchange.n_refused > n_refused)
    scene.exchange.refuse(None)
    scene.reconnected(n_before)


def banned(scene: Scene) -> None:
    """REST asks for pauses while something is missing."""
    scene.exchange.rest_refuse(429, n=2, retry_after_s=0.05)
    cut(scene)
    scene.exchange.rest_refuse(418, n=1, retry_after_s=0.1)


def rest_ill(scene: Scene) -> None:
    """REST fails in every way there is while something is missing."""
    scene.exchange.rest_cut(2)
    cut(scene)
    scene.exchange.rest_garbage(2)
    scene.exchange.rest_refuse(503, n=1)


def rest_slow(scene: Scene) -> None:
    """REST takes its time."""
    scene.exchange.rest_delay(0.15)
    cut(scene)
    scene.play(20)
    scene.exchange.rest_delay(0)


def rest_partial(scene: Scene) -> None:
    """REST gives a few rows, whatever is asked for."""
    scene.exchange.rest_partial(7)
    cut(scene)


FAULTS = (
    cut,
    stall,
    dead,
    half_silent,
    duplicate,
    reorder,
    delay,
    garbage,
    shutdown,
    day,
    refuse,
    banned,
    rest_ill,
    rest_slow,
    rest_partial,
)


@contextmanager
def scene(path: Path, n: int, db: Path, **choices):
    """A recorder and its exchange, which waits to be told to play."""
    exchange = LoopbackExchange(play=path, speed=float("inf"), start_when=BOTH, **choices)
    with exchange:
        exchange.play_until(0)
        live = Live(
            name="faults",
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
        assert sum(verdict.n_trades for verdict in verdicts) == n
        given = {"truth": str(data / PARQUET), "n": n}
        if is_by_id:
            assert store.sql(ROWS_DIFFER, given).iat[0, 0] == 0
        assert store.sql(BARS_DIFFER, given).iat[0, 0] == 0
    finally:
        store.close()
