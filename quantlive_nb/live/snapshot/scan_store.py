"""The closes of many symbols on one grid, and the scan of their pairs."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from quantlive_nb.analytics import ScanResult, scan
from quantlive_nb.analytics.cointegration.dickey_fuller import Lags
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.live.snapshot.market_data import shared
from quantlive_nb.store import BarReader, Reader
from quantlive_nb.types import Bars, Bools, Ints, Vector

__all__ = ["closes", "screen"]

TRADED = 0.5
"""A symbol that trades in fewer of the bars stands still for most of them, and is left out."""


def closes(bars: Sequence[Bars]) -> tuple[Ints, dict[str, Vector], dict[str, Bools]]:
    """The closed bars of some symbols on the stretch that all of them cover.

    Returns
    -------
    ts : Ints, shape (n,), µs UTC
    prices : dict of str to Vector, shape (n,)
        Closes by symbol; a bar without a trade repeats the one before.
    traded : dict of str to Bools, shape (n,)
        Where the symbol traded.

    Examples
    --------
    >>> closes([Bars.empty("v", "A", 1)])[1]
    {'A': array([], dtype=float64)}
    """
    closed = shared(bars)
    ts = closed[0].ts if closed else np.empty(0, np.int64)
    prices = {one.symbol: one.close for one in closed}
    return ts, prices, {one.symbol: one.n_trades > 0 for one in closed}


def screen(
    store: Reader,
    venue: str,
    symbols: tuple[str, ...],
    *,
    every_us: Micros,
    last_us: "Micros | None" = None,
    lags: Lags = "aic",
    holdout: float = 0.3,
    cost_bps: float = 10.0,
    progress: "Callable[[int, int], object] | None" = None,
    cancel: "Callable[[], bool] | None" = None,
) -> ScanResult:
    """Scan all ordered pairs of a venue's symbols.

    Parameters
    ----------
    symbols : tuple of str
        Empty for all that have trades.
    every_us, last_us : int, µs
        Bar length, and how far back from the newest trade; None for everything.
    lags, holdout, cost_bps, progress, cancel
        As :func:`quantlive_nb.analytics.scan.scan` takes them.

    Returns
    -------
    ScanResult
        A symbol that traded in less than half of the bars is left out, with the reason.

    Raises
    ------
    UsageError
        If a symbol has no trades, or fewer than two are left.
    NotEnoughData
        If there are too few bars.
    """
    chosen = tuple(dict.fromkeys(symbols)) or store.symbols(venue)
    if not chosen:
        raise UsageError("there are no trades to scan yet: wait for some")
    if strange := [symbol for symbol in chosen if (venue, symbol) not in store.newest]:
        known = ", ".join(store.symbols(venue))
        raise UsageError(f"{store.path} holds no trades of {strange[0]}: choose among {known}")
    now_us = max(store.newest[venue, symbol] for symbol in chosen)
    start_us = 0 if last_us is None else max(now_us - last_us, 0)
    reader = BarReader(store)
    ends = {"now_us": now_us, "start_us": start_us}
    _, prices, traded = closes([reader.bars(venue, s, every_us, **ends) for s in chosen])
    share = {symbol: float(bars.mean()) if len(bars) else 1.0 for symbol, bars in traded.items()}
    seldom = {
        symbol: f"{symbol} traded in {part:.0%} of the bars: take longer ones"
        for symbol, part in share.items()
        if part < TRADED
    }
    left = {symbol: price for symbol, price in prices.items() if symbol not in seldom}
    if len(left) < 2:
        reasons = "; ".join(seldom.values()) or f"there is only {', '.join(left)}"
        raise UsageError(f"a scan needs two symbols: {reasons}")
    found = scan(
        left, lags=lags, holdout=holdout, cost_bps=cost_bps, progress=progress, cancel=cancel
    )
    return replace(found, left_out={**found.left_out, **seldom})
