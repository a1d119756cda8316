"""Whatever is given to a public analytic: a number, an array or one sentence of ours.

Each argument of each public analytic is given what it was not made for; a traceback of a library,
a warning or a complex number fails.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest

from quantlive_nb import analytics as a
from quantlive_nb.errors import QuantliveError, UsageError
from quantlive_nb.interval import SECOND
from quantlive_nb.types import Ints, Vector
from tests.signature import PUBLIC, REST, TIMES, N, call, is_table, market, n_series, parameters

DAY = 86_400 * SECOND
OPTIONS = [
    *(None, float("nan"), float("inf"), -1, -2, 0, 1.5, -0.5, 1e-300, 1e300, 10**30, 1j, True),
    *("1d", "abc", "", b"x", [], (), {}, object(), np.float64(3.5), np.array([1, 2]), pd.NA),
]
SERIES = [
    *(None, 5, "abc", b"x", [], {}, {1, 2}, iter([1, 2]), object(), [[1, 2], [3]], np.float64(3)),
    *([1, 2, "x"], ["a"] * N, [1j] * N, np.full(N, 1j), [object()] * N, [10**400] * N),
    *(TIMES, pd.Series(TIMES), TIMES.to_numpy(), np.rec.fromarrays([np.arange(float(N))])),
    *([None] * N, [pd.NA] * N, np.ma.masked_all(N), pd.Series([pd.NA] * N, dtype="Int64")),
    *([True] * N, range(1, N + 1), np.arange(1, N + 1, dtype=np.uint8), np.array(["1"] * N)),
    *(pd.Series(["x"] * N), pd.Series([1.0] * N, dtype="category")),
    *(-np.ones(N), np.full(N, 1e-320), 1e300 * np.arange(1.0, N + 1)),
    *(np.linspace(1e307, 1.7e308, N), np.ones((N, 1)), pd.DataFrame({"a": np.arange(float(N))})),
]
GIVEN = {"forecaster", "analytic", "series", "progress", "cancel", "test", "prices", "market"}
"""Functions and results, which are no plain options, and what is tried as a series."""
TABLE = Mapping[str, Vector]
CASES = [name for name in PUBLIC if n_series(name) or name == "fisher_band"]


def options(name):
    """The arguments of an analytic that are neither rows, nor yes or no, nor a function."""
    plain = [one for one in parameters(name) if one.annotation not in (Vector, Ints, bool, TABLE)]
    return [one.name for one in plain if one.name not in GIVEN]


def told(name, columns, **given):
    """What comes of a call: a value without complex numbers, or a sentence."""
    try:
        found = call(name, columns, **given)
    except QuantliveError as exc:
        found = str(exc)
    if isinstance(found, str):
        assert "\n" not in found
    else:
        assert not any(map(np.iscomplexobj, parts(found)))
    return found


def parts(found):
    """A result, and its fields if it has any; it can be shown."""
    assert repr(found)
    own = fields(found) if is_dataclass(found) else ()
    return [found, *(getattr(found, one.name) for one in own)]


@pytest.mark.parametrize("name", CASES)
def test_every_option_is_understood_or_refused(name):
    """A number of another kind, a text, nothing at all, an array, a huge or a tiny one."""
    usual = {"rho": 0.5, "n": 30} if name == "fisher_band" else {}
    for option in options(name):
        for value in OPTIONS:
            told(name, market(name), **(usual | {option: value}))


@pytest.mark.parametrize("name", CASES)
def test_every_series_is_understood_or_refused(name):
    """Text, times, complex numbers, tables, sets, nothing at all, all missing, too large."""
    columns = market(name)
    for key in columns:
        for value in SERIES:
            told(name, columns | {key: value})


@pytest.mark.parametrize("name", [name for name in PUBLIC if is_table(name)])
def test_every_table_is_understood_or_refused(name):
    """What is no table of symbols is said to be none."""
    for value in [*SERIES, {}, {"A": np.ones(N)}]:
        assert isinstance(told(name, value), str) or isinstance(value, pd.DataFrame)


DAYS = pd.date_range("2024-08-05", periods=96, freq="h")
RETURNS = 0.01 * np.random.default_rng(1).normal(size=96)
IN_US = DAYS.as_unit("us").to_numpy().astype(np.int64)


@pytest.mark.parametrize(
    "ts",
    [
        *(DAYS.as_unit(unit).to_numpy() for unit in ("s", "ms", "us", "ns")),
        *(DAYS, DAYS.tz_localize("UTC"), pd.Series(DAYS), list(DAYS), IN_US.astype(float)),
        DAYS.tz_localize("UTC").tz_convert("Asia/Tokyo"),
    ],
)
def test_times_of_any_unit(ts):
    """Performance by day is that of µs, in whatever unit, zone or shape the times come."""
    found = a.performance_by(RETURNS, ts, DAY, 3_600 * SECOND)

    assert list(found) == [int(IN_US[0]) + day * DAY for day in range(4)]
    assert repr(found) == repr(a.performance_by(RETURNS, IN_US, "1d", "1h"))


def test_times_are_those_of_the_returns():
    """Returns with times of their own are not told to be of other days."""
    returns = pd.Series(RETURNS, DAYS)

    assert a.performance_by(returns, DAYS.tz_localize("UTC"), DAY, "1h")
    with pytest.raises(UsageError, match="ts is not the index of returns"):
        a.performance_by(returns, DAYS.shift(24), DAY, "1h")


def test_falling_times_are_refused():
    """Days that are not in the order of time would be other days."""
    with pytest.raises(UsageError, match="ts falls"):
        a.performance_by(RETURNS, IN_US[::-1], DAY, SECOND)


def test_a_length_of_time_may_be_a_text():
    """``"1d"`` is a day of µs."""
    assert repr(a.performance(RETURNS, "1d")) == repr(a.performance(RETURNS, DAY))


@pytest.mark.parametrize("risk_free", [-1, -2, float("nan"), "4 %", None])
def test_money_cannot_lose_more_than_itself(risk_free):
    """A risk-free rate of -1 or less has no root, and would make complex numbers."""
    with pytest.raises(UsageError, match=r"^risk_free is .*such as 0.04 for 4 %$"):
        a.performance(RETURNS, DAY, risk_free=risk_free)


def test_half_a_bar_is_no_horizon():
    """GARCH looks whole bars ahead, and not for ever."""
    price = market("garch")["price"]
    for horizon in (1.5, 10**9, "2"):
        with pytest.raises(UsageError, match=r"^horizon is "):
            a.garch(price, horizon=horizon)


def test_what_a_function_or_a_weight_gives_is_a_number():
    """A forecast or a weight that is none is a sentence."""
    prices = market("portfolio_returns")
    with pytest.raises(UsageError, match="the weight of B holds what is no number"):
        a.portfolio_returns(prices, {"A": 0.5, "B": "half"})
    with pytest.raises(UsageError, match="the forecast holds what is no number"):
        a.walk_forward(lambda _: "up", prices["A"], start=2)
    assert np.isnan(a.walk_forward(lambda _: None, prices["A"], start=2)).all()


def test_johansen_takes_a_table():
    """A DataFrame is its columns."""
    y, x = market("johansen").values()

    assert a.johansen(pd.DataFrame({"A": y, "B": x})).tests == a.johansen(y, x).tests


def test_every_rest_is_of_a_public_analytic():
    """No name in the list of needed options is stale."""
    assert set(REST) <= set(PUBLIC)
