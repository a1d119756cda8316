"""The life of a Live: every verb twice, in any order, and no socket left behind."""

import asyncio
import threading

import pytest

from quantlive_nb import Live, Settings
from quantlive_nb.errors import Closed, FeedRefused, ReplayError, UnknownSymbol, UsageError
from quantlive_nb.health import FeedState
from quantlive_nb.live import State
from tests.lives import BOTH, INF, market, play, until, write_frames

WALK = [(2700.0 + i, 60000.0 + 10 * i) for i in range(6)]


def test_a_constructor_opens_nothing(tmp_path):
    """No thread, no socket, no file: a Live of what is not there can be made."""
    before = threading.active_count()
    live = Live(
        "NOSUCH", source=f"replay:{tmp_path / 'none'}", db=str(tmp_path / "no" / "t.duckdb")
    )

    assert threading.active_count() == before
    assert list(tmp_path.glob("*.duckdb")) == []
    assert live.state is State.NEW
    assert repr(live) == f"Live(main) new · {live.source}"


def test_the_states_follow_each_other(on_loopback, exchange):
    """NEW, RUNNING, STOPPED, RUNNING, CLOSED; each verb said twice is said once."""
    live = on_loopback()
    seen = [live.state]
    for verb in (live.start, live.start, live.stop, live.stop, live.start, live.close, live.close):
        verb()
        seen.append(live.state)

    new, running, stopped, closed = State.NEW, State.RUNNING, State.STOPPED, State.CLOSED
    assert seen == [new, running, running, stopped, stopped, running, closed, closed]


def test_verbs_in_an_odd_order_do_no_harm():
    """Stopping what never ran, or what is over, changes nothing; starting it again is told."""
    live = Live(source="simulated")

    assert live.stop().state is State.NEW
    live.close()
    assert live.stop().state is State.CLOSED
    with pytest.raises(Closed, match=r"this Live\(main\) was closed; make a new one"):
        live.start()
    with pytest.raises(Closed):
        live.switch("simulated")


def test_verbs_return_the_live_so_that_a_cell_ends_in_its_line(on_loopback):
    """``live.start()`` as the last line of a cell shows how it is doing."""
    live = on_loopback()

    assert live.start() is live
    assert "NEW" not in repr(live)
    assert live.stop() is live
    assert repr(live).startswith("Live(main) stopped · binance · STOPPED")


def test_running_the_cell_again_loses_no_trade(on_loopback, exchange):
    """A newer Live of the name goes on with the very connection; the elder says why it ended."""
    first = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    exchange.trade("BTCUSDT", "1", "1")
    second = on_loopback().start()
    exchange.trade("BTCUSDT", "1", "1")
    until(second, lambda: second.health().n_trades == 2)

    assert (exchange.n_connections, second.health().n_missing) == (1, 0)
    assert (first.state, second.state) == (State.CLOSED, State.RUNNING)
    assert "a newer Live(main) took over: run this cell again" in repr(first)


def test_another_market_of_the_same_name_ends_the_first(on_loopback, exchange):
    """A newer Live that records something else closes the elder and its connection."""
    on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    Live(name="main", source="simulated").start()
    exchange.wait_until(lambda: exchange.n_open == 0)


def test_lives_of_different_names_do_not_disturb_each_other(on_loopback, exchange):
    """A replay beside the market has a name of its own."""
    first, second = on_loopback(name="one").start(), on_loopback(name="two").start()
    exchange.wait_until(lambda: exchange.n_open == 2)

    assert first.state is second.state is State.RUNNING


def test_starting_twice_connects_once(on_loopback, exchange):
    """The second start finds it running."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    live.start()
    exchange.trade("BTCUSDT", "1", "1")
    until(live, lambda: live.health().n_trades == 1)

    assert exchange.n_connections == 1


def test_a_stop_hangs_up_and_a_start_goes_on_with_what_was_recorded(on_loopback, exchange):
    """Memory is kept across a stop: the questions still have answers."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)
    live.stop()
    exchange.wait_until(lambda: exchange.n_open == 0)
    assert live.bars("ETHUSDT", "1s").n_trades.sum() == 6

    live.start()
    exchange.wait_connected(n=2)
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK, first_s=6)

    assert live.bars("ETHUSDT", "1s").n_trades.tolist() == [1] * 12


def test_closing_leaves_neither_thread_nor_socket(on_loopback, exchange):
    """What a Live started ends with it."""
    before = {thread.name for thread in threading.enumerate()}
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    asyncio.run(live.aclose())
    exchange.wait_until(lambda: exchange.n_open == 0)

    left = {thread.name for thread in threading.enumerate()} - before
    assert not {name for name in left if name.startswith("quantlive")}


