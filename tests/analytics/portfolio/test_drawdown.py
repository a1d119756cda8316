"""Falls from the highest point so far."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.portfolio.drawdown import drawdown, max_drawdown
from quantlive_nb.errors import NotEnoughData, UsageError

equities = st.lists(st.floats(0.1, 10.0), min_size=2, max_size=40).map(np.array)


@given(equity=equities)
def test_the_loop_agrees(equity):
    """Of every pair of a high and what came after, the deepest."""
    n = len(equity)
    deepest = max(1 - equity[t] / equity[s] for s in range(n) for t in range(s, n))
    got = max_drawdown(equity)

    assert got.depth == pytest.approx(deepest)
    assert got.depth == pytest.approx(1 - equity[got.bottom] / equity[got.peak])
    assert got.peak <= got.bottom
    assert drawdown(equity).max() == got.depth


@given(equity=equities, scale=st.floats(1e-6, 1e6))
def test_laws(equity, scale):
    """At least 0, 0 at every new high, and the unit cancels."""
    lost = drawdown(equity)
    highs = equity >= np.maximum.accumulate(equity)

    assert ((lost >= 0) & (lost < 1)).all()
    assert (lost[highs] == 0).all()
    np.testing.assert_allclose(drawdown(scale * equity), lost, atol=1e-12)


def test_recovery_and_time_below():
    """Where the peak is reached again, and the longest time below one."""
    got = max_drawdown(np.array([1.0, 2.0, 1.0, 1.5, 2.0, 1.9, 1.9, 1.9, 1.9, 3.0, 2.9]))

    assert (got.peak, got.bottom, got.recovery, got.longest) == (1, 2, 4, 4)
    assert max_drawdown(np.array([2.0, 1.0])).recovery is None
    never = max_drawdown(np.array([1.0, 2.0]))
    assert (never.depth, never.recovery, never.longest) == (0.0, None, 0)


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(UsageError, match="not finite and above 0"):
        drawdown(np.array([1.0, 0.0]))
    with pytest.raises(NotEnoughData):
        max_drawdown(np.array([1.0]))
    with pytest.raises(UsageError, match="not finite"):
        max_drawdown(np.array([1.0, np.nan]))
