"""The log of firings: every one once, in order, for any number of readers, across a restart."""

import threading
from itertools import chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.alert import AlertLog, Event, Firing, LogReader
from quantlive_nb.alert.log import KEPT, PAGE


class Paper:
    """A journal in memory."""

    name = "paper"

    def __init__(self):
        self.rows, self.n_cleared = [], 0

    def newest(self):
        """The last number."""
        return self.n_cleared + len(self.rows)

    def firings(self, after, limit):
        """The rows after a number."""
        skip = max(after - self.n_cleared, 0)
        rows = self.rows[skip : skip + limit]
        return tuple(Firing(max(after, self.n_cleared) + i, e) for i, e in enumerate(rows, 1))

    def clear(self):
        """Forget the rows."""
        self.n_cleared, self.rows = self.newest(), []


def event(ts):
    """A firing."""
    return Event("wide", "zscore", ts, 2.5, "")


def fire(paper, log, ts):
    """Store a firing, then log it."""
    paper.rows.append(event(ts))
    log.append(event(ts))


STEPS = st.lists(st.sampled_from(("fire", "many", "restart", "a", "b", "c")), max_size=40)


@given(steps=STEPS)
def test_every_reader_gets_every_firing_once_in_order(steps):
    """However often each reads, and across restarts of the log, which its readers outlive."""
    paper = Paper()
    log = AlertLog(paper)
    readers = {name: (LogReader(from_start=True), []) for name in "abc"}
    n_fired = 0
    for step in steps:
        if step == "restart":
            log = AlertLog(paper)
        elif step in readers:
            reader, got = readers[step]
            got += reader.read([log])
        else:
            for _ in range(1 if step == "fire" else KEPT + 3):
                fire(paper, log, n_fired)
                n_fired += 1
    for reader, got in readers.values():
        rest = iter(lambda reader=reader: reader.read([log]), [])

        assert [*got, *chain.from_iterable(rest)] == [
            Firing(ts + 1, event(ts)) for ts in range(n_fired)
        ]


@given(steps=st.lists(st.sampled_from(("fire", "clear", "restart", "read")), max_size=30))
def test_a_number_is_given_once(steps):
    """Clearing forgets firings but begins no new count, also when a restart follows."""
    paper = Paper()
    log = AlertLog(paper)
    reader, got, numbers = LogReader(from_start=True), [], []
    for ts, step in enumerate(steps):
        if step == "fire":
            fire(paper, log, ts)
            numbers.append(log.newest)
        elif step == "clear":
            paper.clear()
            log.clear()
        elif step == "restart":
            log = AlertLog(paper)
        else:
            got += reader.read([log])

    assert all(a < b for a, b in pairwise(numbers))
    assert all(a.seq < b.seq for a, b in pairwise(got))
    assert log.newest == len(numbers)


def test_a_page_that_comes_late_reads_from_its_cursor():
    """A new page begins with what fires from now on; one that was away gets all it missed."""
    paper = Paper()
    log = AlertLog(paper)
    early = LogReader()
    assert early.read([log]) == []
    for ts in range(2 * KEPT):
        fire(paper, log, ts)
    late = LogReader()

    assert late.read([log]) == []
    assert [firing.event.ts for firing in early.read([log])] == list(range(2 * KEPT))
    fire(paper, log, 999)
    assert [reader.read([log])[0].event.ts for reader in (early, late)] == [999, 999]


def test_a_long_absence_is_read_in_pages():
    """No reading returns more than a page, and none is lost between two."""
    paper = Paper()
    paper.rows = [event(ts) for ts in range(2 * PAGE + 5)]
    log, reader = AlertLog(paper), LogReader(from_start=True)

    assert [len(reader.read([log])) for _ in range(4)] == [PAGE, PAGE, 5, 0]


def test_a_log_without_a_journal_holds_the_newest():
    """What a process keeps to itself is bounded."""
    log = AlertLog(name="mine")
    for ts in range(KEPT + 7):
        log.append(event(ts))

    assert [firing.seq for firing in log.read()] == list(range(8, KEPT + 8))


def test_a_deleted_log_of_the_same_name_is_read_from_its_beginning():
    """A cursor ahead of the log would be deaf to everything until the log has caught up."""
    paper, reader = Paper(), LogReader()
    paper.rows = [event(ts) for ts in range(9)]
    reader.read([AlertLog(paper)])
    paper.rows = [event(0)]

    assert [firing.seq for firing in reader.read([AlertLog(paper)])] == [1]


def test_several_logs_have_a_cursor_each():
    """What fires in one is not counted in the other."""
    logs, reader = [AlertLog(name="a"), AlertLog(name="b")], LogReader()
    reader.read(logs)
    logs[0].append(event(1))
    logs[1].append(event(2))

    assert [(f.seq, f.event.ts) for f in reader.read(logs)] == [(1, 1), (1, 2)]


def test_readers_on_other_threads_lose_nothing():
    """One thread appends while others read."""
    log, n = AlertLog(name="mine"), KEPT
    got = [[] for _ in range(3)]

    def follow(found):
        reader = LogReader(from_start=True)
        while len(found) < n:
            found += reader.read([log])

    threads = [threading.Thread(target=follow, args=(found,), daemon=True) for found in got]
    for thread in threads:
        thread.start()
    for ts in range(n):
        log.append(event(ts))
    for thread in threads:
        thread.join(10)

    assert [[firing.seq for firing in found] for found in got] == [list(range(1, n + 1))] * 3
