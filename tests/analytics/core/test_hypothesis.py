"""How a test says its p, its hypothesis and its verdict."""

import pytest

from quantlive_nb.analytics.core.hypothesis import HypothesisTest, shown, verdict


@pytest.mark.parametrize(
    ("p", "text", "said"),
    [(0.04, ".p=0.040", "rejected at 5 %"), (0.05, ".p=0.050", "not rejected at 5 %")],
)
def test_a_result_says_its_hypothesis_and_the_verdict(p, text, said):
    """A p below 5 % rejects, 5 % itself does not."""
    result = HypothesisTest(stat=-3.0, p=p, lags=1, n=100, critical={}, h0="a unit root")

    assert repr(result) == f".stat=-3.00 {text}  H0: a unit root → {said}"
    assert result.verdict == verdict(p) == said


def test_a_tiny_p_is_not_shown_as_zero():
    """Three places are shown, and what is less is said to be less."""
    assert shown(1e-9) == ".p<0.001"
