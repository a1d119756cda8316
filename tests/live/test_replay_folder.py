"""Which recordings a visitor may replay; that a page obeys is shown in tests/browser."""

import os

import pytest

from quantlive_nb.errors import ReplayError
from quantlive_nb.live import Live
from quantlive_nb.live.replay_folder import judged, listed, named
from tests.lives import market, write_frames


@pytest.fixture
def folder(tmp_path):
    """A folder with two recordings, and with links out of it; a recording beside it."""
    tapes = tmp_path / "tapes"
    (tapes / "2024").mkdir(parents=True)
    for path in ("tapes/a.parquet", "tapes/2024/b.jsonl.gz", "tapes/notes.txt", "secret.parquet"):
        (tmp_path / path).touch()
    (tapes / "link.parquet").symlink_to(tmp_path / "secret.parquet")
    (tapes / "near.parquet").symlink_to(tapes / "a.parquet")
    (tapes / "out").symlink_to(tmp_path)
    (tapes / "loop.parquet").symlink_to(tapes / "loop.parquet")
    os.mkfifo(tapes / "pipe.parquet")
    return tapes


@pytest.fixture
def visited(monkeypatch, folder):
    """A kernel of a visitor, whose server offers that folder."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.setenv("QUANTLIVE_RECORDINGS", str(folder))
    return folder


def test_recordings_of_the_folder_are_offered(visited):
    """By name, below it too; nothing that leads out of it, no pipe, no other file."""
    assert listed() == ("2024/b.jsonl.gz", "a.parquet", "near.parquet")
    for name in listed():
        source = judged(f"replay:{name}", "binance")
        assert source.startswith(f"replay:{visited.resolve()}/")
        assert named(source) in listed()


TRICKS = [
    "../secret.parquet",
    "2024/../../secret.parquet",
    "{outside}",
    "link.parquet",
    "out/secret.parquet",
    "out/tapes/../secret.parquet",
    "loop.parquet",
    "pipe.parquet",
    "",
    ".",
    "~/secret.parquet",
    "nothing.parquet",
    "/etc/passwd",
    "/dev/stdin",
    "a.parquet\0",
    "a" * 3_000,
]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_other_file_is_replayed_for_a_visitor(visited, trick):
    """However it is asked for; the answer does not tell whether there is such a file."""
    name = trick.format(outside=visited.parent / "secret.parquet")
    with pytest.raises(ReplayError) as caught:
        judged(f"replay:{name}", "binance")

    assert str(caught.value).endswith("it is not among the recordings of this server")


@pytest.mark.parametrize("given", [{"SERVER_SOFTWARE": "voila/0.5"}, {"VOILA_PREHEAT": "True"}])
def test_without_a_folder_a_visitor_replays_nothing(monkeypatch, folder, given):
    """Also in a kernel that waits for its visitor; other sources are as they were."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ReplayError, match="started without --recordings DIR"):
        judged(f"replay:{folder / 'a.parquet'}", "binance")

    assert listed() == ()
    assert judged("simulated", "binance") == "simulated"


def test_what_the_server_was_started_with_is_no_secret(visited):
    """A visitor may go back to it, by its file's name; its folder is not told."""
    first = "replay:/srv/mine/first.parquet"

    assert named(first) == "first.parquet"
    assert judged("replay:first.parquet", first) == judged(first, first) == first


def test_in_jupyterlab_every_file_is_the_users_own(folder):
    """Nothing is judged, and nothing renamed."""
    source = f"replay:{folder}/../secret.parquet"

    assert judged(source, "binance") == source
    assert named(source) == source.removeprefix("replay:")


def test_a_live_that_is_visited_switches_to_a_name(monkeypatch, folder):
    """And stays where it is when the name is none of the folder's."""
    path = write_frames(folder / "c.frames.jsonl.gz", market([(1.0, 2.0), (1.5, 2.5)]))
    live = Live(source="simulated", name="visited").start()
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.setenv("QUANTLIVE_RECORDINGS", str(folder))
    with pytest.raises(ReplayError, match="not among the recordings"):
        live.switch(f"replay:{folder.parent / 'secret.parquet'}")
    assert live.source == "simulated"
    live.switch("replay:c.frames.jsonl.gz")

    assert live.source == f"replay:{path.resolve()}"
    live.close()
