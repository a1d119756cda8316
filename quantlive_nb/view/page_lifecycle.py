"""The lifecycle of a page: starts its Live when a browser comes, closes it after all have left."""

from collections.abc import Callable

from quantlive_nb.live.lifecycle import State
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.page_client import Client, is_pooled

__all__ = ["PageLifecycle"]


class PageLifecycle:
    """From the first display of a page to the last message of its browser.

    Parameters
    ----------
    controller : Controller
    started : callable
        Called after a new Live is started: only then it knows its symbols.

    Notes
    -----
    Voilà can start a kernel before its page is requested. It then opens, requests and sends nothing
    until a browser has sent a message; it only imports what the first page needs. If under Voilà no
    browser has sent a message for long, the Live is closed and nothing is sent, so that the kernel
    is idle and the server can end it.
    """

    def __init__(self, controller: Controller, started: Callable[[], None]) -> None:
        self._controller, self._started = controller, started
        self._is_begun = self._is_over = False

    def show(self) -> None:
        """Prepare for a page that is about to be built."""
        if is_pooled():
            self._controller.live.warm()
        else:
            self._begin()

    def attend(self, client: Client) -> bool:
        """Whether a page needs drawing, now or soon."""
        if self._is_over or client.is_awaited:
            return False
        if client.is_orphaned:
            self._end()
            return False
        if not self._is_begun:
            self._begin()
        return True

    def _begin(self) -> None:
        """Start a new Live, and load its symbols."""
        self._is_begun = True
        live = self._controller.live
        if live.state is State.NEW:
            live.start()
            self._started()
        self._controller.ask_listed()

    def _end(self) -> None:
        """Close the Live; the widgets stay, and a page that comes back shows STALE."""
        self._is_over = True
        self._controller.stop()
        self._controller.live.close("nobody was looking")
