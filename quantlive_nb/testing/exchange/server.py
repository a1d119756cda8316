"""The exchange's port: handshakes, control messages, and REST over plain HTTP.

Used on one event loop only.
"""

import asyncio
import contextlib
import http
import logging
import time
from weakref import WeakSet

from websockets.asyncio.server import Server as Listener
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from quantlive_nb.testing.exchange.clients import Clients
from quantlive_nb.testing.exchange.counters import Control, Counters
from quantlive_nb.testing.exchange.subscriptions import Subscriptions
from quantlive_nb.testing.rest.reply import Reply
from quantlive_nb.testing.rest.rest import Rest

__all__ = ["Server"]

_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())  # clients that vanish are no news to a test's stderr


class Server:
    """Handshakes, control messages and REST, on one port.

    Parameters
    ----------
    rest : Rest
        Answers plain HTTP.
    clients : Clients
        Receives accepted connections.
    counters : Counters
        Where everything that happens is counted.

    Attributes
    ----------
    refusal : int or None
        HTTP status that refuses every handshake.

    Examples
    --------
    >>> from quantlive_nb.testing.market.market import Market
    >>> counters = Counters()
    >>> Server(Rest(Market()), Clients(counters), counters).refusal is None
    True
    """

    def __init__(self, rest: Rest, clients: Clients, counters: Counters) -> None:
        self._rest = rest
        self._clients = clients
        self._counters = counters
        self._sockets: WeakSet[ServerConnection] = WeakSet()
        self._leaving = asyncio.Event()
        self.refusal: int | None = None

    def listen(self, host: str, port: int) -> Listener:
        """An async context manager that accepts connections."""
        everyone, leaving = self._sockets, self._leaving

        class Socket(ServerConnection):
            """A connection that is registered before its first request."""

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                everyone.add(self)
                if leaving.is_set():
                    self.transport.abort()

        return serve(
            self._attend,
            host,
            port,
            create_connection=Socket,
            process_request=self._receive,
            compression=None,
            ping_interval=20,
            ping_timeout=60,
            open_timeout=60,  # a REST answer may be delayed so long
            close_timeout=1,
            write_limit=0,  # flushed means taken by the network
            logger=_LOGGER,
        )

    async def farewell(self, listener: Listener) -> None:
        """Close every connection without waiting for requests or answers.

        No connection is accepted any more. One loop turn lets accepted sockets become connections:
        asyncio loses them if the server is closed before.
        """
        self._leaving.set()
        for door in listener.sockets:
            asyncio.get_running_loop().remove_reader(door)
        await asyncio.sleep(0)
        for socket in self._sockets:
            if socket.request is None:
                socket.transport.abort()
        await self._clients.farewell()

    async def hang_up(self) -> None:
        """Release every socket that is still held, and give the loop a turn to do so."""
        for socket in list(self._sockets):
            socket.transport.abort()
        await asyncio.sleep(0)

    async def _receive(self, socket: ServerConnection, request: Request) -> Response | None:
        """Answer plain HTTP and refused handshakes; None lets the WebSocket open."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await self._answer(socket, request.path)
        self._counters.attempted_s.append(time.monotonic())
        if self.refusal is not None:
            self._counters.n_refused += 1
            self._counters.faults["refuse"] += 1
            self._counters.notify()
            return socket.respond(self.refusal, http.HTTPStatus(self.refusal).phrase)
        wanted = Subscriptions.of_path(request.path)
        if wanted is None:
            return socket.respond(404, "Not Found")
        return socket.respond(400, "Too many streams") if wanted.is_excessive else None

    async def _answer(self, socket: ServerConnection, target: str) -> Response:
        """The response to a REST request, delayed by an outage if any."""
        self._counters.requests.append(target)
        self._counters.notify()
        reply = self._rest.answer(target)
        if (delay_s := self._rest.outage.delay_s) > 0:
            self._counters.faults["rest_delay"] += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), delay_s)
        self._counters.answered[reply.status] += 1
        self._counters.notify()
        return _response(socket, reply)

    async def _attend(self, socket: ServerConnection) -> None:
        """Serve one connection, initially subscribed to the streams in its path."""
        target = socket.request.path if socket.request is not None else ""
        subscriptions = Subscriptions.of_path(target) or Subscriptions(combined=True)
        peer = self._clients.enter(socket, subscriptions)
        try:
            async for message in socket:
                text = message if isinstance(message, str) else message.decode(errors="replace")
                now_s = time.monotonic()
                self._counters.control.append(Control(now_s, peer.number, text))
                if peer.is_flooding(now_s):
                    await socket.close(1008, "Too many requests")
                else:
                    await socket.send(subscriptions.answer(text))
                self._clients.refresh()
        except ConnectionClosed:
            pass
        finally:
            self._clients.leave(peer)


def _response(socket: ServerConnection, reply: Reply) -> Response:
    """A reply as HTTP; a truncated one declares its full length."""
    response = socket.respond(reply.status, reply.body)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = reply.kind
    if reply.used_weight is not None:
        response.headers["X-MBX-USED-WEIGHT-1M"] = str(reply.used_weight)
    if reply.retry_after_s is not None:
        response.headers["Retry-After"] = f"{reply.retry_after_s:g}"
    if reply.is_cut:
        response.body = response.body[: len(response.body) // 2]
    return response
