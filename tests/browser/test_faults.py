"""A visitor's bad day: the history comes slowly, the connection is lost, and all comes back."""

from dataclasses import dataclass, field
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from playwright.sync_api import Browser

from quantlive_nb.interval import SECOND
from quantlive_nb.store import BarReader, Store
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.testing import LoopbackExchange
from tests.browser.conftest import ARTEFACTS, listen
from tests.browser.screen import Screen
from tests.browser.serving import quantlive
from tests.lives import BOTH, FRAMES, PARQUET
from tests.scene import assert_equal

pytestmark = pytest.mark.browser

BEGUN_S, CUT_S, BACK_S, END_S = 50, 205, 217, 235
"""Seconds of the recording: before the first only REST can tell what traded; between the next two
nobody is connected; and all must fit into the 300 bars shown, however long the test takes."""
PATIENCE_S = 60.0
NOTED = (".ql-state", ".ql-tape", ".ql-filling:not(.ql-hidden) .ql-filled", ".ql-reason")
HOLES = tuple(f".ql-{part} .ql-incomplete" for part in ("prices", "chart-y", "chart-x"))
BAR = ("open", "high", "low", "close", "volume", "n_trades")
SHOWN = (*BAR[:-1], "trades")
PERCENT = "() => document.querySelector('.ql-root [role=progressbar]').ariaValueNow"
WHOLE = """() => {
    const has = name => document.querySelector('.ql-root ' + name);
    const is_all = has('.ql-filling.ql-hidden') && !has('.ql-skipped');
    return is_all && has('.ql-tape[data-state=complete]');
}"""
HOLED = "names => names.map(n => document.querySelector('.ql-root ' + n)?.dataset.value > 1)"


class Note(NamedTuple):
    """A line of the page's diary."""

    state: str
    tape: str
    filled: str | None
    reason: str


@dataclass
class Stage:
    """The page at one moment, and everything that it had said until then."""

    notes: list[Note]
    shown: dict[str, Any]
    paths: list[str]
    n_candles: int
    holes_px: float


@dataclass
class Day:
    """A page and its exchange, and what was seen of them."""

    screen: Screen
    exchange: LoopbackExchange
    recording: "Recording"
    db: Path
    errors: list[str]
    stages: dict[str, Stage] = field(default_factory=dict)
    bars: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Stage:
        """A moment that was looked at."""
        return self.stages[name]

    def look(self, name: str) -> None:
        """Remember the page as it is now, with a picture of it."""
        screen = self.screen
        screen.page.screenshot(path=ARTEFACTS / f"faults_{name}.png")
        self.stages[name] = Stage(
            notes=[Note(*note) for note in screen.diary()],
            shown=screen.read(".ql-skipped", *HOLES),
            paths=screen.paths("y"),
            n_candles=sum(screen.drawn("y", colour)[0] for colour in ("up", "down")),
            holes_px=screen.drawn("y", "warn")[1],
        )

    def play(self, second: int) -> None:
        """Play on to a second of the recording, whoever hears it."""
        n_frames = self.recording.n_before(second) - self.recording.n_before(BEGUN_S)
        self.exchange.play_until(n_frames)
        self.exchange.wait_played(n_frames, PATIENCE_S)

    def starve(self) -> None:
        """Let REST give single rows, so slowly that the budget of requests lasts: no end comes."""
        self.exchange.rest_delay(2.0)
        self.exchange.rest_partial(1)

    def feed(self, rows: int | None = None) -> None:
        """Let REST give so many rows at a time, or all that are asked for."""
        self.exchange.rest_delay(0.2)
        self.exchange.rest_partial(rows)


class Recording:
    """What was traded in truth."""

    def __init__(self, data: Path) -> None:
        self.trades = duckdb.sql(f"""
            SELECT symbol, trade_ms * 1000 AS ts, (recv_ns - min(recv_ns) OVER ()) / 1e9 AS second
            FROM '{data / PARQUET}' ORDER BY second
        """).df()
        store = Store()
        for block in read_trades(data / PARQUET):
            store.append(block)
        reader, now_us = BarReader(store), int(self.trades.ts.max())
        self._bars = {s: reader.bars("binance", s, SECOND, now_us=now_us) for s in store.symbols()}
        store.close()

    def n_before(self, second: int) -> int:
        """How many trades were received before a second of the recording."""
        return int((self.trades.second < second).sum())

    def lost(self) -> range:
        """The bars, by their opening times in µs, of which no trade was heard while it was cut."""
        lost = self.trades.iloc[self.n_before(CUT_S) : self.n_before(BACK_S)].ts
        first, last = int(lost.min()) // SECOND + 1, int(lost.max()) // SECOND
        return range(first * SECOND, last * SECOND, SECOND)

    def bar(self, symbol: str, ts: int) -> list[float]:
        """The numbers of one bar."""
        bars = self._bars[symbol]
        (at,) = (bars.ts == ts).nonzero()[0]
        return [float(getattr(bars, name)[at]) for name in BAR]


