"""The scanner's panel: what is asked, what is said, which pair is shown."""

import json

import numpy as np
import pytest

from quantlive_nb.analytics import scan
from quantlive_nb.view.controls.scan_controls import MOST_ROWS, ScanPanel, rows_of
from quantlive_nb.view.scan_task import ScanRequest, ScanState
from quantlive_nb.view.widgets.widget_tree import family

ASKED = ScanRequest(5_000_000, 3_600_000_000, 1, 10.0, "binance")
NOW = 1_723_161_240_000_000


def walks(n_symbols, n=300):
    """Closes of unrelated symbols."""
    steps = 1e-3 * np.random.default_rng(5).normal(size=(n_symbols, n))
    return {f"S{i:02}": np.exp(row) for i, row in enumerate(steps.cumsum(axis=1))}


@pytest.fixture
def panel(wire, controller):
    """A panel over a controller whose Live scans three walks."""
    return ScanPanel(controller)


def wait(controller):
    """Until the controller's scan has ended."""
    while controller.search.state.is_running or controller.search.state == ScanState():
        assert controller.woken.wait(20)
        controller.woken.clear()
    return controller.search.state


def test_a_scan_is_asked_for_as_chosen(panel, controller, live):
    """Look-back, lags and cost are handed on; bars are those of the page; then it is shown."""
    panel.last.value, panel.lags.value, panel.cost.value = "2h", 1, 7.5
    panel.start.click()
    state = wait(controller)
    panel.draw(state)

    assert live.told[-1] == ("scan", controller.settings.every_us, 7_200_000_000, 1, 7.5)
    assert [(row["y"], row["x"]) for row in panel.table.rows] == list(
        zip(state.found.y, state.found.x, strict=True)
    )
    np.testing.assert_allclose([row["stat"] for row in panel.table.rows], state.found.stat)


def test_nonsense_is_a_sentence(panel, controller, live):
    """A look-back that is no time is refused before anything is scanned."""
    panel.last.value = "soon"
    panel.start.click()
    panel.draw(controller.search.state)

    assert "ql-error" in panel._said.value
    assert not [told for told in live.told if told[0] == "scan"]


def test_a_cost_that_cannot_be_is_said(panel, controller, live):
    """It is not cut down to the largest: nothing is scanned, and the field keeps it."""
    for text in ("1e9", "0", "abc"):
        panel.cost.control.value = text
        panel.start.click()
        panel.draw(controller.search.state)
        assert panel.cost.control.value == text
        assert panel.cost.why

    assert "mend the field" in panel._said.value
    assert not [told for told in live.told if told[0] == "scan"]


def test_progress_is_told_and_can_be_ended(panel):
    """The bar is as long as the part that is done; meanwhile only ending it can be asked for."""
    panel.draw(ScanState(ASKED, is_running=True, n_done=3, n_pairs=12))
    assert 'data-value="0.25"' in panel._said.value
    assert "width:25%" in panel._said.value
    assert panel.start.disabled
    assert "ql-hidden" not in panel.cancel._dom_classes

    panel.draw(ScanState(ASKED, found=scan(walks(3), lags=1)))
    assert not panel.start.disabled
    assert "ql-hidden" in panel.cancel._dom_classes


def test_the_summary_counts_tests_and_discoveries(panel):
    """Many tests at once, the bars, the terms, and who was left out."""
    closes = walks(4) | {"still": np.full(300, 0.1)}
    panel.draw(ScanState(ASKED, found=scan(closes, lags=1), now_us=NOW))
    text = panel._said.value

    assert "<b>0</b> of 12 pairs at q ≤ 0.05" in text
    assert "12 tests at once: by chance about 0.6 have p below 5 %" in text
    assert "5s bars up to 2024-08-08 23:54:00 UTC" in text
    assert "1 lag; 10 bps a trade." in text
    assert "Left out: still" in text


def test_an_unreal_market_says_so(panel):
    """Simulated numbers are labelled beside the numbers."""
    asked = ScanRequest(5_000_000, 3_600_000_000, 1, 10.0, "SIMULATED")
    panel.draw(ScanState(asked, found=scan(walks(3), lags=1), now_us=NOW))

    assert "<b>SIMULATED</b>, 5s bars" in panel._said.value


def test_rows_can_be_sent():
    """What has no number is None, not NaN: JSON has no NaN; half-lives are in seconds."""
    found = scan(walks(3), lags=1, holdout=0)
    rows = rows_of(found, 5.0)

    json.dumps(rows, allow_nan=False)
    assert all(row["holdout_p"] is None and row["text"]["holdout_p"] == "–" for row in rows)
    known = [at for at in range(len(found)) if np.isfinite(found.half_life[at])]
    assert all(rows[at]["half_life"] == 5 * found.half_life[at] for at in known)


def test_many_pairs_show_the_best(panel):
    """No browser is given a thousand rows."""
    found = scan(walks(16), lags=1)
    panel.draw(ScanState(ASKED, found=found))

    assert len(panel.table.rows) == MOST_ROWS < len(found)
    assert f"The best {MOST_ROWS} are shown" in panel._said.value


def test_a_click_shows_the_pair(panel, controller):
    """The page's settings are those of the row; other words are not heard."""
    panel.table._handle_custom_msg({"kind": "pair", "y": "BTCUSDT", "x": "ETHUSDT"}, [])
    assert (controller.settings.y, controller.settings.x) == ("BTCUSDT", "ETHUSDT")
    panel.table._handle_custom_msg({"kind": "beat"}, [])
    assert (controller.settings.y, controller.settings.x) == ("BTCUSDT", "ETHUSDT")


def test_the_same_state_sends_nothing(wire, panel):
    """Drawn at every step of the page, it costs nothing while nothing happens."""
    state = ScanState(ASKED, found=scan(walks(3), lags=1))
    panel.draw(state)
    wire.clear()
    panel.draw(state)

    assert wire.updates() == []


def test_every_control_explains_itself(panel):
    """A description and a tooltip each."""
    controls = [one for one in family(panel.box) if hasattr(one, "tooltip")]
    named = [one for one in controls if getattr(one, "description", "")]

    assert len(named) == 5
    assert all(one.tooltip for one in named)
