"""Random trades: when and what."""

import itertools
import json
from decimal import Decimal

import pytest

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.exchange.random_trades import RandomWalk
from quantlive_nb.testing.market.market import Market


def test_the_same_seed_walks_the_same_way_at_any_rate():
    """Draws repeat by seed, differ between seeds, and do not depend on the pace."""
    symbols = ("BTCUSDT", "ETHUSDT")
    slow, fast, other = (
        RandomWalk(symbols, rate, seed) for rate, seed in ((1.0, 1), (99.0, 1), (1.0, 2))
    )
    next(fast.offsets_s())
    draws = [slow.draw() for _ in range(200)]

    assert draws == [fast.draw() for _ in range(200)]
    assert draws != [other.draw() for _ in range(200)]
    assert {symbol for symbol, *_ in draws} == set(symbols)


def test_arrivals_have_the_asked_for_rate():
    """10 000 trades at 50 a second take about 200 seconds, never going back."""
    times = list(itertools.islice(RandomWalk(["A"], 50.0, 1).offsets_s(), 10_000))

    assert times == sorted(times)
    assert 190 < times[-1] < 210


def test_random_trades_can_be_written():
    """Whatever is drawn has the wire form of a trade."""
    walk, market = RandomWalk(["BTCUSDT", "DOGEUSDT"], 1.0, 3), Market()
    for _ in range(500):
        payload = json.loads(market.trade(*walk.draw())[1].payload)

        assert Decimal(payload["p"]) > 0
        assert Decimal(payload["q"]) > 0


@pytest.mark.parametrize(("symbols", "rate"), [((), 5.0), (("A",), 0.0), (("A",), float("inf"))])
def test_a_walk_needs_symbols_and_a_rate(symbols, rate):
    """One sentence says what to give."""
    with pytest.raises(UsageError, match="give"):
        RandomWalk(symbols, rate, 1)
