"""A market that stands still until it is moved, a Live over it, and an ear on the wire.

This file knows no feed and no store: bars are a drifting sine, statistics are the real ones.
"""

import threading
import zlib

import comm
import numpy as np
from comm.base_comm import BaseComm
from ipywidgets.widgets.widget import _instances

from quantlive_nb.alert import AlertLog, Status, newest_first
from quantlive_nb.analytics import adf, engle_granger, ols, pair_series, scan, summary
from quantlive_nb.errors import NotEnoughData, UnknownSymbol
from quantlive_nb.health import FeedState, Health
from quantlive_nb.interval import SECOND
from quantlive_nb.live.lifecycle import State
from quantlive_nb.live.snapshot.snapshot import Snapshot, Stats
from quantlive_nb.settings import Settings
from quantlive_nb.types import Bars, Pair

START = 1_723_161_240 * SECOND
"""2024-08-08 23:54:00 UTC, in µs."""
PAIR = Settings("ETHUSDT", "BTCUSDT", bars=60)
LEVEL = {"BTCUSDT": 61_000.0, "ETHUSDT": 2_600.0}


def make_bars(symbol="ETHUSDT", n=60, *, first=0, tick=0, every_us=SECOND):
    """So many bars, the last one forming; ``tick`` moves the close of the forming bar only."""
    k = np.arange(first - 1, first + n)
    own = 1.0 + zlib.crc32(symbol.encode()) % 97 / 97
    wave = np.sin(k / 7) + 0.5 * np.sin(k * own)
    price = np.round(LEVEL.get(symbol, 100.0) * (1 + 1e-3 * wave), 2)
    k, opening, close = k[1:], price[:-1], price[1:].copy()
    close[-1:] += 0.25 * tick
    high, low = np.maximum(opening, close) + 0.5, np.minimum(opening, close) - 0.5
    volume, n_trades = 1.0 + (k % 5), 1 + k % 4
    flags = np.ones(n, bool)
    closed = flags.copy()
    closed[-1:] = False
    ids = np.cumsum(n_trades)
    zero = np.zeros(n, int)
    prices = (opening, high, low, close, volume, volume * close, volume / 2)
    ts = START + k * every_us
    return Bars("fake", symbol, every_us, ts, *prices, n_trades, ids, ids, zero, closed, flags)


def make_frame(settings=PAIR, n=None, *, first=0, tick=0, **more):
    """A whole refresh; ``first`` lets that many bars pass."""
    n = settings.bars if n is None else n
    y, x = (
        make_bars(s, n, first=first, tick=tick, every_us=settings.every_us)
        for s in (settings.y, settings.x)
    )
    pair = Pair(settings.spec, y.closed.ts, y.closed.close, x.closed.close, 0, 0)
    series = pair_series(pair, settings.windows)
    health = Health(FeedState.LIVE, "binance", symbols=("BTCUSDT", "ETHUSDT"), lag_ms=87.0)
    now_us = int(y.ts[-1]) + 500_000 if n else 0
    return Snapshot(settings, y, x, series, make_stats(pair, series), health, now_us=now_us, **more)


def make_stats(pair, series):
    """Every statistic that the pair is long enough for."""
    values = {
        "summary_y": lambda: summary(pair.y),
        "summary_x": lambda: summary(pair.x),
        "ols": lambda: ols(pair.log_y, pair.log_x),
        "spread": lambda: last(series.spread, "spread"),
        "zscore": lambda: last(series.zscore, "zscore"),
        "correlation": lambda: last(series.correlation, "correlation"),
        "adf": lambda: adf(pair.log_y, lags=1, estimated=True),
        "engle_granger": lambda: engle_granger(pair.log_y, pair.log_x, lags=1),
    }
    stats = {}
    for name, value in values.items():
        try:
            stats[name] = value()
        except NotEnoughData as why:
            stats[name] = why
    return Stats(**stats, tests_ts=int(pair.ts[-1]) if len(pair) else None)


def last(values, what):
    """The newest value, if there is one."""
    if not len(values) or np.isnan(values[-1]):
        raise NotEnoughData(what, len(values), 181)
    return float(values[-1])


