"""Student's t, beside scipy's."""

import numpy as np
from scipy.special import stdtrit

from quantlive_nb.analytics.core.student import t_975


def test_scipy_agrees():
    """Few degrees of freedom and many, odd and even."""
    freedoms = [*range(1, 300), 1_999, 2_000, 100_001, 1_000_000]
    want = [stdtrit(freedom, 0.975) for freedom in freedoms]

    np.testing.assert_allclose([t_975(freedom) for freedom in freedoms], want, rtol=1e-11)


def test_it_falls_to_the_normal():
    """More degrees of freedom narrow an interval, and the limit is the normal distribution's."""
    quantiles = [t_975(freedom) for freedom in range(1, 500)]

    assert (np.diff(quantiles) < 0).all()
    assert 0 < t_975(1_000_000) - 1.959963984540054 < 1e-5
