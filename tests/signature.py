"""What each public analytic takes, read from its signature, and a market to call it with."""

import inspect
from collections.abc import Mapping

import numpy as np
import pandas as pd

from quantlive_nb import analytics as a
from quantlive_nb.analytics.scan.scan import Prices
from quantlive_nb.interval import SECOND
from quantlive_nb.types import Ints, Vector

N = 420
TIMES = pd.date_range("2024-08-09", periods=N, freq="s", tz="UTC")
PUBLIC = sorted(name for name in a.__all__ if inspect.isfunction(getattr(a, name)))
ROWS = (Vector, Ints, "Vector | None")
HALF = {"A": 0.5, "B": 0.5}
REST = {
    "ewma": {"half_life": 5},
    "bands": {"window": 5},
    "half_life": {"bar_s": 1.0},
    "zscore": {"window": 5},
    "rolling_ols": {"window": 20},
    "spread": {"window": 20},
    "portfolio_returns": {"weights": HALF},
    "risk_contributions": {"weights": HALF},
    "performance": {"every_us": SECOND},
    "performance_by": {"span_us": 60 * SECOND, "every_us": SECOND},
    "rolling_performance": {"window": 5, "every_us": SECOND},
    "walk_forward": {"forecaster": np.max, "start": 2},
    "scan": {"lags": 1, "holdout": 0},
}
"""What an analytic needs beside its rows."""


def parameters(name):
    """The parameters of a public analytic."""
    return inspect.signature(getattr(a, name)).parameters.values()


def series_of(name):
    """Its arguments that hold a number for each row; of ``*prices`` there are two."""
    if name in ("engle_granger_batch", "fisher_band", "liquidity", "pair_series"):
        return []  # a matrix, a number, Bars, a Pair: what is aligned already
    if name == "check_causal":
        return ["series:1", "series:2"]
    found = []
    for one in parameters(name):
        if any(one.annotation is kind or one.annotation == kind for kind in ROWS):
            several = one.kind is inspect.Parameter.VAR_POSITIONAL
            found += [f"{one.name}:1", f"{one.name}:2"] if several else [one.name]
    return found


def is_table(name):
    """Whether it takes a table of symbols."""
    return any(one.annotation in (Prices, Mapping[str, Vector]) for one in parameters(name))


def n_series(name):
    """How many series of rows it pairs."""
    return 2 if is_table(name) else len(series_of(name))


def market(name):
    """Columns for each of its series: walks of their own, volumes, returns or times."""
    chance = np.random.default_rng(7)
    common = 1e-3 * chance.normal(size=N).cumsum()
    columns = {}
    for key in ["A", "B"] if is_table(name) else series_of(name):
        walk = 100 * np.exp(common + 1e-4 * chance.normal(size=N))
        columns[key] = walk / 1e3 if key in ("returns", "market", "p") else walk
        if "taker_buy" in key:
            columns[key] = walk / 2
        if key in ("returns", "market") or name == "risk_contributions":
            columns[key] = np.diff(walk, prepend=100.0) / 100
        if key.startswith("ts"):
            columns[key] = np.arange(N) * SECOND + 1_723_161_600 * SECOND
    if name == "range_volatility":
        columns |= {"high": columns["high"] * 1.1, "low": columns["low"] / 1.1}
    return columns


def call(name, columns, **options):
    """The public analytic of these columns."""
    function, rest = getattr(a, name), REST.get(name, {}) | options
    if name == "check_causal":
        return function(lambda y, x: np.where(y > x, 1.0, np.nan), *columns.values(), **options)
    if is_table(name):
        return function(columns, **rest)
    several = [columns[key] for key in columns if ":" in key]
    named = {key: values for key, values in columns.items() if ":" not in key}
    return function(*several, **named, **rest)