class FakeLive:
    """A Live whose market moves when a test says so; remembers what it was told to do."""

    def __init__(self, *symbols, name="fake"):
        self.name, self.source, self.state = name, "binance", State.RUNNING
        self.symbols = symbols or ("BTCUSDT", "ETHUSDT")
        self.version, self.speed = 0, 1.0
        self.first = self.tick = 0
        self.told, self.rules, self.log, self.panels = [], {}, AlertLog(name=name), ()
        self.loading = ""
        self.before_frame = lambda: None

    def start(self):
        """Run."""
        self.told.append(("start",))
        self.state = State.RUNNING

    def warm(self):
        """Be ready to be started."""
        self.told.append(("warm",))

    def close(self, why):
        """Run no more."""
        self.told.append(("close", why))
        self.state = State.CLOSED

    def move(self, *, bars=0, tick=0):
        """Let bars pass, and move the forming one."""
        self.first += bars
        self.tick += tick
        self.version += 1

    def listed(self):
        """What could be streamed."""
        return ("BTCUSDT", "ETHUSDT", "SOLUSDT")

    def health(self):
        """Always well."""
        return Health(FeedState.LIVE, self.source, symbols=self.symbols)

    def frame(self, settings, memo=None):
        """A frame of the moment."""
        self.before_frame()
        alerts = tuple(Status(rule) for rule in self.rules.values())
        more = {"alerts": alerts, "events": self.events, "panels": self.panels}
        n = 0 if self.loading else None
        more |= {"loading": self.loading}
        return make_frame(settings, n, first=self.first, tick=self.tick, **more)

    def want(self, *symbols):
        """Stream these too; only a few are known."""
        for symbol in symbols:
            if symbol not in self.listed():
                raise UnknownSymbol(symbol, ["SOLUSDT"])
        self.symbols = (*self.symbols, *symbols)

    def drop(self, *symbols):
        """Stream these no more."""
        self.symbols = tuple(s for s in self.symbols if s not in symbols)

    def switch(self, source, speed=1.0):
        """Remember the source."""
        self.told.append(("switch", source, speed))
        self.source = source

    def fill(self):
        """Remember the wish for what was skipped."""
        self.told.append(("fill",))

    def cancel_fill(self):
        """Remember the wish for no more history."""
        self.told.append(("cancel_fill",))

    def look_at(self, ts):
        """Remember the moment."""
        self.told.append(("look_at", ts))

    def add_alert(self, rule):
        """Remember a rule."""
        self.rules[rule.name] = rule

    def remove_alert(self, name):
        """Forget a rule."""
        del self.rules[name]

    def clear_events(self):
        """Forget the firings."""
        self.log.clear()

    @property
    def events(self):
        """The firings, newest first."""
        return newest_first(firing.event for firing in self.log.recent)

    def logs(self):
        """Its one log."""
        return (self.log,)

    now_us = START

    def scan(self, every, last, *, lags, cost_bps, progress, cancel):
        """Scan three walks; what was asked is remembered."""
        self.told.append(("scan", every, last, lags, cost_bps))
        walks = 1e-3 * np.random.default_rng(3).normal(size=(3, 300)).cumsum(axis=1)
        names = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
        prices = dict(zip(names, np.exp(walks), strict=True))
        return scan(prices, lags=lags, progress=progress, cancel=cancel)

    def export(self, what, fmt, settings):
        """A small file."""
        return f"{what}.{fmt}", b"a,b\n1,2\n"


class Wire:
    """Everything that widgets send, in order."""

    def __init__(self, monkeypatch):
        self.sent = []
        wire = self

        class Ear(BaseComm):
            """A comm that keeps what it is given."""

            def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **_):
                writer = threading.current_thread().name
                wire.sent.append((self.comm_id, msg_type, data or {}, buffers or [], writer))

        monkeypatch.setattr(comm, "create_comm", Ear)

    def clear(self):
        """Forget what was sent."""
        self.sent.clear()

    def updates(self, widget=None):
        """States sent since, as (model id, state); of one widget or of all."""
        wanted = None if widget is None else widget.model_id
        return [
            (model_id, data["state"])
            for model_id, kind, data, *_ in self.sent
            if kind == "comm_msg" and "state" in data and wanted in (None, model_id)
        ]


def alive():
    """Ids of all widgets that ipywidgets keeps."""
    return set(_instances)
