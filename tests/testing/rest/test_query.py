"""Parameters, good and bad."""

import json
from urllib.parse import quote

import pytest

from quantlive_nb.testing.rest.query import Query, Refusal

NAMES = ("symbol", "symbols", "limit", "fromId", "startTime", "endTime", "interval")
LISTED = ("BTCUSDT", "这是测试币456")


def refusal(text, read):
    """Code and sentence of the refusal that reading a query ends in."""
    with pytest.raises(Refusal) as caught:
        read(Query(text, NAMES))
    body = json.loads(str(caught.value))
    return body["code"], body["msg"]


@pytest.mark.parametrize("symbol", LISTED)
def test_a_listed_symbol_is_taken(symbol):
    """Encoded in the URL, and not necessarily ASCII."""
    assert Query(f"symbol={quote(symbol)}", NAMES).symbol(LISTED) == symbol


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", -1102),
        ("symbol=", -1102),
        ("symbol=NOPE", -1121),
        ("symbol=btcusdt", -1100),
        ("symbol=BTC%2FUSDT", -1100),
    ],
)
def test_a_bad_symbol_is_told_by_its_kind(text, code):
    """Missing, unknown, or in letters that no symbol has."""
    assert refusal(text, lambda query: query.symbol(LISTED))[0] == code


@pytest.mark.parametrize(
    ("text", "limit"), [("", 500), ("limit=1", 1), ("limit=1000", 1_000), ("limit=9999", 1_000)]
)
def test_a_page_has_500_rows_by_default_and_1000_at_most(text, limit):
    """As the documents say of each endpoint."""
    assert Query(text, NAMES).limit() == limit


@pytest.mark.parametrize(
    ("text", "code"),
    [("limit=0", -1130), ("limit=-1", -1100), ("limit=ten", -1100), ("limit=", -1105)],
)
def test_a_bad_limit_is_refused(text, code):
    """It must be a number, and of some rows."""
    assert refusal(text, lambda query: query.limit())[0] == code


def test_illegal_characters_are_told_in_the_documents_words():
    """The sentence names the parameter and what would be legal."""
    assert refusal("fromId=1.5", lambda query: query.integer("fromId")) == (
        -1100,
        "Illegal characters found in parameter 'fromId'; legal range is '^[0-9]{1,20}$'.",
    )


def test_times_are_taken_in_either_unit():
    """Milliseconds and microseconds are told apart by their size."""
    for text in ("startTime=1723161255342", "startTime=1723161255342999"):
        assert Query(text, NAMES).span_ms() == (1_723_161_255_342, None)
    assert Query("endTime=5", NAMES).span_ms() == (None, 5)


def test_an_interval_must_be_sent_and_be_one_of_the_exchanges():
    """Lengths are in ms; a minute is not a month."""
    assert Query("interval=1m", NAMES).interval_ms() == 60_000
    assert refusal("", lambda query: query.interval_ms())[0] == -1102
    for interval in ("1M", "7m", "60"):
        assert refusal(f"interval={interval}", lambda query: query.interval_ms()) == (
            -1120,
            "Invalid interval.",
        )


def test_unknown_and_repeated_parameters_are_refused():
    """A slip in a name must not pass for a question without it."""
    assert refusal("limit=1&formId=7", lambda query: query) == (
        -1101,
        "Too many parameters; expected '1' and received '2'.",
    )
    assert refusal("limit=1&limit=2", lambda query: query)[0] == -1101


def test_parameters_that_exclude_each_other_are_refused():
    """One of them alone is fine."""
    Query("fromId=1", NAMES).exclude("fromId", "startTime", "endTime")

    assert refusal("fromId=1&startTime=2", lambda query: query.exclude("fromId", "startTime")) == (
        -1128,
        "Combination of optional parameters invalid.",
    )
