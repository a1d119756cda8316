"""The bar of the history that is fetched, and the button for what was skipped."""

import re

import pytest

from quantlive_nb.health import FeedState, Health
from quantlive_nb.view.panels.backfill_progress import BackfillProgress, progress

GOOD = Health(FeedState.LIVE, "binance")


class Told:
    """A controller that keeps what it is told."""

    def __init__(self):
        self.told = []

    def fill(self):
        """Fetch what was skipped."""
        self.told.append("fill")

    def cancel_fill(self):
        """Fetch no more."""
        self.told.append("cancel")


@pytest.fixture
def told():
    """A controller that keeps what it is told."""
    return Told()


@pytest.fixture
def filling(wire, told):
    """A bar that has not been drawn yet."""
    return BackfillProgress(told)


def is_shown(widget):
    """Whether the style sheet shows it."""
    return "ql-hidden" not in widget._dom_classes


def test_the_bar_is_there_while_history_is_awaited(filling):
    """It comes with the first number and goes with the last."""
    assert not is_shown(filling.box)
    filling.draw(GOOD.but(filled=0.34))
    assert is_shown(filling.box)
    assert "34 %" in filling._bar.value
    filling.draw(GOOD)

    assert not is_shown(filling.box)


@pytest.mark.parametrize(
    ("filled", "percent"), [(0.0, 0), (0.345, 34), (0.9999, 99), (1.0, 100), (1.2, 100), (-0.1, 0)]
)
def test_the_bar_says_its_percent_to_everyone(filled, percent):
    """Words, width and what a screen reader hears are one number, full only at the end."""
    html = progress(filled)

    assert re.findall(r'role="progressbar"|aria-label="filling history"', html)
    assert f'aria-valuenow="{percent}"' in html
    assert f"width:{percent}%" in html
    assert f">{percent} %<" in html


def test_less_than_a_percent_more_is_not_sent(filling, wire):
    """However often it is drawn."""
    filling.draw(GOOD.but(filled=0.341))
    wire.clear()
    filling.draw(GOOD.but(filled=0.349))

    assert wire.sent == []


def test_one_press_ends_the_filling(filling, told):
    """Cancel is a wish to the controller."""
    cancel = filling.box.children[1]
    cancel.click()

    assert "ql-fill-cancel" in cancel._dom_classes
    assert told.told == ["cancel"]


@pytest.mark.parametrize(
    ("health", "is_offered"),
    [
        (GOOD, False),
        (GOOD.but(n_skipped=12), True),
        (GOOD.but(n_skipped=12, filled=0.5), False),
    ],
)
def test_the_rest_is_offered_when_there_is_one(filling, told, health, is_offered):
    """Nothing skipped, or a filling at work, and there is nothing to press."""
    filling.draw(health)
    assert is_shown(filling.more) == is_offered
    filling.more.click()

    assert told.told == ["fill"]
