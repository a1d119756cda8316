"""The alert runner: alerts without a page, the same at any pace, and not twice after a restart."""

import numpy as np
import pytest

from quantlive_nb import Live, Windows
from quantlive_nb.alert import METRICS, REGISTRY, LogReader, Metric, Need, Phase
from quantlive_nb.health import FeedState
from quantlive_nb.testing import LoopbackExchange
from tests.lives import BOTH, FRAMES, INF, SECOND, START_US, market, play, until, write_frames
from tests.relay import Relay

rng = np.random.default_rng(9)
COMMON = np.cumsum(rng.normal(0, 1e-3, 120))
WALK = list(
    zip(
        np.round(2700 * np.exp(1.2 * COMMON + rng.normal(0, 4e-4, 120)), 2).tolist(),
        np.round(60_000 * np.exp(COMMON), 2).tolist(),
        strict=True,
    )
)
EASY = {"price": 1, "volume": 0, "correlation": -1, "adf_p": 0}
"""What a metric is nearly always above."""
WINDOWS = Windows(hedge=20, z=10, correlation=10)


def watch(live, name, condition, **options):
    """An alert on the walk's pair."""
    given = {"windows": WINDOWS, "cooldown": "0s", **options}
    return live.alert(name, condition, "ETHUSDT", "BTCUSDT", **given)


def seen(live, ts):
    """Whether every alert has judged the bar of a time."""
    return all(status.seen_us >= ts for status in live.alerts())


def test_an_alert_is_judged_without_a_page(on_loopback, exchange):
    """It fires when the bar closes, with the bar's time and value, and stays quiet while true."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, [(100.0, 50.0), (100.0, 50.0)])
    watch(live, "up", "price > 150")
    play(exchange, live, [(200.0, 50.0), (210.0, 50.0), (220.0, 50.0)], first_s=2)
    until(live, live.events)
    until(live, lambda: live.alerts()[0].value == 210.0)

    (event,) = live.events()
    assert (event.rule, event.value) == ("up", 200.0)
    assert live.alerts()[0].phase is Phase.FIRING


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_watched(tmp_path, metric):
    """Each has a value once there are enough bars, and fires on an easy condition."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = Live(source=f"replay:{path}", speed=INF).start()
    assert live.join(15)
    watch(live, metric, f"{metric} > {EASY.get(metric, -1e9)}")
    until(live, live.events)

    assert live.events()[0].metric == metric


def test_the_same_bars_fire_at_any_pace(tmp_path, on_loopback, exchange):
    """A replay without pauses, one in haste, and the socket give the same firings."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    last_us = market(WALK)[-1].ts_exch - 1_000_000
    fired = []
    for speed in (INF, 60):
        live = Live(name=f"at {speed}", source=f"replay:{path}", speed=speed).start()
        watch(live, "wide", "zscore > 1", hysteresis=0.5)
        until(live, lambda live=live: seen(live, last_us))
        fired.append([event[2:4] for event in live.events()])
    live = on_loopback(name="socket").start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK[:1])
    watch(live, "wide", "zscore > 1", hysteresis=0.5)
    play(exchange, live, WALK[1:], first_s=1)
    until(live, lambda: seen(live, last_us))
    fired.append([event[2:4] for event in live.events()])

    assert len(fired[1]) > 2
    assert fired[1] == fired[2]
    assert fired[0][: len(fired[1])] == fired[1][: len(fired[0])]


def test_a_restart_resends_nothing(on_loopback, exchange, tmp_path):
    """Rules and firings are there again; a bar that was judged is not judged again."""
    db = str(tmp_path / "t.duckdb")
    live = on_loopback(db=db).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, [(100.0, 50.0), (100.0, 50.0)])
    watch(live, "up", "price > 150")
    play(exchange, live, [(200.0, 50.0), (100.0, 50.0), (100.0, 50.0)], first_s=2)
    until(live, lambda: live.events() and live.alerts()[0].phase is Phase.ARMED)
    before = live.events()
    live.close()
    live = on_loopback(db=db).start()
    until(live, lambda: exchange.n_open == 1)
    play(exchange, live, [(100.0, 50.0), (300.0, 50.0), (300.0, 50.0)], first_s=5)
    until(live, lambda: len(live.events()) > 1)

    assert live.events()[1:] == before
    assert live.events()[0].value == 300.0


def test_a_cursor_outlives_a_restart(on_loopback, exchange, tmp_path):
    """Firings before it, after a clearing and after it are read once each, in order."""
    db, reader, got = str(tmp_path / "t.duckdb"), LogReader(from_start=True), []

    def fire(live, first_s):
        n_before = live.logs()[0].newest
        prices = [(100.0, 50.0), (200.0, 50.0), (100.0, 50.0)]
        play(exchange, live, prices, first_s=first_s)
        until(live, lambda: live.logs()[0].newest > n_before)

    live = on_loopback(db=db).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, [(100.0, 50.0), (100.0, 50.0)])
    watch(live, "up", "price > 150")
    fire(live, 2)
    got += reader.read(live.logs())
    live.clear_events()
    fire(live, 5)
    live.close()
    exchange.wait_until(lambda: exchange.n_open == 0)
    live = on_loopback(db=db).start()
    until(live, lambda: "waiting for the first trade" in live.health().reason)
    got += reader.read(live.logs())
    play(exchange, live, [(100.0, 50.0)], first_s=8)
    until(live, lambda: live.health().state is FeedState.LIVE)
    fire(live, 9)
    got += reader.read(live.logs())

    assert [(firing.seq, firing.event.value) for firing in got] == [(k, 200.0) for k in (1, 2, 3)]
    assert reader.read(live.logs()) == []
    assert len(live.events()) == len(live.sql("from alert_events")) == 2


@pytest.mark.parametrize(
    "metric",
    [
        Metric("deviation", "log price", Need.SERIES, "std", 0.0),
        Metric("trades", "trades", Need.BARS, "n_trades", 0.0, n_legs=1),
        Metric("eg_p", "probability", Need.TESTS, "engle_granger.p", 0.0, 1.0),
    ],
    ids=lambda metric: metric.name,
)
def test_a_new_metric_is_one_entry_of_the_registry(tmp_path, monkeypatch, metric):
    """It is watched, judged on its data and fires."""
    monkeypatch.setitem(REGISTRY, metric.name, metric)
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = Live(source=f"replay:{path}", speed=INF).start()
    assert live.join(15)
    watch(live, "new", f"{metric.name} > 0")
    until(live, live.events)

    assert live.events()[0].metric == metric.name


def test_firings_are_in_the_order_of_their_bars(tmp_path):
    """Bars of two lengths fire in turn: the list has the order of its times."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = Live(source=f"replay:{path}", speed=60).start()
    watch(live, "short", "price > 1")
    watch(live, "long", "price > 1", every="1min")
    watch(live, "wide", "zscore > 0.1")
    until(live, lambda: {event.rule for event in live.events()} == {"short", "long", "wide"})
    times = [event.ts for event in live.events()]

    assert times == sorted(times, reverse=True)


