"""What a browser that reads slowly, or not at all, is sent."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.serve import send_buffer as module
from quantlive_nb.serve.send_buffer import Held, SendBuffer, Update, read, write


def frame(comm_id, state, kind="comm_msg", method="update", **buffers):
    """A message about a widget, as a kernel sends it."""
    data = {"method": method, "state": state, "buffer_paths": [[name] for name in buffers]}
    content = {"comm_id": comm_id, "data": data}
    parts = [json.dumps(part).encode() for part in ({"msg_type": kind}, {}, {}, content)]
    return write([*parts, *buffers.values()], "iopub")


class Browser:
    """Takes messages when it is told to, and keeps the state of the widgets that they tell of."""

    def __init__(self):
        self.waiting, self.widgets, self.frames, self.why = [], {}, [], []
        self.outbox = SendBuffer(self.write, self.why.append)

    def write(self, message):
        """A future that is done once the message is read."""
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((message, future))
        return future

    async def read(self):
        """Take the oldest message."""
        message, future = self.waiting.pop(0)
        future.set_result(None)
        self.frames.append(message)
        if (update := Update.read(message)) is not None:
            widget = self.widgets.setdefault(update.comm_id, {})
            widget |= update.state | {path[0]: b for path, b in update.buffers.items()}
        await asyncio.sleep(0)

    async def read_all(self):
        """Until nothing is left."""
        while self.waiting:
            await self.read()


def test_a_browser_that_reads_gets_every_message_as_it_is():
    """In order, byte by byte."""

    async def story():
        browser = Browser()
        sent = [frame("a", {"n": n}, y=bytes(n)) for n in range(9)]
        for one in sent:
            browser.outbox.send(one)
        await browser.read_all()
        return sent, browser.frames

    sent, got = asyncio.run(story())
    assert got == sent


STATES = st.dictionaries(st.sampled_from("pqr"), st.integers() | st.none(), max_size=3)
BUFFERS = st.dictionaries(st.sampled_from(["q", "r", "y"]), st.binary(max_size=30), max_size=2)
EVENTS = st.none() | st.tuples(st.sampled_from(["a", "b"]), STATES, BUFFERS)


@given(st.lists(EVENTS, max_size=60))
def test_the_newest_state_arrives_whatever_was_held_back(events):
    """Reads between any two messages or none: in the end each trait is what it was told last."""

    async def story():
        browser, truth = Browser(), {}
        for event in events:
            if event is None:
                if browser.waiting:
                    await browser.read()
                continue
            comm_id, state, buffers = event
            state = {name: value for name, value in state.items() if name not in buffers}
            truth.setdefault(comm_id, {}).update(state | buffers)
            browser.outbox.send(frame(comm_id, state, **buffers))
        await browser.read_all()
        return browser.widgets, truth

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_BYTES", 6_600)
        got, want = asyncio.run(story())
    assert got == want


def test_unread_bytes_are_bounded():
    """By the bound and one message, however long the kernel goes on."""

    async def story():
        browser, most = Browser(), 0
        for n in range(2_000):
            browser.outbox.send(frame("a", {"n": n}, y=bytes(10_000)))
            most = max(most, browser.outbox.n_unread)
        await browser.read_all()
        browser.outbox.close()
        return most, len(browser.frames), browser.widgets["a"]["n"]

    most, n_frames, newest = asyncio.run(story())
    assert module.MOST_BYTES <= most < module.MOST_BYTES + 13_000
    assert n_frames < 400
    assert newest == 1_999


def test_many_small_messages_are_bounded_by_what_they_cost():
    """A short message costs the server more than its text."""

    async def story():
        browser = Browser()
        for n in range(10_000):
            browser.outbox.send(frame("a", {"n": n}))
        browser.outbox.close()
        return len(browser.waiting)

    assert asyncio.run(story()) < module.MOST_BYTES / module.OVERHEAD


def test_one_download_may_be_larger_than_the_bound():
    """It is sent as it is."""

    async def story():
        browser = Browser()
        file = frame("c", {}, method="custom", y=bytes(3 * module.MOST_BYTES))
        browser.outbox.send(file)
        await browser.read_all()
        return browser.frames == [file]

    assert asyncio.run(story())


def test_what_cannot_be_merged_is_bounded_too():
    """The browser is given up, once."""

    async def story():
        browser = Browser()
        for _ in range(200):
            browser.outbox.send(frame("a", {}, method="custom", y=bytes(100_000)))
        return browser.why, browser.outbox.n_unread

    assert asyncio.run(story()) == (["4 MB of messages wait for it"], 0)


def test_a_widget_is_opened_before_it_is_named():
    """An update that is merged comes where its newest part was, behind what it may name."""
    held = Held()
    held.add(frame("box", {"children": []}))
    opened = frame("new", {}, kind="comm_open")
    held.add(opened)
    held.add(frame("box", {"children": ["new"]}))

    first, second = held.take()
    assert first == opened
    assert json.loads(read(second)[1][3])["data"]["state"] == {"children": ["new"]}
    assert not held


def test_a_browser_that_reads_nothing_is_given_up_once(monkeypatch):
    """After its time, told to nobody else; nothing is kept of it, nothing more is sent."""
    monkeypatch.setenv("QUANTLIVE_UNREAD_S", "0.05")

    async def story():
        browser, given_up = Browser(), asyncio.Event()
        browser.outbox = SendBuffer(
            browser.write, lambda why: (browser.why.append(why), given_up.set())
        )
        browser.outbox.send(frame("a", {"n": 1}))
        await asyncio.wait_for(given_up.wait(), 5)
        browser.outbox.send(frame("a", {"n": 2}))
        return browser.why, len(browser.waiting), browser.outbox.n_unread

    why, n_sent, n_unread = asyncio.run(story())
    assert len(why) == 1
    assert why[0].startswith("it has read nothing for 0 s")
    assert (n_sent, n_unread) == (1, 0)


def test_a_browser_that_reads_slowly_is_kept(monkeypatch):
    """What counts is when it read last, and how large the message is that it reads now."""

    async def story():
        browser, now_s = Browser(), 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now_s)
        for n in range(4):
            browser.outbox.send(frame("a", {"n": n}))
        browser.outbox.send(frame("a", {}, y=bytes(10_000_000)))
        for _ in range(4):
            now_s += 29.0
            await browser.read()
            browser.outbox._watch()
        now_s += 129.0
        browser.outbox._watch()
        assert browser.why == []
        now_s += 2.0
        browser.outbox._watch()
        return browser.why

    assert asyncio.run(story()) == ["it has read nothing for 131 s"]


def test_a_connection_that_is_lost_ends_it_quietly(recwarn):
    """No future's exception is left for the loop to complain about."""

    async def story():
        browser, heard = Browser(), []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: heard.append(told))
        for n in range(3):
            browser.outbox.send(frame("a", {"n": n}))
        for _, future in browser.waiting:
            future.set_exception(ConnectionError())
        browser.waiting.clear()
        await asyncio.sleep(0)
        browser.outbox.send(frame("a", {"n": 4}))
        return heard, browser.waiting, browser.why

    assert asyncio.run(story()) == ([], [], [])


def test_a_socket_that_does_not_tell_what_is_read_is_sent_everything():
    """Without tornado's future there is nothing to bound by, and no page stays empty."""
    sent = []

    async def story():
        outbox = SendBuffer(sent.append, pytest.fail)
        for n in range(9):
            outbox.send(frame("a", {"n": n}))

    asyncio.run(story())
    assert len(sent) == 9
