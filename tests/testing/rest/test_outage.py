"""What can be wrong with REST."""

import json
from collections import Counter

import pytest

from quantlive_nb.testing.rest.outage import Outage
from quantlive_nb.testing.rest.reply import Reply

GOOD = Reply(200, "[]", 1)


def test_without_a_fault_nothing_changes():
    """And nothing is counted."""
    struck = Counter()
    outage = Outage(struck)

    assert outage.refusal() is None
    assert outage.spoil(GOOD) is GOOD
    assert outage.cap(1_000) == 1_000
    assert not struck


@pytest.mark.parametrize(
    ("status", "code"), [(418, -1003), (429, -1003), (451, 0), (500, -1000), (503, -1001)]
)
def test_a_refusal_has_the_exchanges_error_body(status, code):
    """With the time to come back, if one was given."""
    outage = Outage()
    outage.refuse(status, retry_after_s=0.5)
    reply = outage.refusal()

    assert (reply.status, json.loads(reply.body)["code"]) == (status, code)
    assert (reply.retry_after_s, reply.used_weight) == (0.5, None)


@pytest.mark.parametrize("status", [403, 502])
def test_a_machine_in_between_refuses_with_a_page(status):
    """Its body is HTML, which no client may take for JSON."""
    outage = Outage()
    outage.refuse(status)

    assert outage.refusal().kind == "text/html"
    assert str(status) in outage.refusal().body


def test_a_refusal_ends_after_so_many_requests_or_when_it_is_ended():
    """Whichever is first."""
    outage = Outage()
    outage.refuse(503, n=2)

    assert [outage.refusal() is None for _ in range(3)] == [False, False, True]

    outage.refuse(503)

    assert all(outage.refusal() for _ in range(9))

    outage.refuse(None)

    assert outage.refusal() is None


def test_answers_are_spoilt_one_after_the_other_and_counted():
    """First the garbage, then the cut ones, then good ones again."""
    struck = Counter()
    outage = Outage(struck)
    outage.n_garbage, outage.n_cut = 1, 2
    spoilt = [outage.spoil(GOOD) for _ in range(4)]

    assert spoilt[0].kind == "text/html"
    assert spoilt[0].status == 200
    assert [reply.is_cut for reply in spoilt[1:]] == [True, True, False]
    assert struck == {"rest_garbage": 1, "rest_cut": 2}


def test_a_page_is_made_shorter_but_never_longer():
    """Only a page that was shortened is counted."""
    struck = Counter()
    outage = Outage(struck)
    outage.page_most = 100

    assert [outage.cap(limit) for limit in (1_000, 100, 5)] == [100, 100, 5]
    assert struck == {"rest_partial": 1}
