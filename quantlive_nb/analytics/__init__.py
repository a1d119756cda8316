"""Statistics of prices and pairs: arrays in, frozen results out.

This room knows numpy; it knows no event loop, no database, no exchange and no widget. The heavy
libraries are imported by the functions that need them.
"""

from quantlive_nb.analytics.batch import EGBatch, engle_granger_batch
from quantlive_nb.analytics.causal import CausalResult, check_causal
from quantlive_nb.analytics.cointegration import ADFResult, EGResult, adf, engle_granger
from quantlive_nb.analytics.correlation import correlation, fisher_band, returns
from quantlive_nb.analytics.cusum import CUSUMResult, cusum, recursive_residuals
from quantlive_nb.analytics.directions import BothWays, both_ways
from quantlive_nb.analytics.discovery import false_discovery
from quantlive_nb.analytics.expanding import expanding_ols
from quantlive_nb.analytics.halflife import HalfLife, half_life
from quantlive_nb.analytics.johansen import JohansenResult, RankTest, johansen
from quantlive_nb.analytics.kalman import KalmanFit, kalman
from quantlive_nb.analytics.line import LineFit
from quantlive_nb.analytics.memory import Hurst, VarianceRatio, hurst, variance_ratio
from quantlive_nb.analytics.ols import OLSFit, RollingOLS, ols, rolling_ols
from quantlive_nb.analytics.phillips_ouliaris import POResult, phillips_ouliaris
from quantlive_nb.analytics.robust import huber, theil_sen, total_least_squares
from quantlive_nb.analytics.scan import scan
from quantlive_nb.analytics.scan_result import ScanResult
from quantlive_nb.analytics.series import PairSeries, SeriesMemo, pair_series
from quantlive_nb.analytics.spread import spread
from quantlive_nb.analytics.stability import HalvesResult, halves
from quantlive_nb.analytics.stationarity import KPSSResult, PPResult, kpss, phillips_perron
from quantlive_nb.analytics.summary import Summary, summary
from quantlive_nb.analytics.zscore import Bands, bands, zscore

__all__ = [
    "ADFResult",
    "Bands",
    "BothWays",
    "CUSUMResult",
    "CausalResult",
    "EGBatch",
    "EGResult",
    "HalfLife",
    "HalvesResult",
    "Hurst",
    "JohansenResult",
    "KPSSResult",
    "KalmanFit",
    "LineFit",
    "OLSFit",
    "POResult",
    "PPResult",
    "PairSeries",
    "RankTest",
    "RollingOLS",
    "ScanResult",
    "SeriesMemo",
    "Summary",
    "VarianceRatio",
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
