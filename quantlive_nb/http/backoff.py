"""When to try again and how long to wait: one function and one generator.

This file knows nothing of what is being tried.
"""

import random
from collections.abc import Iterator

from websockets.exceptions import (
    ConnectionClosed,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)

from quantlive_nb.errors import FeedStalled
from quantlive_nb.http.refusal import FINAL, refusal

__all__ = ["backoff", "is_transient", "sentence"]


def backoff(
    first_s: float = 0.5, cap_s: float = 30.0, seed: "int | None" = None
) -> Iterator[float]:
    """Seconds to wait before each attempt: doubling, capped, jittered by half.

    Notes
    -----
    At most 25 attempts fit into 5 minutes, in which exchanges allow hundreds.

    Examples
    --------
    >>> waits = backoff(seed=1)
    >>> [0.25 <= next(waits) <= 0.5, 0.5 <= next(waits) <= 1.0]
    [True, True]
    >>> max(next(waits) for _ in range(50)) <= 30.0
    True
    """
    chance = random.Random(seed)  # noqa: S311  jitter, not a secret
    wait = first_s
    while True:
        yield wait * (0.5 + 0.5 * chance.random())
        wait = min(wait * 2, cap_s)


def is_transient(error: BaseException) -> bool:
    """Whether trying again can help.

    Examples
    --------
    >>> is_transient(ConnectionResetError()), is_transient(TimeoutError()), is_transient(KeyError())
    (True, True, False)
    """
    if isinstance(error, InvalidStatus):
        return error.response.status_code not in FINAL
    if isinstance(error, InvalidURI):
        return False
    return isinstance(error, OSError | EOFError | WebSocketException | FeedStalled)


def sentence(error: BaseException, alternative: str = "") -> str:
    """What went wrong, for the status strip.

    Parameters
    ----------
    error : BaseException
    alternative : str
        Another source, to be named to a user where the exchange may not serve.

    Examples
    --------
    >>> sentence(ConnectionRefusedError(111, "Connect call failed"))
    'cannot be reached (Connect call failed)'
    >>> sentence(TimeoutError())
    'did not answer in time'
    """
    if isinstance(error, FeedStalled):
        return f"silent for {error.silent_s:.0f} s"
    if isinstance(error, InvalidStatus):
        code = error.response.status_code
        return refusal(code, alternative)
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, ConnectionClosed):
        return "the connection was lost"
    if isinstance(error, OSError):
        return f"cannot be reached ({error.strerror or error})"
    return str(error) or type(error).__name__
