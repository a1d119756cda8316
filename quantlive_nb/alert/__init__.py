"""Alerts, pure: metrics, rules, the state machine of one alert, the engine of all, and the log."""

from quantlive_nb.alert.engine import AlertEngine
from quantlive_nb.alert.log import AlertLog, Firing, LogReader
from quantlive_nb.alert.metric import METRICS, REGISTRY, Metric, Need, metric_of
from quantlive_nb.alert.rule import Condition, Rule
from quantlive_nb.alert.state import Alert, Event, Phase, Status, newest_first

__all__ = [
    "METRICS",
    "REGISTRY",
    "Alert",
    "AlertEngine",
    "AlertLog",
    "Condition",
    "Event",
    "Firing",
    "LogReader",
    "Metric",
    "Need",
    "Phase",
    "Rule",
    "Status",
    "metric_of",
    "newest_first",
]
