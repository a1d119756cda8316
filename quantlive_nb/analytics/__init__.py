"""Statistics of prices and pairs: arrays in, frozen results out.

Heavy libraries are imported by the functions that need them.
"""

from quantlive_nb.analytics.cointegration.both_ways import BothWays, both_ways
from quantlive_nb.analytics.cointegration.cusum import CUSUMResult, cusum, recursive_residuals
from quantlive_nb.analytics.cointegration.engle_granger import (
    ADFResult,
    EGResult,
    adf,
    engle_granger,
)
from quantlive_nb.analytics.cointegration.halflife import HalfLife, half_life
from quantlive_nb.analytics.cointegration.hurst import Hurst, VarianceRatio, hurst, variance_ratio
from quantlive_nb.analytics.cointegration.johansen import JohansenResult, RankTest, johansen
from quantlive_nb.analytics.cointegration.phillips_ouliaris import POResult, phillips_ouliaris
from quantlive_nb.analytics.cointegration.stability import HalvesResult, halves
from quantlive_nb.analytics.cointegration.stationarity import (
    KPSSResult,
    PPResult,
    kpss,
    phillips_perron,
)
from quantlive_nb.analytics.core.causal import CausalResult, check_causal
from quantlive_nb.analytics.core.fdr import false_discovery
from quantlive_nb.analytics.core.summary import Summary, summary
from quantlive_nb.analytics.correlation.association import CorrelationResult, correlate
from quantlive_nb.analytics.correlation.correlation import correlation, fisher_band, returns
from quantlive_nb.analytics.correlation.epps import EppsCurve, epps_curve
from quantlive_nb.analytics.correlation.ewma import ewma, ewma_correlation
from quantlive_nb.analytics.correlation.hayashi_yoshida import HYResult, hayashi_yoshida
from quantlive_nb.analytics.correlation.lead_lag import LeadLag, lead_lag
from quantlive_nb.analytics.correlation.matrix import CorrelationMatrix, correlation_matrix
from quantlive_nb.analytics.correlation.rank import spearman
from quantlive_nb.analytics.microstructure.amihud import amihud
from quantlive_nb.analytics.microstructure.flow import imbalance, signed_volume, volume_delta
from quantlive_nb.analytics.microstructure.liquidity import Liquidity, liquidity
from quantlive_nb.analytics.microstructure.roll_spread import RollSpread, roll_spread
from quantlive_nb.analytics.microstructure.trade_size import TradeSizes, trade_sizes
from quantlive_nb.analytics.microstructure.vwap import rolling_vwap, vwap
from quantlive_nb.analytics.pair.expanding import expanding_ols
from quantlive_nb.analytics.pair.kalman import KalmanFit, kalman
from quantlive_nb.analytics.pair.line_fit import LineFit
from quantlive_nb.analytics.pair.ols import OLSFit, RollingOLS, ols, rolling_ols
from quantlive_nb.analytics.pair.pair_series import PairSeries, SeriesMemo, pair_series
from quantlive_nb.analytics.pair.robust import huber, theil_sen, total_least_squares
from quantlive_nb.analytics.pair.spread import spread
from quantlive_nb.analytics.pair.zscore import Bands, bands, zscore
from quantlive_nb.analytics.portfolio.contribution import RiskContributions, risk_contributions
from quantlive_nb.analytics.portfolio.drawdown import MaxDrawdown, drawdown, max_drawdown
from quantlive_nb.analytics.portfolio.performance import Performance, performance
from quantlive_nb.analytics.portfolio.period import (
    RollingPerformance,
    performance_by,
    rolling_performance,
)
from quantlive_nb.analytics.portfolio.portfolio import equity_curve, portfolio_returns
from quantlive_nb.analytics.portfolio.value_at_risk import TailRisk, value_at_risk
from quantlive_nb.analytics.scan.engle_granger_batch import EGBatch, engle_granger_batch
from quantlive_nb.analytics.scan.scan import scan
from quantlive_nb.analytics.scan.scan_result import ScanResult
from quantlive_nb.analytics.stream.streaming import (
    EWMAStream,
    RollingCorrelation,
    RollingLine,
    RollingZScore,
)
from quantlive_nb.analytics.volatility.forecast import (
    DMResult,
    ForecastErrors,
    compare_forecasts,
    forecast_errors,
    walk_forward,
)
from quantlive_nb.analytics.volatility.garch import GARCHFit, garch
from quantlive_nb.analytics.volatility.har import HARFit, har
from quantlive_nb.analytics.volatility.range_volatility import range_volatility
from quantlive_nb.analytics.volatility.volatility import ewma_volatility, realised_volatility

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
