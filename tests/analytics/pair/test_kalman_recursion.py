"""The two-state filter beside statsmodels', and its stretches beside its loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

from quantlive_nb.analytics.pair import kalman_recursion as room
from quantlive_nb.analytics.pair.kalman_recursion import filtered

NOISES = [(1e-4, 1e-4), (1e-8, 1e-2), (0.0, 0.0), (1.0, 1e-9)]


def data(n, seed=0):
    """Errors around a line, and an x that wanders."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), 0.1 * rng.normal(size=n).cumsum()


def looped(*arguments):
    """The same filter, bar by bar throughout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "LOOPED", 10**9)
        return filtered(*arguments)


@pytest.mark.parametrize("noise", NOISES)
def test_statsmodels_agrees(noise):
    """Prior states, innovations and their variance are those of the matrix filter."""
    u, h = data(300)
    turn = np.array([[h * h, -h], [-h, np.ones(300)]])
    model = KalmanFilter(k_endog=1, k_states=2)
    model.bind(u)
    model["design"] = np.stack([np.ones(300), h])[np.newaxis]
    model["transition"] = model["selection"] = np.eye(2)
    model["state_cov"] = noise[1] * turn + noise[0] * np.diag([1.0, 0.0])[..., np.newaxis]
    model["obs_cov"] = [[1.0]]
    model.initialize_approximate_diffuse(room.DIFFUSE)
    want = model.filter()
    got = filtered(u, h, *noise)

    states = want.predicted_state[:, :-1]
    np.testing.assert_allclose(got[:2, 3:], states[:, 3:], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(got[2, 3:], want.forecasts_error[0, 3:], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(got[3], want.forecasts_error_cov[0, 0], rtol=1e-9)
    likelihood = -0.5 * (np.log(2 * np.pi * got[3]) + got[2] ** 2 / got[3])
    np.testing.assert_allclose(likelihood.sum(), want.llf, rtol=1e-9)


def test_least_squares_is_a_filter_without_noise_of_state():
    """Where the line does not move, the last prior is the least-squares line of all bars before."""
    u, h = data(200)
    level, slope, _, _ = filtered(u, h, 0.0, 0.0)
    want = np.polyfit(h[:-1], u[:-1], 1)

    np.testing.assert_allclose((slope[-1], level[-1]), want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("n", [room.LOOPED, room.LOOPED + 1, 20_000])
def test_stretches_are_the_loop(n, noise):
    """Side by side or one by one, the numbers are the same."""
    u, h = data(n)

    np.testing.assert_allclose(filtered(u, h, *noise), looped(u, h, *noise), rtol=0, atol=1e-11)


@given(n=st.integers(0, 60), noise=st.sampled_from(NOISES), seed=st.integers(0, 99))
def test_prefix_invariance_over_stretches(n, noise, seed):
    """Where a stretch begins does not depend on what follows: bit for bit the same."""
    u, h = data(60, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "LOOPED", 8)
        patch.setattr(room, "STRETCH", 5)
        whole, part = filtered(u, h, *noise), filtered(u[:n], h[:n], *noise)

    assert part.shape == (4, n)
    np.testing.assert_array_equal(part, whole[:, :n])


@pytest.mark.parametrize("at", [3, 10, 40])
def test_nan_spoils_what_follows(at):
    """In the loop and in the stretches: nothing before it changes, everything after is NaN."""
    u, h = data(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "LOOPED", 8)
        patch.setattr(room, "STRETCH", 5)
        was = filtered(u, h, 1e-4, 1e-4)
        u[at] = np.nan
        got = filtered(u, h, 1e-4, 1e-4)

    np.testing.assert_array_equal(got[:, :at], was[:, :at])
    assert np.isnan(got[:3, at + 1 :]).all()


def test_variance_never_falls_below_the_error():
    """However far x goes and however little the line moves, the covariance stays positive."""
    u, h = data(9_000)
    variance = filtered(u, 1e4 * h, 1e-12, 1e-12)[3]

    assert (variance >= 1.0).all()
