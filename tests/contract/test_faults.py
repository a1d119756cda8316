"""The fault matrix: whatever the network does, the tape ends up as the exchange's own."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from quantlive_nb.interval import SECOND
from quantlive_nb.store import Store
from tests import scene
from tests.faults import FAULTS
from tests.lives import FRAMES, N_TRADES

N = 1_200
"""Trades of one sequence of faults."""


@pytest.fixture(scope="module")
def frames(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first trades of the real recording."""
    return scene.shortened(data, tmp_path_factory.mktemp("frames"), N)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of minutes are fractions of a second here."""
    scene.make_hasty(monkeypatch)


def survive(
    frames: Path, data: Path, db: Path, sequence, *, is_by_id: bool = True, is_reset: bool = False
) -> None:
    """Play the recording through a sequence of faults; the tape must be the recording.

    After each fault a tape that is called complete is so within a moment, or is not called so.
    """
    with scene.scene(frames, N, db, has_historical_trades=is_by_id) as stage:
        for fault in sequence:
            stage.play(20)
            fault(stage)
            stage.claims_nothing_false()
        stage.finish()
        if is_reset:
            stage.ids_begin_anew("BTCUSDT")
    scene.assert_equal(db, data, N, is_by_id=is_by_id)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_no_fault_costs_a_trade(fault, frames, data, tmp_path):
    """Each fault alone: every trade is there, once, exactly, and the ledger knows how it came."""
    survive(frames, data, tmp_path / "t.duckdb", [fault])


def test_the_golden_bars_come_out_of_every_fault_in_turn(data, tmp_path):
    """The whole recording through all faults; bars of a second and a minute, in exact decimals."""
    db = tmp_path / "t.duckdb"
    with scene.scene(data / FRAMES, N_TRADES, db) as stage:
        for fault in FAULTS:
            stage.play(900)
            fault(stage)
        stage.finish()
    scene.assert_equal(db, data, N_TRADES)
    store = Store(db, read_only=True)
    for name, every_us in (("1s", SECOND), ("1m", 60 * SECOND)):
        assert scene.traded_bars(store, every_us) == scene.golden_bars(data, name)
    store.close()


SEQUENCES = st.lists(st.sampled_from(FAULTS), min_size=2, max_size=4)
FOUND_NOT_SHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing sequence is printed as it is, with what reproduces it: shrinking would take minutes."""


N_AT_ONCE = 3
"""They mostly wait."""


@pytest.mark.slow
def test_no_sequence_of_faults_costs_a_trade(frames, data, tmp_path):
    """Twenty, the same each time: trades by id or in aggregates; after some, ids begin anew."""

    def play(seed: int) -> str:
        chance = random.Random(seed)
        sequence = chance.choices(FAULTS, k=2 + seed % 3)
        choices = {"is_by_id": seed % 2 == 0, "is_reset": seed % 4 > 1}
        try:
            survive(frames, data, tmp_path / f"sequence{seed}.duckdb", sequence, **choices)
        except Exception as exc:  # noqa: BLE001  whatever it is, with its seed
            names = ", ".join(fault.__name__ for fault in sequence)
            return f"seed {seed} ({names}, {choices}): {exc!r}"
        return ""

    with ThreadPoolExecutor(N_AT_ONCE) as stage:
        assert "".join(stage.map(play, range(20))) == ""


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@settings(max_examples=200, phases=FOUND_NOT_SHRUNK)
@given(sequence=SEQUENCES, is_by_id=st.booleans(), is_reset=st.booleans())
def test_none_of_two_hundred_sequences_costs_a_trade(
    frames, data, tmp_path_factory, sequence, is_by_id, is_reset
):
    """Others each time, for as long as it takes."""
    db = tmp_path_factory.mktemp("sequence") / "t.duckdb"
    survive(frames, data, db, sequence, is_by_id=is_by_id, is_reset=is_reset)
