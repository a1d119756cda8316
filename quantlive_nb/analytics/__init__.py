"""Statistics of prices and pairs: arrays in, frozen results out.

This room knows numpy; it knows no event loop, no database, no exchange and no widget. The heavy
libraries are imported by the functions that need them.
"""

from quantlive_nb.analytics.cointegration import ADFResult, EGResult, adf, engle_granger
from quantlive_nb.analytics.correlation import correlation, fisher_band, returns
from quantlive_nb.analytics.ols import OLSFit, RollingOLS, ols, rolling_ols
from quantlive_nb.analytics.series import PairSeries, SeriesMemo, pair_series
from quantlive_nb.analytics.spread import spread
from quantlive_nb.analytics.summary import Summary, summary
from quantlive_nb.analytics.zscore import Bands, bands, zscore

__all__ = [
    "ADFResult",
    "Bands",
    "EGResult",
    "OLSFit",
    "PairSeries",
    "RollingOLS",
    "SeriesMemo",
    "Summary",
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
