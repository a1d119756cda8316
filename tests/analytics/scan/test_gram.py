"""What the lagged products say of a pair, beside the pair's own residual."""

import numpy as np
import pytest

from quantlive_nb.analytics.scan import gram as module
from quantlive_nb.analytics.scan.gram import Gram

N = 160
ROWS = 5 + 0.01 * np.random.default_rng(4).normal(size=(6, N)).cumsum(axis=1)
Y, X = np.nonzero(~np.eye(len(ROWS), dtype=bool))


def residual(y, x):
    """What the least-squares line leaves of y."""
    slope, level = np.polyfit(x - x.mean(), y, 1)
    return y - level - slope * (x - x.mean())


def design(u, n_lags, level_last):
    """The regression of each step on the level before it and the last steps."""
    step = np.diff(u)
    past = [step[n_lags - lag : len(step) - lag] for lag in range(1, n_lags + 1)]
    level = [u[n_lags:-1]]
    return np.column_stack([*(past + level if level_last else level + past), step[n_lags:]])


@pytest.mark.parametrize("level_last", [True, False])
@pytest.mark.parametrize("n_lags", [0, 1, 2, 7])
def test_the_factor_is_that_of_the_regression(n_lags, level_last):
    """The last column of R in a QR of each pair's design, in units of y's norm, signs aside."""
    gram = Gram(ROWS, 7)
    got = gram.factor(Y, X, n_lags, level_last=level_last)
    for at, (y, x) in enumerate(zip(Y, X, strict=True)):
        columns = design(residual(ROWS[y], ROWS[x]) / gram.norm[y], n_lags, level_last)
        upper = np.linalg.qr(columns, mode="r")
        want = upper[:, -1] * np.sign(np.diagonal(upper))

        np.testing.assert_allclose(got[:, at], want, atol=1e-12)


def test_simple_numbers():
    """Slope, deviation, persistence and correlation of steps are those of the definition."""
    gram = Gram(ROWS, 1)
    for at, (y, x) in enumerate(zip(Y, X, strict=True)):
        u, pair = residual(ROWS[y], ROWS[x]), (Y[at : at + 1], X[at : at + 1])
        steps = np.corrcoef(np.diff(ROWS[y]), np.diff(ROWS[x]))[0, 1]

        assert gram.beta(*pair) == pytest.approx(np.polyfit(ROWS[x], ROWS[y], 1)[0])
        assert gram.std(*pair) == pytest.approx(u.std(ddof=1))
        assert gram.unexplained(*pair) == pytest.approx(u.var() / ROWS[y].var())
        assert gram.persistence(*pair) == pytest.approx(u[1:] @ u[:-1] / (u[:-1] @ u[:-1]))
        assert gram.step_correlation(*pair) == pytest.approx(steps)


@pytest.mark.parametrize("noise", [1e-2, 1e-4, 1e-6, 1e-8])
def test_tiny_residuals_are_exact(noise):
    """What a close pair leaves is known to many digits, which a subtraction would have lost."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=N).cumsum()
    rows = np.array([x + noise * rng.normal(size=N), x])
    gram, pair = Gram(rows - rows.mean(axis=1, keepdims=True), 2), (np.array([0]), np.array([1]))
    u = residual(*rows)
    columns = design(u / gram.norm[0], 2, level_last=True)
    upper = np.linalg.qr(columns, mode="r")
    want = upper[:, -1] * np.sign(np.diagonal(upper))

    assert gram.std(*pair) == pytest.approx(u.std(ddof=1), rel=1e-6)
    np.testing.assert_allclose(gram.factor(*pair, 2, level_last=True)[:, 0], want, rtol=2e-6)


@pytest.mark.parametrize("close", [0.0, np.inf])
def test_memory_is_bounded(monkeypatch, close):
    """Pairs are taken in blocks, and so are bars where QR is taken; a block changes no number."""
    monkeypatch.setattr(module, "CLOSE", close)
    whole = Gram(ROWS, 3).factor(Y, X, 3, level_last=False)
    monkeypatch.setattr(module, "BLOCK", 60)

    np.testing.assert_allclose(Gram(ROWS, 3).factor(Y, X, 3, level_last=False), whole, rtol=1e-12)


def test_no_digits_are_lost_to_squaring(monkeypatch):
    """Smooth prices and prices that moved once: the numbers are those of QR, to nine digits."""
    rng = np.random.default_rng(9)
    smooth = np.convolve(rng.normal(size=N + 49).cumsum(), np.hanning(50), "valid")
    once, first = np.where(np.arange(N) < 100, 5.0, 6.0), np.where(np.arange(N) < 1, 5.0, 6.0)
    rows = np.array([smooth, once, first, ROWS[0], 5 + 1e-3 * np.arange(N)])
    y, x = np.nonzero(~np.eye(len(rows), dtype=bool))
    got = Gram(rows, 4).factor(y, x, 4, level_last=True)
    monkeypatch.setattr(module, "CLOSE", np.inf)
    want = Gram(rows, 4).factor(y, x, 4, level_last=True)

    assert np.isfinite(want).any()
    np.testing.assert_allclose(got[-2] / got[-1], want[-2] / want[-1], rtol=1e-9, atol=1e-9)


def test_exact_rules_have_no_factor():
    """A wave on another wave leaves a wave, which two lags foretell: there is no error to weigh."""
    t = 0.1 * np.arange(200)
    waves = Gram(np.array([np.sin(t), np.sin(1.7 * t)]), 4)
    pair = np.array([0]), np.array([1])

    assert np.isnan(waves.factor(*pair, 4, level_last=True)).all()
    assert np.isfinite(waves.factor(*pair, 0, level_last=True)).all()


def test_even_growth_is_not_correlated():
    """The steps of a line are all alike but for rounding: their correlation would be noise."""
    line = Gram(np.array([5 + 1e-3 * np.arange(N), ROWS[0]]), 1)

    assert np.isnan(line.step_correlation(np.array([0, 1]), np.array([1, 0]))).all()
