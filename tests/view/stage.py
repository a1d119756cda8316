"""A Dashboard on stage: its clock is moved by hand, its steps are made by the test.

This file knows the page's charts by their texts.
"""


class Time:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now_s = 1_000.0

    def monotonic(self):
        """Seconds since long ago."""
        return self.now_s


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
    done, report = [], dash._desk.outcomes

    def outcomes():
        for outcome in report():
            done.append(outcome)
            yield outcome

    dash._desk.outcomes = outcomes
    while len(done) < n:
        assert dash._render._wake.wait(5)
        dash._render._wake.clear()
        later(dash, clock, 0.0)
    dash._desk.outcomes = report
    return later(dash, clock)
