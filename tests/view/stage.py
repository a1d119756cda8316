"""A controller and a Dashboard on stage: clocks moved by hand, steps made by the test.

This file knows the page's charts by their texts.
"""

import time


class Time:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now_s = 1_000.0

    def monotonic(self):
        """Seconds since long ago."""
        return self.now_s


def said(controller, n=1):
    """What the next jobs of a controller lead to."""
    found = list(controller.outcomes())
    while len(found) < n:
        assert controller.woken.wait(5), f"only {found}"
        controller.woken.clear()
        found += controller.outcomes()
    return found


def words(dash, chart=0):
    """The HTML above one of the five charts."""
    page = dash._page
    charts = [*page.candles, page.spread, page.zscore, page.correlation]
    return charts[chart].box.children[0].value


def later(dash, clock, seconds=0.3):
    """Let time pass, then draw."""
    clock.now_s += seconds
    return dash.step()


def settle(dash, clock, n=1):
    """Draw until so many jobs have been reported."""
    done, report = [], dash._controller.outcomes

    def outcomes():
        for outcome in report():
            done.append(outcome)
            yield outcome

    dash._controller.outcomes = outcomes
    while len(done) < n:
        assert dash._render._wake.wait(5)
        dash._render._wake.clear()
        later(dash, clock, 0.0)
    dash._controller.outcomes = report
    return later(dash, clock)


def hear(client, kind, view="a", **more):
    """A message from a page."""
    client._handle_custom_msg({"kind": kind, "view": view, **more}, [])


def let_pass(monkeypatch, seconds):
    """Let so much time pass for the client."""
    now = time.monotonic()
    monkeypatch.setattr("quantlive_nb.view.page_client.time.monotonic", lambda: now + seconds)
