"""What is told reaches all who know the secret, at once, the newest only, until the line is cut."""

import threading
from contextlib import closing

import pytest

from quantlive_nb.share import push as room
from quantlive_nb.share.push import PushClient, PushServer

SECRET = "between us"
PATIENCE_S = 60.0


@pytest.fixture
def server():
    """One that has told nothing yet."""
    with closing(PushServer(SECRET)) as server:
        yield server


def listening(server, secret=SECRET):
    """A line to it, closed with the block."""
    return closing(PushClient(server.port, secret))


def hear(listener):
    """The next text that is news."""
    while not (text := listener.newest(PATIENCE_S)):
        assert text is not None
    return text


def test_everyone_hears_each_text(server):
    """Also one that comes late: it is told how things stand."""
    with listening(server) as early, listening(server) as other:
        server.publish(b"one")
        assert hear(early) == hear(other) == b"one"
        with listening(server) as late:
            assert hear(late) == b"one"
            server.publish(b"two")
            assert [hear(one) for one in (early, other, late)] == [b"two"] * 3


def test_who_does_not_look_gets_the_newest(server):
    """A viewer that was away hears the last of many texts, however long they are, and no other."""
    with listening(server) as away, listening(server) as there:
        for n in range(50):
            server.publish(b"%d " % n + b"x" * 300_000)
            assert hear(there).startswith(b"%d " % n)
        text = b""
        while not text.startswith(b"49 "):  # what the machine had taken in for it comes first
            text = hear(away)

    assert len(text) == 300_003


def test_nothing_new_is_said_too(server, monkeypatch):
    """An empty word: so silence means that something is wrong."""
    monkeypatch.setattr(room, "BEAT_S", 0.01)
    with listening(server) as listener:
        assert listener.newest(PATIENCE_S) == b""
        server.publish(b"x")
        assert hear(listener) == b"x"
        assert listener.newest(PATIENCE_S) == b""


def test_no_word_is_none(server, monkeypatch):
    """A look does not wait."""
    monkeypatch.setattr(room, "BEAT_S", PATIENCE_S)
    with listening(server) as listener:
        assert listener.newest() is None


@pytest.mark.parametrize("secret", ["", "between", "x" * 10_000, "be\ntween us", "ü"])
def test_without_the_secret_nothing_is_told(server, secret):
    """The line is cut without a word."""
    server.publish(b"private")
    with listening(server, secret) as listener, pytest.raises(OSError):  # noqa: PT011
        listener.newest(PATIENCE_S)


def test_the_end_is_heard_at_once(server):
    """Nobody waits for an owner that is gone."""
    with listening(server) as listener:
        server.publish(b"x")
        assert hear(listener) == b"x"
        server.close()
        server.close()
        with pytest.raises(OSError, match="cut"):
            listener.newest(PATIENCE_S)
        with pytest.raises(OSError, match="refused"):
            PushClient(server.port, SECRET)


def test_hanging_up_wakes_who_waits(server, monkeypatch):
    """A viewer that leaves need not hear the rest."""
    monkeypatch.setattr(room, "BEAT_S", PATIENCE_S)
    with listening(server) as listener:
        failed = []

        def wait():
            try:
                listener.newest(PATIENCE_S)
            except OSError as exc:
                failed.append(exc)

        thread = threading.Thread(target=wait)
        thread.start()
        listener.hang_up()
        thread.join(PATIENCE_S)

    assert len(failed) == 1
