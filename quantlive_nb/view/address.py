"""The settings of a page in the query of its address, so that a reload shows the same page.

The browser's part is address.js.
"""

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from quantlive_nb.errors import UsageError
from quantlive_nb.interval import every_name
from quantlive_nb.settings import Settings
from quantlive_nb.view.controller import Controller

__all__ = ["Address", "chosen", "spelled"]

WINDOWS = ("hedge", "z", "correlation")
WHOLE = {"bars": "bars", "refresh": "refresh_ms"} | {name: name for name in WINDOWS}
"""Integer settings, by their names in an address."""
LEGS = ("y", "x")
LONGEST = 30
"""Most letters of a symbol."""
MOST = 1e15
"""Largest number accepted from an address, so that error messages stay short."""


def spelled(settings: Settings, first: Settings) -> str:
    """The query for the settings that differ from the defaults.

    Examples
    --------
    >>> first = Settings("ETHUSDT", "BTCUSDT")
    >>> spelled(first.but(bars=500, z_threshold=2.5), first)
    'bars=500&threshold=2.5'
    >>> spelled(first.swapped(), first)
    'y=BTCUSDT&x=ETHUSDT'
    """
    now, before = _fields(settings), _fields(first)
    different = {name for name in now if now[name] != before[name]}
    if different & {*LEGS}:
        different |= {*LEGS}
    return urlencode({name: now[name] for name in now if name in different})


def chosen(query: str) -> dict[str, Any]:
    """The settings in a query, as arguments of :meth:`Controller.change`; other names are ignored.

    Raises
    ------
    UsageError
        If a value cannot be read.

    Examples
    --------
    >>> chosen("token=secret&bars=500&every=5s&threshold=2.5&theme=dark")
    {'bars': 500, 'every': '5s', 'z_threshold': 2.5}
    >>> chosen("bars=many")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: bars=many in the address of this page is no number
    """
    given = dict(parse_qsl(query))
    found: dict[str, Any] = {}
    for name, text in given.items():
        if name in WHOLE:
            found[WHOLE[name]] = int(_number(name, text))
        elif name == "threshold":
            found["z_threshold"] = _number(name, text)
        elif name == "every":
            found["every"] = text
    legs = [_symbol(given[leg]) for leg in LEGS if leg in given]
    return found | (dict(zip(LEGS, legs, strict=True)) if len(legs) == len(LEGS) else {})


class Address:
    """Reads a page's settings from its address and writes the current ones back.

    Parameters
    ----------
    controller : Controller
        Receives the settings.

    Notes
    -----
    A pair whose symbols are not streamed yet is shown once they are. Another source has other
    symbols, so the pair is spelled only for the source that the page came with.
    """

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._pair: tuple[str, str] | None = None
        self.start()

    @property
    def query(self) -> str:
        """The query that the address should have."""
        settings = self._controller.settings
        if self._controller.live.source != self._source:
            settings = settings.but(y=self._first.y, x=self._first.x)
        return spelled(settings, self._first)

    def start(self) -> None:
        """Take the current settings as the defaults of an empty query."""
        self._first, self._source = self._controller.settings, self._controller.live.source

    def read(self, query: str) -> None:
        """Apply the settings of a query.

        Raises
        ------
        UsageError
            If a value cannot be read; then nothing changes.
        """
        choices = chosen(query)
        self._pair = _pair(choices)
        for symbol in self._pair or ():
            self._controller.want(symbol)
        if choices:
            self._controller.change(**choices)
        self.step()

    def step(self) -> None:
        """Show the requested pair once its symbols are streamed."""
        if self._pair is not None and {*self._pair} <= {*self._controller.live.symbols}:
            (y, x), self._pair = self._pair, None
            self._controller.change(y=y, x=x)


def _fields(settings: Settings) -> Mapping[str, str]:
    """All settings that an address can hold, by their names there."""
    texts = {"y": settings.y, "x": settings.x, "every": every_name(settings.every_us)}
    for name, field in WHOLE.items():
        holder = settings.windows if name in WINDOWS else settings
        texts[name] = str(getattr(holder, field))
    return texts | {"threshold": f"{settings.z_threshold:.12g}"}


def _pair(choices: dict[str, Any]) -> "tuple[str, str] | None":
    """Remove the pair from the settings and return it."""
    return (choices.pop("y"), choices.pop("x")) if "y" in choices else None


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= MOST or (name in WHOLE and value != int(value)):
        raise UsageError(f"{name}={text[:LONGEST]} in the address of this page is no number")
    return value


def _symbol(text: str) -> str:
    symbol = text.strip().upper()
    if not symbol.isalnum() or len(symbol) > LONGEST:
        raise UsageError(f"{text[:LONGEST]!r} in the address of this page is no symbol")
    return symbol
