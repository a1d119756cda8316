"""How a recording says how it is doing."""

import pytest

from quantlive_nb.health import FeedState, Health

LIVE = Health(
    FeedState.LIVE, "binance", symbols=("BTCUSDT",), trades_per_s=41.4, lag_ms=86.6, n_trades=7
)


@pytest.mark.parametrize(
    ("source", "market"),
    [
        ("binance", "binance"),
        ("binance-us", "binance-us"),
        ("simulated", "SIMULATED"),
        ("replay:2024-08-08.parquet", "REPLAY"),
    ],
)
def test_numbers_of_no_open_market_are_labelled(source, market):
    """Simulated and replayed numbers are shouted, in every state."""
    assert LIVE.but(source=source).market == market
    for state in FeedState:
        assert str(LIVE.but(source=source, state=state)).startswith(market)


def test_a_live_recording_says_rate_lag_and_tape():
    """One line has all three."""
    assert str(LIVE) == "binance · 41 trades/s · lag 87 ms · tape complete"


@pytest.mark.parametrize("state", [state for state in FeedState if state is not FeedState.LIVE])
def test_any_other_state_says_why(state):
    """Stale rates are not shown; without a reason the state itself is one."""
    told = LIVE.but(state=state, reason="binance has been silent for 30 s")

    assert str(told) == f"binance · {state.value}: binance has been silent for 30 s"
    assert "trades/s" not in str(LIVE.but(state=state))
    assert state.value in str(LIVE.but(state=state))


@pytest.mark.parametrize("state", [FeedState.LIVE, FeedState.DOWN])
def test_what_hinders_the_recording_is_in_its_line(state):
    """Whoever records without a page reads it there, without --debug."""
    told = LIVE.but(state=state, trouble="the history of binance answered HTTP 503")

    assert str(told).endswith(" · the history of binance answered HTTP 503")


def test_a_clock_that_is_ahead_is_shown_as_it_is():
    """Negative lag is a fact about clocks, not an error."""
    assert "lag -1270 ms" in str(LIVE.but(lag_ms=-1_270.0))


def test_missing_trades_are_counted_in_the_open():
    """An incomplete tape says how many ids it lacks."""
    assert LIVE.but(n_missing=12_345).tape == "tape 0.00 %, missing 12,345"
    assert LIVE.tape == "tape complete"


@pytest.mark.parametrize("state", [FeedState.DOWN, FeedState.CONNECTING, FeedState.FAILED])
def test_nothing_is_called_complete_while_nobody_hears(state):
    """Trades are being missed, and their number is not known; a replay has nothing to miss."""
    for told in (LIVE.but(state=state), LIVE.but(n_unconfirmed=1)):
        assert not told.is_confirmed
        assert "complete" not in told.tape
    replayed = LIVE.but(state=state, source="replay:2024-08-08.parquet")

    assert replayed.tape == "tape complete"


def test_one_lost_trade_in_a_million_is_not_rounded_away():
    """However little is missing, the tape is not complete, and its figure says so."""
    told = LIVE.but(n_held=10_000_000, n_missing=1, is_repairing=True)

    assert told.completeness < 1.0
    assert told.tape == "tape 99.99 %, repairing 1"


def test_a_state_is_not_said_twice():
    """Without a reason the state stands alone."""
    assert str(Health(FeedState.NEW, "binance")) == "binance · NEW"


def test_without_an_exchange_no_lag_is_said():
    """A recording and a simulated market have none."""
    assert str(LIVE.but(lag_ms=float("nan"))) == "binance · 41 trades/s · tape complete"
