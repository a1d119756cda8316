"""The line through all that came before."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.pair.expanding import expanding_ols, history
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.errors import ShapeError, UsageError
from tests import oracles


def legs(n, seed=0, level=11.0):
    """Log prices of two markets."""
    rng = np.random.default_rng(seed)
    x = level + 1e-3 * rng.normal(size=n).cumsum()
    return 0.5 + 0.7 * x + 1e-3 * rng.normal(size=n), x


def test_the_loops_agree():
    """Each line is the least-squares line of everything before."""
    y, x = legs(60)
    got = expanding_ols(y, x, warmup=3)

    for t in range(3, 60):
        want = oracles.line(y[:t].tolist(), x[:t].tolist())
        np.testing.assert_allclose((got.alpha[t], got.beta[t]), want, rtol=1e-9)


def test_it_ends_where_ols_begins():
    """After a long history the line for the next bar is the line that ols fits to all of it."""
    y, x = legs(50_001)
    got, fit = expanding_ols(y, x), ols(y[:-1], x[:-1])

    np.testing.assert_allclose((got.alpha[-1], got.beta[-1]), (fit.alpha, fit.beta), rtol=1e-10)


@given(n=st.integers(0, 40), seed=st.integers(0, 99), level=st.sampled_from([0.0, 11.0, 1e6]))
def test_prefix_invariance(n, seed, level):
    """No line changes when more data arrives, bit for bit."""
    y, x = legs(40, seed, level)
    whole, part = expanding_ols(y, x, 5), expanding_ols(y[:n], x[:n], 5)

    np.testing.assert_array_equal(part.alpha, whole.alpha[:n])
    np.testing.assert_array_equal(part.beta, whole.beta[:n])


def test_digits_survive_a_large_price():
    """At a level a billion times the movement the slope keeps the digits that the data have."""
    y, x = legs(2_000, level=0.0)
    near, far = expanding_ols(y, x), expanding_ols(y, x + 2.0**20)

    np.testing.assert_allclose(far.beta[30:], near.beta[30:], rtol=1e-6)


def test_no_movement_no_line():
    """Where x has never moved there is no line; from its first move on there is."""
    y, _ = legs(20)
    x = np.r_[np.full(10, 0.1), np.full(10, 0.2)]
    got = expanding_ols(y, x, 3)

    assert np.isnan(got.beta).tolist() == [t < 11 for t in range(20)]
    assert np.isnan(expanding_ols(y, np.full(20, 0.1), 3).beta).all()
    assert (expanding_ols(np.full(20, 0.1), legs(20)[1], 3).beta[3:] == 0.0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("leg", [0, 1])
def test_what_is_missing_spoils_what_follows(bad, leg):
    """The lines before it stand; after it there is none, and no number that looks like one."""
    pair = legs(20)
    was = expanding_ols(*pair, 3)
    pair[leg][9] = bad
    got = expanding_ols(*pair, 3)

    np.testing.assert_array_equal(got.beta[:10], was.beta[:10])
    assert np.isnan(got.beta[10:]).all()


def test_usage():
    """Two points always lie on a line; the legs have one length; the moments are read-only."""
    with pytest.raises(UsageError, match=r"at least 3"):
        expanding_ols(*legs(20), 2)
    with pytest.raises(ShapeError):
        expanding_ols(np.zeros(3), np.zeros(4))
    assert not history(*legs(3)).mean_y.flags.writeable
