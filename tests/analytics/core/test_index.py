"""Values and labels of whatever holds numbers; the laws of all analytics are in the contract."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from quantlive_nb.analytics.core.index import (
    Column,
    aligned,
    column,
    number,
    numbers,
    same_rows,
    table,
)
from quantlive_nb.errors import RowsDropped, UsageError

T = pd.date_range("2024-08-09", periods=6, freq="s", tz="UTC")


def of(values, index):
    """A column with an index."""
    return Column(np.asarray(values, np.float64), index)


@pytest.mark.parametrize(
    "values",
    [
        [1, None],
        [1, pd.NA],
        [Decimal(1), None],
        np.ma.masked_array([1, 99], [False, True]),
        np.ma.masked_array([1.0, 99.0], [False, True]),
        pd.array([1, pd.NA], "Int64"),
        pd.Series([1.0, None], dtype="Float64"),
        pd.Series([True, pd.NA], dtype="boolean"),
        pd.Series([1, None], dtype=object),
    ],
)
def test_what_is_missing_is_nan(values):
    """None, NA and what a mask hides, in every kind of array."""
    assert np.array_equal(numbers("x", values), [1.0, np.nan], equal_nan=True)


@pytest.mark.parametrize("values", [T, np.array(["2024"], "M8[s]"), [1j], ["x"], {1: 2}, object()])
def test_what_is_no_number(values):
    """A time is no price, and text is none."""
    with pytest.raises(UsageError, match=r"^x holds what is no number"):
        numbers("x", values)


def test_one_number():
    """A masked one is missing, a list is none."""
    assert np.isnan(number("x", np.ma.masked))
    assert number("x", np.float32(2)) == 2.0
    with pytest.raises(UsageError, match="give one number"):
        number("x", [1, 2])


def test_an_index_is_kept():
    """Of a Series; the method index of a list is none."""
    assert column("x", pd.Series([1.0], T[:1])).index is not None
    assert column("x", [1.0]).index is None


def test_zones_are_compared_by_the_moment():
    """The same moments in two zones are the same rows."""
    y, x = aligned(
        {"y": of(range(6), T), "x": of(range(6), T.tz_convert("Asia/Tokyo").as_unit("ns"))}
    )

    assert y.tolist() == x.tolist()


def test_sliced_default_indexes_are_labels():
    """Rows 2 to 5 beside rows 0 to 3 have two rows in common, of whatever length they are."""
    with pytest.warns(RowsDropped, match=r"^kept the 2 rows .*\(y has 4, x has 4\)$"):
        y, x = aligned(
            {"y": of([2, 3, 4, 5], pd.RangeIndex(2, 6)), "x": of([0, 1, 2, 3], pd.RangeIndex(4))}
        )

    assert y.tolist() == x.tolist() == [2.0, 3.0]


def test_three_with_one_that_has_no_index():
    """Where two have to be aligned, a third without labels cannot be."""
    with pytest.raises(UsageError, match="z has no index to pair it by"):
        aligned({"y": of([1], T[:1]), "x": of([1], T[1:2]), "z": Column(np.ones(1), None)})


def test_nothing_in_common():
    """It is said, and nothing is computed of no rows."""
    with pytest.raises(UsageError, match="y and x have no row of their indexes in common"):
        aligned({"y": of([1], T[:1]), "x": of([1], T[1:2])})


@pytest.mark.parametrize("is_ordered", [False, True])
def test_columns_of_one_table(is_ordered):
    """The same labels may repeat; other labels are another table."""
    twice = {"y": of([1, 2, 3], T[[0, 0, 1]]), "x": of([1, 2, 3], T[[0, 0, 1]])}
    assert len(same_rows(twice, is_ordered=is_ordered)) == 2
    with pytest.raises(UsageError, match="y and x have different rows"):
        same_rows({"y": of([1], T[:1]), "x": of([1], T[1:2])}, is_ordered=is_ordered)


class ArrowTable:
    """What pyarrow's Table has: names, columns in their order, and no items."""

    column_names = ("A", "A")
    columns = ([1.0], [2.0])


def test_two_columns_of_one_name():
    """A number and its text are one name, and one of them would be lost."""
    for columns in ({1: [1.0], "1": [2.0]}, ArrowTable()):
        with pytest.raises(UsageError, match="prices has two columns"):
            table("prices", columns)


@pytest.mark.parametrize("columns", [None, 5, "AB", [("A", [1.0])], np.ones((2, 2))])
def test_no_table(columns):
    """A list or a matrix has no names."""
    with pytest.raises(UsageError, match="prices is no table"):
        table("prices", columns)
