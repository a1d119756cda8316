"""The render thread repeats its step, at once when woken, until it is stopped."""

import threading

import ipywidgets as w
from bqscales import Scale

from quantlive_nb.dashboard import Dashboard
from quantlive_nb.view.charts.bqplot_model import Axis, Mark
from quantlive_nb.view.render import Render
from quantlive_nb.view.widgets.widget_tree import family
from tests.view.fake import PAIR, START


class Steps:
    """A step that counts itself and asks to wait for long."""

    def __init__(self):
        self.count = threading.Semaphore(0)
        self.threads = set()

    def __call__(self):
        """Count, and ask to wait."""
        self.threads.add(threading.get_ident())
        self.count.release()
        return 60.0


def test_it_steps_when_woken_on_one_thread_only():
    """Each wake is a step, and all steps are on one thread that is not the caller's."""
    steps = Steps()
    render = Render(steps)
    render.start()
    render.start()
    for _ in range(3):
        assert steps.count.acquire(timeout=60)
        render.wake()
    render.stop()

    assert len(steps.threads) == 1
    assert threading.get_ident() not in steps.threads


def test_stop_ends_the_thread_and_start_does_not_revive_it():
    """After stop nothing steps any more."""
    steps = Steps()
    render = Render(steps)
    render.start()
    assert steps.count.acquire(timeout=60)
    render.stop()
    render.start()

    assert not render.is_alive
    render.stop()


def test_a_step_may_stop_its_own_thread():
    """Stopping from inside does not wait for itself."""
    ended = threading.Event()

    def step():
        render.stop()
        ended.set()
        return 0.0

    render = Render(step)
    render.start()

    assert ended.wait(5)


def test_only_the_render_thread_writes_on_the_page(wire, live):
    """While callbacks come from another thread, marks, scales and texts are written by one."""
    dash = Dashboard(live, PAIR)
    drawn = threading.Semaphore(0)
    live.before_frame = drawn.release
    dash.start()
    assert drawn.acquire(timeout=60)
    wire.clear()
    page = dash._page
    for k in range(5):
        page.controls.bars.bars.control.set_state({"value": str(60 + k)})
        page.controls.pair.box.children[1].click()
        page.client._handle_custom_msg({"kind": "hover", "view": "a", "at": START / 1e3 + k}, [])
        live.move(bars=1, tick=1)
        assert drawn.acquire(timeout=60)
    kinds = Mark | Axis | Scale | w.HTML
    written = {x.model_id for x in family(page.root) if isinstance(x, kinds)}
    writers = {writer for model_id, *_, writer in wire.sent if model_id in written}
    dash.close()

    assert writers == {"quantlive-render"}
