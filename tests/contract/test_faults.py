"""The fault matrix: whatever the network does, the tape ends up as the exchange's own."""

from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests import faults

N = 1_200
"""Trades of one sequence of faults."""


@pytest.fixture(scope="module")
def frames(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first trades of the real recording."""
    return faults.shortened(data, tmp_path_factory.mktemp("frames"), N)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of minutes are fractions of a second here."""
    faults.make_hasty(monkeypatch)


def survive(frames: Path, data: Path, db: Path, sequence, *, is_by_id: bool = True) -> None:
    """Play the recording through a sequence of faults; the tape must be the recording."""
    with faults.scene(frames, N, db, has_historical_trades=is_by_id) as scene:
        for fault in sequence:
            scene.play(20)
            fault(scene)
        scene.finish()
    faults.assert_equal(db, data, N, is_by_id=is_by_id)


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.__name__)
def test_no_fault_costs_a_trade(fault, frames, data, tmp_path):
    """Each fault alone: every trade is there, once, exactly, and the ledger knows how it came."""
    survive(frames, data, tmp_path / "t.duckdb", [fault])


SEQUENCES = st.lists(st.sampled_from(faults.FAULTS), min_size=2, max_size=4)
FOUND_NOT_SHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing sequence is printed as it is, with what reproduces it: shrinking would take minutes."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@settings(max_examples=30, phases=FOUND_NOT_SHRUNK)
@given(sequence=SEQUENCES, is_by_id=st.booleans())
def test_no_sequence_of_faults_costs_a_trade(frames, data, tmp_path_factory, sequence, is_by_id):
    """Random faults one after the other, at an exchange with trades by id or with aggregates."""
    db = tmp_path_factory.mktemp("sequence") / "t.duckdb"
    survive(frames, data, db, sequence, is_by_id=is_by_id)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@settings(max_examples=200, phases=FOUND_NOT_SHRUNK)
@given(sequence=SEQUENCES, is_by_id=st.booleans())
def test_none_of_two_hundred_sequences_costs_a_trade(
    frames, data, tmp_path_factory, sequence, is_by_id
):
    """The same, for as long as it takes."""
    db = tmp_path_factory.mktemp("sequence") / "t.duckdb"
    survive(frames, data, db, sequence, is_by_id=is_by_id)
