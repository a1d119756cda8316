"""The slow tests of a pair, kept until a bar closes and five seconds have passed."""

import numpy as np
import pytest

from quantlive_nb import ADFResult, EGResult, Pair, PairSpec, adf, engle_granger, ols
from quantlive_nb.errors import NotEnoughData
from quantlive_nb.live.snapshot import slow_tests as slow
from quantlive_nb.live.snapshot.slow_tests import SlowTests
from tests.lives import SECOND

SPEC = PairSpec("ETHUSDT", "BTCUSDT", SECOND, 300 * SECOND)


def walk(n, seed=3):
    """A pair that hangs together."""
    chance = np.random.default_rng(seed)
    x = chance.normal(0, 1e-3, n).cumsum()
    y = 1.2 * x + chance.normal(0, 1e-3, n)
    return Pair(SPEC, np.arange(n) * SECOND, np.exp(y), np.exp(x), 0, 0)


class Recording:
    """A tape that answers with a pair and counts the questions."""

    def __init__(self, n):
        self.n, self.n_asked = n, 0

    def pair(self, spec):
        """The first n bars."""
        self.n_asked += 1
        return walk(300).__class__(spec, *(column[: self.n] for column in columns(walk(300))), 0, 0)


def columns(pair):
    """Times and closes."""
    return pair.ts, pair.y, pair.x


@pytest.fixture
def mono(monkeypatch):
    """The monotonic clock, moved by hand."""
    now = [100.0]
    monkeypatch.setattr(slow.time, "monotonic", lambda: now[0])
    return now


def test_the_tests_are_those_a_user_gets_by_hand():
    """ADF on the residual of OLS, Engle-Granger on the legs, on the same closed bars."""
    pair = walk(200)
    tests = slow.Tests.of(pair)
    residuals = ols(pair.log_y, pair.log_x).residuals(pair.log_y, pair.log_x)

    assert tests.adf == adf(residuals, estimated=True)
    assert tests.engle_granger == engle_granger(pair.log_y, pair.log_x)
    assert tests.ts == pair.ts[-1]


def test_the_adf_of_an_estimated_spread_warns_of_itself():
    """A p that is too small says so wherever it is shown."""
    assert "too small" in str(slow.Tests.of(walk(200)).adf)


def test_too_short_a_pair_is_warming_up():
    """The reason stands in the place of both results."""
    tests = slow.Tests.of(walk(5))

    assert isinstance(tests.adf, NotEnoughData)
    assert tests.adf.warming.startswith("warming up 5/")
    assert tests.engle_granger is tests.adf


def test_a_pair_just_asked_for_is_computing(mono):
    """Whoever asks gets an answer at once; the result comes with a later frame."""
    tests, tape = SlowTests(), Recording(200)
    first = tests.read(SPEC, 200)
    tests.work(tape)
    second = tests.read(SPEC, 200)

    assert first.adf.warming == "computing"
    assert isinstance(second.adf, ADFResult)
    assert isinstance(second.engle_granger, EGResult)


def test_a_test_is_run_again_only_after_a_new_bar_and_five_seconds(mono):
    """Four frames a second cost nothing; a new bar is tested when its time has come."""
    tests, tape = SlowTests(), Recording(200)
    tests.read(SPEC, 200)
    tests.work(tape)
    first = tests.read(SPEC, 200)
    tape.n, mono[0] = 201, 104.0
    tests.work(tape)
    assert tests.read(SPEC, 201) is first
    assert tape.n_asked == 1

    mono[0] = 106.0
    tests.work(tape)
    second = tests.read(SPEC, 201)
    assert second.ts == first.ts + SECOND

    mono[0] = 120.0
    tests.work(tape)
    assert tests.read(SPEC, 201) is second


def test_a_pair_that_nobody_looks_at_is_forgotten(mono):
    """A minute after the last look no more is computed."""
    tests, tape = SlowTests(), Recording(200)
    tests.read(SPEC, 200)
    mono[0] += 61
    tests.work(tape)

    assert tape.n_asked == 0
    assert tests.read(SPEC, 200).adf.warming == "computing"


def test_each_pair_has_its_own_result(mono):
    """Two pages with different pairs do not see each other's numbers."""
    tests, swapped = SlowTests(), SPEC._replace(y="BTCUSDT", x="ETHUSDT")
    for spec in (SPEC, swapped):
        tests.read(spec, 200)
    tape = Recording(200)
    tests.work(tape)

    assert tape.n_asked == 2
    assert tests.read(SPEC, 200) is not tests.read(swapped, 200)
