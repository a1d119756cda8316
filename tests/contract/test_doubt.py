"""Repair where ids may have begun anew: nothing of another era is taken, nothing is confirmed."""

import pytest

from tests.rig import A, B, Past, hear, make_short, on_a_loop, repairing
from tests.tape import SECOND, batch, trade


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Small pages, and pauses that keep a test short."""
    make_short(monkeypatch)


@on_a_loop
async def test_a_hole_is_not_filled_from_another_era():
    """Where ids began anew while nobody listened, what REST tells of a gap is no part of it."""
    past = Past()
    past.rows[A] = [trade(i, 103 * SECOND + i * SECOND // 100) for i in range(1, 200)]
    async with repairing(past) as rig:
        hear(rig, 100, 101, 105)
        await rig.until(lambda: "its ids may have begun anew" in rig.repairer.trouble)
        assert rig.held() == [(100, 101), (105, 105)]


@on_a_loop
async def test_a_symbol_in_doubt_is_not_confirmed():
    """Trades that contradict the tape may be the first since its ids began anew."""
    past = Past()
    past.trade(*range(1, 11))
    async with repairing(past) as rig:
        hear(rig, *range(1, 11))
        rig.repairer.is_live = True
        rig.repairer.heard([A, B])
        assert rig.repairer.n_unconfirmed == 0
        rig.store.append(batch(trade(5, 900 * SECOND, price=5)))
        assert rig.repairer.n_unconfirmed == 1
        assert "trade 5 of BTCUSDT contradicts the tape" in rig.repairer.trouble
        hear(rig, 11)
        assert (rig.repairer.n_unconfirmed, rig.repairer.trouble) == (0, "")
