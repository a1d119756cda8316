"""GARCH and its family, beside arch."""

import numpy as np
import pytest
from arch import arch_model

from quantlive_nb.analytics.volatility.garch import garch
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import SECOND


def clustered(n, seed=1, alpha=0.1, beta=0.85, step=1e-4):
    """A price whose steps come in clusters."""
    rng = np.random.default_rng(seed)
    variance, steps = 1.0, np.empty(n)
    for t in range(n):
        steps[t] = np.sqrt(variance) * rng.normal()
        variance = 1 - alpha - beta + alpha * steps[t] ** 2 + beta * variance
    return 100 * np.exp(step * steps.cumsum())


@pytest.mark.parametrize(("model", "kind"), [("garch", (0, "GARCH")), ("gjr", (1, "GARCH"))])
@pytest.mark.parametrize("errors", ["normal", "t"])
def test_arch_agrees(model, kind, errors):
    """The same model of the same returns, in units of their own deviation."""
    price = clustered(1_000)
    change = np.diff(np.log(price))
    size = np.sqrt(np.mean(change**2))
    o, vol = kind
    how = {"mean": "Zero", "vol": vol, "p": 1, "o": o, "q": 1, "dist": errors, "rescale": False}
    want = arch_model(change / size, **how).fit(disp="off")
    got = garch(price, model, errors, horizon=5)

    np.testing.assert_allclose(list(got.params.values()), want.params, rtol=1e-8)
    np.testing.assert_allclose(got.volatility[1:], size * want.conditional_volatility, rtol=1e-8)
    ahead = want.forecast(horizon=5).variance.to_numpy()[-1]
    np.testing.assert_allclose(got.forecast, size * np.sqrt(ahead), rtol=1e-8)
    np.testing.assert_allclose((got.aic, got.bic), (want.aic, want.bic), rtol=1e-8)


def test_persistence_is_found():
    """What the market was made with, from four thousand bars."""
    fit = garch(clustered(4_000))

    assert fit.persistence == pytest.approx(0.95, abs=0.03)
    assert fit.params["alpha"] == pytest.approx(0.1, abs=4 * fit.errors_of["alpha"])


@pytest.mark.parametrize("step", [1e-8, 1e-2])
def test_units_cancel(step):
    """Bars of a second and of a day: the same parameters, and a volatility in their own units."""
    one, other = garch(clustered(600, step=1e-4)), garch(clustered(600, step=step))

    np.testing.assert_allclose(list(other.params.values()), list(one.params.values()), rtol=1e-3)
    assert other.forecast[0] / one.forecast[0] == pytest.approx(step / 1e-4, rel=1e-3)


@pytest.mark.parametrize("errors", ["normal", "t"])
def test_egarch_looks_ahead_by_simulation(errors):
    """The same answer each time, and near where it starts from."""
    fits = [garch(clustered(800), "egarch", errors, horizon=10) for _ in range(2)]

    np.testing.assert_array_equal(fits[0].forecast, fits[1].forecast)
    assert len(fits[0].forecast) == 10
    assert (fits[0].forecast / fits[0].volatility[-1] > 0.3).all()
    assert fits[0].persistence == fits[0].params["beta"]


def test_yearly():
    """A year of seconds, day and night."""
    fit = garch(clustered(400), every_us=SECOND)

    np.testing.assert_allclose(fit.yearly, fit.forecast * np.sqrt(365 * 86_400))


def test_usage():
    """Each reason is one sentence, and arch's own words are never seen."""
    price = clustered(400)
    with pytest.raises(NotEnoughData, match="garch needs 251 observations, has 100"):
        garch(price[:100])
    with pytest.raises(UsageError, match="give one of garch, gjr, egarch"):
        garch(price, "figarch")
    with pytest.raises(UsageError, match="give one of normal, t"):
        garch(price, errors="skewt")
    with pytest.raises(UsageError, match="whole number of bars from 1"):
        garch(price, horizon=0)
    with pytest.raises(UsageError, match="does not move"):
        garch(np.full(400, 0.1))
    with pytest.raises(UsageError, match="not finite"):
        garch(np.r_[price, np.nan])
