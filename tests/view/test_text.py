"""Numbers, times and names as they are written."""

import html
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.view.text import (
    cell,
    clock,
    escape,
    fine,
    missing,
    number,
    places,
    significant,
    spread,
    stamp,
)


def parsed(text):
    """The number that a text on the page says."""
    return float(text.replace("\u202f", "").replace("−", "-"))


@given(st.floats(-1e12, 1e12), st.integers(0, 8), st.booleans())
def test_a_number_is_the_value_rounded(value, n_places, signed):
    """Reading the text back gives the value within half of its last decimal."""
    text = number(value, n_places, signed=signed)
    tolerance = 0.5 * 10.0**-n_places + 1e-12 * abs(value)

    assert math.isclose(parsed(text), value, rel_tol=0, abs_tol=tolerance)
    assert "-" not in text


@given(st.floats(1e-7, 1e12))
def test_significant_digits_are_kept(value):
    """Three digits say a positive number within half a percent."""
    assert math.isclose(parsed(significant(value)), value, rel_tol=5.1e-3)


@given(st.floats(5e-324, 1e300), st.booleans())
@example(1.2e-6, False)
@example(9.96e-5, True)
@example(1e5, False)
def test_only_zero_is_written_as_zero(size, is_negative):
    """The smallest spread, slope or change keeps two digits and its sign, in a few letters."""
    value = -size if is_negative else size
    for text in (spread(value), significant(value, 4, signed=True), fine(value, 2, signed=True)):
        assert math.isclose(parsed(text), value, rel_tol=0.051, abs_tol=5e-324)
        assert text[0] == ("−" if is_negative else "+")
        assert size >= 1e5 or len(text) <= 13
    assert spread(0.0) == "0.00000"


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=8), st.integers(0, 8))
def test_places_write_prices_exactly(units, n_places):
    """With the places found every price is written without loss."""
    prices = np.array(units) / 10.0**n_places
    found = places(prices)

    assert found <= n_places
    assert [parsed(number(price, found)) for price in prices] == prices.tolist()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/data/t.duckdb: process 7 has it", "t.duckdb: process 7 has it"),
        ("recording into ~/My Data/t.duckdb", "recording into t.duckdb"),
        ("IO Error: '/a/b.parquet' is (/c/d.parquet)", "IO Error: 'b.parquet' is (d.parquet)"),
        (
            "refused wss://feed.example:9443/ws/a@trade",
            "refused wss://feed.example:9443/ws/a@trade",
        ),
        ("ETHUSDT/BTCUSDT, 3/4, y / x, and/or", "ETHUSDT/BTCUSDT, 3/4, y / x, and/or"),
    ],
)
def test_visitors_learn_no_folder_of_the_server(monkeypatch, text, shown):
    """A served page names files alone; in JupyterLab a path is told as it is."""
    text = text.replace("~", str(Path.home()))
    assert html.unescape(escape(text)) == text
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")

    assert html.unescape(escape(text)) == shown


@pytest.mark.parametrize("mark", ["\u202e", "\u202b", "\u2067", "\u200f"])
def test_no_text_turns_the_number_beside_it(mark):
    """A name with a mark of direction would make 5.0 of 0.5; names in any script stay."""
    assert escape(f"{mark}\u05e9\u05dc: 0.5") == "\u05e9\u05dc: 0.5"


@given(st.text())
def test_escaped_text_holds_no_markup(text):
    """No tag and no quote survives."""
    assert not set("<>\"'") & set(escape(text))


def test_a_cell_keeps_the_exact_value():
    """The unrounded value stands beside the text."""
    assert cell("ql-a", 0.1 + 0.2, "0.30") == (
        '<span class="ql-a" data-value="0.30000000000000004">0.30</span>'
    )


def test_what_is_missing_says_why():
    """Warm-up counts, or the sentence of the error, escaped."""
    assert "warming up 3/9" in missing(NotEnoughData("x", 3, 9))
    assert "&lt;x&gt; does not move" in missing(UsageError("<x> does not move"))


def test_times_are_utc():
    """A moment is written as its UTC time, whatever the machine's zone."""
    assert stamp(1_723_161_600_000_000) == "2024-08-09 00:00:00"
    assert clock(1_723_161_600_250_000, every_us=250_000) == "00:00:00.250"
