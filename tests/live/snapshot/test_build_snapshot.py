"""A frame from a recording: its numbers are those of the closed bars in the store."""

import threading

import numpy as np
import pytest

import quantlive_nb as ql
from quantlive_nb import Live, NotEnoughData, Settings, UsageError, Windows
from tests.lives import INF, market, until, write_frames

CLOSES = """
SELECT symbol, epoch_us(ts_exch) // $every * $every AS ts, arg_max(price, trade_id)::DOUBLE AS close
FROM trades GROUP BY ALL
"""
SETTINGS = Settings("ETHUSDT", "BTCUSDT")


def replayed(path_or_source, **options):
    """A Live at the end of a recording."""
    source = str(path_or_source)
    source = source if source.startswith("replay:") else f"replay:{source}"
    live = Live(source=source, speed=INF, **options).start()
    assert live.join(10)
    return live


def closes(live, every_us):
    """Closing prices of the bars that both legs have closed, from the trades themselves."""
    table = live.sql(CLOSES, every=every_us).pivot_table(index="ts", columns="symbol")["close"]
    grid = np.arange(table.index[0], table.index[-1] + 1, every_us)
    first = max(table[s].first_valid_index() for s in table)
    newest = live.sql("SELECT epoch_us(max(ts_exch)) AS ts FROM trades GROUP BY symbol").ts
    closed = grid + every_us <= max(newest.min(), newest.max() - 1_000_000)
    return table.reindex(grid).ffill()[closed].loc[first:]


@pytest.mark.parametrize("every", ["1s", "5s"])
def test_every_number_is_the_analytic_of_the_closed_bars(parquet, every):
    """What the page shows is what a user gets by hand from the stored trades, to the last bit."""
    live = replayed(parquet)
    settings = Settings("ETHUSDT", "BTCUSDT", ql.interval.micros(every), bars=200)
    windows = Windows(hedge=20, z=10, correlation=15)
    settings = settings.but(windows=windows)
    frame = live.frame(settings)
    prices = closes(live, settings.every_us)
    y, x = prices.ETHUSDT.to_numpy(), prices.BTCUSDT.to_numpy()
    spread = ql.spread(np.log(y), np.log(x), windows.hedge)

    assert frame.times.astype("int64").tolist() == prices.index.tolist()[-200:]
    assert frame.stats.ols == ql.ols(np.log(y[-20:]), np.log(x[-20:]))
    assert frame.stats.spread == frame.series.spread[-1] == spread[-1]
    assert frame.stats.zscore == ql.zscore(spread, windows.z)[-1]
    assert frame.stats.correlation == ql.correlation(y, x, windows.correlation)[-1]
    for symbol, shown in (("ETHUSDT", frame.stats.summary_y), ("BTCUSDT", frame.stats.summary_x)):
        assert shown == ql.summary(live.bars(symbol, every).closed.close[-200:])


def test_the_bars_drawn_are_the_last_ones_and_the_forming_one(parquet):
    """As many closed bars as were chosen, and the one in which the market stands."""
    live = replayed(parquet)
    frame = live.frame(SETTINGS.but(bars=50))

    assert len(frame.y) == len(frame.x) == 51
    assert not frame.y.is_closed[-1]
    assert frame.now_us // 1_000_000 * 1_000_000 == frame.y.ts[-1]
    assert len(frame.series) == 50


