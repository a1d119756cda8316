"""Converts values to float64, and aligns series by their index."""

import functools
import inspect
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantlive_nb.errors import RowsDropped, UsageError
from quantlive_nb.types import Vector

__all__ = ["Column", "aligned", "column", "number", "numbers", "same_rows", "table"]

Floats = NDArray[np.float64]


class Column(NamedTuple):
    """Values, and the index of their rows if they have one.

    Examples
    --------
    >>> Column(np.zeros(1), None).index is None
    True
    """

    values: Floats
    index: Any
    """A pandas Index, or None."""


def column(name: str, values: "ArrayLike | Column") -> Column:
    """Values and index of any one-dimensional numeric data.

    Raises
    ------
    UsageError
        If it holds non-numeric values.

    Examples
    --------
    >>> column("x", [1, 2]).values
    array([1., 2.])
    """
    if isinstance(values, Column):
        return values
    if type(values) is np.ndarray and values.dtype == np.float64:  # the usual case, often drawn
        return Column(values, None)
    index = getattr(values, "index", None)
    return Column(numbers(name, values), index if hasattr(index, "get_indexer") else None)


def numbers(name: str, values: Any) -> Floats:
    """Values as float64 of any shape; masked, None and NA become NaN.

    Raises
    ------
    UsageError
        If they hold text, times, complex numbers or other non-numeric values.

    Examples
    --------
    >>> numbers("x", np.ma.masked_equal([1.0, 9.0], 9.0))
    array([ 1., nan])
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns of a masked element, which NaN says
            array = _plain(values)
            if array.dtype.kind not in "mMc":
                return np.asarray(array, np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise UsageError(f"{name} holds what is no number: give one number for each row")


def number(name: str, value: Any) -> float:
    """One value as a float; masked, None and NA become NaN.

    Raises
    ------
    UsageError
        If it is no number.

    Examples
    --------
    >>> number("x", 2), number("x", None)
    (2.0, nan)
    """
    if isinstance(value, float | int):  # the usual case, often asked
        return float(value)
    found = numbers(name, [value])
    if found.size != 1:
        raise UsageError(f"{name} is {value!r}: give one number")
    return float(found.ravel()[0])


def table(name: str, columns: Any) -> dict[str, Any]:
    """The columns of a mapping or of a table (pandas, Polars, Arrow), by name.

    Raises
    ------
    UsageError
        If it is no table, or two columns have one name.

    Examples
    --------
    >>> table("prices", {"A": [1.0], 2: [3.0]})
    {'A': [1.0], '2': [3.0]}
    """
    if not (isinstance(columns, Mapping) or hasattr(columns, "columns")):
        raise UsageError(f"{name} is no table: give a dict or a DataFrame of columns by symbol")
    found: dict[str, Any] = {}
    for label, values in _columns(columns):
        if str(label) in found:
            raise UsageError(f"{name} has two columns {str(label)!r}: keep one, or rename it")
        found[str(label)] = values
    return found


def aligned(columns: dict[str, Column]) -> list[Vector]:
    """Values of the rows that all columns with an index have.

    Parameters
    ----------
    columns : dict of str to Column
        By name, for errors. One without an index is aligned by position, if the others have the
        same rows. A default index (0, 1, …) is ignored beside one of times.

    Returns
    -------
    list of Vector
        In the order given.

    Raises
    ------
    UsageError
        If an index decreases or repeats, if indexes cannot be compared, or share no row.

    Warns
    -----
    RowsDropped
        If a column has rows that another one lacks.

    Examples
    --------
    >>> aligned({"y": Column(np.ones(2), None), "x": Column(np.zeros(2), None)})
    [array([1., 1.]), array([0., 0.])]
    """
    known = {name: one.index for name, one in columns.items() if one.index is not None}
    for name, index in known.items():
        _require_rising(name, index)
    if len({_kind(index) for index in known.values()}) > 1:
        known = {name: index for name, index in known.items() if not _counts(index)}
    if _agree(list(known.values())):
        return [one.values for one in columns.values()]
    _require_comparable(known)
    if without := [name for name in columns if name not in known]:
        raise UsageError(
            f"{_listed(known)} have different rows and {without[0]} has no index to pair it by:"
            " give all an index, or none"
        )
    return _common({name: columns[name] for name in known})


def same_rows(columns: dict[str, Column], *, is_ordered: bool) -> list[Vector]:
    """Values of the columns of one table, whose rows may repeat a time, as trades do.

    Parameters
    ----------
    columns : dict of str to Column
    is_ordered : bool
        Whether the rows have to be in the order of their index.

    Raises
    ------
    UsageError
        If two of them have an index, and not the same; or if it falls where order matters.

    Examples
    --------
    >>> both = {"price": Column(np.ones(2), None), "qty": Column(np.zeros(2), None)}
    >>> same_rows(both, is_ordered=True)
    [array([1., 1.]), array([0., 0.])]
    """
    known = {name: one.index for name, one in columns.items() if one.index is not None}
    falling = [name for name, index in known.items() if not index.is_monotonic_increasing]
    if is_ordered and falling:
        raise UsageError(f"the index of {falling[0]} falls: sort the trades by id, or by time")
    if not _agree(list(known.values())):
        raise UsageError(f"{_listed(known)} have different rows: give columns of one table")
    return [one.values for one in columns.values()]


def _plain(values: Any) -> NDArray[Any]:
    """As numpy holds it, and NaN for what is missing."""
    if isinstance(values, np.ma.MaskedArray):
        return np.ma.filled(values.astype(np.float64), np.nan)
    if hasattr(values, "isna") and not isinstance(getattr(values, "dtype", None), np.dtype):
        return np.where(values.isna(), np.nan, values.to_numpy(dtype=object))  # pandas' own types
    array = np.asarray(values)
    pandas = sys.modules.get("pandas")
    if array.dtype == object and pandas:  # pd.NA among other things
        return np.where(pandas.isna(array), np.nan, array)
    return array


def _columns(columns: Any) -> Iterator[tuple[Any, Any]]:
    """Name and values of each column."""
    if hasattr(columns, "items"):
        yield from columns.items()
    elif hasattr(columns, "column_names"):
        yield from zip(columns.column_names, columns.columns, strict=True)
    else:
        yield from ((name, columns[name]) for name in columns.columns)


def _require_rising(name: str, index: Any) -> None:
    """Raise if an index decreases or repeats."""
    if not index.is_monotonic_increasing:
        raise UsageError(f"the index of {name} does not rise: sort it with sort_index()")
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise UsageError(f"the index of {name} holds {twice} twice: keep one row of each")


def _kind(index: Any) -> str:
    """What its labels can be compared with."""
    kind = str(getattr(index, "inferred_type", ""))
    if kind.startswith("datetime"):
        return "times with a zone" if getattr(index, "tz", None) else "times without a zone"
    return "numbers" if kind in ("integer", "floating", "mixed-integer-float") else kind


def _counts(index: Any) -> bool:
    """Whether it is a default index (0, 1, …)."""
    return type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1)


def _agree(indexes: list[Any]) -> bool:
    """Whether there is nothing to align: the same rows, or a count of them, or one index."""
    first = indexes[0] if indexes else None
    return all(one is first or one.equals(first) for one in indexes) or all(map(_counts, indexes))


def _require_comparable(indexes: dict[str, Any]) -> None:
    """Raise for times beside numbers, and for times with a zone beside times without."""
    kinds = {name: _kind(index) for name, index in indexes.items()}
    if len(set(kinds.values())) > 1:
        (first, one), *rest = kinds.items()
        second, other = next((name, kind) for name, kind in rest if kind != one)
        raise UsageError(
            f"the index of {first} holds {one}, that of {second} {other}: make them alike"
        )


def _common(columns: dict[str, Column]) -> list[Vector]:
    """The common rows, with a warning about dropped ones."""
    indexes = {name: _utc(one.index) for name, one in columns.items()}
    common = functools.reduce(lambda left, right: left.intersection(right), indexes.values())
    n = len(common)
    if n == 0:
        raise UsageError(f"{_listed(indexes)} have no row of their indexes in common")
    if any(len(index) > n for index in indexes.values()):
        counts = ", ".join(f"{name} has {len(index)}" for name, index in indexes.items())
        text = f"kept the {n} rows that {_listed(indexes)} have in common ({counts})"
        warnings.warn(RowsDropped(text), stacklevel=_outside())
    return [columns[name].values[index.get_indexer(common)] for name, index in indexes.items()]


def _utc(index: Any) -> Any:
    """Times of any zone in one zone."""
    return index.tz_convert("UTC") if getattr(index, "tz", None) else index


def _listed(names: "dict[str, Any]") -> str:
    """``y and x``, or ``a, b and c``."""
    *most, last = names
    return f"{', '.join(most)} and {last}"


def _outside() -> int:
    """Stack level of the caller of this package, so that the warning shows their line."""
    frame, level = inspect.currentframe(), 0
    while frame and frame.f_globals.get("__name__", "").startswith("quantlive_nb.analytics."):
        frame, level = frame.f_back, level + 1
    return level
