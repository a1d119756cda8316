"""Which trades can be true: by themselves, and beside the others of their stream."""

from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.feed.recorded_frames import read_frames
from quantlive_nb.interval import SECOND
from quantlive_nb.judge import (
    DAY,
    HOUR,
    LEAP,
    PATIENCE,
    SPAN,
    Judge,
    as_micros,
    flaw,
    is_price,
    is_qty,
)
from quantlive_nb.venue import Binance
from tests.tape import batch, trade

NUMBERS = st.decimals(min_value=0, max_value=10**21, allow_nan=False, places=8)
TEXTS = st.text(alphabet="0123456789.+-eE_ \n\u0663", max_size=32)


def fits(text, n_digits):
    """Whether a plain decimal text is above 0 with at most 8 places and so many digits before."""
    whole, _, places = text.partition(".")
    if not (text.isascii() and f"{whole}{places}".isdigit() and whole and not text.endswith(".")):
        return False
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return len(whole) <= n_digits and len(places) <= 8 and value > 0


@given(text=TEXTS | NUMBERS.map("{:f}".format))
def test_a_price_is_what_decimal_18_8_holds(text):
    """Positive, plain, at most ten digits and eight places: nothing is rounded, nothing guessed."""
    assert is_price(text) == fits(text, 10)


@given(text=TEXTS | NUMBERS.map("{:f}".format))
def test_a_quantity_is_what_decimal_28_8_holds(text):
    """The same with twenty digits, for coins that trade by the billion."""
    assert is_qty(text) == fits(text, 20)


@pytest.mark.parametrize(
    ("text", "price", "qty"),
    [
        ("9999999999.99999999", True, True),
        ("10000000000", False, True),
        ("99999999999999999999.99999999", False, True),
        ("100000000000000000000", False, False),
        ("0.00000001", True, True),
        ("0.000000001", False, False),
        ("0.00000000", False, False),
        ("1\n", False, False),
        ("\u0661", False, False),
    ],
)
def test_the_limits(text, price, qty):
    """The largest and the smallest that fit, and the next that do not."""
    assert (is_price(text), is_qty(text)) == (price, qty)


@given(ms=st.integers(946_684_800_000, 4_102_444_800_000))
def test_milliseconds_and_microseconds_mean_one_moment(ms):
    """From 2000 to 2100 the magnitude tells the unit."""
    assert as_micros(ms) == as_micros(ms * 1_000) == ms * 1_000


@pytest.fixture
def judge():
    """One that has seen a trade of each of two symbols."""
    judge = Judge({"BTCUSDT", "ETHUSDT"})
    assert not judge.objection(trade(1_000))
    assert not judge.objection(trade(9_000_000_000, symbol="ETHUSDT"))
    return judge


def later(trade_id, at_us):
    """A trade so many µs after the first, received then."""
    return trade(trade_id, at_us)


def test_the_recording_is_believed(data):
    """15 863 real trades, and 45 a second on average: not one objection."""
    path = data / "binance_spot_btcusdt_ethusdt_20240808T2354.trade.frames.jsonl.gz"
    judge = Judge({"BTCUSDT", "ETHUSDT"})
    rows = [row for block in read_frames(path, Binance()) for row in block.rows()]

    assert {judge.objection(row) for row in rows} == {""}


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (trade(1_001, symbol="XBTUSD"), "not asked for"),
        (trade(1_001, DAY + 1)._replace(ts_recv=trade(1_000).ts_recv), "a day from its neighbours"),
        (trade(1_001, -DAY - 1)._replace(ts_recv=trade(1_000).ts_recv), "a day from its neighb"),
        (trade(1_001 + LEAP), "a trade 100,000,001 ids from its neighbour"),
        (trade(1_001)._replace(ts_event=0), "hours from when it was sent"),
        (trade(1_001)._replace(ts_exch=trade(1).ts_event + HOUR + 1), "happened 1 hours from when"),
    ],
)
def test_what_cannot_follow_is_told_and_forgotten(judge, odd, why):
    """The sentence says what is wrong, and the next trade is judged as if it had not been."""
    assert why in judge.objection(odd)
    assert judge.objection(trade(1_001, SECOND)) == ""


