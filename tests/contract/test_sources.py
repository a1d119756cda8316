"""One market, whichever way it comes: frames, columns or a socket, fast or slow."""

from dataclasses import fields

import numpy as np
import pytest

from quantlive_nb import Live, Windows, pair_series
from quantlive_nb.alert import Alert, Rule, Status
from quantlive_nb.store import AlertRepository, Store
from quantlive_nb.testing import LoopbackExchange
from tests.lives import BOTH, FRAMES, INF, N_TRADES, PARQUET, until

WINDOWS = Windows(hedge=30, z=15, correlation=10)
CONDITIONS = {
    "price": ("price", ">", 2683.0),
    "volume": ("volume", ">", 20.0),
    "wide": ("zscore", ">", 1.5),
    "low": ("zscore", "<", -1.5),
    "spread": ("spread", ">", 0.0002),
    "together": ("correlation", ">", 0.8),
    "hedge": ("hedge_ratio", ">", 1.0),
}
RULES = [
    Rule(name, *condition, "ETHUSDT", "BTCUSDT", windows=WINDOWS, cooldown_us=20_000_000)
    for name, condition in CONDITIONS.items()
]
ROUNDING = 1e-14
"""A volume that was asked for in two parts may differ in its last bit; all else is exact."""
EVENTS = "SELECT rule, epoch_us(ts) AS ts, value, is_complete FROM alert_events ORDER BY ALL"


@pytest.fixture
def recorded(data, tmp_path):
    """Record the real market from a source, with my rules in the database from the start."""
    n_made = [0]

    def record(source, **options):
        n_made[0] += 1
        path = str(tmp_path / f"{n_made[0]}.duckdb")
        store = Store(path)
        for rule in RULES:
            AlertRepository(store).save(Status(rule))
        store.close()
        live = Live(source=source, db=path, name=str(n_made[0]), **options).start()
        until(live, lambda: live.health().n_trades == N_TRADES)
        made.append(live)
        return live

    made = []
    yield record
    for live in made:
        live.close()


@pytest.fixture
def loopback(data):
    """The exchange that plays the recording to whoever subscribes to both symbols."""
    with LoopbackExchange(play=data / FRAMES, speed=INF, start_when=BOTH) as exchange:
        yield exchange


def events(live, n):
    """Everything that fired, once so many firings are stored."""
    until(live, lambda: len(live.sql(EVENTS)) >= n)
    return [tuple(row) for row in live.sql(EVENTS).itertuples(index=False)]


def expected(live):
    """What a rule fires on bars that are all known beforehand, one after the other."""
    pair = live.pair("ETHUSDT", "BTCUSDT")
    bars, series = live.bars("ETHUSDT", "1s").closed, pair_series(pair, WINDOWS)
    fired = []
    for rule in RULES:
        of_y = {"price": bars.close, "volume": bars.volume}
        name = {"hedge_ratio": "beta"}.get(rule.metric, rule.metric)
        values = of_y[name] if name in of_y else getattr(series, name)
        ts = bars.ts if name in of_y else series.ts
        alert = Alert(Status(rule))
        steps = [alert.step(t, v) for t, v in zip(ts.tolist(), values.tolist(), strict=True)]
        fired += [(event.rule, event.ts, event.value) for event in steps if event]
    return sorted(fired)


def test_the_market_is_the_same_however_it_comes(recorded, data, loopback):
    """Bars and series of frames, of columns and of a socket are equal, and firings of replays.

    Fast or slow, a rule fires on the same bars with the same values, and these are the ones that
    it would fire on if all bars had been known beforehand.
    """
    urls = {"ws_url": loopback.ws_url, "rest_url": loopback.rest_url}
    lives = [
        recorded(f"replay:{data / PARQUET}", speed=INF),
        recorded(f"replay:{data / FRAMES}", speed=INF),
        recorded(f"replay:{data / PARQUET}", speed=150),
        recorded("binance", **urls),
    ]
    last_us = lives[0].bars("ETHUSDT", "1s").closed.ts[-1]
    want = [event for event in expected(lives[0]) if event[1] <= last_us]
    assert {name for name, _, _ in want} == set(CONDITIONS)
    for live in lives:
        for symbol in ("ETHUSDT", "BTCUSDT"):
            same_bars(live.bars(symbol, "1s"), lives[0].bars(symbol, "1s"), last_us)
            same_bars(
                live.bars(symbol, "1min"), lives[0].bars(symbol, "1min"), last_us - 60_000_000
            )
        same_series(live, lives[0], last_us)
    for live in lives[:3]:
        same_firings(live, want, last_us)


@pytest.mark.soak
def test_a_socket_fires_what_a_replay_fires(recorded, data, loopback):
    """Not so yet: some bars may go unjudged where trades are repaired over REST meanwhile."""
    urls = {"ws_url": loopback.ws_url, "rest_url": loopback.rest_url}
    played = recorded(f"replay:{data / PARQUET}", speed=INF)
    last_us = played.bars("ETHUSDT", "1s").closed.ts[-1]
    want = [event for event in expected(played) if event[1] <= last_us]
    same_firings(recorded("binance", **urls), want, last_us)


def same_firings(live, want, last_us):
    """The same rules on the same bars, with the same values."""
    fired = [event[:3] for event in events(live, len(want)) if event[1] <= last_us]
    assert [event[:2] for event in fired] == [event[:2] for event in want]
    np.testing.assert_allclose([e[2] for e in fired], [e[2] for e in want], rtol=ROUNDING)


def same_bars(bars, others, last_us):
    """Every field of the closed bars."""
    for field in fields(bars)[3:]:
        column, other = (getattr(b, field.name)[b.ts <= last_us] for b in (bars, others))
        rtol = ROUNDING if "volume" in field.name else 0
        np.testing.assert_allclose(column, other, rtol=rtol, err_msg=field.name)


def same_series(live, other, last_us):
    """Every field of the series that a page draws."""
    mine, others = (pair_series(one.pair("ETHUSDT", "BTCUSDT"), WINDOWS) for one in (live, other))
    for name in mine.__slots__:
        column, expect = (getattr(s, name)[s.ts <= last_us] for s in (mine, others))
        np.testing.assert_array_equal(column, expect, err_msg=name)
