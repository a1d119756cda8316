"""Half an hour at two thousand trades a second: nothing lost, and no more memory than before."""

import statistics
import sys
import threading

import psutil
import pytest

from quantlive_nb.testing import LoopbackExchange
from tests.recording import recorder, verified

pytestmark = [pytest.mark.soak, pytest.mark.timeout(2_400)]

RATE, SECONDS, PAUSE_S = 2_000.0, 1_800.0, 5.0


def watched(process, ended):
    """Resident bytes of a process, every five seconds until it ends."""
    watch, sizes = psutil.Process(process.pid), []
    while not ended.wait(PAUSE_S):
        sizes.append(watch.memory_info().rss)
    return sizes


def test_half_an_hour_of_two_thousand_trades_a_second(tmp_path):
    """Ids without a hole, each line says complete, and the last third needs what the middle did."""
    db, ended, sizes = tmp_path / "t.duckdb", threading.Event(), []
    with LoopbackExchange(symbols="BTCUSDT,ETHUSDT", rate=RATE) as exchange:
        with recorder(exchange, db, SECONDS) as process:
            watcher = threading.Thread(target=lambda: sizes.extend(watched(process, ended)))
            watcher.start()
            lines = list(process.stdout)
            ended.set()
            watcher.join()
        n_sent = exchange.n_sent
    code, verdicts = verified(db)
    n_stored = sum(verdict["n_trades"] for verdict in verdicts.values())
    third = len(sizes) // 3
    middle = statistics.mean(sizes[third : 2 * third])
    last = statistics.mean(sizes[2 * third :])
    report = (
        f"{n_stored:,} of {n_sent:,} sent stored; resident {middle / 1e6:.1f} MB in the middle "
    )
    report += f"third, {last / 1e6:.1f} MB in the last, at most {max(sizes) / 1e6:.1f} MB"
    sys.stdout.write(f"\n{report}\n")

    assert code == 0, verdicts
    assert all("tape complete" in line for line in lines), lines
    assert n_stored >= 0.9 * RATE * SECONDS
    assert last <= 1.03 * middle