def test_symbols_are_judged_apart(judge):
    """Ids of two symbols have nothing to do with each other."""
    assert judge.objection(trade(1_001)) == ""
    assert judge.objection(trade(9_000_000_001, symbol="ETHUSDT")) == ""
    assert "ids from its neighbour" in judge.objection(trade(1_002, symbol="ETHUSDT"))


def test_our_own_clock_is_not_asked(judge):
    """A recording of long ago, or a clock that is years off, is as good as today."""
    for n, off_us in enumerate((-10 * 365 * DAY, 10 * 365 * DAY)):
        row = trade(1_001 + n, n * SECOND)

        assert judge.objection(row._replace(ts_recv=row.ts_recv + off_us)) == ""


def test_after_a_long_silence_the_stream_goes_on(judge):
    """As much market time may have passed as has passed here."""
    assert judge.objection(later(1_001, 30 * DAY)) == ""
    assert judge.objection(later(1_002, 30 * DAY + SECOND)) == ""


def test_reordered_trades_are_neighbours(judge):
    """Older ones within the day are no nonsense."""
    assert [judge.objection(trade(i, i * SECOND)) for i in (1_500, 900, 1_499)] == [""] * 3


def test_a_stream_that_has_moved_is_followed_in_the_end(judge):
    """A hundred objections in a row: it is not they who are wrong. Until then none is kept."""
    moved = [trade(10**12 + i, i) for i in range(PATIENCE + 5)]
    objections = [judge.objection(row) for row in moved]

    assert all(objections[: PATIENCE - 1])
    assert objections[PATIENCE - 1 :] == [""] * 6
    assert "ids from its neighbour" in judge.objection(trade(1_001))


def test_patience_begins_anew_with_each_good_trade(judge):
    """Nonsense between good trades is never believed, however much of it comes."""
    for i in range(3 * PATIENCE):
        assert judge.objection(trade(10**12)) != ""
        assert judge.objection(trade(1_001 + i)) == ""


def test_symbols_may_come_while_it_judges(judge):
    """What is wanted from now on is not refused."""
    judge.symbols |= {"SOLUSDT"}

    assert judge.objection(trade(1, symbol="SOLUSDT")) == ""


def test_as_many_ids_may_have_passed_as_time_has(judge):
    """A busy symbol that is heard again after two months is no other stream."""
    assert judge.objection(later(1_001 + 2 * LEAP, 60 * DAY)) == ""


def columns(*rows):
    """Trades as a file holds them, all of it text but the times."""
    table = []
    for row in rows:
        ids, side = (str(row.trade_id), str(row.last_id)), "buy" if row.is_buy else "sell"
        table.append((row.symbol, *ids, row.price, row.qty, side, *row[7:10]))
    return dict(zip(NAMES, zip(*table, strict=True), strict=True))


NAMES = "symbol", "trade_id", "last_id", "price", "qty", "side", "ts_exch", "ts_event", "ts_recv"
ODD = {
    "symbol": st.sampled_from(["", "BTCUSDT"]),
    "trade_id": st.sampled_from([-1, 0, 7, 2**63 - 1, 2**63]),
    "last_id": st.sampled_from([6, 7, SPAN + 6, SPAN + 7]),
    "price": TEXTS | st.sampled_from(["NaN", "-5", "0", "1.000000001", "61837.63", "9999999999"]),
    "qty": TEXTS | st.sampled_from(["inf", "1,5", "99999999999999999999"]),
    "ts_exch": st.sampled_from([0, 946_684_800 * SECOND, 4_102_444_800 * SECOND]),
    "ts_event": st.sampled_from([0, 10**18]),
}


