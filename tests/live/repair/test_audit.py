"""Our minutes against the exchange's own."""

import asyncio
from contextlib import closing
from decimal import Decimal

import pytest

from quantlive_nb.feed import Backfill
from quantlive_nb.live.repair.audit import Difference, compare, reconcile
from quantlive_nb.store import Store
from quantlive_nb.store.exact_bars import ExactBar
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.store.verify import verify
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.venue import Binance
from quantlive_nb.venue.base import Kline
from tests.lives import FRAMES, PARQUET, START_US

INF = float("inf")
START = START_US - 6 * 60_000_000
"""Before the first trade of the recording."""
ONE = ExactBar(0, *map(Decimal, ("2", "3", "1", "2", "9")), 4, 10, 13)


@pytest.fixture
def store(data):
    """The recording, stored."""
    with closing(Store()) as store:
        for block in read_trades(data / PARQUET):
            store.append(block)
        yield store


@pytest.fixture(params=[True, False], ids=["trades by id", "aggregates alone"])
def exchange(request, data):
    """An exchange that has traded the whole recording already."""
    choices = {"start_at_s": INF, "has_historical_trades": request.param}
    with LoopbackExchange(play=data / FRAMES, **choices) as exchange:
        yield exchange


def reconciled(store, exchange, symbol="BTCUSDT"):
    """What differs in all minutes of the recording."""

    async def ask():
        backfill = Backfill(Binance(exchange.ws_url, exchange.rest_url))
        try:
            return await reconcile(store, backfill, symbol, START, START_US)
        finally:
            await backfill.aclose()

    return asyncio.run(ask())


def test_the_recordings_minutes_are_the_exchanges(store, exchange):
    """Open, high, low, close, volume and count of five minutes of two symbols are equal."""
    for symbol in ("BTCUSDT", "ETHUSDT"):
        assert reconciled(store, exchange, symbol) == []


def test_a_wrong_trade_is_found_and_put_right(store, exchange, request):
    """A price that was changed behind our back shows in its minute, and the exchange's is taken."""
    right = store.sql("SELECT * FROM trades ORDER BY symbol, trade_id")
    wrong = "UPDATE trades SET price = price * 2, qty = qty + 1 WHERE trade_id = 3735688000"
    store.cursor().execute(wrong)
    found = reconciled(store, exchange)
    can_mend = "trades by id" in request.node.name

    assert {difference.field for difference in found} == {"high", "volume"}
    assert all(difference.is_mended == can_mend for difference in found)
    if can_mend:
        columns = ["symbol", "trade_id", "price", "qty", "side", "ts_exch"]
        now = store.sql("SELECT * FROM trades ORDER BY symbol, trade_id")
        assert now[columns].equals(right[columns])
        assert all(verdict.is_whole for verdict in verify(store))
        assert reconciled(store, exchange) == []


def test_each_number_that_differs_is_listed():
    """Only minutes that both have are compared, and equal numbers are not mentioned."""
    theirs = [Kline(0, "2.0", "3", "1", "2.5", "9", 5), Kline(60, "1", "1", "1", "1", "1", 1)]

    assert compare("A", [ONE], theirs) == [
        Difference("A", 0, "close", Decimal(2), Decimal("2.5")),
        Difference("A", 0, "n_trades", Decimal(4), Decimal(5)),
    ]


def test_a_live_compares_on_demand(on_loopback, data):
    """One call for all symbols; a source that has no bars of its own has no difference."""
    with LoopbackExchange(play=data / FRAMES, speed=INF) as exchange:
        urls = {"ws_url": exchange.ws_url, "rest_url": exchange.rest_url}
        live = on_loopback(**urls).start()
        exchange.wait_finished()
        assert live.reconcile("10min") == []
        assert sum("klines" in path for path in exchange.requests) == 2
