"""The servers' settings and refusals; that they serve is shown in tests/browser."""

import contextlib
import json
import os
import signal
import socket
import threading
from pathlib import Path

import pytest
from tornado.ioloop import IOLoop
from voila.app import Voila

import quantlive_nb.serve.server as module
from quantlive_nb.errors import UsageError
from quantlive_nb.serve.application import Server
from quantlive_nb.serve.server import (
    data_folders,
    lab,
    notebooks,
    orderly,
    recording,
    refuse_occupied,
    serve,
)
from quantlive_nb.share.server import free_port


@pytest.fixture
def occupied():
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def launched(monkeypatch):
    """What Voilà would be started with: it reads its settings and does not listen."""

    def start(app):
        told.update(token=app.token, open_browser=app.open_browser)

    def launch(argv, **given):
        told.update(given, argv=argv)
        app = Server.instance(**given)
        app.initialize(argv)
        app.start()

    told, ended = {}, signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Voila, "start", start)
    monkeypatch.setattr(Server, "launch_instance", launch)
    monkeypatch.setattr(module, "refuse_occupied", lambda *_: None)
    monkeypatch.setattr(
        "quantlive_nb.serve.forked_kernel.prepare", lambda: told.update(is_prepared=True)
    )
    yield told
    Server.clear_instance()
    signal.signal(signal.SIGTERM, ended)


def serve_here(**given):
    """Serve as on the command line, unless something else is given."""
    Server.clear_instance()
    given = {"host": "127.0.0.1", "port": 8866, "theme": "light", "browser": False} | given
    return serve({}, **given)


def test_an_occupied_port_is_said_in_a_sentence(occupied):
    """Before anything is started."""
    with pytest.raises(UsageError, match=f"port {occupied} is occupied: choose another"):
        serve_here(port=occupied)


def test_a_free_port_is_left_free():
    """Looking at a port does not take it."""
    free = free_port()
    refuse_occupied("127.0.0.1", free)
    refuse_occupied("127.0.0.1", free)


def test_on_this_machine_no_token_is_needed(launched, capsys):
    """The address alone is printed, as Voilà was told to serve it, and the browser opens it."""
    serve_here(browser=True, further=["--Voila.base_url=/quant/"])

    assert (launched["token"], launched["open_browser"]) == ("", True)
    assert "http://127.0.0.1:8866/quant/ ·" in capsys.readouterr().out
    assert launched["argv"][1:2] == ["--theme=light"]
    assert launched["argv"][-1] == "--Voila.base_url=/quant/"


def test_beyond_this_machine_a_token_is_made_up(launched, capsys):
    """Another one each time, printed once with the address; an empty one is none."""
    tokens = set()
    for given in ({}, {"token": ""}):
        serve_here(host="0.0.0.0", **given)
        tokens.add(launched["token"])
        assert capsys.readouterr().out.count(launched["token"]) == 1

    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 32


def test_a_token_can_be_chosen(launched, capsys):
    """It is what Voilà asks for, here and beyond; in the address it is spelled for a browser."""
    for host in ("127.0.0.1", "0.0.0.0"):
        serve_here(host=host, token="a b&c", browser=True)

        assert launched["token"] == "a b&c"
        assert not launched["open_browser"]
        assert "/?token=a+b%26c" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("setting", "printed"),
    [
        ("--Voila.base_url=/quant/", "http://127.0.0.1:8866/quant/?token=t "),
        ("--Voila.base_url=/a/b", "http://127.0.0.1:8866/a/b/?token=t "),
        ("--Voila.server_url=/inner/", "http://127.0.0.1:8866/inner/?token=t "),
        ("--Voila.port=9", "http://127.0.0.1:9/?token=t "),
        ("--Voila.ip=::1", "http://[::1]:8866/?token=t "),
        ("--Voila.token=u", "http://127.0.0.1:8866/?token=u "),
        ("--Voila.custom_display_url=https://hub.example/q", "https://hub.example/q/?token=t "),
    ],
)
def test_the_printed_address_is_the_one_that_voila_serves(launched, capsys, setting, printed):
    """Whatever was set, by us or by a setting of its own."""
    serve_here(token="t", further=[setting])

    assert f"quantlive: {printed}" in capsys.readouterr().out


def test_no_setting_opens_the_server_to_others_without_a_token(launched, capsys):
    """An address beyond this machine has a token, however it was given."""
    serve_here(further=["--Voila.ip=0.0.0.0"])

    assert len(launched["token"]) >= 32
    assert launched["token"] in capsys.readouterr().out


def test_a_name_that_is_none_is_refused(launched):
    """Before anything is started."""
    for name in ("", "a b", "http://quant.example", "quant.example/x", "@"):
        with pytest.raises(UsageError, match="--allow-host"):
            serve_here(hosts=[name])
    assert launched == {}


def test_kernels_have_an_ancestor(launched):
    """It imports while Voilà does."""
    serve_here()

    assert launched["is_prepared"]


