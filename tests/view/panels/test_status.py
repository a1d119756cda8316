"""The top of the page."""

import pytest

from quantlive_nb.alert import Event
from quantlive_nb.health import FeedState, Health
from quantlive_nb.view.panels.status import FIRED_S, MOST_FIRED, SAID_S, Status, band, strip
from tests.view.fake import START

GOOD = Health(FeedState.LIVE, "binance", trades_per_s=41.26, lag_ms=87.4, symbols=("BTCUSDT",))


class Told:
    """A controller that keeps what it is told."""

    def switch(self, *args):
        """Another source."""
        self.told = args

    def play_again(self):
        """The recording from its beginning."""
        self.told = "again"

    def fill(self):
        """Fetch what was skipped."""

    def cancel_fill(self):
        """Fetch no more."""


@pytest.fixture
def status():
    """The top of a page."""
    return Status(Told())


@pytest.mark.parametrize("state", list(FeedState))
def test_only_live_is_green(state):
    """Each state is said by word and shape, and only LIVE has the live colour's class."""
    html = strip(GOOD.but(state=state), START)

    assert f'data-state="{state.value}"' in html
    assert f"</i> {state.value}</span>" in html
    assert ("ql-state-live" in html) == (state is FeedState.LIVE)


def test_shapes_differ():
    """No two states look alike without colour."""
    shapes = {strip(GOOD.but(state=s), START).split("<i>")[1].split("<")[0] for s in FeedState}

    assert len(shapes) == len(FeedState)


def test_numbers_are_those_of_the_health():
    """Rate with one decimal, lag in whole milliseconds, market time in UTC."""
    html = strip(GOOD, START)

    assert 'data-value="41.26">41.3<' in html
    assert 'data-value="87.4">87 ms<' in html
    assert f'data-value="{START}">2024-08-08 <b>23:54:00</b> UTC' in html
    assert "tape complete" in html


def test_a_negative_lag_is_shown_as_it_is():
    """Clocks that disagree are called so."""
    html = strip(GOOD.but(lag_ms=-1262.0), START)

    assert 'data-value="-1262.0">−1\u202f262 ms<' in html
    assert "clock skew" in html
    assert "clock skew" not in strip(GOOD, START)


@pytest.mark.parametrize(
    ("lag_ms", "text"),
    [(9_999.0, "9\u202f999 ms"), (10_000.0, "10 s"), (-7.2e6, "−120 min"), (7.2e10, "833 days")],
)
def test_a_long_lag_is_readable(lag_ms, text):
    """An old recording is not counted in milliseconds; the exact value stands beside."""
    assert f'data-value="{lag_ms!r}">{text}<' in strip(GOOD.but(lag_ms=lag_ms), START)


HOLED = GOOD.but(n_held=1_202_796, n_missing=1_204)
TAPES = {
    "complete": (GOOD, "tape complete"),
    "unproved": (GOOD.but(state=FeedState.DOWN), "tape unconfirmed since the last trade"),
    "repairing": (HOLED.but(is_repairing=True), "tape 99.90 %, repairing 1\u202f204"),
    "missing": (HOLED, "tape 99.90 %, missing 1\u202f204"),
}


@pytest.mark.parametrize("state", TAPES)
def test_the_tape_says_how_complete_it_is(state):
    """In words, as a state for scripts and style, and as the exact part."""
    health, words = TAPES[state]
    html = strip(health, START)

    data = f'data-state="{state}" data-value="{health.completeness!r}"'
    assert f'<span class="ql-tape ql-tape-{state}" {data}>' in html
    assert f"</i> {words}</span>" in html


def test_tapes_differ_without_colour():
    """Each state of the tape has a shape of its own."""
    shapes = {strip(health, START).split("<i>")[2].split("<")[0] for health, _ in TAPES.values()}

    assert len(shapes) == len(TAPES)


def test_what_is_wrong_is_said():
    """What was dropped, rejected, skipped or differs is counted, and says what it means."""
    counts = {"n_dropped": 1_204, "n_rejected": 7, "n_skipped": 12_345, "n_differing": 3}
    html = strip(GOOD.but(**counts, lag_ms=float("nan")), 0)

    assert 'data-value="1204">1\u202f204 dropped, to be repaired<' in html
    assert 'data-value="7">7 rejected<' in html
    assert 'data-value="12345">12\u202f345 skipped<' in html
    assert 'class="ql-differing ql-warn" data-value="3">3 differ<' in html
    assert 'title="Older than the history fetched at the start' in html
    assert "of closed minutes that are not the exchange's own" in html
    assert "UTC" not in html


def test_what_is_well_is_not_said():
    """Of nothing that is wrong there is no cell."""
    words = ("dropped", "rejected", "skipped", "differ", 'title=""')

    assert not any(word in strip(GOOD, START) for word in words)


def test_trouble_is_said_while_the_feed_is_well(status):
    """A full disk is read although the state is LIVE; it is no reason to leave the exchange."""
    status.draw(GOOD.but(trouble="the disk is full: <free some>"), START)
    assert "the disk is full: &lt;free some&gt;" in status._reason.value
    assert "ql-hidden" in status._fallback._dom_classes
    status.draw(GOOD.but(state=FeedState.DOWN, reason="no route", trouble="disk full"), START)

    assert "no route · disk full" in status._reason.value


