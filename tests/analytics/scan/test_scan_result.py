"""The table of a scan, as a reader uses it."""

import numpy as np
import pytest

from quantlive_nb.analytics.scan.scan import scan
from quantlive_nb.analytics.scan.scan_result import COLUMNS


@pytest.fixture(scope="module")
def result():
    """Three walks, one of them with a cointegrated companion."""
    rng = np.random.default_rng(3)
    logs = 0.01 * rng.normal(size=(3, 400)).cumsum(axis=1)
    logs = np.array([*logs, 0.5 * logs[0] + 0.01 * rng.normal(size=400)])
    return scan(dict(zip("ABCD", np.exp(logs), strict=True)), lags=1)


def test_to_pandas_has_every_column(result):
    """One row for each pair, in the same order."""
    table = result.to_pandas()

    assert tuple(table.columns) == COLUMNS
    assert len(table) == len(result) == 12
    np.testing.assert_array_equal(table["stat"], result.stat)
    assert table["lags"].dtype == np.int64


def test_discoveries_go_by_q_alone(result):
    """Two of the pairs are real; what remains is the whole story of how they were found."""
    found = result.discoveries()

    assert {tuple(pair) for pair in zip(found.y, found.x, strict=True)} == {("A", "D"), ("D", "A")}
    assert (found.q <= 0.05).all()
    assert (found.n_pairs, found.n_done, found.n_train) == (12, 12, 280)
    assert len(result.discoveries(level=1.0)) == 12


def test_rows_can_be_chosen_and_ordered(result):
    """As a table that is sorted by a click asks for."""
    by_hurdle = result.only(np.argsort(result.hurdle)[::-1])

    assert (np.diff(by_hurdle.hurdle) <= 0).all()
    assert sorted(by_hurdle.p) == list(result.p)


def test_repr_tells_what_was_found(result):
    """Pairs, discoveries and the best; nothing about troubles there were none of."""
    best = f"best {result.y[0]} on {result.x[0]} q=0.000"

    assert repr(result) == f"ScanResult(12 pairs; 2 at q ≤ 0.05; {best})"


def test_columns_cannot_be_written(result):
    """What was found stays what was found."""
    parts = [getattr(one, name) for one in (result, result.discoveries()) for name in COLUMNS]

    assert not any(part.flags.writeable for part in parts)
