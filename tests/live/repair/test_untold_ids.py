"""What an exchange does not tell is kept for as long as it has not come otherwise."""

from quantlive_nb.live.repair import untold_ids as module
from quantlive_nb.live.repair.untold_ids import UntoldIds
from quantlive_nb.store.tape.coverage import Coverage, Range


def test_what_is_not_told_is_said_until_it_comes(caplog):
    """With its id and the reason; another way it may come, and then there is nothing to say."""
    untold, coverage = UntoldIds("binance"), Coverage()
    untold.note("A", {7: "a trade without a quantity"})
    untold.note("A", {7: "a trade without a quantity"})

    assert untold.sentence(coverage, ["B"]) == ""
    assert "trade 7 of A (a trade without a quantity)" in untold.sentence(coverage, ["B", "A"])
    coverage.add("A", Range(5, 9, 0, 0))
    assert untold.sentence(coverage, ["B", "A"]) == ""
    assert len(caplog.records) == 1


def test_the_book_is_bounded(monkeypatch):
    """An exchange that tells nonsense for ever does not fill the memory."""
    monkeypatch.setattr(module, "MOST", 3)
    untold = UntoldIds("binance")
    untold.note("A", dict.fromkeys(range(10), "nonsense"))

    assert len(untold._whys["A"]) == 3
