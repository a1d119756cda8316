"""The law of confirmation: a bar is called closed and complete only when its feed has proved it."""

import random
import time

import numpy as np
import pytest

from quantlive_nb import Live
from quantlive_nb.health import FeedState
from quantlive_nb.testing import LoopbackExchange
from tests.lives import BOTH, until
from tests.relay import Relay

EVERY_US = 300_000
SILENCE_MS = 1_800
FAULT_S = 1.3
"""Longer than bars without a word took to be closed by time alone, shorter than the silence."""


class Scene:
    """A market of two symbols, a line to it that can stall, and a recording of it."""

    def __init__(self, exchange, relay, live):
        self.exchange, self.relay, self.live = exchange, relay, live
        self.silent_us = float("inf")

    def believed(self, symbol):
        """Bars that are called closed and complete, and their numbers of trades."""
        bars = self.live.bars(symbol, EVERY_US)
        sure = bars.select(bars.is_closed & bars.is_complete)
        return sure.ts, sure.n_trades

    def check(self):
        """No bar is believed beyond what has come, and each that is has all its trades."""
        for symbol in self.exchange.symbols:
            ts, n_trades = self.believed(symbol)
            before = ts + EVERY_US <= self.silent_us  # an exchange that answers may still lie
            assert (ts + EVERY_US <= self.relay.flowed_us).all()
            assert n_trades[before].tolist() == self.traded(symbol, ts[before])

    def traded(self, symbol, ts):
        """How many trades there really were in some bars."""
        book = self.exchange._market.history.book(symbol)
        rows = np.array([row.time_ms * 1_000 for row in book.page(limit=10**6)])
        ends = np.searchsorted(rows, ts + EVERY_US), np.searchsorted(rows, ts)
        return (ends[0] - ends[1]).tolist()

    def last(self, seconds):
        """Check again and again for some time."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self.check()
            time.sleep(0.05)

    def fault(self, kind):
        """Let a fault strike, last, and end."""
        if kind == "stall":
            self.relay.stall()
        elif kind == "cut":
            self.relay.cut()
        elif kind == "cut while stalled":
            self.relay.stall()
        elif kind == "quiet symbol":
            self.exchange.pause_play()
        elif kind == "silence":
            self.silent_us = time.time_ns() // 1_000
            self.exchange.silence()
        self.last(FAULT_S)
        if kind == "cut while stalled":
            self.relay.cut()
        if kind == "silence":
            until(self.live, lambda: self.live.health().state is FeedState.DOWN)
            self.exchange.resume()
            until(self.live, lambda: self.live.health().state is FeedState.LIVE)
        self.relay.resume()
        self.exchange.resume_play()
        self.last(0.2)


def play(seed, n_faults):
    """Random faults in a row, checked all the while; at the end everything is believed again."""
    dice = random.Random(seed)
    kinds = ["stall", "cut while stalled", "cut", "quiet symbol", "silence"]
    with (
        LoopbackExchange(symbols="BTCUSDT,ETHUSDT", rate=15.0, seed=seed) as exchange,
        Relay(exchange.port) as relay,
    ):
        urls = {"ws_url": f"ws://127.0.0.1:{relay.port}", "rest_url": exchange.rest_url}
        live = Live(name="law", db=":memory:", silence=f"{SILENCE_MS}ms", preload="0", **urls)
        try:
            live.start()
            exchange.wait_subscribed(*BOTH)
            until(live, lambda: live.health().state is FeedState.LIVE)
            scene = Scene(exchange, relay, live)
            for kind in dice.choices(kinds[2:], k=n_faults - 2) + dice.sample(kinds[:2], 2):
                scene.fault(kind)
            until(live, lambda: not live.health().n_missing)
            ended_us, scene.silent_us = time.time_ns() // 1_000, float("inf")
            until(live, lambda: scene.believed("ETHUSDT")[0].max() > ended_us)
            scene.check()
        finally:
            live.close()


def test_no_bar_is_believed_beyond_what_its_feed_has_proved():
    """Stalls and cuts on the way to the exchange: what is called whole is whole, at any moment."""
    play(seed=1, n_faults=2)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_no_bar_is_believed_beyond_what_its_feed_has_proved_for_long(seed):
    """The same with many faults: silent exchanges that answer pings, quiet markets, plain cuts."""
    play(seed=seed, n_faults=8)
