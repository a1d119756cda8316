"""Validates scalar arguments: counts, numbers, durations, times."""

import math
import operator
import warnings
from collections.abc import Iterable
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from quantlive_nb.analytics.core.index import Column
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros, micros
from quantlive_nb.numeral import brief

__all__ = ["finite", "length_us", "one_of", "times", "whole", "wholes"]

LATEST_US = float(1 << 62)
"""Largest time that is accepted."""


def whole(name: str, value: object, least: int, words: str = "") -> int:
    """A whole number of at least ``least``.

    Raises
    ------
    UsageError
        If it is not; ``words`` say what would do.

    Examples
    --------
    >>> whole("horizon", 1.5, 1)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: horizon is 1.5: give a whole number, at least 1
    """
    if (number := _index(value)) is not None and number >= least:
        return number
    words = words or f"a whole number, at least {least}"
    raise UsageError(f"{name} is {brief(value)}: give {words}")


def one_of(name: str, value: object, known: Iterable[str], words: str = "") -> None:
    """Raise if a value is not one of the allowed words.

    Raises
    ------
    UsageError
        Lists them, or the text of ``words``.

    Examples
    --------
    >>> one_of("errors", "normal", ("normal", "t"))
    """
    known = tuple(known)
    one = f"one of {', '.join(known)}"
    if not (isinstance(value, str) and value in known):
        raise UsageError(f"{name} is {brief(value)}: give {words or one}")


def wholes(name: str, values: object, words: str) -> tuple[int, ...]:
    """Some whole numbers from 1 on.

    Raises
    ------
    UsageError
        If one is not, or there is none; ``words`` say what would do.

    Examples
    --------
    >>> wholes("horizons", [1, 5], "whole numbers")
    (1, 5)
    """
    if isinstance(values, Iterable):
        found = [_index(value) for value in values]
        if found and all(number is not None and number >= 1 for number in found):
            return tuple(number for number in found if number)
    raise UsageError(f"{name} are {brief(values)}: give {words}")


def finite(name: str, value: Any, words: str, *, above: float = -math.inf) -> float:
    """A finite number, above a bound.

    Raises
    ------
    UsageError
        If it is not; ``words`` say what would do.

    Examples
    --------
    >>> finite("risk_free", -2, "the part that money earns in a year", above=-1)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: risk_free is -2: give the part that money earns in a year
    """
    try:
        number = float("nan" if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number > above):
        raise UsageError(f"{name} is {brief(value)}: give {words}")
    return number


def length_us(name: str, value: Any, what: str = "bar") -> Micros:
    """A duration in µs, from a number above 0 or a text such as ``"1d"``.

    Raises
    ------
    UsageError
        If it is not.

    Examples
    --------
    >>> length_us("every_us", "1h"), length_us("every_us", 1_000_000)
    (3600000000, 1000000)
    """
    if isinstance(value, str):
        return micros(value)
    return max(round(finite(name, value, f"the length of a {what} in µs", above=0)), 1)


def times(name: str, values: "ArrayLike | Column") -> Column:
    """Times in µs UTC: integers are kept, times of any unit and zone are converted.

    Raises
    ------
    UsageError
        If one is not a time, or missing.

    Examples
    --------
    >>> times("ts", np.array(["1970-01-01T00:00:01"], "datetime64[s]")).values
    array([1000000.])
    """
    given: Any = values
    index = getattr(given, "index", None)
    kept = index if hasattr(index, "get_indexer") else None
    zone = getattr(getattr(given, "dtype", None), "tz", None)
    if zone is not None:  # pandas stores values in UTC
        given = getattr(given, "dt", given).tz_convert(None)
    try:
        array = np.asarray(given)
        if array.dtype == object or array.dtype.kind in "US":
            array = _read(array)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{name} holds what is no time: give µs or datetime64, UTC") from None
    if array.dtype.kind not in "iuM":
        array = np.asarray(array, np.float64) if array.dtype.kind == "f" else np.array(np.nan)
        missing = ~((array == np.floor(array)) & (np.abs(array) < LATEST_US))
    else:
        missing = np.isnat(array) if array.dtype.kind == "M" else np.zeros(1, bool)
    if missing.any():
        raise UsageError(f"{name} holds what is no time: give µs or datetime64, UTC")
    if array.dtype.kind == "M":
        array = array.astype("datetime64[us]").astype(np.int64)
    return Column(np.asarray(array, np.float64), kept)


def _index(value: object) -> int | None:
    """A whole number, or None for anything else."""
    try:
        return operator.index(value) if isinstance(value, SupportsIndex) else None
    except TypeError:  # an array of several has the method too
        return None


def _read(values: Any) -> Any:
    """Times from objects and texts, as datetime64."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on ambiguous texts
        return pd.to_datetime(values, utc=True).tz_convert(None).to_numpy()
