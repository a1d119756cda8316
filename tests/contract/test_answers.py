"""What comes over REST is judged as what comes over the socket: bad rows, and another symbol's."""

import pytest

from quantlive_nb import Live
from quantlive_nb.live.repair import repairer as repair
from quantlive_nb.testing import LoopbackExchange
from tests import scene
from tests.lives import BOTH, START_MS, endpoints, until
from tests.rig import A, B, Past, hear, make_short, on_a_loop, repairing

IDS = {A: 3_735_683_259, B: 1_520_538_925}
"""Newest ids of two symbols on one day of 2024."""


@pytest.fixture
def exchange(monkeypatch):
    """An exchange where both symbols have traded already, and pauses of a test's length."""
    scene.make_hasty(monkeypatch, silence_s=30.0)
    with LoopbackExchange() as exchange:
        for symbol, newest in IDS.items():
            exchange.trade(symbol, "1", "1", trade_id=newest, ts_ms=START_MS)
        yield exchange


def away(exchange, *trades):
    """Cut the connection, trade, and let it come back."""
    n_before, n_refused = exchange.n_connections, exchange.n_refused
    exchange.refuse(503)
    exchange.drop()
    exchange.wait_until(lambda: exchange.n_refused > n_refused)
    made = [exchange.trade(*fields, ts_ms=START_MS + 1_000) for fields in trades]
    exchange.refuse(None)
    exchange.wait_connected(n=n_before + 1)
    exchange.wait_subscribed(*BOTH)
    return made


def recording(exchange, **choices):
    """A Live that has heard one trade of each symbol, and lacks nothing."""
    live = Live(name="answers", db=":memory:", **endpoints(exchange), **choices).start()
    exchange.wait_subscribed(*BOTH)
    for symbol in IDS:
        exchange.trade(symbol, "1", "1", ts_ms=START_MS + 500)
    until(live, lambda: live.health().n_held == 4 and live.health().tape == "tape complete")
    return live


@pytest.mark.parametrize("has_trades", [True, False])
def test_one_trade_without_a_quantity_costs_no_other(monkeypatch, has_trades):
    """The others are fetched; this one is missing and named, in the printed line too."""
    scene.make_hasty(monkeypatch, silence_s=30.0)
    with LoopbackExchange(has_historical_trades=has_trades) as exchange:
        for symbol, newest in IDS.items():
            exchange.trade(symbol, "1", "1", trade_id=newest, ts_ms=START_MS)
        live = recording(exchange)
        quantities = ["1", "2", "0", "4", "5"]
        _, _, bad, *_ = away(exchange, *[(A, f"{i + 1}", qty) for i, qty in enumerate(quantities)])
        until(live, lambda: live.health().n_held == 8 and "does not tell" in live.health().trouble)
        health = live.health()
        live.close()

    assert health.n_missing == 1
    assert f"trade {bad} of {A} (a trade without a positive exact quantity" in health.trouble
    assert f"does not tell trade {bad}" in str(health)


def test_what_was_told_of_another_symbol_wants_nothing(exchange):
    """Each is asked and the other is told, before anything is held: the next trades show it."""
    exchange.rest_other(4)
    live = Live(name="answers", db=":memory:", **endpoints(exchange)).start()
    exchange.wait_subscribed(*BOTH)
    exchange.wait_until(lambda: exchange.faults["rest_other"] == 4)
    for symbol in IDS:
        exchange.trade(symbol, "1", "1", ts_ms=START_MS + 5_000)
    until(live, lambda: live.health().n_held == 4 and live.health().tape == "tape complete")
    n_skipped = live.health().n_skipped
    live.close()

    assert n_skipped == 0


def test_a_newest_trade_of_another_symbol_hides_no_gap(exchange):
    """What was missed is fetched all the same; that the answer could not be is said."""
    live = recording(exchange)
    exchange.rest_other(2)
    away(exchange, (A, "2", "1"), (B, "2", "1"))
    until(live, lambda: live.health().n_held == 6)
    for symbol in IDS:
        exchange.trade(symbol, "1", "1", ts_ms=START_MS + 2_000)
    until(live, lambda: live.health().n_held == 8 and live.health().tape == "tape complete")
    live.close()

    assert exchange.faults["rest_other"] == 2


@on_a_loop
async def test_four_pages_that_cannot_be_read_hold_up_no_other(monkeypatch):
    """Each gives its place up to the next, and the other symbol is repaired meanwhile."""
    make_short(monkeypatch)
    past = Past()
    past.trade(*range(1, 41))
    past.trade(*range(1, 31), symbol=B)
    past.stuck = {5, 15, 25, 35}
    past.flaws = dict.fromkeys(past.stuck, "unreadable")
    async with repairing(past) as rig:
        hear(rig, 1, 40)
        hear(rig, 1, 30, symbol=B)
        await rig.until(lambda: rig.held(B) == [(1, 30)])
        assert len(past.stuck) == repair.AT_ONCE
        assert rig.n_missing == 38
        assert "cannot be read" in rig.repairer.trouble
