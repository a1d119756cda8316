"""The original's way: websocket-client, json, and for each trade a SQLite connection and a commit.

This file uses nothing of ours; it is spared what else the original does, such as its page.
"""

import argparse
import contextlib
import json
import sqlite3
import time
from pathlib import Path

import websocket

from tests.bench.process import pin

__all__: list[str] = []

TABLE = "CREATE TABLE ticks (ts INTEGER, symbol TEXT, price REAL, qty REAL)"
INSERT = "INSERT INTO ticks VALUES (?, ?, ?, ?)"
STREAMS = "stream?streams=btcusdt@trade/ethusdt@trade"


def record(db: Path, port: int, n: int) -> dict[str, float]:
    """Record this many trades as fast as it goes; what it cost."""
    with contextlib.closing(sqlite3.connect(db)) as connection:
        connection.execute(TABLE)
    stamps: list[tuple[float, float]] = []

    def on_message(app: websocket.WebSocketApp, message: str) -> None:
        """Store one trade."""
        trade = json.loads(message)["data"]
        row = trade["T"], trade["s"], float(trade["p"]), float(trade["q"])
        connection = sqlite3.connect(db)
        connection.execute(INSERT, row)
        connection.commit()
        connection.close()
        stamps.append((time.perf_counter(), time.process_time()))
        if len(stamps) == n:
            app.close()

    url = f"ws://127.0.0.1:{port}/0/{n}/{STREAMS}"
    websocket.WebSocketApp(url, on_message=on_message).run_forever()
    (began_s, began_cpu_s), (ended_s, ended_cpu_s) = stamps[0], stamps[-1]
    return {
        "rate": (n - 1) / (ended_s - began_s),
        "cpu_us": (ended_cpu_s - began_cpu_s) / (n - 1) * 1e6,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in (("db", Path), ("port", int), ("n", int)):
        parser.add_argument(name, type=kind)
    pin(-1)
    print(json.dumps(record(*vars(parser.parse_args()).values())))
