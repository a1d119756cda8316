"""Bars as a question: right by definition, and the same however they are asked for."""

import gc
import itertools
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.errors import UsageError
from quantlive_nb.store import BarReader
from quantlive_nb.store import bar_reader as room
from tests.tape import SECOND, START, VENUE, assert_bars, bars_of, batch, cut, tapes, trade

NUMBERS = itertools.count()
MINUTE = 60 * SECOND
QUESTIONS = st.lists(
    st.tuples(
        st.sampled_from((300_000, SECOND, 5 * SECOND, MINUTE)),
        st.one_of(st.none(), st.integers(-5 * SECOND, 40 * SECOND)),
        st.sampled_from((0, 400_000, 1_200_000, 9 * SECOND)),
    ),
    max_size=3,
)
FIELDS = {
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "n": "n_trades",
    "first_id": "first_id",
    "last_id": "last_id",
    "volume": "volume",
    "quote_volume": "quote_volume",
    "taker_buy_volume": "taker_buy_volume",
}
"""Names in the golden bars, and ours."""


def ask(reader, symbol, every_us, now_us, start_us=0):
    """The bars of one symbol, whose feed is confirmed up to a second ago."""
    reader.store.confirmed[VENUE, symbol] = now_us - SECOND
    return reader.bars(VENUE, symbol, every_us, now_us=now_us, start_us=start_us)


def assert_golden(bars, rows):
    """Where the golden bars are, ours equal them; elsewhere nothing was traded."""
    traded = bars.select(bars.n_trades > 0)
    np.testing.assert_array_equal(traded.ts, [int(row["bar_ms"]) * 1_000 for row in rows])
    for theirs, ours in FIELDS.items():
        wanted = [float(row[theirs]) for row in rows]
        rtol = 4e-16 if ours.endswith("volume") else 0  # a sum of two parts, and one rounding
        np.testing.assert_allclose(getattr(traded, ours), wanted, rtol=rtol, err_msg=ours)


@pytest.mark.parametrize(("every", "name"), [("1s", "1s"), ("1min", "1m")])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_the_golden_bars(recording, golden, symbol, every, name):
    """The recording's bars equal those computed twice by others, field by field."""
    now_us = max(recording.newest.values())
    rows = [row for row in golden(name) if row["symbol"] == symbol]

    assert_golden(ask(BarReader(recording), symbol, every, now_us), rows)


def test_the_golden_bars_come_out_of_a_live_reader(recorded, store, golden):
    """Asked after every batch for another stretch, the cache ends with the same golden bars."""
    reader = BarReader(store)
    for n, block in enumerate(recorded):
        store.append(block)
        now_us = max(store.newest.values())
        for symbol in store.symbols():
            ask(reader, symbol, SECOND, now_us, now_us - n % 7 * MINUTE)
            ask(reader, symbol, MINUTE, now_us)
    for name, every_us in (("1s", SECOND), ("1m", MINUTE)):
        for symbol in store.symbols():
            rows = [row for row in golden(name) if row["symbol"] == symbol]
            assert_golden(ask(reader, symbol, every_us, now_us), rows)


@pytest.mark.parametrize("keep", [room.KEEP, 4], ids=["cache", "begun anew"])
@settings(max_examples=25)
@given(data=st.data())
def test_the_cache_answers_as_a_fresh_reader_and_as_the_definition(common, keep, data):
    """Whatever the order of batches, late ones too, and of questions, whatever they ask."""
    symbol = f"BARS{next(NUMBERS)}"
    rows = data.draw(tapes(symbol))
    parts = cut(rows, data.draw(st.lists(st.integers(0, 25), max_size=4)))
    reader, given_rows = BarReader(common), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "KEEP", keep)
        for part in data.draw(st.permutations(parts)):
            common.append(batch(*part))
            given_rows += part
            newest_us = common.newest[VENUE, symbol]
            for every_us, start_us, ahead_us in data.draw(QUESTIONS):
                question = (
                    every_us,
                    newest_us + ahead_us,
                    0 if start_us is None else START + start_us,
                )
                bars = ask(reader, symbol, *question)
                assert_bars(bars, ask(BarReader(common), symbol, *question))
                assert_bars(bars, bars_of(given_rows, *question))


