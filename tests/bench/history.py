"""A recorded past for a store, made by SQL in seconds: two symbols, contiguous ids, a steady pace.

This file knows no feed; what it writes is what a recorder would have written.
"""

from pathlib import Path

from quantlive_nb.store import Store
from tests.bench.exchange import FIRST_ID, SYMBOLS

__all__ = ["fill"]

FILL = """
INSERT INTO trades
    (venue, symbol, trade_id, last_id, price, qty, side, ts_exch, ts_event, ts_recv)
SELECT
    $venue,
    CASE WHEN i % 2 = 0 THEN $x ELSE $y END,
    $first + i // 2,
    $first + i // 2,
    (CASE WHEN i % 2 = 0 THEN 61000 ELSE 2600 END * (1 + wave))::DECIMAL(18, 2),
    0.001 + (hash(i) % 1000)::INT / 1000,
    CASE WHEN hash(i) % 3 = 0 THEN 'buy' ELSE 'sell' END,
    make_timestamp(ts), make_timestamp(ts), make_timestamp(ts)
FROM (
    SELECT
        i,
        $end + (i - $n) * $step AS ts,
        sin(i / 90000) / 50 + sin(i / 7000) / 200 + (hash(i // 50) % 100)::INT / 200000 AS wave
    FROM range($n) t(i)
)
"""


def fill(path: Path, n_trades: int, rate: float, end_us: int, venue: str = "binance") -> None:
    """Trades at this rate, up to this moment; their ids end just below those still to come."""
    store = Store(path)
    values = {"venue": venue, "x": SYMBOLS[0], "y": SYMBOLS[1], "n": n_trades, "end": end_us}
    values |= {"first": FIRST_ID - n_trades // 2, "step": round(1e6 / rate)}
    store.cursor().execute(FILL, values)
    store.close()