@pytest.fixture(scope="module")
def day(browser: Browser, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The whole day, from the first filling to the last bar; page and server are closed then."""
    folder = tmp_path_factory.mktemp("faults")
    db, recording = folder / "t.duckdb", Recording(data)
    with LoopbackExchange(play=data / FRAMES, speed=60, start_at_s=BEGUN_S) as exchange:
        exchange.play_until(100)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        day = Day(Screen(page), exchange, recording, db, listen(page))
        day.starve()
        urls = f"--ws-url={exchange.ws_url}", f"--rest-url={exchange.rest_url}"
        options = *urls, f"--db={db}", "--preload=1h"
        with quantlive("dashboard", *options, folder=folder) as url:
            page.goto(url)
            for chapter in (fill, lose, regain, read):
                chapter(day)
            page.close(run_before_unload=True)
    return day


def fill(day: Day) -> None:
    """While the history is filled, cancel it, then have the rest after all."""
    screen = day.screen
    screen.keep_diary(*NOTED)
    screen.wait_text(".ql-filling:not(.ql-hidden)", "filling history")
    day.feed(rows=50)
    screen.wait(f"() => ({PERCENT})() >= 5")
    day.starve()
    day.look("filling")
    screen.click(".ql-fill-cancel")
    screen.wait_number(".ql-skipped")
    screen.page.wait_for_selector(".ql-fill:not(.ql-hidden)")
    day.look("skipped")
    screen.click(".ql-fill")
    screen.wait_text(".ql-filling:not(.ql-hidden)", "filling history")
    day.feed()
    screen.wait(WHOLE)
    day.look("filled")


def lose(day: Day) -> None:
    """All is well for some minutes; then the connection is cut and no other is let in."""
    day.play(CUT_S)
    day.screen.wait_clock(day.recording.lost()[0])
    day.look("live")
    day.exchange.refuse(503)
    day.exchange.drop()
    day.play(BACK_S)
    day.screen.wait_text(".ql-reason", "HTTP 503")
    day.look("down")


def regain(day: Day) -> None:
    """A connection is let in; of what was lost REST tells little, and then all."""
    screen, exchange, n_before = day.screen, day.exchange, day.exchange.n_connections
    day.starve()
    exchange.refuse(None)
    exchange.wait_connected(PATIENCE_S, n=n_before + 1)
    exchange.wait_subscribed(*BOTH)
    day.play(END_S)
    screen.wait_text(".ql-tape", "repairing")
    screen.wait(f"names => ({HOLED})(names).every(is_so => is_so)", *HOLES)
    day.look("repairing")
    day.feed()
    screen.wait(WHOLE)
    screen.wait(f"names => !({HOLED})(names).some(is_so => is_so)", *HOLES)
    screen.wait_drawn("y", day["repairing"].paths)
    day.look("complete")


def read(day: Day) -> None:
    """Point at some of the bars that were lost."""
    lost = day.recording.lost()
    for ts in (lost[1], lost[len(lost) // 2], lost[-2]):
        day.screen.point_at(ts // SECOND % 86_400)
        day.bars[ts] = day.screen.read(
            *(f".ql-chart-{c} .ql-{name}" for c in "yx" for name in SHOWN)
        )


def test_history_is_filled_with_a_bar(day: Day) -> None:
    """The page is there while the history comes, and says how much of it has come."""
    percents = [note.filled for note in day["filling"].notes if note.filled]
    numbers = [int(text.split()[0]) for text in percents]
    assert numbers == sorted(numbers)
    assert 5 <= numbers[-1] < 100


def test_cancelled_history_is_skipped_and_can_be_had(day: Day) -> None:
    """What is missing then is counted; one press brings it, with the bar, and all is complete."""
    skipped, filled = day["skipped"], day["filled"]
    assert 0 < float(skipped.shown[".ql-skipped"]) < day.recording.n_before(BEGUN_S)
    assert skipped.notes[-1].filled is None
    assert any(note.filled for note in filled.notes[len(skipped.notes) :])
    assert filled.notes[-1].tape == "complete"
    assert filled.shown[".ql-skipped"] is None


def test_down_is_said_with_its_reason_and_nothing_is_green(day: Day) -> None:
    """From the cut until trades come again no word on the page is of the good ones."""
    since = day["complete"].notes[len(day["live"].notes) :]
    dark = [*takewhile(lambda n: n.state != "LIVE", dropwhile(lambda n: n.state == "LIVE", since))]
    assert dark[0].state == "DOWN"
    assert {note.state for note in dark} <= {"DOWN", "CONNECTING"}
    assert "complete" not in {note.tape for note in dark}
    assert any("answered HTTP 503; trying again in" in note.reason for note in dark)


def test_what_is_missing_is_marked_until_it_is_there(day: Day) -> None:
    """Connected again, the tape repairs; charts and statistics say on how many bars they rest."""
    holed = day["repairing"]
    since = day["complete"].notes[len(holed.notes) :]
    assert (holed.notes[-1].state, holed.notes[-1].tape) == ("LIVE", "repairing")
    assert all(float(holed.shown[name]) >= len(day.recording.lost()) for name in HOLES)
    assert holed.holes_px > 3 * day["live"].holes_px
    assert [note.tape for note in since][-1] == "complete"


def test_the_candles_of_the_hole_are_drawn(day: Day) -> None:
    """Once it is complete the marks are gone, and there are candles in their place."""
    holed, complete = day["repairing"], day["complete"]
    traded = [ts for ts in day.recording.lost() if day.recording.bar("ETHUSDT", ts)[-1]]
    assert complete.shown == day["live"].shown
    assert complete.holes_px < holed.holes_px / 3
    assert complete.n_candles - holed.n_candles > len(traded) / 2 > 2


def test_their_numbers_are_those_of_the_recording(day: Day) -> None:
    """Each lost bar that the mouse points at has the recorded numbers in both charts."""
    for ts, shown in day.bars.items():
        truth = day.recording.bar("ETHUSDT", ts) + day.recording.bar("BTCUSDT", ts)
        assert [float(text) for text in shown.values()] == truth


def test_the_tape_is_the_recording(day: Day, data: Path) -> None:
    """The database can prove that it holds every trade, once and exactly."""
    assert_equal(day.db, data, day.recording.n_before(END_S))


def test_the_browser_complains_of_nothing(day: Day) -> None:
    """Not one error in its console."""
    assert day.errors == []
