"""Names: one sentence for each that cannot be one."""

import pytest

from quantlive_nb import Dashboard, Live
from quantlive_nb.alert import Rule
from quantlive_nb.errors import UsageError
from quantlive_nb.name import named, symbol_of
from quantlive_nb.panel import Panel
from quantlive_nb.types import PairSpec

SPEC = PairSpec("ETHUSDT", "BTCUSDT", 1_000_000)
NAMERS = {
    "an alert": lambda name: Rule(name, "zscore", ">", 2.0, "ETHUSDT", "BTCUSDT"),
    "a panel": lambda name: Panel(name, SPEC, lambda y, x: y - x),
    "a Live": lambda name: Live(name=name),
    "a Dashboard": lambda name: Dashboard(Live("A", "B", name="names"), name=name),
}
BAD = {
    "empty": (" \t", "needs a name"),
    "long": ("n" * 3_000, "has 3000 characters: give at most 64"),
    "line break": ("a\nb", "holds '\\n'"),
    "return": ("a\rb", "holds '\\r'"),
    "NUL": ("a\0b", "holds '\\x00'"),
    "escape": ("a\x1b[31mb", "holds '\\x1b'"),
    "turns the text around": ("a\u202eb", "holds '\\u202e'"),
}


@pytest.mark.parametrize("what", NAMERS)
@pytest.mark.parametrize("kind", BAD)
def test_all_names_obey_the_same_rules(what, kind):
    """Each that breaks one is refused with one sentence, which says whose name it is."""
    name, why = BAD[kind]
    with pytest.raises(UsageError) as refused:
        NAMERS[what](name)

    assert what in str(refused.value)
    assert why in str(refused.value)
    assert len(str(refused.value)) < 100
    assert "\n" not in str(refused.value)


GOOD = ["wide", "z > 2 & <b>", "=SUM(A1)", "спред", "مرحبا", "🚀", "n" * 64]
NO_SYMBOLS = ["BTC;ETH", "A B", "'", "A\0", "A\nB", "../X", "-A", "A" * 3_000]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("what", NAMERS)
def test_any_short_line_of_text_is_a_name(what, name):
    """Also in other scripts, and whatever it would mean elsewhere."""
    assert name in repr(NAMERS[what](name))


def test_blanks_around_a_name_are_no_part_of_it():
    """Two names that look the same are the same."""
    assert named("an alert", " wide\n") == "wide"
    assert NAMERS["an alert"](" wide ").name == NAMERS["an alert"]("wide").name


@pytest.mark.parametrize("text", NO_SYMBOLS)
def test_what_no_exchange_could_list_is_no_symbol(text):
    """As an argument, and while it records: nothing of it reaches the feed."""
    with pytest.raises(UsageError, match="is no symbol: give letters") as refused:
        symbol_of(text)
    assert len(str(refused.value)) < 120
    with pytest.raises(UsageError, match="is no symbol"):
        Live("BTCUSDT", text)
    live = Live("BTCUSDT", "ETHUSDT", name="symbols", source="simulated").start()
    with pytest.raises(UsageError, match="is no symbol"):
        live.want(text)
    assert live.symbols == ("BTCUSDT", "ETHUSDT")
    live.close()


@pytest.mark.parametrize("text", ["BTCUSDT", "1000SHIBUSDT", "币安人生USDT", "BTC-PERP", "BRK.B"])
def test_symbols_of_exchanges_are_symbols(text):
    """Digits, signs and other scripts among them."""
    assert symbol_of(text.lower()) == text
