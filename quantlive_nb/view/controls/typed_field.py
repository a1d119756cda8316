"""A text field that is parsed as a number or a length of time.

The typed text is kept. If it is invalid, a message says why and the previous value stays in effect.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import ipywidgets as w

from quantlive_nb.errors import UsageError
from quantlive_nb.interval import micros
from quantlive_nb.numeral import number, shown, whole
from quantlive_nb.view.text import escape
from quantlive_nb.view.widgets.form import field, set_quietly, toggle

__all__ = ["NUMBER", "WHOLE", "Reading", "Typed", "bounded", "length"]

T = TypeVar("T")
Reading = tuple[Callable[[str], T], Callable[[T], str]]
"""A parser (may raise UsageError) and a formatter."""
NUMBER: Reading[float] = (number, shown)
WHOLE: Reading[int] = (whole, shown)


class Typed(Generic[T]):
    """A text field, and the message that says why its text is invalid.

    Parameters
    ----------
    name, label, tooltip : str
        As for :func:`field`.
    reading : Reading
    value : object
        The initial value.
    take : callable, optional
        Called with each new value; its UsageError is shown like a parse error. Without it the value
        is only kept, for a form with a button.
    **state
        Of the text widget.

    Attributes
    ----------
    control : Text
    box : Widget
        The field and its sentence.
    """

    def __init__(
        self,
        name: str,
        label: str,
        tooltip: str,
        reading: Reading[T],
        value: T,
        *,
        take: "Callable[[T], object] | None" = None,
        **state: Any,
    ) -> None:
        self._read, self._shown = reading
        self._value, self._take = value, take
        text = self._shown(value)
        state = {"value": text, "continuous_update": False} | state
        self.control: Any = field(w.Text, name, label, tooltip, **state)
        self._why = w.HTML().add_class("ql-why").add_class("ql-hidden")
        self.box: Any = w.Box([self.control, self._why]).add_class("ql-typed")
        self._force: object = value
        self._shower, self._lock = 0, threading.Lock()
        self.control.observe(self._hear, "value")

    @property
    def value(self) -> T:
        """The current value."""
        return self._value

    @value.setter
    def value(self, value: T) -> None:
        """Set the value."""
        self.control.value = value if isinstance(value, str) else self._shown(value)

    @property
    def why(self) -> str:
        """Why the text is invalid, or an empty text."""
        return str(self._why.value)

    def show(self, value: T, force: object = None) -> None:
        """Show the current value; an invalid text stays until the value changes.

        Parameters
        ----------
        force : object
            Identifies the value, where one text may stand for several.
        """
        force = value if force is None else force
        if self.why and force == self._force:
            return
        self._value, self._force = value, force
        self._shower = threading.get_ident()
        try:
            set_quietly(self.control, value=self._shown(value))
        finally:
            self._shower = 0
        self.say("")

    def read(self) -> T:
        """Parse the text that is in the field now.

        Raises
        ------
        UsageError
            If it is invalid; the message is shown too.
        """
        try:
            self._value = self._read(self.control.value)
        except UsageError as error:
            self.say(str(error))
            raise
        self.say("")
        return self._value

    def say(self, why: str) -> None:
        """Show why the text is invalid, or hide the message."""
        with self._lock:  # a callback and the render thread must not send at once
            set_quietly(self._why, value=escape(why))
            toggle(self._why, "ql-hidden", is_on=not why)
            toggle(self.control, "ql-wrong", is_on=bool(why))

    def _hear(self, change: Any) -> None:
        """Handle typed text."""
        if self._shower == threading.get_ident():
            return
        old = self._value
        try:
            value = self._read(change["new"])
            if self._take:
                self._take(value)
        except UsageError as error:
            self._value = old
            self.say(str(error))
        else:
            self._value = value
            self.say("")


def bounded(noun: str, low: float, high: float) -> Reading[float]:
    """A number above a lower bound and up to an upper bound.

    Examples
    --------
    >>> bounded("a cost", 0, 1_000)[0]("2,5")
    2.5
    """

    def read(text: str) -> float:
        value = number(text)
        if low < value <= high:
            return value
        limits = f"above {shown(low)}, at most {shown(high)}"
        raise UsageError(f"{noun} of {shown(value)} cannot be: give one {limits}")

    return read, shown


def length(*none: str) -> Reading[str]:
    """A length of time, kept as written; or one of some texts that mean none.

    Examples
    --------
    >>> length("", "0s")[0](" 0s ")
    '0s'
    """

    def read(text: str) -> str:
        if text.strip() not in none:
            micros(text)
        return text.strip()

    return read, str
