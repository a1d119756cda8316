"""Frames sent twice or in another order."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.testing.exchange.reorder import Reorder
from quantlive_nb.testing.market.event_frame import EventFrame

HEARD = {"a@trade"}


def trades(n, stream="a@trade"):
    """So many different trade frames of a stream."""
    return [EventFrame.odd(str(i), stream) for i in range(n)]


def through(reorder, frames):
    """What comes out, one frame put in after the other."""
    return [out for frame in frames for out in reorder.alter([frame], HEARD)]


def test_without_a_fault_the_very_same_frames_pass():
    """A quick way for the usual case: not even a copy is made."""
    frames = trades(3)

    assert Reorder().alter(frames, HEARD) is frames


def test_the_next_frames_go_out_twice_and_no_others():
    """Each right after itself, whether they come one by one or together."""
    frames = trades(4)
    for pieces in ([frames], [[frame] for frame in frames]):
        struck = Counter()
        reorder = Reorder(struck)
        reorder.n_duplicate = 2
        out = [frame for piece in pieces for frame in reorder.alter(piece, HEARD)]

        assert out == [frames[0], frames[0], frames[1], frames[1], frames[2], frames[3]]
        assert struck == {"duplicate": 2}


@given(n=st.integers(2, 12), n_more=st.integers(0, 3), seed=st.integers(0, 99))
def test_a_shuffle_changes_the_order_and_nothing_else(n, n_more, seed):
    """The first ``n`` frames come out together, never as they were; the rest follow in order."""
    frames, struck = trades(n + n_more), Counter()
    reorder = Reorder(struck, seed)
    reorder.shuffle(n)

    assert not through(reorder, frames[: n - 1])

    out = through(reorder, frames[n - 1 :])

    assert set(out[:n]) == set(frames[:n])
    assert out[:n] != frames[:n]
    assert out[n:] == frames[n:]
    assert struck == {"reorder": n}


def test_the_same_seed_shuffles_the_same_way():
    """And another one another way."""
    outs = []
    for seed in (1, 1, 2):
        reorder = Reorder(seed=seed)
        reorder.shuffle(20)
        outs.append(through(reorder, trades(20)))

    assert outs[0] == outs[1] != outs[2]


def test_what_is_held_can_be_let_go():
    """A shuffle that waits for frames that never come is ended by a shuffle of none."""
    frames, reorder = trades(5), Reorder()
    reorder.shuffle(9)
    through(reorder, frames)

    assert set(reorder.shuffle(0)) == set(frames)
    assert reorder.alter(frames, HEARD) is frames


def test_other_frames_pass_by_the_held_ones():
    """Streams that nobody hears, other events, and messages to everyone are no trades to hold."""
    others = [*trades(1, "b@trade"), *trades(1, "a@depth"), *trades(1, None)]
    reorder = Reorder()
    reorder.shuffle(2)
    reorder.n_duplicate = 9

    assert through(reorder, [*trades(1), *others]) == others


def test_a_shuffled_frame_can_go_out_twice():
    """The faults do not hinder each other."""
    reorder = Reorder()
    reorder.shuffle(3)
    reorder.n_duplicate = 2

    assert Counter(through(reorder, trades(3))).most_common()[-1][1] == 1
    assert not reorder.n_duplicate
