"""The WebSocket server of a toy exchange, whose ids are texts."""

import contextlib
import json
import threading

from websockets.sync.server import serve

from tests.tape import START


class Server:
    """The exchange: tells everybody each trade, and who connects its newest two."""

    def __init__(self):
        self.told, self.open, self.n_connections = [], [], 0
        self._change = threading.Condition()
        self._server = serve(self._talk, "127.0.0.1", 0)
        self.ws_url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _talk(self, ws):
        """One connection: until it ends, it is told what trades."""
        wanted = json.loads(ws.recv())
        ws.send(json.dumps({"type": "subscribed", "markets": wanted["markets"]}))
        with self._change:
            if self.told:
                ws.send(text(*self.told[-2:]))
            self.open.append(ws)
            self.n_connections += 1
            self._change.notify_all()
        with contextlib.suppress(Exception):
            while True:
                ws.recv()
        with self._change:
            self.open.remove(ws)

    def trade(self, *ids):
        """Make trades with these ids, half a second after one another, in one message."""
        with self._change:
            assert self._change.wait_for(lambda: self.open, 30)
            made = [(name, len(self.told) + n) for n, name in enumerate(ids)]
            self.told += made
            for ws in self.open:
                ws.send(text(*made))

    def drop(self, missed):
        """Cut every connection; before the next, a trade happens that nobody is told."""
        with self._change:
            before, cut = self.n_connections, [*self.open]
            self.told += [(name, len(self.told)) for name in missed]
        for ws in cut:
            ws.close()
        self.wait_connections(before + 1)

    def wait_connections(self, n):
        """Wait until so many connections were made."""
        with self._change:
            assert self._change.wait_for(lambda: self.n_connections >= n, 30)

    def close(self):
        """End it."""
        self._server.shutdown()
        for ws in [*self.open]:
            ws.close()
        self._thread.join()


def text(*trades):
    """The message that tells trades."""
    rows = [
        {"id": name, "price": "1.5", "size": "2", "taker": "buy", "time": START // 1_000 + 500 * n}
        for name, n in trades
    ]
    return json.dumps({"type": "trades", "market": "BTCUSD", "trades": rows})