@pytest.mark.parametrize("name", ["ols", "spread", "zscore", "correlation"])
def test_a_window_longer_than_history_is_warming_up(tmp_path, name):
    """Each number says how many bars it has and how many it needs."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market([(2.0 + i, 3.0) for i in range(9)]))
    missing = getattr(replayed(path).frame(SETTINGS).stats, name)
    need = {"ols": 120, "spread": 121, "zscore": 181, "correlation": 31}[name]

    assert isinstance(missing, NotEnoughData)
    assert missing.warming == f"warming up 8/{need}"


@pytest.mark.parametrize(("n_bars", "is_told"), [(60, True), (20, False)])
def test_numbers_say_on_how_many_incomplete_bars_they_rest(tmp_path, n_bars, is_told):
    """Each bar that lacks trades of a leg counts once, those that no number looks at do not."""
    rows = market([(2.0 + i % 7, 3.0 + i % 5) for i in range(70)])
    lost = {("ETHUSDT", 30), ("ETHUSDT", 31), ("BTCUSDT", 31)}
    rows = [row for row in rows if (row.symbol, row.trade_id) not in lost]
    live = replayed(write_frames(tmp_path / "a.frames.jsonl.gz", rows))
    windows = Windows(hedge=10, z=5, correlation=5)
    stats = live.frame(SETTINGS.but(bars=n_bars, windows=windows)).stats
    y, x = (live.bars(symbol, "1s").closed for symbol in ("ETHUSDT", "BTCUSDT"))

    assert stats.n_incomplete == (~(y.is_complete & x.is_complete))[-n_bars:].sum()
    assert (stats.n_incomplete > 0) == is_told


def test_prices_that_do_not_move_are_told(tmp_path):
    """A constant leg has no z-score; the reason stands in its place."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market([(2.0, 3.0)] * 60))
    windows = Windows(hedge=10, z=5, correlation=5)
    stats = replayed(path).frame(SETTINGS.but(windows=windows)).stats

    assert isinstance(stats.zscore, UsageError)
    assert str(stats.correlation) == "correlation: the prices did not move"
    assert stats.summary_y.std == 0


def test_a_pair_that_is_not_there_is_not_called_loading(tmp_path):
    """A symbol without a trade gives a sentence, no exception and nobody else's bars."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market([(2.0, 3.0)] * 5))
    frame = replayed(path).frame(Settings("SOLUSDT", "BTCUSDT"))

    assert frame.loading == "the recording holds no trades of SOLUSDT"
    assert len(frame.y) == len(frame.series) == 0
    assert frame.y.symbol == "SOLUSDT"


def test_a_live_that_has_nothing_to_ask_says_why():
    """Before the start and after the close a page gets a frame, not an exception."""
    live = Live(source="simulated")
    assert live.frame(SETTINGS).loading == "not started"
    live.start()
    live.close("a newer Live(main) took over: run this cell again")
    frame = live.frame(SETTINGS)

    assert "took over" in frame.loading
    assert frame.health.state.value == "STOPPED"
    assert len(frame.y) == 0


def test_a_memo_changes_no_number(parquet):
    """With its memory or without, a page shows the same."""
    live, memo = replayed(parquet), ql.analytics.SeriesMemo()
    for settings in (SETTINGS, SETTINGS.swapped(), SETTINGS.but(every_us=5_000_000), SETTINGS):
        with_memo, without = live.frame(settings, memo).series, live.frame(settings).series
        for name in with_memo.__slots__:
            np.testing.assert_array_equal(getattr(with_memo, name), getattr(without, name))


def test_frames_are_asked_for_while_the_source_changes(parquet):
    """A page that refreshes in the middle of a switch gets a frame of one market or the other."""
    live = Live(source="simulated").start()
    frames, done = [], []

    def ask():
        """Refresh twenty times a second."""
        while not done:
            frames.append(live.frame(SETTINGS))
            live.wait_change(live.version, 0.05)

    page = threading.Thread(target=ask)
    page.start()
    until(live, lambda: bool(frames) and not frames[-1].loading)
    live.switch(parquet, speed=INF)
    assert live.join(10)
    until(live, lambda: not frames[-1].loading)
    live.switch("simulated", speed=1)
    live.close()
    done.append(True)
    page.join(10)

    seen = {(f.health.market, f.y.venue, f.x.venue) for f in frames if not f.loading}
    assert seen == {("SIMULATED", "simulated", "simulated"), ("REPLAY", "binance", "binance")}
