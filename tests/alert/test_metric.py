"""The registry of metrics."""

from dataclasses import fields

import pytest

from quantlive_nb.alert import METRICS, REGISTRY, Metric, Need, Rule, metric_of
from quantlive_nb.alert.metric import label
from quantlive_nb.analytics import PairSeries
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Bars

COLUMNS = {Need.BARS: Bars, Need.SERIES: PairSeries}


@pytest.mark.parametrize("metric", REGISTRY.values(), ids=METRICS)
def test_an_entry_says_all_that_is_needed(metric):
    """Its name is its key, it has a unit and a range, and it is read from a column that exists."""
    assert REGISTRY[metric.name] is metric
    assert metric.unit
    assert metric.low < metric.high
    if metric.needs in COLUMNS:
        assert metric.column in {field.name for field in fields(COLUMNS[metric.needs])}


def test_a_new_entry_can_be_watched_and_has_its_range(monkeypatch):
    """Nothing but the registry has to know a metric."""
    new = Metric("std", "log price", Need.SERIES, "std", 0.0)
    monkeypatch.setitem(REGISTRY, "std", new)

    assert str(Rule.of("calm", "std < 0.1", "Y", "X")).startswith("std < 0.1")
    with pytest.raises(UsageError, match="std < 0 can never be: std is never below 0"):
        Rule.of("calm", "std < 0", "Y", "X").require_reachable()


def test_a_panel_is_a_metric_of_its_own():
    """It has no range, and its column is the panel's name."""
    assert metric_of("panel:gap").needs is Need.PANEL
    assert (metric_of("panel:gap").column, label("panel:gap")) == ("gap", "gap")
    with pytest.raises(UsageError, match="a panel needs a name"):
        metric_of("panel:")


@pytest.mark.parametrize("name", ["", "zscroe", "Price"])
def test_an_unknown_name_is_answered_with_all_known(name):
    """The sentence lists what there is."""
    with pytest.raises(UsageError, match="use one of price, spread, zscore"):
        metric_of(name)
