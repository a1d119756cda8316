"""The shipped notebooks: they run from top to bottom without a network, and are kept clean."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


SAYS = {
    "tour": ("OLSFit(beta=", "'True'", "warming up 12/"),
    "edit_live": ("NameError: name",),
    "statistics": ("causal ✓", "reads the future", "the worse:", "LineFit("),
    "scan": ("ScanResult(30 pairs", "p are below 5 %", "ScanResult(1,560 pairs; 0 at q"),
}
"""What a notebook promises in its text, and must then show."""


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path, monkeypatch, tmp_path):
    """A stranger on a plane runs every cell; none fails, and each shows what the text says."""
    monkeypatch.setenv("QUANTLIVE_SOURCE", "simulated")
    book = nbformat.read(path, as_version=4)
    has_page = any("ql.Dashboard(live)" in cell.source for cell in book.cells)
    if has_page:
        book.cells.append(nbformat.v4.new_code_cell("print('state:', live.state.name)"))
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = "".join(str(cell.get("outputs", "")) for cell in book.cells)

    assert all(cell.execution_count for cell in book.cells if cell.cell_type == "code")
    assert [text for text in SAYS.get(path.stem, ()) if text not in shown] == []
    assert ("state: RUNNING" in shown) == has_page  # Run All ends with a page that lives


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_committed_clean(path):
    """No outputs and no counts, and cells of at most 15 lines."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
            assert len(cell.source.splitlines()) <= 15
