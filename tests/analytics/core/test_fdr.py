"""The Benjamini-Hochberg q, beside statsmodels and beside what it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.multitest import multipletests

from quantlive_nb.analytics.core.fdr import false_discovery
from quantlive_nb.errors import UsageError


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1)))
@settings(max_examples=30)
def test_statsmodels_agrees(p):
    """The same q to twelve digits, ties and zeros included."""
    np.testing.assert_allclose(false_discovery(p), multipletests(p, method="fdr_bh")[1], atol=1e-12)


def test_tests_that_were_not_made_do_not_count():
    """NaN stays NaN, and the others have the q that they have without it."""
    p = np.array([0.02, np.nan, 0.5, 0.001])
    kept = ~np.isnan(p)

    np.testing.assert_array_equal(np.isnan(false_discovery(p)), ~kept)
    np.testing.assert_array_equal(false_discovery(p)[kept], false_discovery(p[kept]))
    assert len(false_discovery(np.array([]))) == 0


def test_few_discoveries_are_errors():
    """With 50 true findings among 500 tests, about 5 % of those called at 5 % are errors."""
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(200):
        p = np.r_[rng.beta(0.05, 30, size=50), rng.uniform(size=450)]
        called = false_discovery(p) <= 0.05
        shares.append(called[50:].sum() / max(called.sum(), 1))

    assert 0.03 < np.mean(shares) < 0.06


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.inf])
def test_impossible_probabilities(bad):
    """The sentence says which and what."""
    with pytest.raises(UsageError, match=r"^p at position 1 is .* lies between 0 and 1$"):
        false_discovery(np.array([0.5, bad]))
