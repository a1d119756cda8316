"""Whether a newest trade can be true beside what is known."""

import pytest

from quantlive_nb.judge import LEAP, MONTH
from quantlive_nb.live.repair.newest import is_refuted, objection
from quantlive_nb.store.tape.coverage import Range
from tests.tape import SECOND, START, trade

HELD = Range(1_000, 2_000, START, START + 60 * SECOND)


@pytest.mark.parametrize(
    ("trade_id", "at_s", "said"),
    [
        (2_000, 60, ""),
        (2_001, 60, ""),
        (9_000, 61, ""),
        (1_990, 59, ""),  # an answer from a moment ago
        (2_000 + LEAP, 61, ""),
        (2_001 + LEAP, 61, "100,000,001 ids beyond those that are known"),
        (2_001 + LEAP, 60 + MONTH // SECOND, ""),
        (2_001, 30, "its id is higher than one that is known, though it is earlier"),
        (1_500, 90, "its id is lower than one that is known, though it is later"),
        (2_000 - 2 * LEAP, 30, "it is 200,000,000 ids before those that are known"),
        (5, 60.1, "its id is lower than one that is known, though it is later"),
        (9_000, 59.9, "its id is higher than one that is known, though it is earlier"),
        (1_990, 60.1, ""),
    ],
)
def test_ids_and_times_rise_together(trade_id, at_s, said):
    """A trade of another symbol has ids that do not fit to its time."""
    assert said in objection(trade(trade_id, int(at_s * SECOND)), *HELD[1::2])
    assert bool(objection(trade(trade_id, int(at_s * SECOND)), *HELD[1::2])) == bool(said)


@pytest.mark.parametrize(
    ("trade_id", "at_s", "refuted"),
    [
        (2_001, 61, False),
        (1_999, 60, False),
        (1_999, 62, True),
        (2_001 + LEAP, 62, True),
        (2_001 + LEAP, 60 + MONTH // SECOND, False),
    ],
)
def test_a_trade_refutes_what_cannot_lie_before_it(trade_id, at_s, refuted):
    """It came on the socket: what REST told of the end was of another symbol."""
    assert is_refuted(HELD, trade_id, START + at_s * SECOND) is refuted
