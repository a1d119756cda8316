"""Trades made for tests: by hand, or drawn as tapes; and their bars in plain Python decimals."""

import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from quantlive_nb.types import Bars, Trade, Trades

VENUE = "binance"
SECOND = 1_000_000
START = 1_723_161_240 * SECOND
"""2024-08-08 23:54:00 UTC, in µs: on the second and on the minute."""


def trade(trade_id, at_us=0, price="100", qty="1", symbol="BTCUSDT", n_ids=1, is_buy=True):
    """A trade, or an aggregate of ``n_ids`` trades, so many µs after START."""
    ts = START + at_us
    times = ts, ts + 1_000, ts + 5_000
    last_id = trade_id + n_ids - 1
    return Trade(VENUE, symbol, trade_id, last_id, str(price), str(qty), is_buy, *times)


def batch(*rows: Trade) -> Trades:
    """Columns of some trades."""
    return Trades.of(rows, VENUE)


def stored(store, symbol):
    """What a store holds of a symbol, in the order of ids."""
    query = (
        "SELECT venue, symbol, trade_id, last_id, price::VARCHAR, qty::VARCHAR, side = 'buy', "
        "epoch_us(ts_exch), epoch_us(ts_event), epoch_us(ts_recv) "
        "FROM trades WHERE symbol = ? ORDER BY trade_id"
    )
    return [Trade(*row) for row in store.cursor().execute(query, [symbol]).fetchall()]


def eight_places(row: Trade) -> Trade:
    """A trade as the database tells it back."""
    return row._replace(price=f"{Decimal(row.price):.8f}", qty=f"{Decimal(row.qty):.8f}")


STEPS_US = (0, 0, 1, 1_000, 300_000, 999_999, SECOND, 2_300_000, 7 * SECOND)


@st.composite
def tapes(draw, symbol="BTCUSDT", most=25):
    """Trades of one symbol: ids ascend, with gaps and aggregates, and time never goes back."""
    kinds = st.tuples(
        st.sampled_from((0, 0, 0, 0, 1, 4)),  # ids left out before it
        st.sampled_from((1, 1, 1, 3)),  # ids that it covers
        st.sampled_from(STEPS_US),
        st.integers(1, 10**6),
        st.integers(1, 10**12),
        st.booleans(),
    )
    rows, next_id, at_us = [], draw(st.integers(0, 9)), draw(st.integers(0, 3 * SECOND))
    for n_left_out, n_ids, step_us, cents, units, is_buy in draw(
        st.lists(kinds, min_size=1, max_size=most)
    ):
        next_id, at_us = next_id + n_left_out, at_us + step_us
        price, qty = Decimal(cents).scaleb(-2), Decimal(units).scaleb(-8)
        rows.append(trade(next_id, at_us, price, f"{qty:f}", symbol, n_ids, is_buy))
        next_id += n_ids
    return rows


def cut(rows, points):
    """A list in pieces, cut at some of its positions."""
    edges = [0, *sorted({p for p in points if 0 < p < len(rows)}), len(rows)]
    return [rows[a:b] for a, b in itertools.pairwise(edges)]


@dataclass
class Bar:
    """One bar in exact decimals."""

    ts: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = Decimal(0)
    quote_volume: Decimal = Decimal(0)
    taker_buy_volume: Decimal = Decimal(0)
    n_trades: int = 0
    first_id: int = -1
    last_id: int = -1
    n_missing: int = 0
    is_closed: bool = True
    is_complete: bool = True


def bars_of(rows: Iterable[Trade], every_us: int, now_us: int, start_us: int = 0) -> list[Bar]:
    """The bars of one symbol by definition: a loop over bars, and over all trades in each."""
    rows = sorted(rows, key=lambda row: row.trade_id)
    start_us = start_us // every_us * every_us
    opened = [row.ts_exch // every_us * every_us for row in rows]
    heard_us = max(rows[-1].ts_exch, now_us - SECOND)
    first_us = max(start_us, opened[0])
    bars = []
    for ts in range(first_us, max(now_us, rows[-1].ts_exch) + 1, every_us):
        inside = [row for row, at in zip(rows, opened, strict=True) if at == ts]
        before = [row for row, at in zip(rows, opened, strict=True) if at < ts]
        bar = bar_of(ts, inside) if inside else Bar(ts, *[Decimal(before[-1].price)] * 4)
        for a, b in itertools.pairwise(rows):
            if a.ts_exch < ts + every_us and b.ts_exch >= ts:
                bar.n_missing += b.trade_id - a.last_id - 1
        bar.is_closed = ts + every_us <= heard_us
        bar.is_complete = bar.n_missing == 0 and ts != opened[0]
        bars.append(bar)
    return bars


def bar_of(ts, rows):
    """One bar from its trades, in the order of ids."""
    prices = [Decimal(row.price) for row in rows]
    volume = sum(Decimal(row.qty) for row in rows)
    quote = sum(Decimal(row.price) * Decimal(row.qty) for row in rows)
    bought = sum((Decimal(row.qty) for row in rows if row.is_buy), Decimal(0))
    n_trades = sum(row.last_id - row.trade_id + 1 for row in rows)
    ids = rows[0].trade_id, rows[-1].last_id
    ends = prices[0], max(prices), min(prices), prices[-1]
    return Bar(ts, *ends, volume, quote, bought, n_trades, *ids)


SUMS = ("volume", "quote_volume", "taker_buy_volume")


def assert_bars(bars: Bars, wanted: "list[Bar] | Bars") -> None:
    """Every column is as wanted: sums to the last bits of a float, all else exactly."""
    names = [field.name for field in fields(Bar)]
    if isinstance(wanted, Bars):
        table = {name: getattr(wanted, name) for name in names}
    else:
        table = {name: np.array([asdict(bar)[name] for bar in wanted]) for name in names}
    for name in names:
        got, want = getattr(bars, name), table[name].astype(getattr(bars, name).dtype)
        if name in SUMS:
            np.testing.assert_allclose(got, want, rtol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(got, want, err_msg=name)


def many(symbol, n, first=1, every_us=10_000):
    """So many trades with ids one after the other, made at once."""
    ids = np.arange(first, first + n, dtype=np.int64)
    ts = START + (ids - 1) * every_us
    texts = np.array([f"{100 + i % 997}.25" for i in range(n)], object)
    symbols, sides = np.full(n, symbol, object), ids % 3 == 0
    return Trades(VENUE, symbols, ids, ids, texts, texts, sides, ts, ts + 1_000, ts + 5_000)
