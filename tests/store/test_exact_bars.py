"""Bars in exact decimals, without those that could be somebody's fault but ours."""

from decimal import Decimal

from quantlive_nb.store.exact_bars import exact_bars
from tests.tape import SECOND, START, VENUE, batch, trade

MINUTE = 60 * SECOND
ALWAYS = (0, START + 10**9 * SECOND)


def test_they_are_the_golden_minutes(recording, golden):
    """Every whole minute of the recording, field by field, in exact decimals."""
    want = {}
    for row in golden("1m"):
        numbers = [Decimal(row[name]) for name in ("open", "high", "low", "close", "volume")]
        want[row["symbol"], int(row["bar_ms"]) * 1_000] = numbers
    n_equal = 0
    for symbol in ("BTCUSDT", "ETHUSDT"):
        for bar in exact_bars(recording, VENUE, symbol, MINUTE, ALWAYS):
            assert list(bar[1:6]) == want[symbol, bar.ts]
            n_equal += 1

    assert n_equal == len(want) - 2  # but for the two minutes in which the recording began


def test_a_bar_that_a_hole_touches_is_not_compared(store):
    """What is known to be missing is no difference."""
    store.append(batch(*[trade(i, i * MINUTE) for i in (0, 1, 2, 5, 6)]))
    found = exact_bars(store, VENUE, "BTCUSDT", MINUTE, ALWAYS)

    assert [(bar.ts - START) // MINUTE for bar in found] == [1, 6]


def test_only_bars_that_lie_wholly_within_are_given(store):
    """A bar that opens before the stretch, or ends after it, is not asked for."""
    store.append(batch(*[trade(i, i * MINUTE) for i in range(6)]))
    span = (START + MINUTE + 1, START + 5 * MINUTE - 1)
    found = exact_bars(store, VENUE, "BTCUSDT", MINUTE, span)

    assert [(bar.ts - START) // MINUTE for bar in found] == [2, 3]
