"""The statistics panel."""

import re
from dataclasses import replace

import pytest

from quantlive_nb.analytics.cointegration.engle_granger import EGResult
from quantlive_nb.errors import UsageError
from quantlive_nb.settings import Settings, Windows
from quantlive_nb.view.panels.statistics import StatisticsTable, hypotheses, pair_table, price_table
from quantlive_nb.view.text import correlation, escape, number, p_value, significant, spread, zscore
from tests.view.fake import PAIR, make_frame

SHORT = replace(PAIR, windows=Windows(hedge=10, z=5, correlation=5))


@pytest.fixture
def frame():
    """A frame in which every statistic has a value."""
    return make_frame(SHORT)


def shown(html, name):
    """Exact value and text of a cell."""
    found = re.search(rf'class="ql-stat-{name}" data-value="([^"]*)">([^<]*)<', html)
    return float(found[1]), found[2]


@pytest.mark.parametrize("leg", ["y", "x"])
def test_prices_are_the_frames(frame, leg):
    """Each in the symbol's decimals, the deviation in three digits."""
    html, want = price_table(frame), getattr(frame.stats, f"summary_{leg}")
    for name in ("last", "mean", "min", "max"):
        value = getattr(want, name)
        assert shown(html, f"{name}-{leg}") == (value, number(value, 2))

    assert shown(html, f"std-{leg}") == (want.std, significant(want.std))


def test_the_pairs_numbers_are_the_frames(frame):
    """Hedge ratio with its interval, spread, z-score and correlation."""
    html, stats = pair_table(frame), frame.stats

    assert shown(html, "hedge") == (stats.ols.beta, number(stats.ols.beta, 4))
    assert f"{number(stats.ols.beta_low, 4)} … {number(stats.ols.beta_high, 4)}" in html
    assert f"n {stats.ols.n}" in html
    assert shown(html, "spread") == (stats.spread, spread(stats.spread))
    assert shown(html, "zscore") == (stats.zscore, zscore(stats.zscore))
    assert shown(html, "correlation") == (stats.correlation, correlation(stats.correlation))


def test_tests_state_their_hypothesis(frame):
    """p, a word, H0 with the verdict in words, the caveat of the plain test, and the bar."""
    html, stats = hypotheses(frame), frame.stats

    for name, result in (("adf", stats.adf), ("engle-granger", stats.engle_granger)):
        assert shown(html, name) == (result.p, escape(f"p {p_value(result.p)}"))
        assert f"H0: {result.h0} → {result.verdict}" in html
        assert result.word in html
    assert stats.adf.caveat in html
    assert "tested on the bar of 2024-08-08 23:54:58 UTC" in html


def test_warming_up_is_counted():
    """Without enough bars every statistic says how many it has and needs."""
    frame = make_frame(PAIR, n=1)
    html = price_table(frame) + pair_table(frame) + hypotheses(frame)

    assert html.count('class="ql-warming">warming up') == 8
    assert "data-value" not in html


def test_a_statistic_that_cannot_be_says_why(frame):
    """The sentence of the error stands in its place, escaped."""
    odd = UsageError("<y> does not move")
    html = hypotheses(replace(frame, stats=replace(frame.stats, engle_granger=odd)))

    assert "&lt;y&gt; does not move" in html


def test_symbols_are_escaped():
    """A symbol cannot bring markup."""
    html = price_table(make_frame(Settings("<img>", "B", bars=60)))

    assert "<img>" not in html


def test_the_smallest_p_is_a_bound(frame):
    """Not a row of zeros."""
    tiny = EGResult(-9.0, 1e-9, 1, 100, {}, "no cointegration")
    html = hypotheses(replace(frame, stats=replace(frame.stats, engle_granger=tiny)))

    assert "p &lt; 0.001" in html


def test_what_did_not_change_is_not_sent(wire, frame):
    """A new price leaves pair and tests alone; the same frame sends nothing."""
    table = StatisticsTable()
    table.draw(frame)
    wire.clear()
    table.draw(frame)
    assert wire.sent == []
    summary = replace(frame.stats.summary_y, last=1.0)
    table.draw(replace(frame, stats=replace(frame.stats, summary_y=summary)))
    assert len(wire.updates()) == 1
    table.empty("loading <a>")

    assert "&lt;a&gt;" in table._prices.value
    assert table._pair.value == ""


@pytest.mark.parametrize(
    ("n", "words"),
    [(1, "rests on 1 incomplete bar"), (1_204, "rests on 1\u202f204 incomplete bars")],
)
def test_what_rests_on_incomplete_bars_says_so(frame, n, words):
    """In words and as an exact count; complete bars are not mentioned."""
    html = price_table(replace(frame, stats=replace(frame.stats, n_incomplete=n)))

    assert words in re.sub("<[^>]*>", "", html)
    assert f'class="ql-incomplete" data-value="{n}"' in html
    assert "incomplete" not in price_table(frame)
