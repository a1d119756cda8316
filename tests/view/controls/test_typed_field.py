"""What was typed stays; what cannot be read is said, and the value before it stays in force."""

import pytest

from quantlive_nb.errors import UsageError
from quantlive_nb.view.controls.typed_field import NUMBER, WHOLE, Typed, bounded, length
from quantlive_nb.view.widgets.widget_tree import family


class Kept:
    """Keeps every value that is taken, and refuses 13."""

    def __init__(self):
        self.values = []

    def __call__(self, value):
        """Take a value."""
        if value == 13:
            raise UsageError("13 cannot be: give another")
        self.values.append(value)


@pytest.fixture
def kept():
    """What was taken."""
    return Kept()


@pytest.fixture
def typed(kept):
    """A field of whole numbers in which 25 is in force."""
    return Typed("bars", "Bars", "How many", WHOLE, 25, take=kept)


def hidden(typed):
    """Whether no sentence is shown."""
    why = next(x for x in family(typed.box) if "ql-why" in getattr(x, "_dom_classes", ()))
    return "ql-hidden" in why._dom_classes


@pytest.mark.parametrize(("text", "value"), [("30", 30), (" 1e2 ", 100), ("1,234,567", 1_234_567)])
def test_what_is_understood_is_taken(typed, kept, text, value):
    """It is in force at once, and there is nothing to say."""
    typed.control.value = text

    assert (kept.values, typed.value, typed.why) == ([value], value, "")
    assert hidden(typed)


@pytest.mark.parametrize("text", ["abc", "2.5", "1,000", "", "13", "9" * 400, "🚀" * 300, "<b>"])
def test_what_is_not_understood_stays_as_it_was_typed(typed, kept, text):
    """A sentence stands beside it; nothing is taken, also not a part of it."""
    typed.control.value = text
    typed.show(25)

    assert (kept.values, typed.value, typed.control.value) == ([], 25, text)
    assert typed.why
    assert len(typed.why) < 200
    assert "<" not in typed.why
    assert not hidden(typed)
    assert "ql-wrong" in typed.control._dom_classes


def test_the_sentence_goes_with_its_reason(typed, kept):
    """When the text is mended, or another value is in force."""
    typed.control.value = "abc"
    typed.control.value = "30"
    assert (typed.why, kept.values) == ("", [30])
    typed.control.value = "abc"
    typed.show(40)
    assert (typed.why, typed.control.value, typed.value) == ("", "40", 40)
    assert hidden(typed)


def test_one_text_for_several_values(kept):
    """A field that is empty for every listed length is cleared when another of them is chosen."""
    typed = Typed("other", "Other", "Any", length(""), "", take=kept)
    typed.show("", force="1s")
    typed.control.value = "soon"
    typed.show("", force="1s")
    assert typed.why
    typed.show("", force="5s")
    assert (typed.why, typed.control.value) == ("", "")


def test_a_form_reads_when_it_is_asked(kept):
    """Without anybody to take it the value is read anew, or the reason is raised and shown."""
    typed = Typed("value", "Value", "Any", NUMBER, 2.0)
    typed.control.value = "2,5"
    assert typed.read() == 2.5
    typed.control.value = "abc"
    with pytest.raises(UsageError, match="'abc' is no number"):
        typed.read()
    assert "is no number" in typed.why


def test_ends_and_lengths():
    """A cost beyond its ends, and a text that is no time, are said with what would do."""
    read = bounded("a cost", 0.0, 1_000.0)[0]
    assert read("0,5") == 0.5
    for text in ("1e9", "0", "-1"):
        with pytest.raises(UsageError, match=r"a cost of .* give one above 0, at most 1000$"):
            read(text)
    assert length("", "0s")[0]("0s") == "0s"
    with pytest.raises(UsageError, match="is too long a time"):
        length()[0]("99999999999d")
