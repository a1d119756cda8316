"""Lives under test: waited for by their changes, and fed with markets written by hand.

This file knows no source by its inside: it asks a Live, and writes the recordings it plays.
"""

import gzip
import json
import time
from pathlib import Path

from quantlive_nb.types import Trade

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"
FRAMES, PARQUET = f"{STEM}.trade.frames.jsonl.gz", f"{STEM}.trades.parquet"
"""The recording of 15 863 real trades: as frames, and as columns."""
N_TRADES = 15_863
INF = float("inf")
BOTH = ("btcusdt@trade", "ethusdt@trade")
START_MS = 1_723_161_600_000
"""2024-08-09 00:00:00 UTC, where markets written by hand begin."""
SECOND = 1_000_000
START_US = START_MS * 1_000


def endpoints(exchange):
    """The options that point a Live at an exchange."""
    return {"source": "binance", "ws_url": exchange.ws_url, "rest_url": exchange.rest_url}


def until(live, condition, timeout_s=60.0):
    """Wait for a condition on a Live, which is asked again at each of its changes."""
    deadline = time.monotonic() + timeout_s
    version = -1
    while not condition():
        left = deadline - time.monotonic()
        assert left > 0, f"not within {timeout_s:g} s: {live!r}"
        version = live.wait_change(version, min(left, 0.25))


def play(exchange, live, prices, *, y="ETHUSDT", x="BTCUSDT", first_s=0):
    """Trade both legs once a second at the exchange; wait until every trade is stored."""
    before = live.health().n_trades
    for i, (price_y, price_x) in enumerate(prices, start=first_s):
        for symbol, price in ((x, price_x), (y, price_y)):
            exchange.trade(symbol, f"{price:.2f}", "1", ts_ms=START_MS + 1_000 * i)
    until(live, lambda: live.health().n_trades == before + 2 * len(prices))


def market(prices, *, y="ETHUSDT", x="BTCUSDT", venue="binance"):
    """One trade of each leg a second, as rows."""
    return [
        Trade(venue, symbol, i + 1, i + 1, f"{price:.2f}", "1", True, ts, ts, ts)
        for i, pair in enumerate(prices)
        for symbol, price in zip((y, x), pair, strict=True)
        for ts in [START_US + i * SECOND]
    ]


def write_frames(path: Path, rows) -> Path:
    """A recording of frames as Binance words them."""
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for row in rows:
            data = {"e": "trade", "E": row.ts_event // 1_000, "s": row.symbol, "t": row.trade_id}
            data |= {"p": row.price, "q": row.qty, "T": row.ts_exch // 1_000, "m": not row.is_buy}
            frame = json.dumps({"stream": f"{row.symbol.lower()}@trade", "data": data})
            lines.write(json.dumps({"recv_ns": row.ts_recv * 1_000, "frame": frame}) + "\n")
    return path