@given(
    changes=st.sampled_from(sorted(ODD)).flatmap(lambda name: st.tuples(st.just(name), ODD[name]))
)
def test_the_row_form_and_the_column_form_are_one_table(changes):
    """Whatever field is odd: a file's row is refused exactly when the wire's is."""
    name, value = changes
    row = trade(7)._replace(**{name: value})
    rows = batch(row) if abs(row.trade_id) < 2**63 else None
    judge = Judge()
    sifted = judge.sift("binance", columns(row))
    believed = not flaw(row) and not Judge().objection(row)

    assert list(sifted.rows()) == ([] if not believed else list(rows.rows()))
    assert bool(judge.verdict) is not believed


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("trade_id", "3.73568E+09", "1 × an id in scientific notation, which a spreadsheet has"),
        ("trade_id", None, "1 × a trade without an id or a symbol"),
        ("trade_id", "9223372036854775808", "1 × a trade without an id or a symbol"),
        ("last_id", "1000000004", "1 × a trade that covers 100,000 ids or more ('1000000004')"),
        ("price", "-5", "1 × a trade without a positive exact price"),
        ("price", None, "digits at most) (empty)"),
        ("price", "1,101.00000000", "digits at most) ('1,101.00000000')"),
        ("qty", "0", "1 × a trade without a positive exact quantity"),
        ("side", None, "1 × a trade whose side is neither buy nor sell (empty)"),
        ("side", "b", "1 × a trade whose side is neither buy nor sell ('b')"),
        ("ts_exch", 0, "1 × a trade without a time between 2000 and 2100 ('0')"),
        ("ts_recv", None, "1 × a trade without a time between 2000 and 2100"),
        ("ts_event", trade(1).ts_exch + 3 * HOUR, "1 × a trade that happened many hours from when"),
    ],
    ids=str,
)
def test_one_bad_cell_costs_one_row(name, value, why):
    """The others are kept; the sentence counts, says what was wrong, and shows the cell."""
    judge, table = Judge(), columns(trade(1), trade(2), trade(3))
    table[name] = (table[name][0], value, table[name][2])

    assert judge.sift("binance", table).trade_id.tolist() == [1, 3]
    assert judge.verdict.startswith("1 of 3 rows refused: 1 × ")
    assert why in judge.verdict


@pytest.mark.parametrize(("text", "is_buy"), [("BUY", True), ("Sell", False), (" buy ", True)])
def test_a_side_is_what_it_says_in_any_case(text, is_buy):
    """A spreadsheet's capitals turn no buy into a sell."""
    table = columns(trade(1)) | {"side": [text]}

    assert Judge().sift("binance", table).is_buy.tolist() == [is_buy]


def test_the_unit_of_a_time_is_told_row_by_row():
    """Milliseconds, microseconds and nanoseconds in one column are one moment."""
    ts = trade(1).ts_exch // 1_000 * 1_000
    table = columns(trade(1), trade(2), trade(3))
    table |= {name: [ts // 1_000, ts, ts * 1_000] for name in ("ts_exch", "ts_event", "ts_recv")}

    assert Judge().sift("binance", table).ts_exch.tolist() == [ts] * 3


def test_zeros_after_the_eighth_place_change_nothing():
    """A wider decimal column is read to the last digit that counts."""
    table = columns(trade(1)) | {"price": ["1.500000000000"]}

    assert Judge().sift("binance", table).price.tolist() == ["1.50000000"]


def test_a_repaired_tape_is_believed_whole():
    """Old trades that were received late lie between their neighbours by id; nothing is lost."""
    live = [trade(10**9 + i, 40 * DAY + i * SECOND) for i in range(3)]
    old = [trade(i, i * DAY)._replace(ts_recv=live[-1].ts_recv + 1) for i in range(1, 30)]
    after = [trade(10**9 + i, 40 * DAY + i * SECOND) for i in range(3, 6)]
    judge = Judge()

    assert len(judge.sift("binance", columns(*live, *old, *after))) == 35
    assert judge.verdict == ""


def test_one_time_out_of_order_is_refused_in_a_file():
    """A cell that says another year is no move of the stream."""
    rows = [trade(i, i * SECOND) for i in range(9)]
    late = 400 * DAY
    rows[4] = rows[4]._replace(ts_exch=rows[4].ts_exch + late, ts_event=rows[4].ts_event + late)
    judge = Judge()

    assert judge.sift("binance", columns(*rows)).trade_id.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert "a trade more than a day from its neighbours ('4')" in judge.verdict
