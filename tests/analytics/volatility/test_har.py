"""The heterogeneous autoregression, beside plain least squares."""

import numpy as np
import pytest

from quantlive_nb.analytics.volatility.har import har
from quantlive_nb.errors import NotEnoughData, UsageError


def variances(n, seed=0):
    """Realised variances that remember over days, weeks and months."""
    rng, values = np.random.default_rng(seed), [1.0] * 22
    for _ in range(n - 22):
        mean = 0.1 + 0.3 * values[-1] + 0.3 * np.mean(values[-5:]) + 0.3 * np.mean(values[-22:])
        values.append(mean * rng.gamma(4) / 4)
    return np.array(values)


def test_least_squares_agrees():
    """The regression and its forecast, by numpy."""
    x = variances(300)
    rows = [[1.0, *(x[t - h : t].mean() for h in (1, 5, 22))] for t in range(22, 301)]
    want = np.linalg.lstsq(np.array(rows[:-1]), x[22:])[0]
    got = har(x)

    np.testing.assert_allclose((got.const, *got.weights), want, rtol=1e-8)
    assert got.forecast == pytest.approx(float(np.dot(rows[-1], want)))
    assert got.n == 278


def test_weights_are_found():
    """What the series was made with, within four standard errors."""
    got = har(variances(5_000))

    for weight, error in zip(got.weights, got.weights_se, strict=True):
        assert weight == pytest.approx(0.3, abs=4 * error)


@pytest.mark.parametrize("scale", [1e-12, 1e6])
def test_units_cancel(scale):
    """Variances of seconds are tiny; weights are the same and the rest is in their unit."""
    one, other = har(variances(300)), har(scale * variances(300))

    np.testing.assert_allclose(other.weights, one.weights, rtol=1e-6)
    assert other.forecast == pytest.approx(scale * one.forecast, rel=1e-6)


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(NotEnoughData, match="har needs 42 observations, has 30"):
        har(variances(30))
    with pytest.raises(UsageError, match="a variance is below 0"):
        har(-variances(100))
    with pytest.raises(UsageError, match="does not move"):
        har(np.ones(100))
    for horizons in ((), (0, 5), (5, 1), (1, 1)):
        with pytest.raises(UsageError, match="rising whole numbers of periods from 1"):
            har(variances(100), horizons)
