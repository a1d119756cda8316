"""Forecasts and how well they did."""

import numpy as np
import pytest

from quantlive_nb.analytics.volatility.forecast import (
    compare_forecasts,
    forecast_errors,
    walk_forward,
)
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def world(n, seed=0):
    """A variance that wanders, and what is measured of it."""
    rng = np.random.default_rng(seed)
    truth = np.exp(0.3 * np.sin(np.arange(n) / 30) + 0.02 * rng.normal(size=n).cumsum())
    return truth, truth * rng.gamma(5, 0.2, size=n)


def test_losses():
    """By their formulas; a line by numpy."""
    forecast, outcome = world(200)
    got = forecast_errors(forecast, outcome)
    ratio = outcome / forecast
    beta, alpha = np.polyfit(forecast, outcome, 1)

    assert got.mse == pytest.approx(np.mean((outcome - forecast) ** 2))
    assert got.bias == pytest.approx(np.mean(outcome - forecast))
    assert got.qlike == pytest.approx(np.mean(ratio - np.log(ratio) - 1))
    np.testing.assert_allclose((got.alpha, got.beta), (alpha, beta), rtol=1e-8)
    assert got.r2 == pytest.approx(np.corrcoef(forecast, outcome)[0, 1] ** 2)


def test_noise_in_the_outcome_does_not_change_the_order():
    """The truth beats every distortion of it, although it is never seen."""
    truth, seen = world(4_000)
    best = forecast_errors(truth, seen).qlike

    for distorted in (1.2 * truth, 0.8 * truth, np.full(4_000, truth.mean()), truth[::-1].copy()):
        assert forecast_errors(distorted, seen).qlike > best
    assert forecast_errors(truth, seen).beta_low < 1 < forecast_errors(truth, seen).beta_high


def test_a_forecast_sees_the_past_alone():
    """What comes later changes nothing that was said."""
    _, seen = world(60)
    said = walk_forward(np.mean, seen, start=10, step=3)
    other = seen.copy()
    other[40:] *= 100

    np.testing.assert_array_equal(walk_forward(np.mean, other, start=10, step=3)[:41], said[:41])
    assert np.flatnonzero(~np.isnan(said)).tolist() == list(range(10, 60, 3))
    assert said[10] == seen[:10].mean()


def test_a_forecaster_cannot_spoil_the_series():
    """It is handed a copy."""
    _, seen = world(30)
    was = seen.copy()
    walk_forward(lambda past: past.fill(7) or 1.0, seen, start=2)

    np.testing.assert_array_equal(seen, was)


def test_the_test_of_two_has_its_size_and_power():
    """Two equally bad forecasts differ in 5 % of cases or so; a worse one is found."""
    rejected = found = 0
    for seed in range(300):
        truth, seen = world(200, seed)
        rng = np.random.default_rng(10_000 + seed)
        one, other = (truth * np.exp(0.2 * rng.normal(size=200)) for _ in range(2))
        rejected += compare_forecasts(one, other, seen).p < 0.05
        worse = compare_forecasts(truth, 1.6 * truth, seen)
        found += worse.p < 0.05 and worse.stat < 0

    assert 0.02 < rejected / 300 < 0.10
    assert found > 290


def test_what_is_missing_is_not_judged():
    """Moments without a forecast do not count; an outcome of 0 is left out of the ratio alone."""
    forecast, outcome = world(50)
    forecast[:5], outcome[10] = np.nan, 0.0
    got = forecast_errors(forecast, outcome)

    assert got.n == 45
    assert np.isfinite(got.qlike)


def test_usage():
    """Each reason is one sentence."""
    forecast, outcome = world(50)
    with pytest.raises(NotEnoughData, match="forecast_errors needs 10 observations, has 5"):
        forecast_errors(forecast[:5], outcome[:5])
    with pytest.raises(NotEnoughData, match="compare_forecasts needs 10"):
        compare_forecasts(forecast[:5], forecast[:5], outcome[:5])
    with pytest.raises(UsageError, match="these are variances"):
        forecast_errors(-forecast, outcome)
    with pytest.raises(UsageError, match="the two forecasts lose the same"):
        compare_forecasts(forecast, forecast, outcome)
    with pytest.raises(UsageError, match="give whole numbers from 1"):
        walk_forward(np.mean, outcome, start=0)
    with pytest.raises(ShapeError):
        forecast_errors(forecast[1:], outcome)
