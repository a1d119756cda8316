"""The progress of a backfill, with a button to cancel it and one to fetch what was skipped."""

import math

import ipywidgets as w

from quantlive_nb.health import Health
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.widgets.form import button, toggle

__all__ = ["BackfillProgress", "progress"]


class BackfillProgress:
    """A progress bar while history is fetched, and a button for skipped trades.

    Attributes
    ----------
    box : Widget
        The bar with its Cancel; hidden when nothing is fetched.
    more : Widget
        The button; hidden when nothing was skipped.
    """

    def __init__(self, controller: Controller) -> None:
        self._bar = w.HTML()
        text = "Stop fetching history; trades fetched so far are kept"
        cancel = button("fill-cancel", "Cancel", text, controller.cancel_fill)
        self.box = w.Box([self._bar, cancel]).add_class("ql-filling").add_class("ql-hidden")
        text = "Fetch the skipped trades too; it can be cancelled"
        self.more = button("fill", "Fill", text, controller.fill).add_class("ql-hidden")

    def draw(self, health: Health) -> None:
        """Show the progress of the backfill, if one runs."""
        is_filling = math.isfinite(health.filled)
        if is_filling:
            self._bar.value = progress(health.filled)
        toggle(self.box, "ql-hidden", is_on=not is_filling)
        toggle(self.more, "ql-hidden", is_on=is_filling or not health.n_skipped)


def progress(filled: float) -> str:
    """The bar and its text; it is never full before the backfill is.

    Parameters
    ----------
    filled : float
        0 to 1.
    """
    percent = math.floor(100 * min(max(filled, 0.0), 1.0))
    values = f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}"'
    return (
        f'<span>filling history <b class="ql-filled">{percent} %</b></span>'
        f'<div class="ql-progress" role="progressbar" aria-label="filling history" {values}>'
        f'<div style="width:{percent}%"></div></div>'
    )
