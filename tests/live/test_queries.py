"""What a Live is asked: the scan of its symbols, and what time it is there."""

import numpy as np
import pytest

from quantlive_nb import Live, scan
from quantlive_nb.errors import UsageError
from tests.lives import INF, START_US, market, write_frames

SECOND = 1_000_000
WALK = [
    (round(2_700 * y, 2), round(60_000 * x, 2))
    for y, x in np.exp(1e-3 * np.random.default_rng(5).normal(size=(90, 2)).cumsum(axis=0))
]


@pytest.fixture
def replayed(tmp_path):
    """A Live that has played a minute and a half."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = Live(source=f"replay:{path}", speed=INF).start()
    assert live.join(15)
    return live


def test_the_scan_is_that_of_its_closes(replayed):
    """The same numbers as from the table of closes, pair by pair."""
    found = replayed.scan("1s", lags=1)
    want = scan(replayed.closes(every="1s").to_dict("series"), lags=1)

    assert found.y.tolist() == want.y.tolist()
    np.testing.assert_array_equal(found.stat, want.stat)
    np.testing.assert_array_equal(found.q, want.q)


def test_a_scan_can_be_ended(replayed):
    """Before the first pair: it says that it is not complete."""
    assert not replayed.scan("1s", lags=1, cancel=lambda: True).complete


def test_a_scan_of_nothing_is_refused():
    """One sentence, and what to do."""
    with pytest.raises(UsageError, match=r"start\(\)"):
        Live("BTCUSDT", "ETHUSDT", source="simulated", name="asleep").scan()


def test_market_time(replayed):
    """That of the recording, not of the clock on the wall; 0 before there is any."""
    assert START_US + 80 * SECOND < replayed.now_us < START_US + 120 * SECOND
    assert Live(source="simulated", name="new").now_us == 0
