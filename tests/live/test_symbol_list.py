"""Which symbols an exchange trades."""

import pytest

from quantlive_nb.errors import FeedError, UnknownSymbol
from quantlive_nb.live.symbol_list import SymbolList
from quantlive_nb.venue import Binance


def test_the_exchange_is_asked_once(exchange):
    """The list is kept: a hundred visitors cost one request."""
    listing = SymbolList(Binance(exchange.ws_url, exchange.rest_url))

    assert listing.load() == listing.load()
    assert {"BTCUSDT", "ETHUSDT"} <= set(listing.symbols)
    assert exchange.requests == ["/api/v3/exchangeInfo"]


def test_a_slip_is_told_with_what_may_have_been_meant(exchange):
    """The nearest name that is listed is offered."""
    listing = SymbolList(Binance(exchange.ws_url, exchange.rest_url))
    listing.load()
    with pytest.raises(UnknownSymbol) as caught:
        listing.check(["BTCUSDT", "ETHUSTD"])

    assert str(caught.value) == "unknown symbol 'ETHUSTD': did you mean ETHUSDT?"


def test_a_halted_symbol_is_known_and_not_offered(exchange):
    """It may be recorded: it trades again one day. Who searches is shown what trades now."""
    exchange.halt("SOLUSDT")
    listing = SymbolList(Binance(exchange.ws_url, exchange.rest_url))
    listing.load()
    listing.check(["BTCUSDT", "SOLUSDT"])

    assert "SOLUSDT" not in listing.symbols
    assert listing.silence(["BTCUSDT", "SOLUSDT"]).startswith("SOLUSDT is halted at binance")
    listing.heard(["SOLUSDT"])
    assert listing.silence(["SOLUSDT"]) == ""
    assert listing.silence(["GONEUSDT"]) == "GONEUSDT is not listed at binance any more"


def test_nothing_near_is_said_plainly(exchange):
    """No far-fetched offer."""
    listing = SymbolList(Binance(rest_url=exchange.rest_url))
    listing.load()
    with pytest.raises(UnknownSymbol, match="'QQQQ': the exchange does not list it"):
        listing.check(["QQQQ"])


def test_without_a_list_nothing_is_refused():
    """An exchange that cannot be asked does not stand in the way of its stream."""
    SymbolList(Binance()).check(["ANYTHING"])


def test_an_exchange_that_cannot_be_asked_is_told(exchange):
    """The sentence names it and the reason."""
    url = exchange.rest_url
    exchange.close()
    with pytest.raises(FeedError, match=r"binance cannot be asked for its symbols: .*refused"):
        SymbolList(Binance(rest_url=url)).load()


def test_an_answer_that_is_no_list_is_told(exchange):
    """A proxy's page is not taken for an empty exchange."""
    with pytest.raises(FeedError):
        SymbolList(Binance(rest_url=exchange.rest_url + "/elsewhere")).load()
