"""What has traded, by id, by time and by taker order."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.testing.market.market_trade import Trade
from quantlive_nb.testing.market.trade_history import Book, History


def trade(trade_id, time_ms=0, price="1", qty="1", symbol="BTCUSDT"):
    """A sale."""
    return Trade(symbol, trade_id, price, qty, time_ms, buyer_maker=True)


def book_of(*trades):
    """A book with these trades, added in this order."""
    book = Book()
    for one in trades:
        book.add(one)
    return book


def ids(trades):
    """Their ids."""
    return [one.trade_id for one in trades]


@given(st.lists(st.integers(1, 20)))
def test_trades_are_in_order_of_their_ids_and_the_first_of_an_id_stays(numbers):
    """In whatever order and however often ids were scripted."""
    book = book_of(*[trade(number, qty=str(i)) for i, number in enumerate(numbers)])

    assert ids(book.page(from_id=0)) == sorted(set(numbers))
    assert all(int(one.qty) == numbers.index(one.trade_id) for one in book.page(from_id=0))


def test_a_page_begins_at_an_id_or_holds_the_newest():
    """The id itself is included; where it is missing the next one comes."""
    book = book_of(*[trade(i) for i in (5, 6, 8, 9)])

    assert ids(book.page(from_id=6, limit=2)) == [6, 8]
    assert ids(book.page(from_id=7, limit=1)) == [8]
    assert ids(book.page(from_id=0)) == [5, 6, 8, 9]
    assert ids(book.page(from_id=10)) == []
    assert ids(book.page(limit=3)) == [6, 8, 9]


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 1)), min_size=1), st.integers(1, 5))
def test_the_orders_tile_the_trades_whatever_is_asked_when(steps, every):
    """Each trade is in exactly one order; what was told once is told alike ever after."""
    book, told, last_id, time_ms = Book(), [], 0, 0
    for i, (id_step, ms_step) in enumerate(steps):
        last_id, time_ms = last_id + id_step, time_ms + ms_step
        book.add(trade(last_id, time_ms))
        if i % every == 0:
            assert book.orders()[: len(told)] == told
            told = book.orders()
    orders = book.orders()

    assert orders[: len(told)] == told
    assert [one for order in orders for one in order.trades] == book.page(from_id=0)
    assert [order.number for order in orders] == list(range(1, len(orders) + 1))


def test_an_older_id_counts_the_orders_anew():
    """The trade that closes a hole makes one order of what were two."""
    book = book_of(trade(1), trade(3))

    assert [ids(order.trades) for order in book.orders()] == [[1], [3]]

    book.add(trade(2))

    assert [ids(order.trades) for order in book.orders()] == [[1, 2, 3]]


def test_orders_of_a_span_include_both_its_ends():
    """From a start on the oldest come first; without one the newest."""
    book = book_of(*[trade(i, time_ms=10 * i) for i in range(1, 6)])

    def numbers(**asked):
        return [order.number for order in book.orders(**asked)]

    assert numbers(start_ms=20, end_ms=40) == [2, 3, 4]
    assert numbers(start_ms=20, limit=2) == [2, 3]
    assert numbers(end_ms=40, limit=2) == [3, 4]
    assert numbers(limit=2) == [4, 5]
    assert numbers(from_number=2, limit=2) == [2, 3]
    assert numbers(from_number=0, limit=1) == [1]
    assert numbers(from_number=6) == []


@given(st.lists(st.integers(0, 9), min_size=1), st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_a_span_of_time_is_found_in_any_order_of_times(times_ms, is_sorted, start_ms, end_ms):
    """Ids say the order; a time that falls back is found all the same."""
    times_ms = sorted(times_ms) if is_sorted else times_ms
    rows = [trade(i, at) for i, at in enumerate(times_ms)]
    book = book_of(*rows)
    before = [one for one in rows if one.time_ms < start_ms]

    assert book.between(start_ms, end_ms) == [r for r in rows if start_ms <= r.time_ms <= end_ms]
    assert book.last_before(start_ms) == (before[-1] if before else None)
    assert book.first_ms() == min(times_ms)
    assert [
        one for order in book.orders(start_ms=start_ms, end_ms=end_ms) for one in order.trades
    ] == book.between(start_ms, end_ms)


def test_symbols_have_books_of_their_own_and_one_clock():
    """Ids of different symbols have nothing to do with each other; the latest trade is anyone's."""
    history = History()
    history.add([trade(1, 10), None, trade(1, 30, symbol="ETHUSDT"), trade(2, 20)])

    assert ids(history.book("BTCUSDT").page(from_id=0)) == [1, 2]
    assert ids(history.book("ETHUSDT").page(from_id=0)) == [1]
    assert history.book("SOLUSDT").page(from_id=0) == []
    assert history.newest_ms == 30


def test_threads_that_add_lose_nothing():
    """Four threads at once, each with every fourth id, while another asks for orders."""
    history = History()

    def add(first):
        for i in range(first, 400, 4):
            history.add([trade(i, time_ms=i)])
            history.book("BTCUSDT").orders(limit=1)

    threads = [threading.Thread(target=add, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ids(history.book("BTCUSDT").page(from_id=0)) == list(range(400))
