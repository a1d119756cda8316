"""The fields of the market."""

import pytest

from quantlive_nb.view.controller import ViewState
from quantlive_nb.view.controls.market_controls import SourceFields, SymbolFields
from tests.view.fake import PAIR
from tests.view.stage import said


class Told:
    """A controller that keeps what it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        """Any wish."""
        return lambda *args, **kwargs: self.told.append((name, *args, *kwargs.items()))


@pytest.fixture
def told():
    """A controller that keeps what it is told."""
    return Told()


def is_hidden(fields):
    """Whether the fields for a recording are hidden."""
    return "ql-hidden" in fields._replay._dom_classes


@pytest.mark.parametrize("source", ["simulated", "demo"])
def test_a_source_is_switched_at_once(told, source):
    """Choosing the simulated market, or the recording that ships, is enough."""
    fields = SourceFields(told, "binance")
    fields.source.value = source

    assert told.told[-1] == ("switch", source, 1.0)
    fields.show(source, ViewState())
    assert is_hidden(fields)


def test_a_replay_asks_for_its_file_first(told):
    """Choosing a replay shows its fields; Play switches with file and speed."""
    fields = SourceFields(told, "binance")
    assert is_hidden(fields)
    fields.source.value = "replay"
    assert told.told == [("regard", ("is_choosing_replay", True))]
    fields.show("binance", ViewState(is_choosing_replay=True))
    assert not is_hidden(fields)
    fields.path.value, fields.speed.value = " a.parquet ", 30.0
    play = fields._replay.children[-1]
    play.click()

    assert told.told[-1] == ("switch", "replay:a.parquet", 30.0)


def test_the_present_source_is_shown(told):
    """A source that is not among the usual ones is offered too; a replay shows path and speed."""
    fields = SourceFields(told, "binance-us")
    assert fields.source.value == "binance-us"
    fields.show("replay:b.parquet", ViewState(), 30.0)

    assert (fields.source.value, fields.path.value) == ("replay", "b.parquet")
    assert fields.speed.control.value == "30"
    fields.show("replay:b.parquet", ViewState(), float("inf"))
    assert fields.speed.control.value == "inf"


def test_a_served_page_offers_the_recordings_of_its_folder(told, monkeypatch, tmp_path):
    """By name; without any, a replay is no choice at all, but for one that is on."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    assert "replay" not in [value for _, value in SourceFields(told, "binance").source.options]
    monkeypatch.setenv("QUANTLIVE_RECORDINGS", str(tmp_path))
    (tmp_path / "a.parquet").touch()
    fields = SourceFields(told, "binance")
    fields.show(f"replay:{tmp_path}/a.parquet", ViewState())

    assert "replay" in [value for _, value in fields.source.options]
    assert fields.path.options == ("a.parquet",)
    assert fields.path.value == "a.parquet"
    fields.show("replay:/srv/mine/first.parquet", ViewState())
    assert (fields.source.value, fields.path.value) == ("replay", "first.parquet")


def test_a_typed_symbol_is_wanted(told):
    """In capitals, on Enter or by the button; an empty field is nothing."""
    fields = SymbolFields(told)
    fields.symbol.value = " solusdt "
    assert told.told == [("want", "SOLUSDT")]
    fields.symbol.value = ""

    assert len(told.told) == 1


@pytest.mark.parametrize("text", ["xrpusdt,adausdt", "XRPUSDT; ADAUSDT", " xrpusdt  adausdt,"])
def test_several_symbols_are_several(told, text):
    """What is typed with a comma between is never one symbol."""
    fields = SymbolFields(told)
    fields.symbol.value = text

    assert told.told == [("want", "XRPUSDT"), ("want", "ADAUSDT")]


def test_a_speed_that_cannot_be_plays_nothing(told):
    """It is said beside the field."""
    fields = SourceFields(told, "binance")
    fields.path.value, fields.speed.value = "a.parquet", "0"
    fields._replay.children[-1].click()

    assert told.told == []
    assert "a speed of 0 cannot be" in fields.speed.why


def test_symbols_of_the_pair_cannot_go(told):
    """Their buttons are off; another one's button drops it."""
    fields = SymbolFields(told)
    fields.show(PAIR, ("BTCUSDT", "ETHUSDT", "SOLUSDT"), ())
    chips = fields._rows.entries

    assert [chips[name].disabled for name in chips] == [True, True, False]
    chips["SOLUSDT"].click()
    assert told.told == [("drop", "SOLUSDT")]


def test_a_symbol_that_came_clears_the_field(controller, live):
    """What was typed is taken away once it is streamed, and stays while it is not."""
    fields = SymbolFields(controller)
    fields.symbol.value = "solusdt"
    said(controller)
    with controller.drawing():
        fields.show(PAIR, live.symbols, live.listed())

    assert fields.symbol.value == ""
    assert fields.symbol.options == live.listed()
