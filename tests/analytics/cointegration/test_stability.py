"""The slopes of the halves."""

import numpy as np
import pytest
from scipy.stats import t as student

from quantlive_nb.analytics.cointegration.stability import halves, require_noise
from quantlive_nb.analytics.core.hypothesis import shown, verdict
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def legs(n, seed=0, turn=0.0):
    """Log prices of two markets; in the middle the slope turns about the price there."""
    rng = np.random.default_rng(seed)
    x = 11.0 + 1e-3 * rng.normal(size=n).cumsum()
    y = 0.5 + 0.7 * x + 1e-3 * rng.normal(size=n)
    y[n // 2 :] += turn * (x[n // 2 :] - x[n // 2])
    return y, x


@pytest.mark.parametrize("n", [20, 101])
def test_it_is_made_of_two_fits(n):
    """Each half is fitted by itself; the statistic is the difference over the joint error."""
    y, x = legs(n)
    got = halves(y, x)
    first, second = ols(y[: n // 2], x[: n // 2]), ols(y[n // 2 :], x[n // 2 :])
    stat = (second.beta - first.beta) / np.sqrt(first.beta_se**2 + second.beta_se**2)

    assert (got.first, got.second, got.n) == (first, second, n)
    np.testing.assert_allclose((got.stat, got.p), (stat, 2 * student.sf(abs(stat), n - 4)))


def test_stable_slopes_are_rarely_rejected_and_turns_found():
    """Size near 5 % over 120 stable pairs, and nearly every turn by 0.3 is seen."""
    stable = sum(halves(*legs(400, seed)).p < 0.05 for seed in range(120))
    turned = sum(halves(*legs(400, seed, 0.3)).p < 0.05 for seed in range(50))

    assert stable / 120 < 0.12
    assert turned >= 48


def test_the_order_of_time_only_changes_the_sign():
    """Backwards in time the halves change places: the same p."""
    y, x = legs(100)
    forth, back = halves(y, x), halves(y[::-1], x[::-1])

    np.testing.assert_allclose((back.stat, back.p), (-forth.stat, forth.p), rtol=1e-7)


def test_units_do_not_matter():
    """A log price in another unit is shifted, and the test is the same."""
    y, x = legs(100)
    was, got = halves(y, x), halves(y + np.log(1_000), x - np.log(1_000))

    np.testing.assert_allclose((got.stat, got.p), (was.stat, was.p), rtol=1e-6)


@pytest.mark.parametrize("slope", [1.0, -0.7])
def test_an_exact_line_has_no_number(slope):
    """The same symbol twice: a sentence, not a statistic made of rounding."""
    x = legs(60)[1]

    with pytest.raises(
        UsageError, match=r"^y lies on an exact line: choose two different markets$"
    ):
        halves(3 + slope * x, x)


def test_bad_input_is_one_sentence():
    """Too few bars, a half in which x stands still, NaN, legs of two lengths."""
    y, x = legs(40)
    with pytest.raises(NotEnoughData, match=r"halves needs 20 observations, has 19"):
        halves(y[:19], x[:19])
    with pytest.raises(UsageError, match=r"^x does not move"):
        halves(y, np.r_[x[:20], np.full(20, 0.1)])
    with pytest.raises(ShapeError):
        halves(y, x[1:])
    y[3] = np.nan
    with pytest.raises(UsageError, match=r"^y holds 1 value that is not finite"):
        halves(y, x)


def test_words():
    """H0 is said in words, a tiny p is not shown as zero, and the verdict goes by p alone."""
    assert repr(halves(*legs(400, 1, 0.5))).endswith(
        ".p<0.001  H0: one beta in both halves → rejected at 5 %"
    )
    assert (shown(0.0005), shown(0.0004)) == (".p=0.001", ".p<0.001")
    assert (verdict(0.0499), verdict(0.05)) == ("rejected at 5 %", "not rejected at 5 %")


def test_noise_is_no_rounding():
    """Residuals a millionth of the movement are judged."""
    y = legs(100)[0]

    require_noise(1e-6 * np.random.default_rng(0).normal(size=100), y)
