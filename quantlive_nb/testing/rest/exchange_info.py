"""The ``exchangeInfo`` endpoint: rate limits, and the rules of each symbol."""

__all__ = ["rate_limits", "symbol_row"]

QUOTES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "BTC", "ETH", "BNB", "EUR", "TRY")
PRECISIONS = (
    "baseAssetPrecision",
    "quotePrecision",
    "quoteAssetPrecision",
    "baseCommissionPrecision",
    "quoteCommissionPrecision",
)


def rate_limits(weight_limit: int) -> list[dict[str, object]]:
    """The ``rateLimits`` of ``exchangeInfo``.

    Parameters
    ----------
    weight_limit : int
        Request weight that one address may use in a minute.

    Examples
    --------
    >>> [row["limit"] for row in rate_limits(6_000)]
    [6000, 300000]
    """
    return [
        _limit("REQUEST_WEIGHT", n_minutes=1, limit=weight_limit),
        _limit("RAW_REQUESTS", n_minutes=5, limit=300_000),
    ]


def _limit(kind: str, n_minutes: int, limit: int) -> dict[str, object]:
    return {
        "rateLimitType": kind,
        "interval": "MINUTE",
        "intervalNum": n_minutes,
        "limit": limit,
    }


def symbol_row(symbol: str, *, is_halted: bool = False) -> dict[str, object]:
    """One row of the ``symbols`` of ``exchangeInfo``.

    Examples
    --------
    >>> row = symbol_row("BTCUSDC")
    >>> row["baseAsset"], row["quoteAsset"]
    ('BTC', 'USDC')
    """
    quote = next((quote for quote in QUOTES if symbol.endswith(quote) and symbol != quote), "")
    return {
        "symbol": symbol,
        "status": "BREAK" if is_halted else "TRADING",
        "baseAsset": symbol.removesuffix(quote),
        "quoteAsset": quote,
        **dict.fromkeys(PRECISIONS, 8),
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            _filter("PRICE_FILTER", minPrice="0.01", maxPrice="1000000", tickSize="0.01"),
            _filter("LOT_SIZE", minQty="0.00001", maxQty="9000", stepSize="0.00001"),
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def _filter(kind: str, **bounds: str) -> dict[str, str]:
    """A trading rule, its numbers with the exchange's 8 decimals."""
    return {"filterType": kind} | {name: f"{float(value):.8f}" for name, value in bounds.items()}
