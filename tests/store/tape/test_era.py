"""Ids that begin anew: both eras are whole and apart, and no single message can begin one."""

import itertools
import logging
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.store import BarReader, Store
from quantlive_nb.store.file.export import export_bars, export_trades
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.store.tape.era import ENOUGH
from quantlive_nb.store.verify import verify
from tests.tape import SECOND, START, VENUE, batch, cut, trade

NUMBERS = itertools.count()
RESET_US = 600 * SECOND


def old(*ids):
    """Trades of before the reset, one a second."""
    return [trade(i, i * SECOND, price=100 + i) for i in ids]


def new(*ids):
    """Trades of after it: ids from 1 on once more, other prices and times."""
    return [trade(i, RESET_US + i * SECOND, price=500 + i) for i in ids]


def eras(store, symbol="BTCUSDT"):
    """The ids of each era, as the table has them."""
    query = "SELECT era, list(trade_id ORDER BY trade_id) FROM trades WHERE symbol = ? GROUP BY era"
    return dict(store.cursor().execute(query, [symbol]).fetchall())


@pytest.mark.parametrize("before", [range(1, 21), range(100, 121)], ids=["seen", "unseen"])
def test_ids_that_begin_anew_are_another_era(store, caplog, before):
    """No trade is lost, whether the ids were seen before or lie below all that were; it is said."""
    store.append(batch(*old(*before)))
    with caplog.at_level(logging.WARNING):
        n_new = sum(store.append(batch(row)) for row in new(*range(1, 16)))
    first, second = verify(store)

    assert n_new == 15
    assert eras(store) == {0: [*before], 1: [*range(1, 16)]}
    assert store.append(batch(*new(*range(1, 16)))) == 0
    assert store.coverage[VENUE].gaps("BTCUSDT") == []
    assert "the trade ids of BTCUSDT began anew at 2024-08-09 00:04 UTC" in caplog.text
    assert (first.era, first.is_whole, second.era, second.is_whole) == (0, True, 1, True)
    assert "what came between the eras is not known" in str(second)


@settings(max_examples=25)
@given(
    n_old=st.integers(ENOUGH + 1, 30),
    n_new=st.integers(ENOUGH, 30),
    points=st.sets(st.integers(1, 60), max_size=8),
    others=st.booleans(),
)
def test_where_batches_are_cut_makes_no_difference(common, n_old, n_new, points, others):
    """Era by era the same ids, whatever came with them in one batch."""
    symbol = f"ERA{next(NUMBERS)}"
    rows = [r._replace(symbol=symbol) for r in (*old(*range(1, n_old)), *new(*range(1, n_new + 1)))]
    for piece in cut(rows, points):
        beside = [trade(10**6, symbol=symbol + "B")] if others else []
        common.append(batch(*piece, *beside))

    assert eras(common, symbol) == {0: [*range(1, n_old)], 1: [*range(1, n_new + 1)]}


@pytest.mark.parametrize(
    "odd",
    [
        lambda n: trade(5, RESET_US + n * SECOND, price=7 + n),  # one id, over and over
        lambda n: trade(5 + n % 3, (5 + n % 3) * SECOND, price=7),  # another price at its own time
        lambda n: trade(9 - n % 3, RESET_US + n * SECOND, price=7),  # falling ids
    ],
)
def test_corrupt_messages_begin_no_era(store, odd):
    """Trades go on between them: each is refused and counted, and the tape stays what it was."""
    store.append(batch(*old(*range(1, 11))))
    for n in range(9):
        store.append(batch(odd(n)))
        store.append(batch(*old(11 + n)))

    assert eras(store) == {0: [*range(1, 20)]}
    assert store.doubt.n_refused == 9
    assert verify(store)[0].is_whole


@pytest.mark.parametrize("how", ["live", "rest"])
def test_a_repeat_is_a_repeat(store, how):
    """The same trades again, however many, and told to the millisecond, are no other era."""
    rows = [trade(i, i * SECOND + 7) for i in range(1, 9)]
    store.append(batch(*rows))
    again = [r._replace(ts_exch=r.ts_exch // 1_000 * 1_000, qty="1.00000000") for r in rows]

    assert store.append(batch(*again), how) == 0
    assert (eras(store), store.doubt.n_refused) == ({0: [*range(1, 9)]}, 0)


def test_eras_are_known_after_a_restart(tmp_path, open_store):
    """The ledger tells them apart; the newest goes on, and a third can follow."""
    path = tmp_path / "t.duckdb"
    with closing(Store(path)) as store:
        store.append(batch(*old(1, 2, 5)))
        store.append(batch(*new(1, 2, 3, 7)))
        coverage = store.coverage
    store = open_store(path)
    third = [trade(i, 2 * RESET_US + i * SECOND) for i in range(1, 5)]

    assert store.coverage == coverage
    assert [gap[:2] for gap in store.coverage[VENUE].gaps("BTCUSDT")] == [(4, 6)]
    assert store.coverage[VENUE].n_lost("BTCUSDT") == 2
    assert store.append(batch(*third)) == 4
    assert eras(store) == {0: [1, 2, 5], 1: [1, 2, 3, 7], 2: [1, 2, 3, 4]}


def test_bars_take_each_trade_from_its_era(store, tmp_path):
    """Open and close by era and id, in memory and exported; the bars between are incomplete."""
    reader, every_us = BarReader(store), 3_600 * SECOND
    store.append(batch(*old(*range(1, 11))))
    ask = {"now_us": START + 2 * RESET_US}
    for row in new(*range(1, 9)):
        store.append(batch(row))
        hour = reader.bars(VENUE, "BTCUSDT", every_us, **ask)
    minutes = reader.bars(VENUE, "BTCUSDT", "1min", **ask)
    anew = BarReader(store).bars(VENUE, "BTCUSDT", every_us, **ask)
    export_bars(
        store, tmp_path / "b.csv", "csv", venue=VENUE, symbols=["BTCUSDT"], every_us=every_us, **ask
    )
    header, line = (tmp_path / "b.csv").read_text().splitlines()[:2]
    exported = dict(zip(header.split(","), line.split(","), strict=True))

    for bars in (hour, anew):
        assert (bars.open[0], bars.close[-1], bars.n_trades.sum()) == (101.0, 508.0, 18)
        assert (bars.first_id[0], bars.last_id[-1]) == (1, 8)
    assert float(exported["open"]) == 101.0
    assert not minutes.is_complete[: RESET_US // 60 // SECOND + 1].any()
    assert minutes.n_missing.sum() == 0


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_an_export_of_two_eras_is_two_eras_again(store, open_store, tmp_path, fmt):
    """The column stands at the end; what is replayed from it falls into the same eras."""
    store.append(batch(*old(*range(1, 11))))
    store.append(batch(*new(*range(1, 8))))
    export_trades(store, tmp_path / f"t.{fmt}", fmt, None, [])
    again = open_store()
    for block in read_trades(tmp_path / f"t.{fmt}"):
        again.append(block)

    assert eras(again) == eras(store) == {0: [*range(1, 11)], 1: [*range(1, 8)]}
    assert again.coverage == store.coverage
