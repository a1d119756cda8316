"""Due times turned into counts."""

import asyncio
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.testing.market.pace import Throttle, due


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


def test_a_throttle_holds_and_time_stands_still():
    """Two of five may go; those that fell due meanwhile keep their distance afterwards."""

    async def drive():
        """Counts before the throttle holds, and the time that the rest took after it let go."""
        now, throttle = asyncio.get_running_loop().time, Throttle()
        throttle.let(2)
        counts = due([0.0, 0.0, 0.01, 0.02, 0.05], throttle=throttle)
        first = await anext(counts)
        waiting = asyncio.ensure_future(anext(counts))
        await asyncio.sleep(0.06)
        is_held = not waiting.done()
        start_s = now()
        throttle.let(5)
        rest = [await waiting] + [n async for n in counts]
        return first, is_held, sum(rest), now() - start_s

    first, is_held, n_rest, rest_s = asyncio.run(drive())

    assert (first, is_held, n_rest) == (2, True, 3)
    assert rest_s >= 0.045


def test_a_throttle_can_be_put_on_at_any_time():
    """Between two items, while the next is waited for, it holds from then on."""

    async def drive():
        """Whether the second item went although the throttle was put on before."""
        throttle = Throttle()
        counts = due([0.0, 0.02], throttle=throttle)
        await anext(counts)
        second = asyncio.ensure_future(anext(counts))
        await asyncio.sleep(0)
        throttle.let(throttle.n_gone)
        await asyncio.sleep(0.03)
        went = second.done()
        throttle.let(9)
        return went, await second, throttle.n_gone

    assert asyncio.run(drive()) == (False, 1, 2)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 30), max_size=6))
def test_steps_of_a_throttle_hand_out_exactly_as_many(stops):
    """Whatever is let go step by step, never more goes; a step back takes nothing back."""

    async def drive():
        """What had gone at each stop."""
        throttle, n_out, gone = Throttle(), 0, []
        throttle.let(0)

        async def take():
            """All there is."""
            nonlocal n_out
            async for n in due([0.0] * 30, n_most=7, throttle=throttle):
                n_out += n

        taking = asyncio.ensure_future(take())
        for stop in stops:
            throttle.let(stop)
            for _ in range(9):
                await asyncio.sleep(0)
            gone.append(n_out)
        taking.cancel()
        return gone

    expected = list(itertools.accumulate(stops, max))

    assert asyncio.run(drive()) == expected
