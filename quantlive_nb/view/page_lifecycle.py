"""A visit: the Live of a page is started for whoever comes, and closed once all have gone.

This file draws nothing; it knows the client's word and the Live's verbs.
"""

from collections.abc import Callable

from quantlive_nb.live.lifecycle import State
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.page_client import Client, is_pooled

__all__ = ["PageLifecycle"]


class PageLifecycle:
    """From the first showing of a page to the last word of its browser.

    Parameters
    ----------
    desk : Controller
    started : callable
        Called once a Live that was new is started: only now it knows its symbols.

    Notes
    -----
    Voilà can warm a kernel before anybody asks for the page. There nothing is opened, asked or sent
    until a browser has said a word; only what the first look needs is loaded. When under Voilà no
    browser has said one for long, the Live is closed and nothing is sent any more, so that the
    kernel is idle and the server can end it.
    """

    def __init__(self, desk: Controller, started: Callable[[], None]) -> None:
        self._desk, self._started = desk, started
        self._is_begun = self._is_over = False

    def show(self) -> None:
        """The page is about to be made."""
        if is_pooled():
            self._desk.live.warm()
        else:
            self._begin()

    def attend(self, client: Client) -> bool:
        """Whether there is somebody to draw for, now or soon."""
        if self._is_over or client.is_awaited:
            return False
        if client.is_orphaned:
            self._end()
            return False
        if not self._is_begun:
            self._begin()
        return True

    def _begin(self) -> None:
        """Start a Live that is new, and ask it what there is."""
        self._is_begun = True
        live = self._desk.live
        if live.state is State.NEW:
            live.start()
            self._started()
        self._desk.ask_listed()

    def _end(self) -> None:
        """Close the Live; the widgets stay, and a page that comes back all the same says STALE."""
        self._is_over = True
        self._desk.stop()
        self._desk.live.close("nobody was looking")
