"""quantlive_nb: a live quant dashboard for pairs of crypto markets, in Jupyter.

This room only says what is public; widgets are loaded when a Dashboard is first asked for.
"""

import logging
from typing import TYPE_CHECKING

from quantlive_nb.analytics import (
    ADFResult,
    Bands,
    EGResult,
    OLSFit,
    PairSeries,
    Summary,
    adf,
    bands,
    correlation,
    engle_granger,
    fisher_band,
    ols,
    pair_series,
    returns,
    rolling_ols,
    spread,
    summary,
    zscore,
)
from quantlive_nb.errors import NotEnoughData, QuantliveError, UsageError
from quantlive_nb.live import Live
from quantlive_nb.settings import Settings, Windows
from quantlive_nb.types import Bars, Pair, PairSpec, Trade, Trades

if TYPE_CHECKING:
    from quantlive_nb.dashboard import Dashboard

__all__ = [
    "ADFResult",
    "Bands",
    "Bars",
    "Dashboard",
    "EGResult",
    "Live",
    "NotEnoughData",
    "OLSFit",
    "Pair",
    "PairSeries",
    "PairSpec",
    "QuantliveError",
    "Settings",
    "Summary",
    "Trade",
    "Trades",
    "UsageError",
    "Windows",
    "adf",
    "bands",
    "correlation",
    "engle_granger",
    "fisher_band",
    "ols",
    "pair_series",
    "returns",
    "rolling_ols",
    "spread",
    "summary",
    "zscore",
]

__version__ = "0.1.0"

logging.getLogger("quantlive").addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    """Load what needs widgets when it is first asked for."""
    if name == "Dashboard":
        from quantlive_nb.dashboard import Dashboard

        return Dashboard
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
