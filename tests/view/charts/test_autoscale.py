"""The stretch of an axis that is shown."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.view.charts.autoscale import Span, chunk, fit, window

finite = st.floats(-1e6, 1e6)
values = st.lists(finite, min_size=1, max_size=20).map(np.array)


@given(values, values, st.floats(0, 0.5))
def test_a_span_holds_its_values_above_the_foot(first, then, foot):
    """All values are inside, above the part that is kept free."""
    span = None
    for shown in (first, then):
        span = fit(shown, span, foot=foot)
        floor = span.low + foot * span.width

        assert span.low < span.high
        assert shown.max() <= span.high
        assert shown.min() >= floor - 1e-9 * max(span.width, abs(floor))


@given(values)
def test_a_span_that_serves_is_kept(shown):
    """The same values again, or some of the inner ones, move nothing."""
    span = fit(shown)

    assert fit(shown, span) is span
    assert fit(np.array([np.nan]), span) is span


def test_a_span_far_too_wide_is_drawn_anew():
    """When the values shrink to a tenth of the span, it shrinks too."""
    wide = fit(np.array([0.0, 100.0]))

    assert fit(np.array([50.0, 60.0]), wide).width < 20


def test_no_finite_value_leaves_the_span_open():
    """Without values there is no span, and no guess."""
    assert fit(np.array([np.nan, np.inf])) is None


def test_a_span_is_not_narrower_than_asked():
    """A single value gets at least the width asked for."""
    assert fit(np.array([0.5]), least=2.0).width >= 2.0


@given(
    st.integers(0, 10**9), st.sampled_from([250_000, 1_000_000, 60_000_000]), st.integers(20, 2_000)
)
def test_the_window_follows_in_steps(k, every_us, n_bars):
    """The newest bar is always inside, and the ends move by whole chunks."""
    last_ts = k * every_us
    low, high = window(last_ts, every_us, n_bars)
    after = window(last_ts + every_us, every_us, n_bars)

    assert high - low == n_bars * every_us
    assert low < last_ts + every_us <= high
    assert after[1] - high in (0, chunk(every_us, n_bars))


def test_width():
    """The width is the distance of the ends."""
    assert Span(1.0, 4.0).width == 3.0
