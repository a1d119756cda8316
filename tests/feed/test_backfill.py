"""The past of an exchange: by ids where it tells them, else by aggregates from a moment on."""

import asyncio
import contextlib
from decimal import Decimal

import httpx
import pytest

from quantlive_nb.errors import FeedError, FeedRefused
from quantlive_nb.feed import backfill as module
from quantlive_nb.feed.backfill import Backfill
from quantlive_nb.feed.recorded_frames import read_frames
from quantlive_nb.http import client as rest
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.venue import Binance
from tests.listener import hasty
from tests.tape import SECOND, START

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"


@pytest.fixture(autouse=True)
def plain_client(monkeypatch):
    """No certificates are read: nothing here is encrypted."""
    monkeypatch.setattr(rest, "new_client", lambda _: httpx.AsyncClient(verify=False, timeout=20))


@contextlib.asynccontextmanager
async def filling(exchange, **choices):
    """A backfill of an exchange on this machine."""
    backfill = Backfill(Binance(exchange.ws_url, exchange.rest_url, **choices), waits=hasty)
    try:
        yield backfill
    finally:
        await backfill.aclose()


def asked(exchange, question, **choices):
    """The answer to one question."""

    async def record():
        async with filling(exchange, **choices) as backfill:
            return await question(backfill)

    return asyncio.run(record())


