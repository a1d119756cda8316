"""What a page shows, in its address and back."""

import pytest

from quantlive_nb.errors import UsageError
from quantlive_nb.settings import Settings, Windows
from quantlive_nb.view.address import Address, chosen, spelled
from quantlive_nb.view.controller import Controller
from tests.view.fake import PAIR, FakeLive

OTHER = Settings("BTCUSDT", "ETHUSDT", 15_000_000, 500, 400, Windows(90, 45, 20), 2.2512345)


@pytest.fixture
def controller():
    """A controller over a Live that is moved by hand."""
    made = Controller(FakeLive("BTCUSDT", "ETHUSDT"), PAIR, lambda: None)
    yield made
    made.stop()


def test_what_is_spelled_is_read_as_it_was(controller):
    """Every setting survives; what is as at first needs no word."""
    address = Address(controller)
    assert address.query == ""
    address.read(spelled(OTHER, PAIR))

    assert controller.settings == OTHER
    assert address.query == spelled(OTHER, PAIR)


def test_what_others_put_into_an_address_is_left_to_them():
    """A token, a theme, anything."""
    assert chosen("token=a&theme=dark&utm=1&y=ETHUSDT") == {}


@pytest.mark.parametrize(
    "query",
    ["bars=many", "bars=1e999", "hedge=1e300", "threshold=nan", "z=2.5", "y=a;b&x=c", "y=%00&x=c"],
)
def test_what_cannot_be_read_is_said(controller, query):
    """In a sentence that names it; nothing is chosen then."""
    with pytest.raises(UsageError, match=r"^[^ ]+ in the address of this page"):
        Address(controller).read(f"refresh=400&{query}")

    assert controller.settings == PAIR


def test_what_means_nothing_is_said_as_in_the_field(controller):
    """By the same sentence."""
    Address(controller).read("bars=9")
    (said,) = controller.outcomes()

    assert (controller.settings, said.is_error) == (PAIR, True)
    assert "9 bars cannot be drawn" in said.text


def test_a_pair_waits_for_its_symbols(controller):
    """One that the recording does not stream yet is asked for, and shown once it is there."""
    address = Address(controller)
    address.read("y=SOLUSDT&x=BTCUSDT&bars=500")
    assert controller.settings == PAIR.but(bars=500)
    controller.live.symbols = (*controller.live.symbols, "SOLUSDT")
    address.step()

    assert (controller.settings.y, controller.settings.x) == ("SOLUSDT", "BTCUSDT")


def test_the_pair_of_another_source_is_not_kept(controller):
    """A reload begins with the first source, which has other symbols."""
    address = Address(controller)
    controller.live.source = "simulated" if controller.live.source != "simulated" else "binance"
    controller.change(y="AAA", x="BBB", bars=500)

    assert address.query == "bars=500"
