"""Options are understood, or refused with a sentence that says what would do."""

import numpy as np
import pandas as pd
import pytest

from quantlive_nb.analytics.core.argument import finite, length_us, one_of, times, whole, wholes
from quantlive_nb.errors import UsageError


@pytest.mark.parametrize("value", [3, np.int64(3), True + 2])
def test_a_whole_number(value):
    """Any integer type will do."""
    assert whole("n", value, 1) == 3


@pytest.mark.parametrize("value", [0, 1.0, "1", None, float("nan"), [1], np.array([1, 2])])
def test_no_whole_number(value):
    """The sentence names the argument, repeats the value and says what would do."""
    with pytest.raises(UsageError, match=r"^n is .*: give a whole number, at least 1$"):
        whole("n", value, 1)


@pytest.mark.parametrize("values", [[], (1, 0), 5, "12", None, [1.5], [None]])
def test_no_whole_numbers(values):
    """None, one too small, or no list at all."""
    with pytest.raises(UsageError, match=r"^horizons are .*: give bars$"):
        wholes("horizons", values, "bars")


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), "1", None, 10**400, 1j])
def test_no_number_above_zero(value):
    """Text is no number either, so that '1' is not taken where '1s' was meant."""
    with pytest.raises(UsageError, match=r"^h is .*: give hours$"):
        finite("h", value, "hours", above=0)


@pytest.mark.parametrize(("value", "us"), [("5s", 5_000_000), (5e6, 5_000_000), (np.int64(7), 7)])
def test_a_length_of_time(value, us):
    """µs, or a text."""
    assert length_us("every_us", value) == us


@pytest.mark.parametrize("value", [0, -5, "soon", None, float("inf"), "99999999999d"])
def test_no_length_of_time(value):
    """Nothing, or more than anyone could wait for."""
    with pytest.raises(UsageError):
        length_us("every_us", value)


def test_one_of_two_words_and_of_many():
    """They are listed, or said in other words."""
    with pytest.raises(UsageError, match=r"^k is None: give this or that$"):
        one_of("k", None, ("a", "b"), "this or that")
    with pytest.raises(UsageError, match=r"^k is 'd': give one of a, b, c$"):
        one_of("k", "d", "abc")


HOUR = pd.date_range("2024-08-09", periods=3, freq="h")
US = HOUR.as_unit("us").to_numpy().astype(np.int64)


@pytest.mark.parametrize(
    "values",
    [HOUR, HOUR.as_unit("s"), HOUR.tz_localize("UTC"), pd.Series(HOUR), list(HOUR), US.tolist()],
)
def test_times_are_microseconds(values):
    """Of any unit, zone and shape; an index is kept to be paired by."""
    found = times("ts", values)

    assert found.values.tolist() == US.tolist()  # noqa: PD011  no Series
    assert (found.index is None) == (not isinstance(values, pd.Series))


@pytest.mark.parametrize(
    "values", [["x"], [None], [np.nan], [1.5], [1e300], [1j], object(), pd.Series([pd.NaT])]
)
def test_what_is_no_time(values):
    """Text, nothing, half a microsecond, a moment beyond all calendars."""
    with pytest.raises(UsageError, match=r"^ts holds what is no time"):
        times("ts", values)
