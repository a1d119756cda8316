"""An answer to a REST request, before it is encoded as HTTP."""

import json
from typing import NamedTuple

__all__ = ["Reply", "compact"]

JSON = "application/json;charset=UTF-8"


def compact(body: object) -> str:
    """JSON as the exchange writes it.

    Examples
    --------
    >>> compact({"code": -1121, "msg": "Invalid symbol."})
    '{"code":-1121,"msg":"Invalid symbol."}'
    """
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


class Reply(NamedTuple):
    """Status, content and headers.

    Attributes
    ----------
    status : int
    body : str
    used_weight : int or None
        Of this minute; None where the exchange itself was not reached.
    retry_after_s : float or None, seconds
        When to retry.
    kind : str
        The content type.
    is_cut : bool
        Whether the connection breaks within the body.

    Examples
    --------
    >>> Reply(200, "{}", 1).retry_after_s is None
    True
    """

    status: int
    body: str
    used_weight: int | None = None
    retry_after_s: float | None = None
    kind: str = JSON
    is_cut: bool = False
