"""Alerts at rest."""

import math
from contextlib import closing

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.alert import (
    METRICS,
    Alert,
    AlertLog,
    Event,
    Firing,
    LogReader,
    Phase,
    Rule,
    Status,
)
from quantlive_nb.settings import Windows
from quantlive_nb.store import AlertRepository, Store

NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=64)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.integers(0, 4 * 10**15)
RULES = st.builds(
    Rule,
    name=NAMES,
    metric=st.sampled_from(METRICS) | st.just("panel:gap"),
    op=st.sampled_from("<>"),
    value=NUMBERS,
    y=NAMES,
    x=NAMES,
    every_us=st.integers(1, 10**12),
    windows=st.builds(Windows, hedge=st.integers(10, 999), z=st.integers(5, 999)),
    cooldown_us=st.integers(0, 10**12),
    hysteresis=st.floats(0, 1e9),
)
STATUSES = st.builds(
    Status,
    rule=RULES,
    phase=st.sampled_from(Phase),
    value=st.floats(),
    seen_us=TIMES,
    fired_us=st.none() | TIMES,
    n_fired=st.integers(0, 10**9),
)


@pytest.fixture
def book(store):
    """A book with nothing in it."""
    return AlertRepository(store)


def status(name="wide", **changes):
    """An alert on the z-score."""
    return Status(Rule(name, "zscore", ">", 2.0, "ETHUSDT", "BTCUSDT"), **changes)


def event(ts, rule="wide"):
    """A firing."""
    return Event(rule, "zscore", ts, 2.5, f"{rule}: zscore > 2", ts % 2 == 0)


@settings(max_examples=30)
@given(status=STATUSES)
def test_a_status_comes_back_as_it_was(common, status):
    """Every field to the last bit, also where there is no value and no firing yet."""
    book = AlertRepository(common)
    book.save(status)
    (back,) = [other for other in book.load() if other.rule.name == status.rule.name]

    assert repr(back) == repr(status)
    book.remove(status.rule.name)


def test_a_restart_goes_on_where_it_stopped(tmp_path):
    """An alert that had fired before the process ended does not fire again for the same move."""
    path = tmp_path / "t.duckdb"
    alert = Alert(status())
    with closing(Store(path)) as store:
        AlertRepository(store).save(alert.status, alert.step(1, 3.0))
        AlertRepository(store).save(alert.status)
    with closing(Store(path)) as store:
        (back,) = AlertRepository(store).load()
        assert AlertRepository(store).events() == (Event(*alert_event(alert)),)

    assert back == alert.status
    assert Alert(back).step(2, 3.0) is None
    assert Alert(back).step(1, 1.0) is None


def alert_event(alert):
    """What a firing at bar 1 with value 3 says."""
    rule = alert.status.rule
    return rule.name, rule.metric, 1, 3.0, f"{rule.name}: {rule} at 3", True


def test_an_alert_that_is_refused_today_hides_no_other(book, caplog):
    """A database from before the rule is read all the same; what is left out is logged."""
    book.save(status("a"))
    book.save(status("b"))
    book.store.cursor().execute(
        'UPDATE alerts SET rule = replace(rule, \'"name": "a"\', \'"name": "a\\nb"\')'
    )

    assert [found.rule.name for found in book.load()] == ["b"]
    assert "not watched: the name of an alert holds" in caplog.text


def test_saving_again_replaces(book):
    """One row a rule, the newest; rules come in the order of their names."""
    book.save(status("b"))
    book.save(status("a", n_fired=1))
    book.save(status("a", n_fired=2))

    assert [(s.rule.name, s.n_fired) for s in book.load()] == [("a", 2), ("b", 0)]


def test_events_come_newest_first_and_not_too_many(book):
    """The page shows the latest; all are kept."""
    for ts in (3, 1, 2):
        book.save(status(), event(ts))

    assert [e.ts for e in book.events()] == [3, 2, 1]
    assert book.events(limit=2) == (event(3), event(2))


def test_a_rule_goes_and_its_firings_stay(book):
    """What happened has happened, until it is cleared."""
    book.save(status(), event(1))
    book.remove("wide")
    book.remove("never there")

    assert book.load() == []
    assert book.events() == (event(1),)
    book.clear_events()
    assert book.events() == ()


def test_a_firing_and_its_status_are_saved_together_or_not_at_all(book):
    """A save that fails leaves the book as it was, and able to save again."""
    book.save(status(n_fired=1))
    with pytest.raises(duckdb.Error):
        book.save(status(n_fired=2), event(2**63 - 1))

    assert [s.n_fired for s in book.load()] == [1]
    assert book.events() == ()
    book.save(status(n_fired=3), event(4))
    assert [s.n_fired for s in book.load()] == [3]


def test_no_value_is_no_number(book):
    """NaN goes in and comes out as NaN, not as nothing."""
    book.save(status())

    assert math.isnan(book.load()[0].value)


def test_a_place_in_the_table_is_a_number(book):
    """Firings are numbered in the order of their saving, whatever bars they are of."""
    for ts in (3, 1, 2):
        book.save(status(), event(ts))

    assert [(f.seq, f.event.ts) for f in book.firings()] == [(1, 3), (2, 1), (3, 2)]
    assert book.firings(after=1, limit=1) == (Firing(2, event(1)),)
    assert book.firings(after=3) == ()
    assert book.newest() == 3


@pytest.mark.parametrize("n_cleared", [0, 7])
def test_any_cursor_reads_on_from_its_place(book, n_cleared):
    """Near the end or far from it, before what was cleared or after: the next ones, in order."""
    cursor = book.store.cursor()
    insert = "INSERT INTO alert_events SELECT 'a', 'price', make_timestamp(i), i, '', true FROM "
    cursor.execute(f"{insert} range({n_cleared}) t(i)")
    book.clear_events()
    cursor.execute(f"{insert} range({n_cleared}, {n_cleared + 1_300}) t(i)")
    newest = n_cleared + 1_300

    assert book.newest() == newest
    for after in (0, 3, 500, newest - 101, newest - 100, newest - 1, newest, newest + 5):
        want = range(max(after, n_cleared) + 1, min(max(after, n_cleared) + 1_000, newest) + 1)
        found = book.firings(after)
        assert [firing.seq for firing in found] == list(want)
        assert [firing.event.ts + 1 for firing in found] == list(want)
        assert book.firings(after, limit=2) == found[:2]


def test_a_log_goes_on_where_the_file_ends(tmp_path):
    """Restart, clearing and restart again: a reader of the file gets each firing once, in order."""
    path, reader, got = tmp_path / "t.duckdb", LogReader(from_start=True), []
    for ts in range(0, 12, 3):
        with closing(Store(path)) as store:
            book = AlertRepository(store)
            log = AlertLog(book)
            for k in range(ts, ts + 3):
                book.save(status(), event(k))
                assert log.append(event(k)).seq == book.newest() == k + 1
            got += reader.read([log])
            if ts == 3:
                book.clear_events()
                log.clear()
                assert (book.firings(), book.newest()) == ((), 6)

    assert got == [Firing(k + 1, event(k)) for k in range(12)]


def test_another_comment_on_the_table_is_no_count(book):
    """What a user writes there is not taken for ours."""
    book.save(status(), event(1))
    book.store.cursor().execute("COMMENT ON TABLE alert_events IS 'see 1999 cleared'")

    assert book.newest() == 1
