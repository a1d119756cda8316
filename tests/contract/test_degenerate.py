"""Inputs that cannot mean anything: a named error or a stated absence, never a real-looking number.

A new analytic joins with one line in ``ASKED``; a test says when one is missing.
"""

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from quantlive_nb import analytics as a
from quantlive_nb.errors import QuantliveError, UsageError
from quantlive_nb.interval import SECOND
from quantlive_nb.settings import Windows
from quantlive_nb.types import Pair, PairSpec

WINDOWS = Windows(hedge=10, z=5, correlation=6)


def pair_of(y, x):
    """A pair of a second's bars."""
    return Pair(PairSpec("Y", "X", SECOND), np.arange(len(y)) * SECOND, y, x, 0, 0)


def held(y, x):
    """Simple returns of half in each, as a portfolio has them."""
    return a.portfolio_returns({"Y": y, "X": x}, {"Y": 0.5, "X": 0.5})


ASKED = {
    "adf": lambda y, _: a.adf(y),
    "amihud": lambda y, x: a.amihud(y, x, 5),
    "bands": lambda y, _: a.bands(y, 5),
    "both_ways": a.both_ways,
    "check_causal": lambda y, _: a.check_causal(lambda s: a.zscore(s, 5), y),
    "compare_forecasts": lambda y, x: a.compare_forecasts(y, x, x[::-1].copy()),
    "correlate": a.correlate,
    "correlation": lambda y, x: a.correlation(y, x, 5),
    "correlation_matrix": lambda y, x: a.correlation_matrix({"Y": y, "X": x}),
    "cusum": a.cusum,
    "drawdown": lambda y, _: a.drawdown(y),
    "engle_granger": a.engle_granger,
    "engle_granger_batch": lambda y, x: a.engle_granger_batch(
        np.stack([y, x]), np.array([0]), np.array([1])
    ),
    "epps_curve": a.epps_curve,
    "equity_curve": lambda y, x: a.equity_curve(held(y, x)),
    "ewma": lambda y, _: a.ewma(y, 5),
    "ewma_correlation": lambda y, x: a.ewma_correlation(y, x, 5),
    "ewma_volatility": lambda y, _: a.ewma_volatility(y, 5),
    "expanding_ols": lambda y, x: a.expanding_ols(y, x, 10),
    "false_discovery": lambda y, _: a.false_discovery(y / 1e6),
    "fisher_band": lambda y, _: a.fisher_band(0.5, len(y)),
    "forecast_errors": a.forecast_errors,
    "garch": lambda y, _: a.garch(y),
    "half_life": lambda y, _: a.half_life(y, 1.0),
    "halves": a.halves,
    "har": lambda y, _: a.har(y),
    "hayashi_yoshida": lambda y, x: a.hayashi_yoshida(np.arange(len(y)), y, np.arange(len(x)), x),
    "huber": a.huber,
    "hurst": lambda y, _: a.hurst(y),
    "imbalance": lambda y, x: a.imbalance(y + x, y, 5),
    "johansen": a.johansen,
    "kalman": a.kalman,
    "kpss": lambda y, _: a.kpss(y),
    "lead_lag": a.lead_lag,
    "liquidity": None,  # takes Bars, which are well formed: see its own tests
    "max_drawdown": lambda y, _: a.max_drawdown(y),
    "ols": a.ols,
    "pair_series": lambda y, x: a.pair_series(pair_of(y, x), WINDOWS),
    "performance": lambda y, x: a.performance(held(y, x), SECOND),
    "performance_by": lambda y, x: a.performance_by(
        held(y, x), np.arange(len(y)) * SECOND, 60 * SECOND, SECOND
    ),
    "phillips_ouliaris": a.phillips_ouliaris,
    "phillips_perron": lambda y, _: a.phillips_perron(y),
    "portfolio_returns": held,
    "range_volatility": lambda y, x: a.range_volatility(
        y, np.maximum(y, x), np.minimum(y, x), x, 5
    ),
    "realised_volatility": lambda y, _: a.realised_volatility(y, 5),
    "recursive_residuals": a.recursive_residuals,
    "returns": lambda y, _: a.returns(y),
    "risk_contributions": lambda y, x: a.risk_contributions(
        {"Y": a.returns(y), "X": a.returns(x)}, {"Y": 0.5, "X": -0.2}
    ),
    "roll_spread": lambda y, _: a.roll_spread(y),
    "rolling_ols": lambda y, x: a.rolling_ols(y, x, 5),
    "rolling_performance": lambda y, x: a.rolling_performance(held(y, x), 5, SECOND),
    "rolling_vwap": lambda y, x: a.rolling_vwap(x, x * y, 5),
    "scan": lambda y, x: a.scan({"Y": y, "X": x}),
    "signed_volume": lambda y, x: a.signed_volume(y + x, y),
    "spearman": lambda y, x: a.spearman(y, x, 5),
    "spread": lambda y, x: a.spread(y, x, 5),
    "summary": lambda y, _: a.summary(y),
    "theil_sen": a.theil_sen,
    "total_least_squares": a.total_least_squares,
    "trade_sizes": lambda y, _: a.trade_sizes(y),
    "value_at_risk": lambda y, x: a.value_at_risk(held(y, x)),
    "variance_ratio": lambda y, _: a.variance_ratio(y),
    "volume_delta": lambda y, x: a.volume_delta(y + x, y),
    "vwap": a.vwap,
    "walk_forward": lambda y, _: a.walk_forward(np.mean, y, start=2),
    "zscore": lambda y, _: a.zscore(y, 5),
}
CASES = [name for name, ask in ASKED.items() if ask is not None]
every_analytic = pytest.mark.parametrize("name", CASES)


