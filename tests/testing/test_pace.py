"""Due times turned into counts."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.testing.pace import due


async def collect(offsets_s, n_most):
    """The counts, each with the time at which it came."""
    now = asyncio.get_running_loop().time
    start_s = now()
    return [(n, now() - start_s) async for n in due(offsets_s, n_most)]


@settings(max_examples=20)
@given(
    offsets_ms=st.lists(st.floats(0, 5, allow_nan=False), max_size=30).map(sorted),
    n_most=st.integers(1, 10),
)
def test_everything_comes_once_in_portions_and_never_early(offsets_ms, n_most):
    """The counts add up to the items, none exceeds the limit, no item comes before its time."""
    offsets_s = [offset / 1e3 for offset in offsets_ms]
    counts = asyncio.run(collect(offsets_s, n_most))

    assert sum(n for n, _ in counts) == len(offsets_s)
    assert all(1 <= n <= n_most for n, _ in counts)
    n_handed_out = 0
    for n, at_s in counts:
        n_handed_out += n
        assert at_s >= offsets_s[n_handed_out - 1]


def test_a_late_consumer_finds_the_backlog():
    """What fell due while the consumer was busy comes at once afterwards."""

    async def busy():
        """Take one count, do something else, take another."""
        counts = due([0.0, 0.001, 0.002, 0.003])
        first = await anext(counts)
        await asyncio.sleep(0.01)
        return first, await anext(counts)

    assert asyncio.run(busy()) == (1, 3)
