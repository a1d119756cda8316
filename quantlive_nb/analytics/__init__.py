"""Statistics of prices and pairs: arrays in, frozen results out.

This room knows numpy; it knows no event loop, no database, no exchange and no widget. The heavy
libraries are imported by the functions that need them.
"""

from quantlive_nb.analytics.amihud import amihud
from quantlive_nb.analytics.association import CorrelationResult, correlate
from quantlive_nb.analytics.batch import EGBatch, engle_granger_batch
from quantlive_nb.analytics.causal import CausalResult, check_causal
from quantlive_nb.analytics.cointegration import ADFResult, EGResult, adf, engle_granger
from quantlive_nb.analytics.contribution import RiskContributions, risk_contributions
from quantlive_nb.analytics.correlation import correlation, fisher_band, returns
from quantlive_nb.analytics.cusum import CUSUMResult, cusum, recursive_residuals
from quantlive_nb.analytics.directions import BothWays, both_ways
from quantlive_nb.analytics.discovery import false_discovery
from quantlive_nb.analytics.drawdown import MaxDrawdown, drawdown, max_drawdown
from quantlive_nb.analytics.epps import EppsCurve, epps_curve
from quantlive_nb.analytics.ewma import ewma, ewma_correlation
from quantlive_nb.analytics.expanding import expanding_ols
from quantlive_nb.analytics.flow import imbalance, signed_volume, volume_delta
from quantlive_nb.analytics.forecast import (
    DMResult,
    ForecastErrors,
    compare_forecasts,
    forecast_errors,
    walk_forward,
)
from quantlive_nb.analytics.garch import GARCHFit, garch
from quantlive_nb.analytics.halflife import HalfLife, half_life
from quantlive_nb.analytics.har import HARFit, har
from quantlive_nb.analytics.hayashi_yoshida import HYResult, hayashi_yoshida
from quantlive_nb.analytics.johansen import JohansenResult, RankTest, johansen
from quantlive_nb.analytics.kalman import KalmanFit, kalman
from quantlive_nb.analytics.lead_lag import LeadLag, lead_lag
from quantlive_nb.analytics.line import LineFit
from quantlive_nb.analytics.liquidity import Liquidity, liquidity
from quantlive_nb.analytics.matrix import CorrelationMatrix, correlation_matrix
from quantlive_nb.analytics.memory import Hurst, VarianceRatio, hurst, variance_ratio
from quantlive_nb.analytics.ols import OLSFit, RollingOLS, ols, rolling_ols
from quantlive_nb.analytics.performance import Performance, performance
from quantlive_nb.analytics.period import RollingPerformance, performance_by, rolling_performance
from quantlive_nb.analytics.phillips_ouliaris import POResult, phillips_ouliaris
from quantlive_nb.analytics.portfolio import equity_curve, portfolio_returns
from quantlive_nb.analytics.range_volatility import range_volatility
from quantlive_nb.analytics.rank import spearman
from quantlive_nb.analytics.robust import huber, theil_sen, total_least_squares
from quantlive_nb.analytics.roll import RollSpread, roll_spread
from quantlive_nb.analytics.scan import scan
from quantlive_nb.analytics.scan_result import ScanResult
from quantlive_nb.analytics.series import PairSeries, SeriesMemo, pair_series
from quantlive_nb.analytics.spread import spread
from quantlive_nb.analytics.stability import HalvesResult, halves
from quantlive_nb.analytics.stationarity import KPSSResult, PPResult, kpss, phillips_perron
from quantlive_nb.analytics.streaming import (
    EWMAStream,
    RollingCorrelation,
    RollingLine,
    RollingZScore,
)
from quantlive_nb.analytics.summary import Summary, summary
from quantlive_nb.analytics.trade_size import TradeSizes, trade_sizes
from quantlive_nb.analytics.value_at_risk import TailRisk, value_at_risk
from quantlive_nb.analytics.volatility import ewma_volatility, realised_volatility
from quantlive_nb.analytics.vwap import rolling_vwap, vwap
from quantlive_nb.analytics.zscore import Bands, bands, zscore

__all__ = [
    "ADFResult",
    "Bands",
    "BothWays",
    "CUSUMResult",
    "CausalResult",
    "CorrelationMatrix",
    "CorrelationResult",
    "DMResult",
    "EGBatch",
    "EGResult",
    "EWMAStream",
    "EppsCurve",
    "ForecastErrors",
    "GARCHFit",
    "HARFit",
    "HYResult",
    "HalfLife",
    "HalvesResult",
    "Hurst",
    "JohansenResult",
    "KPSSResult",
    "KalmanFit",
    "LeadLag",
    "LineFit",
    "Liquidity",
    "MaxDrawdown",
    "OLSFit",
    "POResult",
    "PPResult",
    "PairSeries",
    "Performance",
    "RankTest",
    "RiskContributions",
    "RollSpread",
    "RollingCorrelation",
    "RollingLine",
    "RollingOLS",
    "RollingPerformance",
    "RollingZScore",
    "ScanResult",
    "SeriesMemo",
    "Summary",
    "TailRisk",
    "TradeSizes",
    "VarianceRatio",
    "adf",
    "amihud",
    "bands",
    "both_ways",
    "check_causal",
    "compare_forecasts",
    "correlate",
    "correlation",
    "correlation_matrix",
    "cusum",
    "drawdown",
    "engle_granger",
    "engle_granger_batch",
    "epps_curve",
    "equity_curve",
    "ewma",
    "ewma_correlation",
    "ewma_volatility",
    "expanding_ols",
    "false_discovery",
    "fisher_band",
    "forecast_errors",
    "garch",
    "half_life",
    "halves",
    "har",
    "hayashi_yoshida",
    "huber",
    "hurst",
    "imbalance",
    "johansen",
    "kalman",
    "kpss",
    "lead_lag",
    "liquidity",
    "max_drawdown",
    "ols",
    "pair_series",
    "performance",
    "performance_by",
    "phillips_ouliaris",
    "phillips_perron",
    "portfolio_returns",
    "range_volatility",
    "realised_volatility",
    "recursive_residuals",
    "returns",
    "risk_contributions",
    "roll_spread",
    "rolling_ols",
    "rolling_performance",
    "rolling_vwap",
    "scan",
    "signed_volume",
    "spearman",
    "spread",
    "summary",
    "theil_sen",
    "total_least_squares",
    "trade_sizes",
    "value_at_risk",
    "variance_ratio",
    "volume_delta",
    "vwap",
    "walk_forward",
    "zscore",
]