def test_a_removed_alert_is_gone_and_its_firings_stay(tmp_path):
    """Also from the database."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = Live(source=f"replay:{path}", speed=INF).start()
    assert live.join(15)
    watch(live, "easy", "price > 1")
    until(live, live.events)
    live.remove_alert("easy")

    assert live.alerts() == ()
    assert len(live.sql("from alerts")) == 0
    assert len(live.events()) == len(live.sql("from alert_events")) == 1


def test_no_alert_fires_on_a_past_that_is_filled_in(on_loopback, data):
    """The preloaded hour is history: a rule is judged from the market time of the start on."""
    with LoopbackExchange(play=data / FRAMES, start_at_s=200.0, speed=20.0) as exchange:
        urls = {"ws_url": exchange.ws_url, "rest_url": exchange.rest_url}
        live = on_loopback(**urls).start()
        watch(live, "always", "price > 1", cooldown="1s")
        until(live, lambda: live.health().n_held > 9_000 and live.events())
        bars = live.bars("ETHUSDT", "1s")
        last_us = bars.ts[180]  # what a symbol traded last before the start is seconds old

        assert bars.n_trades[:180].sum() > 1_000
        assert all(event.ts > last_us for event in live.events())


def counting(live):
    """A panel of the pair's bars, run as often as one closes."""

    @live.panel(live.pair("ETHUSDT", "BTCUSDT"))
    def age(y, x):
        """How many bars there are."""
        return np.arange(len(y), dtype=float)

    return age


def test_a_dead_feed_fires_nothing(on_loopback, exchange):
    """Bars after its last word are drawn, and judged by nobody; when it is DOWN they are gone."""
    with Relay(exchange.port) as relay:
        ws_url = f"ws://127.0.0.1:{relay.port}"
        live = on_loopback(ws_url=ws_url, silence="1800ms").start()
        exchange.wait_subscribed(*BOTH)
        play(exchange, live, [(100.0, 50.0)] * 3)
        relay.stall()
        age = counting(live)
        watch(live, "quiet", "volume < 0.5", cooldown="1s")
        until(live, lambda: len(live.bars("ETHUSDT", "300ms")) > 11)
        bars = live.bars("ETHUSDT", "300ms")
        until(live, lambda: live.health().state is FeedState.DOWN)

        assert not bars.is_closed[bars.ts >= START_US + 2 * SECOND].any()
        assert live.bars("ETHUSDT", "300ms").ts[-1] <= START_US + 2 * SECOND
        assert live.events() == ()
        assert len(age.ts) == 2


def test_what_was_shown_of_a_silent_exchange_is_taken_back(on_loopback, exchange):
    """It answered, so its quiet seconds were believed; DOWN, a panel ends at the last trade."""
    live = on_loopback(silence="2500ms").start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, [(100.0, 50.0)] * 3)
    exchange.silence()
    age = counting(live)
    until(live, lambda: len(age.ts) > 2)
    until(live, lambda: live.health().state is FeedState.DOWN)
    until(live, lambda: len(age.ts) == 2)

    assert len(live.pair("ETHUSDT", "BTCUSDT")) == 2
    assert live.now_us == START_US + 2 * SECOND
