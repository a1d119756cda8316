"""Lengths of time as text and as microseconds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.errors import UsageError
from quantlive_nb.interval import every_name, micros

UNITS_US = {"ms": 1_000, "s": 10**6, "min": 60 * 10**6, "h": 3_600 * 10**6, "d": 86_400 * 10**6}


@given(n=st.integers(1, 10**6), unit=st.sampled_from(sorted(UNITS_US)))
def test_a_name_reads_back_as_its_length(n, unit):
    """Whatever whole number of any unit: its shortest name means the same length."""
    length_us = n * UNITS_US[unit]

    assert micros(f"{n}{unit}") == length_us
    assert micros(every_name(length_us)) == length_us


@given(length_us=st.integers(1, 10**14))
def test_the_name_uses_the_largest_unit_that_divides(length_us):
    """No name could be said with a smaller number."""
    number, unit = re.fullmatch(r"(\d+)(\w+)", every_name(length_us)).groups()
    larger = [u for u, us in UNITS_US.items() if us > UNITS_US.get(unit, 1)]

    assert int(number) * UNITS_US.get(unit, 1) == length_us
    assert all(length_us % UNITS_US[u] for u in larger)


@pytest.mark.parametrize(
    "every",
    ["", "5", "s", "0s", "-1s", "1.5s", "5 parsecs", "1M", "1s1s", 0, -5, True, None, 1.5],
)
def test_what_is_no_length_is_refused(every):
    """The sentence repeats what was given and shows what would do."""
    with pytest.raises(UsageError, match="write 1s, 5min, 2h or 1d") as caught:
        micros(every)

    assert repr(every) in str(caught.value)


@pytest.mark.parametrize("every", ["99999999999d", "9" * 5_000 + "ms", 10**30])
def test_what_is_too_long_is_refused(every):
    """More than a database has a date for; the sentence stays short."""
    with pytest.raises(UsageError, match=r"is too long a time: write") as caught:
        micros(every)

    assert len(str(caught.value)) < 120


def test_m_means_minutes_and_blanks_do_not_matter():
    """Both common spellings of a minute are understood."""
    assert micros("1m") == micros(" 1 min ") == 60_000_000