def test_ctrl_c_comes_between_two_callbacks():
    """The first stops the loop and interrupts nothing; the second interrupts."""
    before, loop, done = signal.getsignal(signal.SIGINT), IOLoop(make_current=False), []

    def work():
        signal.raise_signal(signal.SIGINT)
        done.append("to the end")

    with orderly(lambda: loop):
        loop.add_callback(work)
        loop.start()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    loop.close()

    assert done == ["to the end"]
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_wakes_a_loop_that_waits():
    """Where no page is open nothing else would."""
    loop, done = IOLoop(make_current=False), []
    typed = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))

    def give_up():
        done.append("woken by something else")
        loop.stop()

    with orderly(lambda: loop):
        loop.add_callback(typed.start)
        loop.call_later(10, give_up)
        loop.start()
    loop.close()

    assert done == []


def test_ctrl_c_before_there_is_a_loop():
    """It interrupts what is done."""
    with orderly(lambda: None), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_kernels_can_be_started_ahead(launched):
    """As many as are asked for; none unless told otherwise."""
    serve_here(n_warm=2)
    assert launched["argv"][3:] == ["--pool_size=2", "--preheat_kernel=True"]
    serve_here()

    assert launched["argv"][3:] == []


def test_the_number_of_visitors_is_bounded(launched):
    """By what is asked for, else by 20."""
    serve_here()
    assert "--VisitorKernelManager.max_visitors=20" in launched["argv"]
    serve_here(max_visitors=3)

    assert "--VisitorKernelManager.max_visitors=3" in launched["argv"]


def test_voila_reads_the_settings_that_are_shipped(launched):
    """And no others, wherever the command is typed."""
    serve_here()
    (folder,) = launched["config_file_paths"]

    assert folder == str(notebooks())


def test_the_shipped_settings_keep_kernels_from_leaking_and_files_from_being_served():
    """The farewell of a page is heard, nothing is kept for one that is gone, no file is read."""
    told = json.loads((notebooks() / "voila.json").read_text())

    assert told["Voila"]["tornado_settings"] == {"disable_check_xsrf": True}
    assert not told["MappingKernelManager"]["buffer_offline_messages"]
    assert told["MappingKernelManager"]["cull_idle_timeout"] > 0
    assert told["VoilaExecutor"]["iopub_timeout"] > 30
    assert told["VoilaConfiguration"]["file_allowlist"] == []


def test_pages_record_for_themselves_where_nothing_can_be_shared(monkeypatch, tmp_path, capsys):
    """Without the extension no recorder is started, a sentence says so, kernels are not told."""
    monkeypatch.setattr(module, "unshared", lambda: "DuckDB's extension quack cannot be had")
    with recording(str(tmp_path / "t.duckdb"), {}):
        assert "QUANTLIVE_SUPERVISED" not in os.environ

    assert "extension quack cannot be had" in capsys.readouterr().out


def test_a_market_of_each_page_needs_no_recorder(monkeypatch):
    """Simulated and replayed ones, and what is kept in memory."""
    monkeypatch.setattr(module, "unshared", lambda: pytest.fail("a recorder was thought of"))
    with recording("", {}):
        assert "QUANTLIVE_SUPERVISED" not in os.environ


def test_keys_are_kept_elsewhere_where_home_cannot_be_written(monkeypatch, tmp_path):
    """In a folder that goes with the server; a home that can be written is left alone."""
    (tmp_path / "file").touch()
    blocked = str(tmp_path / "file" / "data")
    monkeypatch.setenv("JUPYTER_DATA_DIR", blocked)
    monkeypatch.delenv("IPYTHONDIR", raising=False)
    with data_folders():
        folder = os.environ["JUPYTER_DATA_DIR"]
        assert os.environ["IPYTHONDIR"] == folder != blocked
        assert os.access(folder, os.W_OK)
    assert not Path(folder).exists()
    assert os.environ["JUPYTER_DATA_DIR"] == blocked
    assert "IPYTHONDIR" not in os.environ
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "mine"))
    with data_folders():
        assert os.environ["JUPYTER_DATA_DIR"] == str(tmp_path / "mine")


def test_the_notebooks_are_found():
    """From anywhere."""
    assert {path.name for path in notebooks().glob("*.ipynb")} >= {
        "dashboard.ipynb",
        "edit_live.ipynb",
        "tour.ipynb",
    }


def test_lab_copies_the_notebooks_once(monkeypatch, tmp_path):
    """Into a folder of the user's, with the settings for Voilà; what was changed stays."""
    from jupyterlab.labapp import LabApp

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(LabApp, "launch_instance", lambda _: None)
    monkeypatch.setattr(module, "refuse_occupied", lambda *_: None)
    lab(port=8888, browser=False)
    mine = tmp_path / "quantlive-notebooks" / "tour.ipynb"
    with contextlib.closing(mine.open("w")) as out:
        out.write("mine")
    lab(port=8888, browser=False)

    assert mine.read_text() == "mine"
    assert (mine.parent / "voila.json").is_file()
