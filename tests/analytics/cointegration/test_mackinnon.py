"""MacKinnon's tables, beside statsmodels' and beside chance."""

import numpy as np
import pytest
from statsmodels.tsa.adfvalues import mackinnoncrit, mackinnonp

from quantlive_nb.analytics.cointegration.mackinnon import (
    critical_values,
    p_value,
    p_value_z,
    p_values,
)

both = pytest.mark.parametrize("n_series", [1, 2])


@both
def test_p_is_statsmodels(n_series):
    """At every statistic, the ends and the meeting of the branches included; one or many alike."""
    edges = [-18.83, -18.86, -1.61, -2.62, 2.74, 0.92, -np.inf, np.inf]
    stat = np.r_[np.linspace(-25, 5, 3_001), edges]
    want = [mackinnonp(one, "c", n_series) for one in stat]

    np.testing.assert_allclose(p_values(stat, n_series), want, rtol=1e-12)
    np.testing.assert_allclose([p_value(one, n_series) for one in stat], want, rtol=1e-12)


@both
def test_nan_has_no_p(n_series):
    """What is not known stays so."""
    assert np.isnan(p_values(np.array([np.nan]), n_series)).all()
    assert np.isnan(p_value(np.nan, n_series))


@both
@pytest.mark.parametrize("n", [20, 100, 2_000])
def test_critical_values_are_statsmodels(n_series, n):
    """All but the one that statsmodels has mistyped (its issue 10271); that is nearer to 0."""
    want = dict(zip(("1%", "5%", "10%"), mackinnoncrit(n_series, "c", n), strict=True))
    got = critical_values(n_series, n)
    if n_series == 2:
        want["1%"] += (33.527 - 22.527) / n**2

    assert got == pytest.approx(want, rel=1e-12)


def test_p_and_critical_values_hang_together():
    """At the critical values of a long series p is about what they say."""
    for n_series in (1, 2):
        for level, stat in critical_values(n_series, 10**6).items():
            assert p_value(stat, n_series) == pytest.approx(float(level[:-1]) / 100, rel=0.03)


def test_mackinnon_z():
    """The p of Z_alpha at its asymptotic 5 % values, and rising where its branches join."""
    assert np.isclose(p_value_z(-14.1, 1), 0.05, atol=0.001)
    assert np.isclose(p_value_z(-20.6, 2), 0.05, atol=0.001)
    for n_series in (1, 2):
        p = [p_value_z(z, n_series) for z in np.linspace(-60, 4, 200)]
        assert (np.diff(p) > 0).all()
        assert 0 < p[0] < 0.001
        assert 0.9 < p[-1] < 1


def test_z_of_a_fitted_line_is_drawn():
    """The p of Z_alpha of two series is how often unrelated walks fall below it, either branch."""
    walks = np.random.default_rng(3).normal(size=(4_000, 2, 400)).cumsum(axis=2)
    y, x = np.moveaxis(walks - walks.mean(axis=2, keepdims=True), 1, 0)
    beta = (y * x).sum(axis=1) / (x * x).sum(axis=1)
    u = y - beta[:, np.newaxis] * x
    alpha = (u[:, 1:] * u[:, :-1]).sum(axis=1) / (u[:, :-1] ** 2).sum(axis=1)

    for z in (-20.6, -15.0, -13.5, -9.0, -4.0):
        assert np.isclose(np.mean(400 * (alpha - 1) <= z), p_value_z(z, 2), atol=0.02)
