"""The export."""

from quantlive_nb.view.controls.export_controls import ExportPanel, mime
from quantlive_nb.view.widgets.widget_tree import family


class Told:
    """A controller that keeps what it is told."""

    def export(self, *args):
        """The only wish there is."""
        self.told = args


def test_download_asks_for_what_was_chosen():
    """What and format are handed on."""
    told = Told()
    panel = ExportPanel(told)
    panel.what.value, panel.format.value = "analytics", "parquet"
    button = next(x for x in family(panel.box) if getattr(x, "description", "") == "Download")
    button.click()

    assert told.told == ("analytics", "parquet")
    assert all(x.description and x.tooltip for x in (panel.what, panel.format, button))


def test_media_types():
    """By the end of the name; what is unknown is bytes."""
    assert mime("a.csv").startswith("text/csv")
    assert mime("a.parquet").endswith("parquet")
    assert mime("a") == "application/octet-stream"
