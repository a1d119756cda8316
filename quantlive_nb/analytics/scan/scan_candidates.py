"""Selects the symbols that a scan can test, before and after its split of the bars."""

import sys
from typing import Any, NamedTuple

import numpy as np

from quantlive_nb.analytics.cointegration.dickey_fuller import Lags, admissible
from quantlive_nb.analytics.core.index import table
from quantlive_nb.analytics.core.vector import vectors
from quantlive_nb.analytics.scan.engle_granger_batch import longest_lag
from quantlive_nb.analytics.scan.gram import Gram
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Ints, Vector

__all__ = ["Legs", "split_legs"]

TWIN = 1e-12
"""Two legs with less unexplained variance than this are treated as the same market."""


class Legs(NamedTuple):
    """The log prices of the symbols that can be tested.

    Examples
    --------
    >>> prices = {"A": np.arange(1.0, 31.0), "B": np.ones(30)}
    >>> split_legs(prices, lags=1, holdout=0).symbols
    ['A']
    """

    symbols: "list[str]"
    train: Gram
    """Row by row."""
    holdout: Gram | None
    """None without a holdout."""
    place: Ints
    """Of each symbol, its row in the holdout; -1 if it cannot be tested there."""
    left_out: "dict[str, str]"
    """The other symbols, each with the reason; the holdout has no say."""


def split_legs(closes: Any, lags: Lags, holdout: float) -> Legs:
    """Take the log prices before and after the split, without the legs that cannot be tested.

    Parameters
    ----------
    closes : mapping or DataFrame of symbol to array_like, shape (n,) each
    lags : ``"aic"`` or int
    holdout : float, in [0, 1)
        Part of the bars, the newest, to set apart.

    Returns
    -------
    Legs

    Raises
    ------
    NotEnoughData
        If one side of the split is too short for the test.
    UsageError
        If there is no second symbol.
    ShapeError
        If the lengths differ.

    Examples
    --------
    >>> prices = {"A": np.arange(1.0, 41.0), "B": np.arange(1.0, 41.0) ** 2}
    >>> split_legs(prices, lags=1, holdout=0.5).left_out
    {'B': 'B moves exactly as A'}
    """
    closes = table("prices", closes)
    if len(closes) < 2:
        raise UsageError("a scan needs two symbols: give more")
    prices = dict(zip(closes, vectors(**closes), strict=True))
    n = len(next(iter(prices.values())))
    n_train = n - round(n * holdout)
    before = {name: _log(price[:n_train]) for name, price in prices.items()}
    left_out = _reasons("scan", before, lags, n_train)
    for name in left_out:
        if (prices[name][:n_train] <= 0).any():
            left_out[name] = f"{name} holds a price that is not above 0: it has no logarithm"
    symbols, train = _products(before, left_out, lags, n_train)
    if twins := _twins(symbols, train):
        left_out |= twins
        symbols, train = _products(before, left_out, lags, n_train)
    place = np.full(len(symbols), -1)
    if n_train == n:
        return Legs(symbols, train, None, place, left_out)
    after = {name: _log(prices[name][n_train:]) for name in symbols}
    absent = _reasons("the holdout of scan", after, lags, n - n_train)
    place[[name not in absent for name in symbols]] = np.arange(len(symbols) - len(absent))
    _, later = _products(after, absent, lags, n - n_train)
    return Legs(symbols, train, later, place, left_out)


@np.errstate(divide="ignore", invalid="ignore")
def _log(price: Vector) -> Vector:
    """Logarithms; not finite where there is none."""
    log: Vector = np.log(price)
    return log


def _reasons(what: str, logs: "dict[str, Vector]", lags: Lags, n: int) -> "dict[str, str]":
    """Why some series cannot be tested, in the words of the test of one pair."""
    admissible(what, lags, sys.maxsize, bars=np.arange(float(n)))  # what is no fault of a leg
    reasons = {}
    for name, log in logs.items():
        try:
            admissible(what, lags, sys.maxsize, **{name: log})
        except UsageError as error:
            reasons[name] = str(error)
    return reasons


def _products(
    logs: "dict[str, Vector]", without: "dict[str, str]", lags: Lags, n: int
) -> "tuple[list[str], Gram]":
    """The symbols that remain, and their products; there may be none."""
    symbols = [name for name in logs if name not in without]
    rows = np.array([logs[name] for name in symbols]).reshape(-1, n)
    return symbols, Gram(rows, longest_lag(lags, n))


def _twins(symbols: "list[str]", train: Gram) -> "dict[str, str]":
    """The later one of every two legs that are one line."""
    y, x = np.nonzero(np.tril(np.abs(train.r) > 0.5, -1))
    twin = train.unexplained(y, x) <= TWIN
    pairs = zip(y[twin], x[twin], strict=True)
    return {symbols[a]: f"{symbols[a]} moves exactly as {symbols[b]}" for a, b in pairs}
