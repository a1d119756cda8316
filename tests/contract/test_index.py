"""Rows are paired by their labels, and what is masked is missing, in every public analytic.

A new analytic joins by itself: its arguments are read from its signature (``tests/signature.py``).
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from quantlive_nb import analytics as a
from quantlive_nb.errors import QuantliveError, RowsDropped, UsageError
from quantlive_nb.interval import SECOND
from quantlive_nb.panel import Panel
from quantlive_nb.types import Pair, PairSpec
from tests.contract.test_degenerate import numbers
from tests.signature import PUBLIC, TIMES, call, is_table, market, n_series, series_of

STEP = 5
"""By how many rows each series begins after the one before it."""
TRADES = ("hayashi_yoshida", "vwap")
"""Trades may share a time, so their columns are of one table, and are never aligned."""
PAIRED = [name for name in PUBLIC if n_series(name) > 1 and name not in TRADES]
EVERY = [name for name in PUBLIC if n_series(name)]
ONE = [name for name in PUBLIC if n_series(name) and name not in TRADES]
ORDERLESS = {"false_discovery", "trade_sizes", "vwap"}
"""Their rows may stand in any order, which a test shows; those of all others are in order."""
REPEATING = ORDERLESS | {"hayashi_yoshida", "roll_spread"}
"""Chances and trades: several may have one label."""


def told(name, columns):
    """The numbers that come of some columns, or the sentence."""
    try:
        return np.array(list(numbers(call(name, columns))))
    except QuantliveError as exc:
        return str(exc)


def same(left, right):
    """Whether two calls told the same."""
    if isinstance(left, str) or isinstance(right, str):
        return isinstance(left, str) and left == right
    return np.array_equal(left, right, equal_nan=True)


def shifted(name):
    """Each series with the rows that begin a little later than those of the one before it."""
    columns = market(name)
    last = len(TIMES) - STEP * len(columns)
    parts = {key: slice(STEP * at, last + STEP * at) for at, key in enumerate(columns)}
    series = {
        key: pd.Series(values[parts[key]], TIMES[parts[key]]) for key, values in columns.items()
    }
    common = slice(STEP * (len(columns) - 1), last)
    return series, {key: values[common] for key, values in columns.items()}


@pytest.mark.parametrize("name", PAIRED)
def test_rows_are_paired_by_time(name):
    """Series that begin at different times give what their common rows give, with a warning."""
    series, common = shifted(name)

    with pytest.warns(RowsDropped, match=f"^kept the {len(next(iter(common.values())))} rows "):
        found = told(name, series)

    assert same(found, told(name, common))


@pytest.mark.parametrize("name", EVERY)
def test_rows_out_of_order_are_refused(name):
    """A falling index is refused by name, unless the same rows turned round tell the same."""
    columns = market(name)
    falling = {key: pd.Series(values, TIMES[::-1]) for key, values in columns.items()}
    if name in ORDERLESS:
        turned = {key: values[::-1] for key, values in columns.items()}
        assert np.allclose(np.sort(told(name, falling)), np.sort(told(name, turned)))
    else:
        with pytest.raises(UsageError, match=r"^the index of "):
            call(name, falling)


@pytest.mark.parametrize("name", EVERY)
def test_a_label_stands_there_once(name):
    """An index that repeats itself is refused by name, but for trades and chances."""
    columns = market(name)
    twice = TIMES.where(np.arange(len(TIMES)) != 7, TIMES[6])
    repeated = {key: pd.Series(values, twice) for key, values in columns.items()}
    if name in REPEATING:
        assert not isinstance(call(name, repeated), str)
    else:
        with pytest.raises(UsageError, match=r"^the index of "):
            call(name, repeated)


@pytest.mark.parametrize("name", PAIRED)
def test_what_cannot_be_compared_is_refused(name):
    """Times with a zone beside times without one, and times beside numbers that do not count."""
    columns = market(name)
    first = next(iter(columns))
    for other in (TIMES.tz_localize(None), np.arange(3, len(TIMES) + 3)):
        given = {key: pd.Series(v, TIMES if key == first else other) for key, v in columns.items()}
        with pytest.raises(UsageError, match="make them alike"):
            call(name, given)


@pytest.mark.parametrize("name", PAIRED)
def test_an_index_beside_none(name):
    """An array of the same length goes by position; one of another length is refused."""
    columns = market(name)
    first = next(iter(columns))
    mixed = {key: pd.Series(v, TIMES) if key == first else v for key, v in columns.items()}
    short = {key: v if key == first else v[:-1] for key, v in mixed.items()}

    assert same(told(name, mixed), told(name, columns))
    with pytest.raises(UsageError):
        call(name, short)


@pytest.mark.parametrize("name", TRADES)
def test_trades_are_columns_of_one_table(name):
    """Price and size, or time and price, of different rows are refused; a time may repeat."""
    columns = market(name)
    one = {key: pd.Series(v, TIMES.floor("2s")) for key, v in columns.items()}
    first = next(iter(columns))
    two = one | {first: pd.Series(columns[first], TIMES + pd.Timedelta("1s"))}

    assert same(told(name, one), told(name, columns))
    with pytest.raises(UsageError, match="give columns of one table"):
        call(name, two)


@pytest.mark.parametrize("name", [name for name in PUBLIC if n_series(name)])
def test_masked_is_missing(name):
    """A masked value, and one that pandas says is missing, tell what NaN tells."""
    columns = market(name)
    keys = [key for key in columns if not key.startswith("ts")]
    key, hidden = keys[-1], np.arange(len(TIMES)) == 200
    nan = columns | {key: np.where(hidden, np.nan, columns[key])}
    wrong = np.where(hidden, 1e10, columns[key])
    masked = columns | {key: np.ma.masked_array(wrong, hidden)}
    nullable = columns | {key: pd.array(np.where(hidden, np.nan, wrong), "Float64")}
    in_series = columns | {key: pd.Series(nullable[key])}
    in_list = columns | {key: [None if gone else v for gone, v in zip(hidden, wrong, strict=True)]}

    for given in (masked, nullable, in_series, in_list):
        assert same(told(name, given), told(name, nan))


@pytest.mark.parametrize("name", [name for name in PUBLIC if is_table(name)])
def test_tables_of_every_kind(name):
    """A DataFrame is a dict of its columns; two columns of one name are refused."""
    columns = market(name)
    frame = pd.DataFrame(columns, TIMES)

    assert same(told(name, frame), told(name, columns))
    assert same(told(name, Columns(columns)), told(name, columns))
    with pytest.raises(UsageError, match="has two columns 'A'"):
        call(name, frame.rename(columns={"B": "A"}))


class Columns:
    """What Polars' DataFrame has of a table: names, and a column for each."""

    def __init__(self, columns):
        self.columns, self._values = list(columns), columns

    def __getitem__(self, name):
        """A column."""
        return self._values[name]


