"""Behind a SOCKS proxy everything goes through it, or says why it cannot."""

import pytest

from quantlive_nb import Live
from quantlive_nb.cli.doctor import examine
from quantlive_nb.errors import FeedError
from quantlive_nb.health import FeedState
from quantlive_nb.share.server import free_port
from quantlive_nb.testing import LoopbackExchange
from tests import scene
from tests.lives import BOTH, endpoints, until
from tests.socks import socks, without_proxies


@pytest.fixture
def exchange(monkeypatch):
    """An exchange behind whatever proxy a test sets."""
    without_proxies(monkeypatch)
    scene.make_hasty(monkeypatch, silence_s=30.0)
    with LoopbackExchange() as exchange:
        yield exchange


def test_a_socks_proxy_carries_stream_repair_and_audit(monkeypatch, exchange):
    """Trades come, what was missed is fetched, minutes are compared: all by way of the proxy."""
    with socks() as proxy:
        monkeypatch.setenv("all_proxy", proxy.url)
        live = Live(name="socks", db=":memory:", **endpoints(exchange)).start()
        exchange.wait_subscribed(*BOTH)
        for symbol in ("BTCUSDT", "ETHUSDT"):
            exchange.trade(symbol, "1", "1")
        until(live, lambda: live.health().tape == "tape complete")
        exchange.drop()
        exchange.trade("BTCUSDT", "1", "1")
        exchange.wait_connected(n=2)
        exchange.wait_subscribed(*BOTH)
        exchange.trade("BTCUSDT", "1", "1")
        until(live, lambda: live.health().n_held == 4 and live.health().n_missing == 0)
        assert live.reconcile() == []
        assert live.health().trouble == ""
        live.close()

    n_streams = sum(path.startswith("/stream?") for path in proxy.paths)
    assert n_streams == exchange.n_connections == 2
    assert len(proxy.paths) > n_streams
    assert set(proxy.asked) == {("127.0.0.1", exchange.port)}


def test_the_doctor_names_the_proxy(monkeypatch, capsys):
    """Both ways are tried through it."""
    without_proxies(monkeypatch)
    with LoopbackExchange(symbols=("BTCUSDT", "ETHUSDT"), rate=100) as exchange, socks() as proxy:
        monkeypatch.setenv("all_proxy", proxy.url)
        given = {"DB": ":memory:", "WS_URL": exchange.ws_url, "REST_URL": exchange.rest_url}
        examine({f"QUANTLIVE_{name}": text for name, text in given.items()}, port=free_port())
        said = capsys.readouterr().out
        assert len(proxy.asked) == 2

    assert f"through the proxy {proxy.url}" in said


def test_a_proxy_that_cannot_be_used_is_said_everywhere(monkeypatch, exchange, capsys):
    """The recording ends with the sentence, health has it, and the doctor has it twice."""
    monkeypatch.setenv("all_proxy", "socks4://127.0.0.1:9")
    live = Live(name="socks4", db=":memory:", **endpoints(exchange)).start()
    with pytest.raises(FeedError, match="cannot be used"):
        live.join(10)
    health = live.health()
    live.close()
    given = {"DB": ":memory:", "WS_URL": exchange.ws_url, "REST_URL": exchange.rest_url}
    examine({f"QUANTLIVE_{name}": text for name, text in given.items()}, port=free_port())

    assert health.state is FeedState.FAILED
    assert "the proxy socks4://127.0.0.1:9 cannot be used" in health.reason
    assert capsys.readouterr().out.count("the proxy socks4://127.0.0.1:9 cannot be used") == 2


def test_a_repair_that_a_proxy_prevents_is_told(monkeypatch, exchange):
    """The stream needs no proxy, REST has one that cannot be used: the tape is not complete."""
    with socks() as proxy:
        monkeypatch.setenv("socks_proxy", proxy.url)
        monkeypatch.setenv("http_proxy", "socks4://127.0.0.1:9")
        live = Live(name="half", db=":memory:", **endpoints(exchange)).start()
        exchange.wait_subscribed(*BOTH)
        exchange.trade("BTCUSDT", "1", "1")
        until(live, lambda: live.health().n_trades == 1)
        until(live, lambda: "cannot be used" in live.health().trouble)
        health = live.health()
        with pytest.raises(FeedError, match="cannot be used"):
            live.reconcile()
        live.close()

    assert (health.state, health.is_confirmed) == (FeedState.LIVE, False)
