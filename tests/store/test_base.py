"""What every reader has in common: symbols, venues, and who hears of changes of the past."""

from quantlive_nb.store.base import Reader


class Known(Reader):
    """A reader that knows its newest trades, and nothing else."""

    def __init__(self, newest):
        self.newest, self.on_late = newest, []


def test_symbols_and_venues_are_those_with_trades():
    """Sorted, each once, of one venue or of all."""
    known = Known({("b", "Y"): 1, ("a", "Y"): 2, ("a", "X"): 3})

    assert known.venues() == ("a", "b")
    assert known.symbols() == ("X", "Y")
    assert known.symbols("b") == ("Y",)


def test_everyone_hears_of_a_change_of_the_past():
    """A listener may leave while it is told."""
    known, heard = Known({}), []
    known.on_late += [lambda *_: known.on_late.clear(), lambda *late: heard.append(late)]
    known.tell_late("a", "X", 5)
    known.tell_late("a", "X", 6)

    assert heard == [("a", "X", 5)]


def test_bars_at_hand_are_a_clients_alone():
    """Any other reader is asked in SQL, to the microsecond."""
    assert Known({}).recent_bars("a", "X") is None
    assert Known.step_us == 1