def traded(exchange, *seconds, n=3):
    """At each of these seconds one order of n trades; every order at a price of its own."""
    for i, at_s in enumerate(seconds):
        for _ in range(n):
            exchange.trade("BTCUSDT", f"{100 + i}", "0.5", ts_ms=START // 1_000 + 1_000 * at_s)


@pytest.fixture
def market(exchange):
    """Ids 1 to 30, as ten orders of three trades, one a second."""
    traded(exchange, *range(10))
    return exchange


@pytest.fixture
def aggregates_alone():
    """The same market at a host that tells no single trades."""
    with LoopbackExchange(has_historical_trades=False) as exchange:
        traded(exchange, *range(10))
        yield exchange


def spans(trades):
    """First and last id of each row."""
    return list(zip(trades.trade_id.tolist(), trades.last_id.tolist(), strict=True))


def test_a_range_of_ids_is_one_page(market):
    """These trades and no others, each by itself, exact, and stamped with the time of receipt."""
    trades = asked(market, lambda backfill: backfill.page("BTCUSDT", 5, 9, START))

    assert spans(trades) == [(i, i) for i in range(5, 10)]
    assert trades.price.tolist() == ["101.00000000"] * 2 + ["102.00000000"] * 3
    assert (trades.ts_exch[0], trades.venue) == (START + SECOND, "binance")
    assert (trades.ts_recv > START).all()
    assert market.requests == ["/api/v3/historicalTrades?symbol=BTCUSDT&fromId=5&limit=5"]


def test_a_page_is_as_long_as_the_exchange_makes_it(market, monkeypatch):
    """From the beginning of the range; the rest is left to be asked for again."""
    monkeypatch.setattr(module, "PAGE", 8)
    trades = asked(market, lambda backfill: backfill.page("BTCUSDT", 5, 25, START))
    assert spans(trades) == [(i, i) for i in range(5, 13)]
    market.rest_partial(2)
    trades = asked(market, lambda backfill: backfill.page("BTCUSDT", 5, 25, START))

    assert spans(trades) == [(5, 5), (6, 6)]


def test_ids_that_the_exchange_lacks_do_not_come(market):
    """Nor others in their place."""
    market.trade("BTCUSDT", "1", "1", trade_id=35)
    trades = asked(market, lambda backfill: backfill.page("BTCUSDT", 31, 34, START))

    assert (len(trades), trades.venue) == (0, "binance")


def test_where_there_are_aggregates_alone_they_are_taken(aggregates_alone):
    """One answer 404, and it is known; those that reach beyond the range come whole."""

    async def ask(backfill):
        """Two pages, and what is known of the host before and after."""
        assert backfill.is_by_id
        pages = [await backfill.page("BTCUSDT", 5, 9, START + SECOND) for _ in range(2)]
        assert not backfill.is_by_id
        return pages

    pages = asked(aggregates_alone, ask)

    assert [spans(page) for page in pages] == [[(4, 6), (7, 9)]] * 2
    assert pages[0].qty.tolist() == ["1.50000000"] * 2
    assert aggregates_alone.answered[404] == 1


def test_a_host_that_has_told_single_trades_has_them_still_after_a_404(market):
    """It is told as a refusal, to be asked again; aggregates do not take their place for good."""

    async def ask(backfill):
        """A page, a 404, and the page again."""
        pages = [await backfill.page("BTCUSDT", 5, 6, START)]
        market.rest_refuse(404, n=1)
        with pytest.raises(FeedRefused, match="HTTP 404"):
            await backfill.page("BTCUSDT", 5, 6, START)
        return [*pages, await backfill.page("BTCUSDT", 5, 6, START)]

    assert [spans(page) for page in asked(market, ask)] == [[(5, 5), (6, 6)]] * 2


def test_an_exchange_that_says_so_is_not_asked_for_single_trades(aggregates_alone):
    """The market-data hosts serve none: no request is wasted on finding out."""
    trades = asked(aggregates_alone, lambda b: b.page("BTCUSDT", 1, 3, START), has_trades=False)

    assert spans(trades) == [(1, 3)]
    assert aggregates_alone.answered[404] == 0


def test_an_id_is_searched_from_a_moment_before_it(aggregates_alone, monkeypatch):
    """Page after page by the aggregates' own numbers, however short the pages are."""
    monkeypatch.setattr(module, "PAGE", 4)
    trades = asked(aggregates_alone, lambda b: b.page("BTCUSDT", 23, 99, START), has_trades=False)
    assert spans(trades) == [(22, 24)]
    assert len(aggregates_alone.requests) == 2
    aggregates_alone.rest_partial(1)
    trades = asked(aggregates_alone, lambda b: b.page("BTCUSDT", 23, 99, START), has_trades=False)

    assert spans(trades) == [(22, 24)]


def test_a_search_comes_to_an_end(aggregates_alone, monkeypatch):
    """With nothing: where the exchange has no such id, and where it is too far away."""

    def search(from_id):
        ask = lambda backfill: backfill.page("BTCUSDT", from_id, 99, START)  # noqa: E731
        return spans(asked(aggregates_alone, ask, has_trades=False))

    assert search(31) == []
    monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(module, "MOST_PAGES", 3)
    assert search(16) == [(16, 18)]
    assert search(19) == []


def test_the_newest_and_the_first_from_a_moment_on(market):
    """Each as the aggregate it is part of; none before the first trade, none after the last."""

    async def ask(backfill):
        """Four questions."""
        return (
            await backfill.newest("BTCUSDT"),
            await backfill.first("BTCUSDT", START + 4 * SECOND - 900_000),
            await backfill.first("BTCUSDT", START + 60 * SECOND),
            await backfill.newest("ETHUSDT"),
        )

    newest, first, *none = asked(market, ask)
    assert (newest.trade_id, newest.last_id, newest.ts_exch) == (28, 30, START + 9 * SECOND)
    assert (first.trade_id, first.last_id, first.qty) == (13, 15, "1.50000000")
    assert none == [None, None]


def test_the_exchanges_own_bars(market):
    """From a moment on, the forming one last."""
    (bar,) = asked(market, lambda backfill: backfill.klines("BTCUSDT", 60 * SECOND, START))

    assert (bar.ts, bar.open, bar.close) == (START, "100.00000000", "109.00000000")
    assert (bar.n_trades, Decimal(bar.volume)) == (30, 15)


def test_a_refusal_names_what_was_wrong(market):
    """A symbol that does not exist is not asked for again and again."""
    with pytest.raises(FeedRefused, match="Invalid symbol"):
        asked(market, lambda backfill: backfill.newest("NOSUCH"))

    assert len(market.requests) == 1


@pytest.mark.parametrize("has_trades", [True, False])
def test_a_page_is_not_asked_for_for_ever(market, has_trades):
    """After two attempts others have their turn, and the reason is told."""
    market.rest_refuse(503)
    with pytest.raises(FeedError, match="the history of binance answered HTTP 503"):
        asked(market, lambda b: b.page("BTCUSDT", 5, 9, START), has_trades=has_trades)

    assert len(market.requests) == module.TRIES


@pytest.mark.parametrize("has_trades", [True, False])
def test_a_flawed_trade_is_told_by_its_id_and_the_others_come(market, has_trades):
    """A quantity of 0 in the middle of a page: the rest is taken as it is."""
    market.rest_flaw("BTCUSDT", 8)
    flaws = {}
    ask = lambda b: b.page("BTCUSDT", 4, 12, START, flaws)  # noqa: E731
    trades = asked(market, ask, has_trades=has_trades)

    lost = [8] if has_trades else [7, 8, 9]
    assert list(flaws) == lost[:1]
    told = [i for first, last in spans(trades) for i in range(first, last + 1)]
    assert told == [i for i in range(4, 13) if i not in lost]


def test_the_newest_trade_may_be_flawed(market):
    """The newest that can be believed is told instead; an answer of flaws alone is asked again."""
    market.rest_flaw("BTCUSDT", 30)
    assert asked(market, lambda backfill: backfill.newest("BTCUSDT")).last_id == 27


def test_other_hosts_answer_in_their_own_way(market, aggregates_alone):
    """Refused while it asks for single trades, it goes where there are aggregates alone."""
    market.rest_refuse(451)
    there = (aggregates_alone.ws_url, aggregates_alone.rest_url)

    async def ask(backfill):
        """A page, and how it was got."""
        page = await backfill.page("BTCUSDT", 5, 9, START)
        return spans(page), backfill.is_by_id, backfill.trouble

    assert asked(market, ask, fallback=there) == ([(4, 6), (7, 9)], False, "")
    assert len(market.requests) == 1


@pytest.fixture(scope="module")
def recording(data):
    """An exchange over which the recording has gone, and its trades of one symbol by id."""
    path = data / f"{STEM}.trade.frames.jsonl.gz"
    rows = (row for block in read_frames(path, Binance()) for row in block.rows())
    truth = {row.trade_id: row for row in rows if row.symbol == "BTCUSDT"}
    with LoopbackExchange(play=path, start_at_s=float("inf")) as exchange:
        yield exchange, truth


@pytest.mark.slow
@pytest.mark.parametrize("has_trades", [True, False])
def test_the_recording_can_be_filled_from_its_first_id(recording, has_trades):
    """Every trade once: the quantities are those of the recording, id by id or put together."""
    exchange, truth = recording
    first, last = min(truth), max(truth)

    async def fill(backfill):
        """Page after page."""
        rows, at, ts = [], first, truth[first].ts_exch
        while at <= last:
            rows += (await backfill.page("BTCUSDT", at, last, ts)).rows()
            at, ts = rows[-1].last_id + 1, rows[-1].ts_exch
        return rows

    rows = asked(exchange, fill, has_trades=has_trades)
    assert [row.trade_id for row in rows[1:]] == [row.last_id + 1 for row in rows[:-1]]
    for row in rows:
        parts = [truth[i] for i in range(row.trade_id, row.last_id + 1)]
        assert Decimal(row.qty) == sum(Decimal(part.qty) for part in parts)
        assert {(part.price, part.is_buy, part.ts_exch) for part in parts} == {
            (row.price, row.is_buy, row.ts_exch)
        }
    assert (rows[0].trade_id, rows[-1].last_id) == (first, last)
    assert (len(rows) == len(truth)) == has_trades


def test_a_venue_without_a_past_cannot_be_asked():
    """That is said when it is made."""

    class Young(Binance):
        history = None

    with pytest.raises(FeedError, match="binance tells no history"):
        Backfill(Young())