def test_a_failure_is_a_state_that_repr_shows_and_wait_raises(on_loopback):
    """Nothing is raised at the cell that started it; whoever waits gets the very error."""
    live = on_loopback("BTCUSTD", "ETHUSDT").start()
    with pytest.raises(UnknownSymbol, match="'BTCUSTD': did you mean BTCUSDT"):
        asyncio.run(live.wait())
    with pytest.raises(UnknownSymbol):
        live.join()

    assert live.state is State.FAILED
    assert live.health().state is FeedState.FAILED
    assert "failed · binance · FAILED: unknown symbol 'BTCUSTD': did you mean" in repr(live)


def test_starting_again_after_a_failure_tries_again(on_loopback, exchange):
    """The cell is run again when the exchange no longer refuses."""
    exchange.refuse(451)
    live = on_loopback().start()
    with pytest.raises(FeedRefused, match="451"):
        live.join(10)
    exchange.refuse(None)
    live.start()
    exchange.wait_subscribed(*BOTH)

    assert live.state is State.RUNNING


def test_waiting_ends_with_the_replay(parquet):
    """A recording ends by itself, without an error."""
    live = Live(source=parquet, speed=INF).start()
    asyncio.run(live.wait())

    assert live.join()
    assert live.health().state is FeedState.ENDED
    assert live.health().n_trades == 15_863


def test_who_stops_waiting_does_not_stop_the_recording(on_loopback, exchange):
    """An interrupted or timed-out wait leaves the feed alone."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)

    async def impatient():
        """Wait for a moment only."""
        await asyncio.wait_for(live.wait(), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    assert not live.join(0.01)
    play(exchange, live, WALK)

    assert live.state is State.RUNNING


def test_a_stop_ends_the_waiting_without_an_error(on_loopback, exchange):
    """Another cell may stop what this one waits for, even in the middle of a flood of trades."""
    live = on_loopback(silence="30s").start()
    exchange.wait_subscribed(*BOTH)
    waiter = threading.Thread(target=lambda: ended.append(live.join(10)))
    ended = []
    waiter.start()
    live.stop()
    waiter.join(10)

    assert ended == [True]


def test_a_wait_before_the_start_has_nothing_to_wait_for():
    """It returns at once."""
    live = Live(source="simulated")
    asyncio.run(live.wait())

    assert live.join()


def test_a_source_that_cannot_be_leaves_the_old_one_at_work(on_loopback, exchange, tmp_path):
    """A missing recording, a corrupt one, an unknown word: the market goes on and says nothing."""
    corrupt = tmp_path / "corrupt.parquet"
    corrupt.write_bytes(b"no parquet")
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    for source, error in (
        (f"replay:{tmp_path}/none", ReplayError),
        (f"replay:{corrupt}", ReplayError),
        ("binanse", UsageError),
    ):
        with pytest.raises(error):
            live.switch(source)
    play(exchange, live, WALK)

    assert (live.state, live.source, exchange.n_connections) == (State.RUNNING, "binance", 1)


def test_a_newer_live_that_cannot_be_leaves_the_elder_at_work(on_loopback, exchange, tmp_path):
    """A slip in the path of a recording does not end the market that is being recorded."""
    elder = on_loopback().start()
    with pytest.raises(ReplayError):
        Live(source=f"replay:{tmp_path}/none.parquet").start()

    assert elder.state is State.RUNNING


def test_a_switch_mixes_no_venues_and_keeps_alerts_and_panels(on_loopback, exchange, tmp_path):
    """Simulated, then a replay, then an exchange: each with its own trades, all with my rules."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = on_loopback(source="simulated").start()
    settings = Settings("ETHUSDT", "BTCUSDT")
    until(live, lambda: not live.frame(settings).loading)
    live.alert("up", "price > 1")
    live.panel(live.pair("ETHUSDT", "BTCUSDT"))(gap)
    markets = [live.sql("SELECT DISTINCT venue FROM trades").venue.tolist()]
    for source in (f"replay:{path}", "binance"):
        live.switch(source, speed=INF)
        if source == "binance":
            exchange.wait_subscribed(*BOTH)
            play(exchange, live, WALK)
        until(live, lambda: live.health().n_trades == 12)
        frame = live.frame(settings)
        markets.append(live.sql("SELECT DISTINCT venue FROM trades").venue.tolist())
        assert [status.rule.name for status in frame.alerts] == ["up"]
        assert [panel.name for panel in frame.panels] == ["gap"]
        assert frame.health.source == source
        assert frame.y.close.max() == WALK[-1][0]

    assert markets == [["simulated"], ["binance"], ["binance"]]


def gap(y, x):
    """How far the legs are apart."""
    return y - x
