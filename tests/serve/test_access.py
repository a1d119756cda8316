"""Names of this machine, and tokens in a log; that a server obeys is shown in tests/browser."""

import io
import logging

import pytest

from quantlive_nb.errors import UsageError
from quantlive_nb.serve.access import Hosts, redacted

OURS = [
    "localhost",
    "localhost:8866",
    "LocalHost.:8866",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.9.9.9:8866",
    "[::1]",
    "[::1]:8866",
    "[0:0:0:0:0:0:0:1]:8866",
]
FOREIGN = [
    "",
    " ",
    ":8866",
    "evil.example",
    "evil.example:8866",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example/localhost",
    "localhost@evil.example",
    "localhost, evil.example",
    "localhost evil.example",
    "notlocalhost",
    "0.0.0.0:8866",
    "[::]:8866",
    "::1",
    "[::1",
    "[evil.example]",
    "2130706433",
    "0x7f.1",
    "127.1",
    "10.0.0.1",
    "localhost..",
    "localhost:8866:8866",
    "quant.example",
]


@pytest.mark.parametrize("host", OURS)
def test_loopback_is_answered(host):
    """By name or number, with a port or without, in capitals, with the root's dot."""
    assert host in Hosts()


@pytest.mark.parametrize("host", FOREIGN)
def test_no_other_name_is_answered(host):
    """However it is dressed up, nor if it is missing."""
    assert host not in Hosts()


def test_a_name_that_is_given_is_answered_too():
    """Whatever its spelling and its port; not the names below it."""
    hosts = Hosts(["Quant.Example:443", "büro.example", "10.0.0.1"])

    assert all(h in hosts for h in ("quant.example:8866", "xn--bro-hoa.example", "10.0.0.1:80"))
    assert not any(h in hosts for h in ("a.quant.example", "quant.example.evil", "10.0.0.2"))
    assert "localhost" in hosts


@pytest.mark.parametrize("name", ["", "a b", "http://quant.example", "quant.example/x", "@"])
def test_what_is_no_name_is_refused(name):
    """With a sentence that says how to write one."""
    with pytest.raises(UsageError, match=r"--allow-host .* is no host name: give one such as"):
        Hosts([name])


def logged(*records):
    """What a logger writes of some calls."""
    out = io.StringIO()
    log, handler = logging.getLogger("quantlive.access-test"), logging.StreamHandler(out)
    log.addHandler(handler)
    try:
        for write in records:
            write(log)
    finally:
        log.removeHandler(handler)
    return out.getvalue()


def fail(log):
    """An exception that names an address."""
    try:
        int("GET /?token=s%2Fcret failed")
    except ValueError:
        log.exception("while it asked for %s", "s/cret")


def test_no_log_holds_a_token():
    """Neither the server's, however it is spelled, nor what somebody tried, nor in a traceback."""
    with redacted(lambda: "s/cret"):
        text = logged(
            lambda log: log.warning("404 GET /nothing?a=1&token=%s&b=2 (::1)", "s/cret"),
            lambda log: log.warning("302 %s", "/login?next=%2F%3Ftoken%3Dmistyped"),
            lambda log: log.error("Authorization: token s/cret; s%2Fcret"),
            fail,
        )

    assert "cret" not in text.replace("[token]", "")
    assert "mistyped" not in text
    assert "404 GET /nothing?a=1&token=[token]&b=2 (::1)" in text
    assert "'GET /?token=[token] failed'" in text


def test_logs_are_as_they_were_otherwise():
    """Without a token, with arguments that do not fit, and afterwards."""
    before = logging.getLogRecordFactory()
    with redacted(lambda: ""):
        text = logged(lambda log: log.warning("%d of %s", 2, "three"))
        made = logging.getLogRecordFactory()("n", 1, "p", 1, "%d", ("x",), None)

    assert text == "2 of three\n"
    assert made.args == ("x",)
    assert logging.getLogRecordFactory() is before
