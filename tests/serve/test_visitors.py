"""Places for visitors, counted; that kernels without a page end is shown in tests/browser."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from tornado.web import HTTPError
from voila.tornado.handler import TornadoVoilaHandler

import quantlive_nb.serve.visitors as module
from quantlive_nb.serve.server import notebooks
from quantlive_nb.serve.visitors import FullMatcher, SentPage, VisitorKernelManager, bounded


@pytest.fixture
def kernels(monkeypatch, tmp_path):
    """A manager of kernels that are none, with two places; nobody waits for one."""
    monkeypatch.setattr(module, "WAIT_S", 0)

    async def start(manager, kernel_id, **_):
        """A kernel is there a moment later."""
        await asyncio.sleep(0)
        spec = SimpleNamespace(metadata={"cull_idle_timeout": 0})
        manager._kernels[kernel_id] = SimpleNamespace(execution_state="idle", kernel_spec=spec)
        manager._kernel_connections[kernel_id] = 0
        return kernel_id

    async def shut_down(manager, kernel_id, **_):
        """It is gone a moment later."""
        await asyncio.sleep(0)
        del manager._kernels[kernel_id]

    for name, act in (("start_kernel", start), ("shutdown_kernel", shut_down)):
        monkeypatch.setattr(module.AsyncMappingKernelManager, name, act)
    return VisitorKernelManager(root_dir=str(tmp_path), max_visitors=2)


def test_who_comes_at_once_is_counted_at_once(kernels):
    """Of many requests that come together, no more are let in than there are places."""

    async def story():
        visits = [kernels.start_kernel(env={}) for _ in range(5)]
        return await asyncio.gather(*visits, return_exceptions=True)

    outcomes = asyncio.run(story())
    refused = [outcome for outcome in outcomes if isinstance(outcome, HTTPError)]

    assert (len(kernels), len(refused)) == (2, 3)
    assert all(error.status_code == 503 and "2 visitors" in error.reason for error in refused)


def test_a_kernel_that_is_about_to_end_is_no_visitor(kernels):
    """A page that is reloaded needs no second place."""

    async def story():
        first, _ = [await kernels.start_kernel(env={}) for _ in range(2)]
        ending = asyncio.ensure_future(kernels.shutdown_kernel(first))
        await asyncio.sleep(0)
        assert not kernels.is_full
        await ending

    asyncio.run(story())


def test_kernels_kept_warm_take_no_place_until_somebody_comes(kernels):
    """Voilà asks whether to cull only those that it has given away."""

    async def story():
        name = await kernels.start_kernel(env={"VOILA_PREHEAT": "True"})
        assert kernels.n_visitors == 0
        kernels.notify_connect(name)
        assert kernels.n_visitors == 1

    asyncio.run(story())


def test_no_kernel_has_fewer_pages_than_none(kernels):
    """However often jupyter_server says that one has left: what is below none is never culled."""

    async def story():
        name = await kernels.start_kernel(env={})
        kernels.notify_disconnect(name)
        kernels.notify_connect(name)
        return kernels._kernel_connections[name]

    assert asyncio.run(story()) == 1


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    made = SimpleNamespace(now_s=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: made.now_s))
    return made


def test_a_kernel_that_was_kept_warm_for_long_waits_for_its_page(kernels, clock):
    """It has been idle for hours when a visitor gets it; the page has its time to connect."""

    async def story():
        """A page takes the kernel, and is looked for before it has connected."""
        kernels.cull_idle_timeout = 60
        name = await kernels.start_kernel(env={"VOILA_PREHEAT": "True"})
        kernels._kernels[name].last_activity = datetime(2024, 8, 8, tzinfo=UTC)
        kernels._kernels[name].kernel_name = "python3"
        kernels.note_page(name, is_sent=True)
        for clock.now_s in (0, 20):
            await kernels.cull_kernel_if_idle(name)
            assert name in kernels
        clock.now_s = 120
        await kernels.cull_kernel_if_idle(name)
        assert name not in kernels

    asyncio.run(story())


def test_a_page_that_is_still_loading_has_more_time(kernels, clock):
    """Files are asked for, so a browser is there; but not for ever."""

    async def story():
        """It connects late, or never."""
        matcher, name = FullMatcher(kernels, "/"), await kernels.start_kernel(env={})
        kernels.note_page(name, is_sent=True)
        for clock.now_s in range(0, 100, 20):
            matcher.match(SimpleNamespace(method="GET", path="/voila/static/voila.js"))
            await kernels.cull_kernel_if_idle(name)
            assert name in kernels
        for clock.now_s in range(100, 140, 20):
            matcher.match(SimpleNamespace(method="GET", path="/voila/static/voila.js"))
            await kernels.cull_kernel_if_idle(name)
        assert name not in kernels

    asyncio.run(story())


def test_only_who_asks_for_the_page_is_told_that_it_is_full(kernels):
    """What an open page asks for is answered as ever."""
    matcher = FullMatcher(kernels, "/quant/")

    def is_told(method, path):
        return matcher.match(SimpleNamespace(method=method, path=path)) is not None

    assert not is_told("GET", "/quant/")
    kernels.max_visitors = 0
    assert is_told("GET", "/quant/")
    assert is_told("GET", "/quant")
    assert not is_told("POST", "/quant/")
    assert not is_told("GET", "/quant/api/kernels/1/channels")


def test_another_manager_of_kernels_is_served_unbounded(kernels):
    """Who sets one of their own, or has another Voilà, has a page all the same."""
    handlers = [("/(.*)", TornadoVoilaHandler, {}), ("/api", SimpleNamespace)]

    assert bounded(handlers, MappingKernelManager(), "/") == handlers
    (matcher, *_), page, other = bounded(handlers, kernels, "/")
    assert (type(matcher), page[1], other) == (FullMatcher, SentPage, handlers[1])


@pytest.mark.parametrize(("is_known", "most_s"), [(True, 30), (False, 120)])
def test_no_kernel_is_ended_while_its_page_is_made(kernels, clock, is_known, most_s):
    """However long that takes; then it has half a minute, or two where nobody tells when."""

    async def story():
        """Made for five minutes, then sent to nobody."""
        name = await kernels.start_kernel(env={})
        if is_known:
            kernels.note_page(name, is_sent=False)
            for clock.now_s in range(0, 300, 20):
                await kernels.cull_kernel_if_idle(name)
            kernels.note_page(name, is_sent=True)
        sent_s = clock.now_s
        while name in kernels:
            clock.now_s += 2
            await kernels.cull_kernel_if_idle(name)
        return clock.now_s - sent_s

    assert asyncio.run(story()) == pytest.approx(most_s, abs=5)


@pytest.mark.parametrize("is_left", [True, False])
def test_who_leaves_before_the_page_is_made_gives_its_kernel_back(kernels, is_left):
    """Once it is made: who is still there keeps it, and a farewell that came first is enough."""

    async def story():
        """The page is made for one who may have left."""
        name = await kernels.start_kernel(env={})
        page = SentPage.__new__(SentPage)
        page.application = SimpleNamespace(settings={"kernel_manager": kernels})
        page.request = None
        page._kernel_id = name
        if is_left:
            page.on_connection_close()
        page.on_finish()
        await asyncio.sleep(0.1)
        await kernels.give_back("gone already")
        return name in kernels

    assert asyncio.run(story()) is not is_left


def test_the_shipped_settings_name_the_manager():
    """So that a plain voila has it too, and looks often enough for its half minute."""
    told = json.loads((notebooks() / "voila.json").read_text())
    name = f"{VisitorKernelManager.__module__}.{VisitorKernelManager.__name__}"
    most_s = VisitorKernelManager().unvisited_s + told["MappingKernelManager"]["cull_interval"]

    assert told["VoilaConfiguration"]["multi_kernel_manager_class"] == name
    assert most_s < 30
