"""Marks are given only what changed."""

import threading

import numpy as np
import pytest
from bqscales import LinearScale
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.view.charts.geometry import Outline, no_outline
from quantlive_nb.view.charts.mark import DeltaCache, IncrementalLine, lines, put, rule, triangles

CHUNK = 10


@pytest.fixture
def scales(wire):
    """Scales for a mark, and an ear on what is sent."""
    return {"x": LinearScale(), "y": LinearScale()}


def test_points_go_out_in_one_message_with_float64_buffers(scales, wire):
    """New points are one message, whose buffers are whole float64 arrays."""
    mark = lines(scales, ["red"])
    wire.clear()

    assert put(mark, Outline(np.arange(5.0), np.arange(5.0)))
    ((_, _, data, buffers, _),) = wire.sent
    assert data["state"].keys() == {"x", "y"}
    assert [buffer.nbytes for buffer in buffers] == [40, 40]


def test_the_same_points_are_not_sent_again(scales, wire):
    """Equal points are not sent, gaps included."""
    mark = lines(scales, ["red"])
    points = Outline(np.arange(3.0), np.array([1.0, np.nan, 2.0]))
    put(mark, points)
    wire.clear()

    assert not put(mark, Outline(points.x.copy(), points.y.copy()))
    assert wire.sent == []


def test_values_never_travel_without_their_times(scales, wire):
    """A browser that missed the last times still gets as many as there are values."""
    mark = lines(scales, ["red"])
    put(mark, Outline(np.arange(3.0), np.zeros(3)))
    wire.clear()
    put(mark, Outline(np.arange(3.0), np.ones(3)))

    ((_, state),) = wire.updates(mark)
    assert state.keys() == {"x", "y"}


@pytest.mark.parametrize("make", [lambda s: lines(s, ["red"]), lambda s: triangles(s, "red")])
def test_a_page_that_loads_reads_no_half_drawing(scales, make, monkeypatch):
    """What one thread reads while another draws are points of one drawing."""
    mark = make(scales)
    put(mark, Outline(np.arange(3.0), np.arange(3.0)))
    longer = Outline(np.arange(9.0), np.arange(9.0))
    drawer = threading.Thread(target=put, args=(mark, longer))
    asked, metadata = [], mark.trait_metadata

    def between(name, *args):
        """Let the other thread draw, if it can, when one coordinate was read and one was not."""
        if name in {"x", "y"} and threading.current_thread() is not drawer:
            asked.append(name)
            if len(asked) == 2:
                drawer.start()
                drawer.join(0.2)
        return metadata(name, *args)

    monkeypatch.setattr(mark, "trait_metadata", between)
    state = mark.get_state()
    drawer.join()

    assert state["x"]["shape"] == state["y"]["shape"] == (3,)
    assert mark.x.size == mark.y.size == 9


def test_a_rule_crosses_the_figure_at_its_levels(scales):
    """Two levels are two flat curves from edge to edge."""
    mark = rule(scales["y"], [2.0, -2.0], "red")

    assert mark.x.tolist() == [0.0, 1.0]
    assert mark.y.tolist() == [[2.0, 2.0], [-2.0, -2.0]]


def test_marks_do_not_move_the_scales(scales):
    """No mark asks a scale to fit it."""
    for mark in (lines(scales, ["red"]), triangles(scales, "red")):
        assert mark.preserve_domain == {"x": True, "y": True}


def walk(k):
    """Values that depend on the bar alone; one in seven is missing."""
    values = np.sin(np.asarray(k, np.float64))
    return np.where(np.asarray(k) % 7 == 3, np.nan, values)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 45)), min_size=1, max_size=12))
def test_past_and_tail_together_are_the_line(moves):
    """However bars come and go, the two marks draw the line up to its last value."""
    scales = {"x": LinearScale(), "y": LinearScale()}
    line = IncrementalLine(lines(scales, ["red"]), lines(scales, ["red"]))
    end = 0
    for step, n in moves:
        end += step
        ts = np.arange(end, end + n)
        values = walk(ts)
        line.draw(ts, ts.astype(float), values[None], CHUNK)
        drawn = {}
        for mark in line.marks:
            drawn |= dict(zip(mark.x.tolist(), mark.y.tolist(), strict=True))
        there = {float(t): v for t, v in zip(ts, values, strict=True) if np.isfinite(v)}
        shown = {t: v for t, v in drawn.items() if np.isfinite(v) and t >= ts[0]}

        assert shown.items() <= there.items()
        lonely = {t for t in there if t - 1 not in there and t + 1 not in there}
        edge = {t for t in there if t // CHUNK == ts[-1] // CHUNK} if len(shown) < 2 else set()
        assert there.keys() - shown.keys() <= lonely | edge | {min(there, default=0)}


def test_the_past_is_sent_once_a_chunk():
    """While bars come inside a chunk, and old ones fall out, the past is not new."""
    memory = DeltaCache()
    news = []
    for end in range(40, 61):
        ts = np.arange(end - 30, end)
        news.append(memory.split(ts, np.stack([np.sin(ts)]), CHUNK)[1])

    assert sum(news) == 3
    assert news[0]


def test_a_repair_of_the_past_is_sent():
    """When an old value changes, the past is new."""
    memory = DeltaCache()
    ts = np.arange(30)
    values = np.zeros((1, 30))
    memory.split(ts, values, CHUNK)
    assert not memory.split(ts, values, CHUNK)[1]
    repaired = values.copy()
    repaired[0, 3] = 1.0

    assert memory.split(ts, repaired, CHUNK)[1]


def test_a_band_is_drawn_where_both_edges_are():
    """Two curves stay two curves; nothing is drawn while one has no value."""
    scales = {"x": LinearScale(), "y": LinearScale()}
    line = IncrementalLine(lines(scales, ["red"]), lines(scales, ["red"]))
    ts = np.arange(25)
    edges = np.stack([np.ones(25), np.zeros(25)])
    line.draw(ts, ts.astype(float), edges, CHUNK)
    assert [mark.y.shape[0] for mark in line.marks] == [2, 2]
    line.draw(ts, ts.astype(float), edges * np.nan, CHUNK)

    assert all(mark.y.size == 0 for mark in line.marks)
    line.clear()
    assert all(np.array_equal(mark.x, no_outline().x) for mark in line.marks)
