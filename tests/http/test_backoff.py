"""When to try again, how long to wait, and how to say it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Response

from quantlive_nb.errors import FeedStalled
from quantlive_nb.http.backoff import backoff, is_transient, sentence


def status(code):
    """The exchange answers a handshake with this HTTP status."""
    return InvalidStatus(Response(code, "", Headers()))


@given(seed=st.integers(0, 10**6))
def test_waits_double_up_to_a_cap_and_are_jittered(seed):
    """Each wait lies between half of its size and its size, which doubles to 30 s and stays."""
    sizes = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]

    for size, wait_s in zip(sizes, backoff(seed=seed), strict=False):
        assert size / 2 <= wait_s <= size


@given(seed=st.integers(0, 10**6))
def test_five_minutes_of_failure_stay_far_from_the_limit(seed):
    """Binance bans who connects more than 300 times in 5 minutes."""
    elapsed_s = itertools.accumulate(backoff(seed=seed), initial=0.0)

    assert len(list(itertools.takewhile(lambda at_s: at_s < 300, elapsed_s))) <= 25


def test_two_clients_do_not_return_together():
    """After an outage that hit everyone, everyone waits another while."""
    assert next(backoff(seed=1)) != next(backoff(seed=2))


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (EOFError(), True),
        (ConnectionClosedError(None, None), True),
        (InvalidHandshake(), True),
        (FeedStalled("binance", 30.0), True),
        *((status(code), True) for code in (418, 429, 500, 502, 503)),
        *((status(code), False) for code in (400, 401, 403, 404, 451)),
        (InvalidURI("htp://x", "no scheme"), False),
        (KeyError("a slip of ours"), False),
    ],
    ids=repr,
)
def test_what_may_help_is_tried_again(error, transient):
    """The network and the exchange's troubles pass; a refusal, a bad address and a bug do not."""
    assert is_transient(error) is transient


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FeedStalled("binance", 30.0), "silent for 30 s"),
        (status(451), "not offered where you are (HTTP 451): try --source binance-us"),
        (status(403), "its firewall blocks this address"),
        (status(503), "answered HTTP 503"),
        (TimeoutError(), "did not answer in time"),
        (ConnectionClosedError(None, None), "the connection was lost"),
        (ConnectionRefusedError(111, "Connect call failed"), "cannot be reached (Connect call"),
        (OSError("Multiple exceptions"), "cannot be reached (Multiple exceptions)"),
        (KeyError(), "KeyError"),
    ],
    ids=repr,
)
def test_trouble_is_told_in_words(error, said):
    """For the status strip: short, and never empty."""
    assert said in sentence(error, "binance-us")
