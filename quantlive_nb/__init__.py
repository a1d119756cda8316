"""quantlive_nb: a live quant dashboard for pairs of crypto markets, in Jupyter.

This room only says what is public; widgets are loaded when a Dashboard is first asked for.
"""

import logging
from typing import TYPE_CHECKING

from quantlive_nb.analytics import (
    ADFResult,
    Bands,
    BothWays,
    CausalResult,
    CUSUMResult,
    EGBatch,
    EGResult,
    HalfLife,
    HalvesResult,
    Hurst,
    JohansenResult,
    KalmanFit,
    KPSSResult,
    LineFit,
    OLSFit,
    PairSeries,
    POResult,
    PPResult,
    RankTest,
    ScanResult,
    Summary,
    VarianceRatio,
    adf,
    bands,
    both_ways,
    check_causal,
    correlation,
    cusum,
    engle_granger,
    engle_granger_batch,
    expanding_ols,
    false_discovery,
    fisher_band,
    half_life,
    halves,
    huber,
    hurst,
    johansen,
    kalman,
    kpss,
    ols,
    pair_series,
    phillips_ouliaris,
    phillips_perron,
    recursive_residuals,
    returns,
    rolling_ols,
    scan,
    spread,
    summary,
    theil_sen,
    total_least_squares,
    variance_ratio,
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
    "BothWays",
    "CUSUMResult",
    "CausalResult",
    "Dashboard",
    "EGBatch",
    "EGResult",
    "HalfLife",
    "HalvesResult",
    "Hurst",
    "JohansenResult",
    "KPSSResult",
    "KalmanFit",
    "LineFit",
    "Live",
    "NotEnoughData",
    "OLSFit",
    "POResult",
    "PPResult",
    "Pair",
    "PairSeries",
    "PairSpec",
    "QuantliveError",
    "RankTest",
    "ScanResult",
    "Settings",
    "Summary",
    "Trade",
    "Trades",
    "UsageError",
    "VarianceRatio",
    "Windows",
    "adf",
    "bands",
    "both_ways",
    "check_causal",
    "correlation",
    "cusum",
    "engle_granger",
    "engle_granger_batch",
    "expanding_ols",
    "false_discovery",
    "fisher_band",
    "half_life",
    "halves",
    "huber",
    "hurst",
    "johansen",
    "kalman",
    "kpss",
    "ols",
    "pair_series",
    "phillips_ouliaris",
    "phillips_perron",
    "recursive_residuals",
    "returns",
    "rolling_ols",
    "scan",
    "spread",
    "summary",
    "theil_sen",
    "total_least_squares",
    "variance_ratio",
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
