"""Cells in a real kernel: busy ones, repeated ones, edited ones, and a kernel that is restarted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from quantlive_nb.testing import LoopbackExchange

pytestmark = pytest.mark.kernel

RATE = 100.0
START = """
import quantlive_nb as ql
live = ql.Live(ws_url={ws!r}, rest_url={rest!r}, db={db!r})
live.start()
version = live.version
while live.health().n_trades < 200:
    version = live.wait_change(version, 5)
"""
BUSY = """
import time
before, end = live.health().n_trades, time.perf_counter() + {seconds}
while time.perf_counter() < end:
    sum(i * i for i in range(1_000))
print(live.health().n_trades - before, live.health().n_missing)
"""

WHOLE = """
import time
version, end = live.version, time.monotonic() + 20
while live.health().n_missing and time.monotonic() < end:
    version = live.wait_change(version, 1)
held = live.sql("select count(*) - max(trade_id) + min(trade_id) - 1 d from trades group by symbol")
print(live.health().n_missing, abs(held.d).max())
"""


class Cells:
    """A kernel and the cells run in it."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client: BlockingKernelClient = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.n_comm = 0

    def run(self, code: str) -> str:
        """Run a cell to its end; what it printed. Comm messages seen meanwhile are counted."""
        said, asked, self.n_comm = [], self.client.execute(code), 0
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            kind, content = message["msg_type"], message["content"]
            self.n_comm += kind in ("comm_msg", "comm_open")  # of any thread, of any cell
            if message["parent_header"].get("msg_id") != asked:
                continue
            assert kind != "error", content["evalue"]
            if kind == "stream" and content["name"] == "stdout":
                said.append(content["text"])
            if kind == "status" and content["execution_state"] == "idle":
                return "".join(said)

    def restart(self) -> None:
        """A new process; nothing of the old one is left."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=60)


@pytest.fixture
def exchange() -> Iterator[LoopbackExchange]:
    """Two symbols, each traded some fifty times a second."""
    with LoopbackExchange(symbols=("BTCUSDT", "ETHUSDT"), rate=RATE) as exchange:
        yield exchange


@pytest.fixture
def cells() -> Iterator[Cells]:
    """A fresh kernel."""
    manager = KernelManager()
    manager.start_kernel()
    cells = Cells(manager)
    yield cells
    cells.client.stop_channels()
    manager.shutdown_kernel(now=True)


def start(exchange: LoopbackExchange, db: str = ":memory:") -> str:
    """The first cell."""
    return START.format(ws=exchange.ws_url, rest=exchange.rest_url, db=db)


def stay_live_beside_a_busy_cell(cells: Cells, exchange: LoopbackExchange, seconds: float) -> None:
    """Trades go on being stored and the page goes on being written while a cell computes."""
    cells.run(start(exchange))
    cells.run("page = ql.Dashboard(live)\npage.start()")
    n_before = exchange.n_sent
    n_stored, n_missing = map(int, cells.run(BUSY.format(seconds=seconds)).split())

    assert n_stored > 0.7 * (exchange.n_sent - n_before)
    assert n_missing == 0
    assert cells.n_comm > seconds * 4


def test_a_busy_cell_stops_neither_the_feed_nor_the_charts(cells, exchange):
    """Five seconds of pure Python, and every trade of them is stored."""
    stay_live_beside_a_busy_cell(cells, exchange, 5)


@pytest.mark.soak
def test_a_long_busy_cell_stops_neither_the_feed_nor_the_charts(cells, exchange):
    """Twenty seconds of pure Python, and every trade of them is stored."""
    stay_live_beside_a_busy_cell(cells, exchange, 20)


def test_cells_may_be_run_twice_and_in_any_order(cells, exchange):
    """Start, page and panel cells run again leave one connection, one page and no hole."""
    panel = "@live.panel(live.pair('ETHUSDT', 'BTCUSDT'))\ndef gap(y, x):\n    return y - x"
    page = "page = ql.Dashboard(live)\npage.start()"
    for cell in (start(exchange), panel, page, start(exchange), page, panel, panel, page):
        cells.run(cell)
    said = cells.run("print(live.panels['gap'].version, live.health().n_missing, live.state.name)")

    assert said.split() == ["3", "0", "RUNNING"]
    assert exchange.n_connections == 1


def test_a_restarted_kernel_goes_on_with_the_same_file(cells, exchange, tmp_path: Path):
    """History is there at once after a restart, and what was missed meanwhile is fetched."""
    db = str(tmp_path / "t.duckdb")
    count = "print(*live.sql('select count(*), min(trade_id) from trades').iloc[0])"
    cells.run(start(exchange, db))
    n_before, first_before = cells.run(f"live.stop()\n{count}").split()
    cells.restart()
    cells.run(start(exchange, db))
    n_after, first_after = cells.run(count).split()

    assert int(n_after) >= int(n_before) + 200
    assert int(first_after) <= int(first_before)
    assert cells.run(WHOLE).split() == ["0", "0"]