def test_an_index_that_only_counts_is_of_no_use_alone():
    """Two default indexes of other lengths say no more than two arrays do."""
    with pytest.raises(UsageError, match=r"^x has shape \(419,\), expected \(420,\)"):
        a.ols(pd.Series(np.arange(420.0)), pd.Series(np.arange(419.0)))


def test_the_warning_names_the_line_of_the_user():
    """It points at the cell that called, so each cell is told."""
    series, _ = shifted("correlate")

    with warnings.catch_warnings(record=True) as told_of:
        warnings.simplefilter("always")
        a.correlate(**series)

    assert [one.filename for one in told_of] == [__file__]


def test_a_panel_is_paired_by_its_rows_too():
    """A panel that turns its rows round is told so, and what it masks is missing."""
    spec = PairSpec("Y", "X", SECOND)
    pair = Pair(spec, np.arange(len(TIMES)) * SECOND, *market("ols").values(), 0, 0)
    panel = Panel("z", spec, lambda y, x: pd.Series(y - x)[::-1])
    panel.run(pair)
    assert "the index of its answer does not rise" in str(panel.error)

    panel.edit(spec, lambda y, x: np.ma.masked_less(y - x, np.median(y - x)))
    panel.run(pair)
    assert panel.error is None
    assert np.isnan(panel.values).sum() == len(TIMES) // 2


METHODS = {
    "OLSFit": lambda y, x: a.ols(y, x).residuals,
    "LineFit": lambda y, x: a.huber(y, x).residuals,
    "RollingOLS": lambda y, x: a.rolling_ols(y, x, 20).residuals,
    "KalmanFit": lambda y, x: a.kalman(y, x).residuals,
}


@pytest.mark.parametrize("fit", METHODS)
def test_residuals_take_what_the_fit_took(fit):
    """Lists, Series and Series of other times give the array that arrays give."""
    columns = market("ols")
    y, x = columns["y"], columns["x"]
    method = METHODS[fit](y, x)
    want = method(y, x)

    assert np.array_equal(method(y.tolist(), x.tolist()), want, equal_nan=True)
    found = method(pd.Series(y, TIMES), pd.Series(x, TIMES))
    assert isinstance(found, np.ndarray)
    assert np.array_equal(found, want, equal_nan=True)
    with pytest.raises(UsageError):
        method(pd.Series(y, TIMES), pd.Series(x, TIMES[::-1]))


def test_bands_take_a_series():
    """Bands of a Series judge the Series."""
    x = pd.Series(market("zscore")["x"], TIMES)

    assert np.array_equal(a.bands(x, 5).zscore(x), a.zscore(x.to_numpy(), 5), equal_nan=True)


def test_every_series_is_known():
    """A public analytic that takes rows stands in these tests, or is one of four that do not."""
    assert {name for name in PUBLIC if not n_series(name)} == {
        "engle_granger_batch",
        "fisher_band",
        "liquidity",
        "pair_series",
    }
    assert all(series_of(name) or is_table(name) for name in ONE)