@settings(max_examples=20)
@given(data=st.data())
def test_a_closed_bar_does_not_change(common, data):
    """As long as no late trade comes, what was told of a closed bar stays what it was."""
    symbol = f"CLOSED{next(NUMBERS)}"
    rows = data.draw(tapes(symbol))
    parts = cut(rows, data.draw(st.lists(st.integers(0, 25), max_size=6)))
    reader, told = BarReader(common), {}
    for part, after in itertools.zip_longest(parts, parts[1:]):
        common.append(batch(*part))
        ahead_us = data.draw(st.integers(0, SECOND))
        now_us = (after[0].ts_exch if after else part[-1].ts_exch) + ahead_us
        bars = ask(reader, symbol, SECOND, now_us).closed
        columns = (bars.open, bars.high, bars.low, bars.close, bars.volume, bars.n_trades)
        for ts, *bar in zip(bars.ts.tolist(), *columns, strict=True):
            assert told.setdefault(ts, bar) == pytest.approx(bar)


def test_a_late_trade_reopens_its_bar_alone(store):
    """A repair of ten seconds ago is in its bar, and the bars around it are as they were."""
    reader = BarReader(store)
    store.append(batch(*[trade(i, i * SECOND, price=100 + i) for i in range(20) if i != 9]))
    before = ask(reader, "BTCUSDT", SECOND, START + 20 * SECOND)
    store.append(batch(trade(9, 9 * SECOND, price=109)))
    after = ask(reader, "BTCUSDT", SECOND, START + 20 * SECOND)

    assert before.n_trades[9] == 0
    assert after.n_trades[9] == 1
    assert after.close[9] == 109
    assert np.flatnonzero(before.close != after.close).tolist() == [9]


def test_an_empty_bar_is_there_and_repeats_the_close(store):
    """Seconds without a trade have the price before them, no volume and no ids."""
    store.append(batch(trade(1, 0, price=10), trade(2, 3 * SECOND, price=13)))
    bars = ask(BarReader(store), "BTCUSDT", SECOND, START + 5 * SECOND)

    np.testing.assert_array_equal(bars.ts, START + SECOND * np.arange(6))
    assert bars.open.tolist() == bars.close.tolist() == [10, 10, 10, 13, 13, 13]
    assert bars.n_trades.tolist() == [1, 0, 0, 1, 0, 0]
    assert bars.first_id.tolist() == [1, -1, -1, 2, -1, -1]
    assert bars.volume.tolist() == [1, 0, 0, 1, 0, 0]


def test_the_bar_in_which_the_recording_began_is_incomplete(store):
    """What came before the first trade of its bar is unknown; the next bar is whole."""
    store.append(batch(trade(7, 400_000), trade(8, SECOND)))
    bars = ask(BarReader(store), "BTCUSDT", SECOND, START + 2 * SECOND)

    assert bars.is_complete.tolist() == [False, True, True]
    assert bars.n_missing.tolist() == [0, 0, 0]


def test_a_gap_flags_every_bar_it_touches(store):
    """The missing trades may lie in any bar between the two trades around the gap, theirs too."""
    store.append(
        batch(trade(1, -SECOND), trade(2, 500_000), trade(10, 3 * SECOND), trade(11, 4 * SECOND))
    )
    bars = ask(BarReader(store), "BTCUSDT", SECOND, START + 5 * SECOND)

    assert bars.n_missing.tolist() == [0, 7, 7, 7, 7, 0, 0]
    assert bars.is_complete.tolist() == [False, False, False, False, False, True, True]


def test_a_repaired_gap_flags_nothing(store):
    """Once the missing ids are stored the bars are whole again."""
    reader = BarReader(store)
    store.append(batch(trade(1, -SECOND), trade(2, 500_000), trade(4, 9 * SECOND)))
    assert not ask(reader, "BTCUSDT", SECOND, START + 9 * SECOND).is_complete.any()
    store.append(batch(trade(3, SECOND)))

    assert ask(reader, "BTCUSDT", SECOND, START + 9 * SECOND).is_complete[1:].all()


def test_when_a_bar_closes(store):
    """With the first trade after its end, or once the feed is confirmed up to its end."""
    store.append(batch(trade(1, 500_000)))
    reader = BarReader(store)

    def closed(confirmed_us):
        store.confirmed[VENUE, "BTCUSDT"] = START + confirmed_us
        now_us = START + 2 * SECOND
        return reader.bars(VENUE, "BTCUSDT", SECOND, now_us=now_us).is_closed.tolist()

    assert closed(500_000) == [False, False, False]
    assert closed(999_999) == [False, False, False]
    assert closed(1_000_000) == [True, False, False]
    assert closed(500_000) == [False, False, False]
    store.append(batch(trade(2, SECOND)))
    assert closed(500_000) == [True, False, False]


