"""What Voilà is told by name in ``notebooks/voila.json``: the socket that sends at once.

This file knows no market and no page. The settings have one place, ``notebooks/voila.json``: both
``quantlive`` and a plain ``voila`` that is run in that folder read them. Each has its reason:

- ``disable_check_xsrf``: no page of Voilà's has the cookie, so its farewell would be refused and
  every reload would leak a kernel. There is nothing else that can be posted but a token.
- ``kernel_websocket_connection_class``: the parts of a refresh are several messages, and each
  would wait for the answer to the one before (50 ms a refresh, measured).
- ``file_allowlist``, ``file_denylist``: no file of the folder is served, whatever it is.
- ``iopub_timeout``: where many visitors come at once, what a cell shows may be seconds behind its
  end; Voilà would go on without it, and the page stay empty.
- ``buffer_offline_messages``: nothing is kept for a page that is gone.
- ``default_provisioner_name``: kernels are forked from one that has imported all
  (``quantlive_nb.kernel``).
- ``cull_idle_timeout``, ``cull_interval``: a kernel whose page said no farewell falls silent by
  itself (``quantlive_nb.view.visit``) and is ended then.
- ``fill_delay``: the next kernel is warmed once the page that took the last one is drawn.
- ``extension_denylist``: one that cannot load in Voilà's shell and says so in every console, and
  one that colours sources, which no page shows.
"""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import HTTPError

__all__ = ["PromptConnection"]

SPOKEN = "v1.kernel.websocket.jupyter.org"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A page's connection to its kernel, without Nagle's delay."""

    async def prepare(self) -> None:
        """Refuse whoever does not speak as a page does.

        Voilà reads every answer as one in that protocol. In an answer of the older one it finds a
        length that is none, and its loop, which serves all visitors, never comes to the end of it.

        Raises
        ------
        HTTPError
        """
        offered = self.websocket_handler.request.headers.get_list("Sec-WebSocket-Protocol")
        if SPOKEN not in ",".join(offered):
            raise HTTPError(400, f"a page's connection speaks {SPOKEN}")
        await super().prepare()  # type: ignore[no-untyped-call]

    def connect(self) -> Any:
        """Connect, once small messages are no longer held back."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