def test_an_unreal_market_is_unmistakable():
    """SIMULATED and REPLAY get a band across the page, an exchange none."""
    assert "SIMULATED MARKET" in band(GOOD.but(source="simulated"))
    assert "REPLAY</b> recorded trades of &lt;a&gt;.parquet" in band(
        GOOD.but(source="replay:/data/<a>.parquet")
    )
    assert "REPLAY</b> recorded trades of binance_spot_btcusdt" in band(GOOD.but(source="demo"))
    assert band(GOOD) == ""


@pytest.mark.parametrize(
    ("source", "state", "reason", "is_offered"),
    [
        ("binance", FeedState.DOWN, "no route to host", True),
        ("binance", FeedState.FAILED, "HTTP 451", True),
        ("binance", FeedState.CONNECTING, "", False),
        ("binance", FeedState.LIVE, "", False),
        ("binance", FeedState.STOPPED, "stopped", False),
        ("simulated", FeedState.FAILED, "a bug", False),
        ("replay:a", FeedState.FAILED, "corrupt", False),
    ],
)
def test_the_simulated_market_is_offered_when_the_exchange_is_out_of_reach(
    status, source, state, reason, is_offered
):
    """With the reason in a sentence; nowhere else."""
    status.draw(GOOD.but(source=source, state=state, reason=reason), START)

    assert ("ql-hidden" not in status._fallback._dom_classes) == is_offered
    assert reason in status._reason.value
    status._fallback.click()
    assert status.box is not None


def test_the_fallback_switches():
    """One press is enough."""
    told = Told()
    Status(told)._fallback.click()

    assert told.told == ("simulated", 1.0)


OVER = GOOD.but(source="demo", state=FeedState.ENDED, reason="recording over")


@pytest.mark.parametrize(
    ("health", "is_offered"),
    [
        (OVER, True),
        (OVER.but(source="replay:a.parquet"), True),
        (OVER.but(state=FeedState.LIVE, reason=""), False),
        (OVER.but(role="recording into a.duckdb"), False),  # the file has these trades already
        (GOOD.but(state=FeedState.DOWN), False),
    ],
)
def test_a_recording_that_is_over_can_be_played_again(status, health, is_offered):
    """It says that it is over, beside a button that plays it again."""
    status.draw(health, START)

    assert ("ql-hidden" not in status._again._dom_classes) == is_offered
    assert health.reason in status._reason.value


def test_play_again_is_one_press():
    """The controller is asked for the recording from its beginning."""
    told = Told()
    Status(told)._again.click()

    assert told.told == "again"


def test_rate_and_lag_are_written_once_a_second(wire, status):
    """What changes with every trade is not sent with every refresh, a new state is."""
    status.draw(GOOD, START)
    wire.clear()
    status.draw(GOOD.but(trades_per_s=50.0, n_held=9, filled=float("nan")), START + 250_000)
    assert wire.sent == []
    status.draw(GOOD.but(trades_per_s=50.0), START + 1_000_000)
    assert "50.0" in status._strip.value
    status.draw(GOOD.but(state=FeedState.DOWN), START + 1_000_001)
    assert "DOWN" in status._strip.value
    status.draw(GOOD.but(n_held=9, n_missing=1), START + 1_000_002)

    assert "missing 1" in status._strip.value


def test_a_sentence_goes_after_a_while(status):
    """It is escaped, and taken away when it has been read."""
    status.say("unknown <b>", 100.0, is_error=True)
    status.tidy(100.0 + SAID_S / 2)
    assert "ql-error" in status._message.value
    assert "&lt;b&gt;" in status._message.value
    status.tidy(100.0 + SAID_S)

    assert status._message.value == ""


def test_firings_are_announced_for_a_while(status):
    """The newest on top, few at a time, with their time in UTC."""
    events = [Event("<a>", "zscore", START + k, 2.0, f"<a> at {k}") for k in range(5)]
    status.fire(events, 100.0)
    status.tidy(100.0)
    html = status._toast.value

    assert html.count('role="alert"') == MOST_FIRED
    assert html.index("at 4") < html.index("at 3")
    assert "<a>" not in html
    assert "23:54:00 UTC" in html
    status.tidy(100.0 + FIRED_S)
    assert status._toast.value == ""


@pytest.mark.parametrize("source", ["simulated", "replay:a.parquet"])
def test_a_market_without_an_exchange_has_no_lag(source):
    """The distance of a recording's clocks is no delay of ours, and no skew of this machine."""
    html = strip(GOOD.but(source=source, lag_ms=-1_273.0), START)

    assert "lag" not in html
    assert "skew" not in html


def test_a_mended_error_goes(status):
    """Nothing more to say takes an error away, and leaves a good word."""
    status.say("no", 100.0, is_error=True)
    status.say("", 101.0)
    assert status._message.value == ""
    status.say("done", 102.0)
    status.say("", 103.0)

    assert "done" in status._message.value


@pytest.mark.parametrize("state", [state for state in FeedState if state is not FeedState.LIVE])
def test_a_rate_is_said_only_while_trades_come(state):
    """Beside DOWN or ENDED the last rate and lag would be read as those of now."""
    html = strip(GOOD.but(state=state), START)

    assert "trades/s" not in html
    assert "lag" not in html
