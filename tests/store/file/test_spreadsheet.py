"""Cells that a spreadsheet would run."""

import duckdb
import pytest

from quantlive_nb.store.file.spreadsheet import FIRST, defused, defused_sql


@pytest.mark.parametrize("sign", FIRST)
def test_every_beginning_of_a_formula_is_neutralised(sign):
    """In Python and in SQL alike, and only at the beginning."""
    texts = [f"{sign}1+1", sign, f"a{sign}b", "", "'"]
    ((cells,),) = duckdb.execute(
        f"SELECT list(t) FROM ({defused_sql('SELECT unnest($texts) AS t', ['t'])})",
        {"texts": texts},
    ).fetchall()

    assert cells == [defused(text) for text in texts]
    assert cells == [f"'{sign}1+1", f"'{sign}", f"a{sign}b", "", "'"]


def test_nothing_else_is_changed():
    """Neither other columns nor the order of the rows, nor a cell that is missing."""
    values = "VALUES ('b', -1.5), (NULL, 2.5), ('=a', -3.5)"
    query = f"SELECT * FROM ({values}) AS v(t, n) ORDER BY n DESC"
    rows = duckdb.sql(defused_sql(query, ["t"])).fetchall()

    assert [(t, float(n)) for t, n in rows] == [(None, 2.5), ("b", -1.5), ("'=a", -3.5)]
