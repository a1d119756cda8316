"""The subscriptions of one connection, and the answers to its control messages."""

import json
import re
from collections.abc import Iterable
from typing import Self
from urllib.parse import unquote, urlsplit

__all__ = ["Subscriptions"]

N_STREAMS_MOST = 1_024
METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
ID_TEXT = re.compile(r"[A-Za-z0-9_-]{1,36}")


class Refusal(Exception):
    """A bad request; the message is the body of the answer."""

    def __init__(self, code: int, why: str, **more: object) -> None:
        super().__init__(_compact({"code": code, "msg": why, **more}))


class Subscriptions:
    """Streams of one connection, in order of subscription.

    Parameters
    ----------
    combined : bool
        Whether events come in the ``{"stream":..,"data":..}`` envelope.
    streams : iterable of str

    Notes
    -----
    Error bodies are those of the exchange's documents, which repeat the request's id for
    ``Unknown property`` only. The documents do not say how the 1 025th stream is refused; here the
    whole request is, as ``too many parameters``. An unknown stream is acknowledged and stays
    silent.

    Examples
    --------
    >>> mine = Subscriptions(True, ["btcusdt@trade"])
    >>> mine.answer('{"method":"SUBSCRIBE","params":["ethusdt@trade"],"id":1}')
    '{"result":null,"id":1}'
    >>> mine.answer('{"method":"LIST_SUBSCRIPTIONS","id":"x"}')
    '{"result":["btcusdt@trade","ethusdt@trade"],"id":"x"}'
    """

    def __init__(self, combined: bool, streams: Iterable[str] = ()) -> None:
        self.combined = combined
        self.streams = dict.fromkeys(streams)

    @classmethod
    def of_path(cls, target: str) -> Self | None:
        """The subscriptions of a URL path; None if there is no such endpoint.

        Examples
        --------
        >>> list(Subscriptions.of_path("/stream?streams=a%40trade/b@trade").streams)
        ['a@trade', 'b@trade']
        >>> Subscriptions.of_path("/api") is None
        True
        """
        url = urlsplit(target)
        path = unquote(url.path)
        if path.rstrip("/") == "/stream":
            fields = dict(field.partition("=")[::2] for field in url.query.split("&"))
            names = unquote(fields.get("streams", ""))  # a plus sign is not a space here
        elif path.rstrip("/") == "/ws" or path.startswith("/ws/"):
            names = path.removeprefix("/ws")
        else:
            return None
        return cls(path.startswith("/stream"), filter(None, names.split("/")))

    @property
    def is_excessive(self) -> bool:
        """Whether these exceed the streams allowed per connection."""
        return len(self.streams) > N_STREAMS_MOST

    def answer(self, text: str) -> str:
        """Execute one control message and return the reply."""
        try:
            request = _read(text)
            result = self._carry_out(str(request["method"]), request.get("params"), request["id"])
        except Refusal as refusal:
            return str(refusal)
        return _compact({"result": result, "id": request["id"]})

    def _carry_out(self, method: str, params: object, number: object) -> object:
        """The ``result`` of a request."""
        if method == "LIST_SUBSCRIPTIONS":
            if params:
                raise Refusal(2, "Invalid request: too many parameters")
            return list(self.streams)
        if not isinstance(params, list):
            raise Refusal(2, "Invalid request: missing field `params`")
        if method in ("SET_PROPERTY", "GET_PROPERTY"):
            return self._property(params, setting=method == "SET_PROPERTY", number=number)
        if not all(isinstance(stream, str) for stream in params):
            raise Refusal(2, "Invalid request: invalid type, expected a string")
        if method == "SUBSCRIBE":
            self._subscribe(params)
        else:
            for stream in params:
                self.streams.pop(stream, None)
        return None

    def _subscribe(self, streams: list[str]) -> None:
        wanted = self.streams | dict.fromkeys(streams)
        if len(wanted) > N_STREAMS_MOST:
            raise Refusal(2, "Invalid request: too many parameters")
        self.streams = wanted

    def _property(self, params: list[object], setting: bool, number: object) -> bool | None:
        """Set or get ``combined``, the only property."""
        if not params or not isinstance(params[0], str):
            raise Refusal(2, "Invalid request: property name must be a string")
        if len(params) > 1 + setting:
            raise Refusal(2, "Invalid request: too many parameters")
        if params[0] != "combined":
            raise Refusal(0, "Unknown property", id=number)
        if not setting:
            return self.combined
        if len(params) < 2 or not isinstance(params[1], bool):
            raise Refusal(1, "Invalid value type: expected Boolean")
        self.combined = params[1]
        return None


def _compact(body: object) -> str:
    """JSON as the exchange writes it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _read(text: str) -> dict[str, object]:
    """The request in a message, with a known method and a proper id."""
    try:
        request = json.loads(text)
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno} column {exc.colno}"
        raise Refusal(3, f"Invalid JSON: expected value at {where}") from exc
    if not isinstance(request, dict) or "method" not in request:
        where = f"line 1 column {len(text)}"
        raise Refusal(2, f"Invalid request: missing field `method` at {where}")
    if request["method"] not in METHODS:
        named = json.dumps(request["method"], ensure_ascii=False)
        column = text.find(named) + len(named)
        raise Refusal(
            2,
            f"Invalid request: unknown variant `{request['method']}`, expected one of "
            f"{', '.join(f'`{method}`' for method in METHODS)} at line 1 column {column}",
        )
    if not _is_id(request.get("id", ...)):
        raise Refusal(2, "Invalid request: request ID must be an unsigned integer")
    return request


def _is_id(number: object) -> bool:
    """Whether this is a 64-bit integer, a short alphanumeric string, or null."""
    if isinstance(number, str):
        return ID_TEXT.fullmatch(number) is not None
    if isinstance(number, int) and not isinstance(number, bool):
        return -(2**63) <= number < 2**63
    return number is None