def test_no_trades_no_bars(store):
    """A symbol that is not there yet has an empty answer, whatever is asked."""
    bars = ask(BarReader(store), "BTCUSDT", "5s", START, START - MINUTE)

    assert len(bars) == 0
    assert repr(bars) == "Bars(binance BTCUSDT 5s, n=0)"


def test_what_cannot_be_answered_is_told(store):
    """Twelve days of microseconds, or an interval that is none: one sentence."""
    store.append(batch(trade(1), trade(2, 12 * 86_400 * SECOND)))
    reader = BarReader(store)
    with pytest.raises(UsageError, match="more than 2,000,000 bars: ask for a shorter stretch"):
        ask(reader, "BTCUSDT", "300ms", START)
    with pytest.raises(UsageError, match="not a length of time"):
        ask(reader, "BTCUSDT", "0s", START)


def test_questions_of_many_threads_beside_a_writer(store):
    """Each answer is the tape up to some batch: totals only grow, and the last is the whole."""
    reader, n_batches, totals = BarReader(store), 40, [[], []]
    start = threading.Barrier(3)

    def write():
        start.wait()
        for n in range(n_batches):
            ids = range(n * 10, n * 10 + 10)
            store.append(batch(*[trade(i, i * 50_000) for i in ids]))

    def read(mine):
        start.wait()
        while not mine or mine[-1] < n_batches * 10:
            mine.append(int(ask(reader, "BTCUSDT", SECOND, START).n_trades.sum()))

    threads = [threading.Thread(target=write)]
    threads += [threading.Thread(target=read, args=(mine,), daemon=True) for mine in totals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert [mine[-1] for mine in totals] == [n_batches * 10] * 2
    assert all(mine == sorted(mine) for mine in totals)


def test_a_reader_that_nobody_holds_is_forgotten(store):
    """Its caches go with it, and the store has nobody left to tell."""
    store.append(batch(trade(1)))
    reader = BarReader(store)
    ask(reader, "BTCUSDT", SECOND, START)
    gone = weakref.ref(reader)
    del reader
    gc.collect()

    assert gone() is None
    assert store.on_late == []


def test_a_batch_stored_meanwhile_closes_no_bar_it_was_not_seen_in(store, monkeypatch):
    """A question that began before a batch was stored does not call that batch's bars closed."""
    store.append(batch(trade(1, at_us=100_000)))
    reader, read = BarReader(store), BarReader._read

    def slow_read(*asked):
        """The trades as they are, and then a batch that ends the bar and trades two on."""
        answer = read(*asked)
        store.append(batch(trade(2, at_us=900_000, price="7"), trade(3, at_us=2_500_000)))
        return answer

    monkeypatch.setattr(BarReader, "_read", slow_read)
    early = ask(reader, "BTCUSDT", SECOND, START + 200_000)
    monkeypatch.undo()
    late = ask(reader, "BTCUSDT", SECOND, START + 200_000)

    assert early.is_closed.tolist() == [False]
    assert (late.close[0], late.is_closed.tolist()) == (7.0, [True, True, False])


def test_a_repair_meanwhile_makes_no_bar_complete_it_was_not_seen_in(store, monkeypatch):
    """A question that did not see the missing trades does not call their bar complete."""
    store.append(batch(trade(1, -SECOND), trade(2), trade(4, 2 * SECOND), trade(5, 4 * SECOND)))
    reader, read = BarReader(store), BarReader._read

    def slow_read(*asked):
        """The trades as they are, and then the one that is missing."""
        answer = read(*asked)
        store.append(batch(trade(3, SECOND)))
        return answer

    monkeypatch.setattr(BarReader, "_read", slow_read)
    early = ask(reader, "BTCUSDT", SECOND, START)
    monkeypatch.undo()
    late = ask(reader, "BTCUSDT", SECOND, START)

    assert (early.n_trades[2], early.is_complete[2]) == (0, False)
    assert (late.n_trades[2], late.is_complete[2]) == (1, True)
