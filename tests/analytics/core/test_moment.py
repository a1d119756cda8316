"""Means and products of every window, beside plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from quantlive_nb.analytics.core import moment as room
from quantlive_nb.analytics.core.moment import moments, placed
from tests import oracles

ALL = ((0, 0), (1, 1), (0, 1))


def walks(n, seed=0, offset=11.0, step=1e-3):
    """Two log prices that wander."""
    return tuple(offset + step * np.random.default_rng(seed).normal(size=(2, n)).cumsum(axis=1))


def product(y, x):
    """The sum of products of distances from the means, exactly rounded."""
    mean_y, mean_x = oracles.mean(y), oracles.mean(x)
    return math.fsum((a - mean_y) * (b - mean_x) for a, b in zip(y, x, strict=True))


@pytest.mark.parametrize("window", [1, 2, 3, 7, 8, 30, 31, 300])
@pytest.mark.parametrize(("offset", "step"), [(11.0, 1e-3), (1e8, 1.0), (0.0, 1e-9)])
def test_the_loops_agree(window, offset, step):
    """Every window length; at a large offset all but the rounding of the values."""
    y, x = walks(320, 1, offset, step)
    means, products = moments(window, (y, x), ALL)
    cuts = [(y[i : i + window], x[i : i + window]) for i in range(len(y) - window + 1)]

    np.testing.assert_allclose(means[0], [oracles.mean(a) for a, _ in cuts], rtol=1e-14)
    scale = window * step**2
    atol = scale * (1e-10 + 8 * np.finfo(float).eps * offset / step)
    for row, (i, j) in zip(products, ALL, strict=True):
        want = [product(cut[i].tolist(), cut[j].tolist()) for cut in cuts]
        np.testing.assert_allclose(row, want, rtol=1e-9, atol=atol)


@given(
    n=st.integers(0, 200),
    window=st.integers(1, 40),
    start=st.integers(0, 60),
    block=st.integers(1, 90),
)
def test_a_window_is_a_function_of_its_values(n, window, start, block):
    """Its bits depend neither on what stands before, nor on what follows, nor on the block."""
    series = walks(n, n)
    means, products = moments(window, series, ALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "BLOCK", block)
        tail = moments(window, tuple(one[start:] for one in series), ALL)
        head = moments(window, tuple(one[: max(n - start, 0)] for one in series), ALL)

    np.testing.assert_array_equal(tail[0], means[:, start:])
    np.testing.assert_array_equal(tail[1], products[:, start:])
    np.testing.assert_array_equal(head[1], products[:, : head[1].shape[1]])


@given(value=st.floats(-1e12, 1e12), window=st.integers(1, 300), scale=st.sampled_from([1e-9, 1e9]))
def test_a_repeated_number_does_not_move(value, window, scale):
    """Rounding in the mean of equal numbers is not taken for movement."""
    _, (squares,) = moments(window, (np.full(window + 2, value * scale),), ((0, 0),))

    assert squares.tolist() == [0.0] * 3


def test_one_tick_moves():
    """The smallest price step there is, in a long window of a large price, is movement."""
    x = np.full(5_000, np.log(60_000.0))
    x[7] = np.log(60_000.01)

    assert moments(5_000, (x,), ((0, 0),))[1][0, 0] > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_what_cannot_be_squared_is_unknown(bad):
    """NaN, infinity and overflow spoil the windows that hold them, and no other."""
    x = np.arange(40.0)
    x[20] = bad
    _, (squares,) = moments(7, (x,), ((0, 0),))
    holds = sliding_window_view(np.arange(40) == 20, 7).any(axis=1)

    np.testing.assert_array_equal(np.isnan(squares), holds)
    np.testing.assert_allclose(squares[~holds], 28.0)


def test_a_million_windows_do_not_drift():
    """The last of a million is as exact as the first."""
    y, x = walks(1_000_000, 3, offset=60_000.0, step=1.0)
    _, products = moments(300, (y, x), ((0, 1),))
    want = product(y[-300:].tolist(), x[-300:].tolist())

    assert products[0, -1] == pytest.approx(want, rel=1e-11)


@pytest.mark.parametrize("first", [0, 2, 5])
def test_placed(first):
    """NaN where no window ends yet, whatever was computed too much; read-only."""
    column = placed(np.arange(5.0), 5, first)

    np.testing.assert_array_equal(column, [*[np.nan] * first, *range(5 - first)])
    assert not column.flags.writeable
