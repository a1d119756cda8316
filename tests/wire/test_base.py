"""What may be stored exactly, and what a timestamp means."""

from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.wire.base import as_micros, is_price, is_qty

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
