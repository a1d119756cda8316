"""Frames sent late."""

import asyncio

from quantlive_nb.testing.exchange.throttle import Backlog
from quantlive_nb.testing.market.event_frame import EventFrame

FRAMES = [[EventFrame.odd(str(i), "a@trade")] for i in range(5)]


def test_without_a_delay_frames_go_at_once():
    """Not even an event loop is needed."""
    gone = []
    backlog = Backlog(gone.append)
    for frames in FRAMES:
        backlog.put(frames)

    assert gone == FRAMES


def test_frames_go_after_the_delay_and_in_order():
    """Also when the delay becomes shorter, or ends, while some wait."""

    async def record():
        """What went, and when the first did."""
        now, gone, times = asyncio.get_running_loop().time, [], []
        backlog = Backlog(lambda frames: (gone.append(frames), times.append(now())))
        start_s = now()
        for frames, delay_s in zip(FRAMES, (0.03, 0.02, 0.01, 0.0, 0.0), strict=True):
            backlog.delay_s = delay_s
            backlog.put(frames)
        n_at_once = len(gone)
        await backlog.drained()
        backlog.put(FRAMES[0])
        return n_at_once, gone, times[0] - start_s

    n_at_once, gone, first_s = asyncio.run(record())

    assert n_at_once == 0
    assert gone == [*FRAMES, FRAMES[0]]
    assert first_s >= 0.029


def test_an_empty_backlog_is_drained():
    """Nobody waits for nothing."""
    asyncio.run(asyncio.wait_for(Backlog(print).drained(), 1))