def walk(n, seed=0):
    """A price that wanders."""
    return 100 * np.exp(1e-3 * np.random.default_rng(seed).normal(size=n).cumsum())


def holed(n, value):
    """A price with something in its middle that is no price."""
    price = walk(n, 3)
    price[n // 2] = value
    return price


INPUTS = {
    "empty": (np.empty(0), np.empty(0)),
    "one": (np.array([100.0]), np.array([101.0])),
    "three": (walk(3, 1), walk(3, 2)),
    "same twice": (walk(400), walk(400)),
    "a multiple": (2 * walk(400), walk(400)),
    "a line of it": (2 * walk(400) + 1, walk(400)),
    "constant": (np.full(400, 0.1), np.full(400, 0.1)),
    "one constant": (walk(400), np.full(400, 0.1)),
    "a rule": (100 + 0.1 * np.arange(400.0), 100 + 0.1 * np.arange(400.0)[::-1]),
    "NaN": (holed(400, np.nan), walk(400)),
    "all NaN": (np.full(400, np.nan), np.full(400, np.nan)),
    "infinite": (holed(400, np.inf), walk(400)),
    "zero": (holed(400, 0.0), walk(400)),
    "negative": (-walk(400), walk(400)),
    "two lengths": (walk(400), walk(399)),
    "a table": (np.ones((20, 2)), np.ones((20, 2))),
}


SHAPES = ("two lengths", "a table")


def numbers(found: object) -> Iterator[float]:
    """Every float in a result; counts and texts are not numbers of a statistic."""
    if isinstance(found, np.ndarray):
        if found.dtype.kind == "f":
            yield from found.ravel().tolist()
    elif is_dataclass(found):
        for field in fields(found):
            yield from numbers(getattr(found, field.name))
    elif isinstance(found, Mapping):
        for value in found.values():
            yield from numbers(value)
    elif isinstance(found, tuple | list):
        for value in found:
            yield from numbers(value)
    elif isinstance(found, float):
        yield found


def outcome(name: str, case: str) -> object:
    """The answer, or the package's own error; anything else, a warning too, fails the test."""
    y, x = INPUTS[case]
    try:
        return ASKED[name](y.copy(), x.copy())
    except QuantliveError as exc:
        return exc


@every_analytic
@pytest.mark.parametrize("case", [case for case in INPUTS if case not in SHAPES])
def test_an_error_is_one_sentence_of_ours(name, case):
    """No traceback of a library, no warning; the sentence is short and ends where it ends."""
    found = outcome(name, case)

    if isinstance(found, QuantliveError):
        text = str(found)
        assert 10 < len(text) < 200
        assert "\n" not in text
        assert not text.endswith(".")


def takes_one(name: str) -> bool:
    """Whether it takes one series alone, or each at its own times."""
    return "_" in inspect.signature(ASKED[name]).parameters or name == "hayashi_yoshida"


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, "a table") for name in CASES if name != "fisher_band"]
    + [(name, "two lengths") for name in CASES if not takes_one(name)],
)
def test_shapes_that_cannot_be(name, case):
    """Two series of different lengths, or a table for a series, are refused by name."""
    assert isinstance(outcome_of_shape(name, case), UsageError)


def outcome_of_shape(name: str, case: str) -> object:
    """As :func:`outcome`; numpy's own refusal in the test's arithmetic counts as ours."""
    try:
        return outcome(name, case)
    except ValueError as exc:
        return UsageError(str(exc)) if "broadcast" in str(exc) or "shape" in str(exc) else exc


PRICES = {0.0, 0.1, 1.0, 0.2, 0.5, 31_536_000.0}
"""What is true of a price of 0.1 that stands still: no change, itself, twice itself, all of it; and
of any year: its seconds."""
PLAIN = {"false_discovery", "fisher_band", "forecast_errors", "trade_sizes", "volume_delta"}
"""These say nothing of movement: a price that stands is a p, a forecast, a size or a volume."""


@pytest.mark.parametrize("name", [name for name in CASES if name not in PLAIN])
def test_a_market_that_stands_still_is_no_news(name):
    """0, NaN, the price itself, or an error: no statistic is made of rounding."""
    found = outcome(name, "constant")
    seen = {round(value, 12) for value in numbers(found) if math.isfinite(value)}

    assert seen <= PRICES, found


TESTS = ("both_ways", "engle_granger", "phillips_ouliaris", "johansen", "halves", "cusum", "scan")


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("case", ["same twice", "a line of it"])
def test_a_market_is_not_tested_against_itself(name, case):
    """The same symbol twice, or a peg: an error, or no pair at all, never a verdict."""
    found = outcome(name, case)

    assert isinstance(found, QuantliveError) or len(found) == 0 or case == "a line of it"


@every_analytic
def test_nan_is_not_bridged(name):
    """All NaN gives nothing but NaN and errors, and counts."""
    found = outcome(name, "all NaN")
    seen = {value for value in numbers(found) if math.isfinite(value)}

    assert seen <= {0.0, 1.0} or name == "fisher_band", found


def test_a_million_bars():
    """What is drawn bar by bar takes them all, and is as exact at the end."""
    y, x = walk(1_000_000, 1), walk(1_000_000, 2)
    line = a.rolling_ols(np.log(y), np.log(x), 300)
    tail = a.rolling_ols(np.log(y[-301:]), np.log(x[-301:]), 300)

    assert line.beta[-1] == tail.beta[-1]
    assert a.correlation(y, x, 300)[-1] == a.correlation(y[-301:], x[-301:], 300)[-1]
    assert np.isfinite(a.ewma(y, 60)[-1])


def test_no_analytic_is_missing():
    """Every public function stands here."""
    public = {name for name in a.__all__ if inspect.isfunction(getattr(a, name))}

    assert set(ASKED) == public
