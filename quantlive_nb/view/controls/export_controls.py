"""The export controls: what to export, the format, and the button."""

import ipywidgets as w

from quantlive_nb.view.controller import Controller
from quantlive_nb.view.widgets.form import button, field

__all__ = ["ExportPanel", "mime"]

WHAT = ("trades", "bars", "analytics", "alerts")
FORMATS = (("CSV", "csv"), ("Parquet", "parquet"))
MIME = {"csv": "text/csv;charset=utf-8", "parquet": "application/vnd.apache.parquet"}


class ExportPanel:
    """Two choices and a button."""

    def __init__(self, controller: Controller) -> None:
        text = "Trades as recorded, bars and analytics of the pair shown, or the alerts' firings"
        self.what = field(w.Dropdown, "export-what", "What", text, options=WHAT)
        text = "CSV for people and spreadsheets, Parquet for exact types and size"
        self.format = field(w.Dropdown, "export-format", "Format", text, options=FORMATS)
        press = button("download", "Download", "Save the file in this browser", self._export)
        self._controller = controller
        row = w.Box([self.what, self.format, press]).add_class("ql-export-form")
        self.box = w.VBox([w.HTML("<h3>Export</h3>"), row]).add_class("ql-export")

    def _export(self) -> None:
        self._controller.export(self.what.value, self.format.value)


def mime(name: str) -> str:
    """The media type of a file, by its name.

    Examples
    --------
    >>> mime("trades.csv")
    'text/csv;charset=utf-8'
    """
    return MIME.get(name.rpartition(".")[2], "application/octet-stream")
