"""What is not known is not called complete: from the loss of a connection to its confirmation."""

import pytest

from quantlive_nb import Live
from quantlive_nb.errors import FeedError
from quantlive_nb.feed import Batch
from quantlive_nb.health import FeedState
from quantlive_nb.testing import LoopbackExchange
from tests import scene
from tests.lives import BOTH, endpoints, until
from tests.rig import A, B, Past, hear, make_short, on_a_loop, repairing


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Small pages, and pauses that keep a test short."""
    scene.make_hasty(monkeypatch)
    make_short(monkeypatch)


def says(state, *opened):
    """A batch without trades."""
    return Batch(state, opened=opened)


@on_a_loop
async def test_what_no_connection_brings_is_not_confirmed():
    """From a connection's loss until its symbol is heard, or REST has told the newest trade."""
    past = Past()
    past.trade(1, 2)
    async with repairing(past, held=[1, 2]) as rig:
        take, unconfirmed = rig.repairer.take, lambda: rig.repairer.n_unconfirmed
        take(says(FeedState.LIVE))
        assert unconfirmed() == 0
        take(says(FeedState.DOWN))
        assert unconfirmed() == 2
        past.gate.clear()
        take(says(FeedState.CONNECTING, A, B))
        take(says(FeedState.LIVE))
        assert unconfirmed() == 2
        hear(rig, 3)
        assert unconfirmed() == 1
        past.gate.set()
        await rig.until(lambda: unconfirmed() == 0)


@on_a_loop
async def test_an_answer_that_a_new_connection_overtook_is_asked_for_again():
    """What was traded between the question and the opening would be missed without a word."""
    past = Past()
    past.trade(1)
    async with repairing(past, held=[1]) as rig:
        rig.repairer.take(says(FeedState.LIVE, A))
        past.gate.clear()
        n_asked = len(past.asked)
        rig.repairer.take(says(FeedState.LIVE, A))
        await rig.until(lambda: len(past.asked) > n_asked)
        rig.repairer.take(says(FeedState.LIVE, A))
        past.gate.set()
        await rig.until(lambda: rig.repairer.n_unconfirmed == 0)
        assert past.asked[n_asked:].count(("newest", A)) == 2


@on_a_loop
async def test_why_nothing_is_known_is_told():
    """REST cannot be asked: nothing is seen to be missing, and the reason shows all the same."""
    past = Past()
    past.trade(1)
    async with repairing(past, held=[1]) as rig:
        past.failure = FeedError("no route to the host")
        rig.repairer.take(says(FeedState.LIVE, A, B))
        await rig.until(lambda: rig.repairer.trouble == "no route to the host")
        assert (rig.n_missing, rig.repairer.n_unconfirmed) == (0, 2)


def test_a_recording_that_ends_while_it_is_cut_off_does_not_call_its_tape_complete():
    """The market goes on, nobody brings it, nobody can be asked: stopped or not, it says so."""
    with LoopbackExchange() as exchange:
        live = Live(name="cut", db=":memory:", **endpoints(exchange)).start()
        exchange.wait_subscribed(*BOTH)
        for symbol in (A, B):
            exchange.trade(symbol, "1", "1")
        until(live, lambda: live.health().tape == "tape complete")
        exchange.refuse(404)
        exchange.rest_refuse(503)
        exchange.drop()
        until(live, lambda: live.health().state is FeedState.DOWN)
        exchange.trade(A, "1", "1")
        told = [live.health(), live.stop().health()]
        live.close()

    assert [health.state for health in told] == [FeedState.DOWN, FeedState.STOPPED]
    assert all((health.n_missing, health.is_confirmed) == (0, False) for health in told)
    assert {health.tape for health in told} == {"tape unconfirmed since the last trade"}


def test_a_connection_that_is_back_has_to_be_confirmed():
    """The other symbol trades again; what this one missed only REST can tell, when it answers."""
    with LoopbackExchange() as exchange:
        live = Live(name="back", db=":memory:", **endpoints(exchange)).start()
        exchange.wait_subscribed(*BOTH)
        for symbol in (A, B):
            exchange.trade(symbol, "1", "1")
        until(live, lambda: live.health().tape == "tape complete")
        exchange.rest_refuse(503)
        exchange.drop()
        exchange.trade(A, "1", "1")
        exchange.wait_connected(n=2)
        exchange.wait_subscribed(*BOTH)
        exchange.trade(B, "1", "1")
        until(live, lambda: live.health().n_trades == 3 and live.health().state is FeedState.LIVE)
        health = live.health()
        exchange.rest_refuse(None)
        until(live, lambda: live.health().n_trades == 4 and live.health().is_confirmed)
        live.close()

    assert (health.state, health.n_missing, health.is_confirmed) == (FeedState.LIVE, 0, False)
