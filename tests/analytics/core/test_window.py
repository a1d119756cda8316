"""Windows of a series, each on its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.core import window as room
from quantlive_nb.analytics.core.window import deviations, require_window, trailing
from quantlive_nb.errors import UsageError


def first_and_last(rows):
    """The ends of each window."""
    return rows[:, 0], rows[:, -1]


def test_trailing_ends_with_the_value():
    """The window of entry t is x[t-window+1 : t+1]."""
    first, last = trailing(first_and_last, 3, np.arange(6.0))

    np.testing.assert_array_equal(first, [np.nan, np.nan, 0, 1, 2, 3])
    np.testing.assert_array_equal(last, [np.nan, np.nan, 2, 3, 4, 5])


@pytest.mark.parametrize("n", range(5))
def test_too_short_is_all_nan(n):
    """Fewer values than a window give NaN for each, also for none at all."""
    first, last = trailing(first_and_last, 6, np.arange(float(n)))

    assert len(first) == len(last) == n
    assert np.isnan(first).all()


@given(
    n=st.integers(0, 60), length=st.integers(2, 20), block=st.integers(1, 200), seed=st.integers(0)
)
def test_blocks_do_not_show(n, length, block, seed):
    """Computed in blocks of any size, each window gives the same bits."""
    x = np.random.default_rng(seed).normal(size=n)
    whole = trailing(lambda rows: (rows.sum(axis=1),), length, x)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "BLOCK", block)
        parts = trailing(lambda rows: (rows.sum(axis=1),), length, x)

    np.testing.assert_array_equal(parts, whole)


def test_memory_does_not_grow_with_history():
    """No statistic ever sees more rows than a block holds."""
    seen = []

    def count(rows):
        seen.append(rows.size)
        return (rows[:, 0],)

    trailing(count, 100, np.zeros(10_000))

    assert max(seen) <= room.BLOCK
    assert sum(seen) == 100 * 9_901


@pytest.mark.parametrize("window", [1, 0, -3, 2.5, "20", None])
def test_impossible_windows_are_refused(window):
    """The sentence says what would do."""
    with pytest.raises(UsageError, match=r"give a whole number of bars, at least 2"):
        require_window(window)


def test_numpy_integers_are_windows():
    """A window computed with numpy is as good as another."""
    require_window(np.int64(2))


@given(
    value=st.floats(-1e12, 1e12), size=st.integers(2, 300), scale=st.sampled_from([1.0, 1e-9, 1e9])
)
def test_a_repeated_number_does_not_move(value, size, scale):
    """Rounding in the mean of equal numbers is not taken for movement."""
    _, _, squares = deviations(np.full((1, size), value * scale))

    assert squares.tolist() == [0.0]


def test_one_tick_moves():
    """The smallest price step there is, in a long window of a large price, is movement."""
    rows = np.full((1, 5_000), np.log(60_000.0))
    rows[0, 7] = np.log(60_000.01)

    assert deviations(rows)[2] > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_what_cannot_be_squared_is_unknown(bad):
    """NaN, infinity and overflow end as NaN, never as a number that looks real."""
    mean, _, squares = deviations(np.array([[1.0, bad, 2.0], [1.0, 2.0, 3.0]]))

    np.testing.assert_array_equal(mean, [np.nan, 2.0])
    np.testing.assert_array_equal(squares, [np.nan, 2.0])
