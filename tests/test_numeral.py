"""Numbers as people type them: understood as meant, or refused with a sentence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.errors import UsageError
from quantlive_nb.numeral import is_finite, number, shortened, shown, whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2,5", 2.5),
        ("2.5", 2.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1,234,567", 1_234_567.0),
        ("1.234.567,8", 1_234_567.8),
        ("1 234,5", 1234.5),
        ("1\u202f234.5", 1234.5),
        ("1'234.5", 1234.5),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        (" -.5 ", -0.5),
        ("\u22122,5", -2.5),
        ("+1e3", 1000.0),
        ("2,5e-3", 0.0025),
    ],
)
def test_what_is_meant(text, value):
    """Comma or point, groups or none, a minus of any kind, an exponent."""
    assert number(text) == value


@pytest.mark.parametrize("text", ["1,000", "1.000", "12.345", "999,999", "-1.000"])
def test_one_or_a_thousand(text):
    """Thousands to one half of the world and decimals to the other: neither is guessed."""
    with pytest.raises(UsageError, match=r"may be .* or .*: write .* or "):
        number(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "abc", "1,23,456", "1.2,5", "1,2.5", "1..2", ".", ",", "1,234.", "--1", "1e"),
        *("nan", "inf", "1e999", "0x10", "1 00", "\u0661", "\uff11", "1;2", "2.5.", "5 %", "🚀"),
    ],
)
def test_what_is_no_number(text):
    """It is said; nothing is left out until a number remains."""
    with pytest.raises(UsageError, match=r"number"):
        number(text)


def test_a_point_is_decimal_in_code():
    """``zscore > 2.125`` in a cell is Python's; a comma with three digits stays two numbers."""
    assert number("2.125", is_code=True) == 2.125
    with pytest.raises(UsageError):
        number("2,125", is_code=True)


@pytest.mark.parametrize("text", ["2.5", "1e-3", "0,1"])
def test_half_a_bar_is_no_whole_number(text):
    """It is not rounded."""
    with pytest.raises(UsageError, match="is no whole number"):
        whole(text)


@given(st.floats(-1e12, 1e12).map(lambda value: float(f"{value:.12g}")))
def test_what_is_shown_can_be_typed_again(value):
    """Whatever number stands in a field means that number."""
    assert number(shown(value)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_sentence(text):
    """A finite number, or one short line."""
    try:
        value = number(text)
    except UsageError as error:
        value = 0.0
        said = str(error)
    else:
        said = ""

    assert math.isfinite(value)
    assert len(said) < 200


def test_three_hundred_letters_are_shortened():
    """A sentence stays a sentence, whatever is in it."""
    assert len(shortened("x" * 300)) == 42


@pytest.mark.parametrize(
    ("value", "is_one"), [(np.float32(2), True), (10**400, False), (1j, False)]
)
def test_a_number_that_a_float_can_hold(value, is_one):
    """Of whatever kind it is, and without a warning."""
    assert is_finite(value) is is_one
