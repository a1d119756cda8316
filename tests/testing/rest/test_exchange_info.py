"""What the exchange says of itself."""

import pytest

from quantlive_nb.testing.rest.exchange_info import rate_limits, symbol_row


def test_the_limits_are_those_of_the_documents():
    """The weight limit is the one given; both are per address."""
    weight, raw = rate_limits(1_200)

    assert weight == {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": 1_200,
    }
    assert (raw["rateLimitType"], raw["intervalNum"], raw["limit"]) == ("RAW_REQUESTS", 5, 300_000)


@pytest.mark.parametrize(
    ("symbol", "base", "quote"),
    [("BTCUSDT", "BTC", "USDT"), ("ETHBTC", "ETH", "BTC"), ("XYZ", "XYZ", "")],
)
def test_a_symbol_is_split_into_what_is_traded_and_what_it_costs(symbol, base, quote):
    """A name without a known quote stays whole."""
    row = symbol_row(symbol)

    assert (row["baseAsset"], row["quoteAsset"]) == (base, quote)


def test_steps_have_eight_decimals():
    """As prices and quantities have."""
    rules = {rule["filterType"]: rule for rule in symbol_row("BTCUSDT")["filters"]}

    assert rules["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert rules["LOT_SIZE"]["stepSize"] == "0.00001000"
