"""What the package needs installed: which packages lie outside their ranges, and which are missing.

The ranges are those of pyproject.toml, read from the metadata of the installed package.
"""

import contextlib
import re
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from quantlive_nb.errors import UsageError

__all__ = ["Requirement", "installed", "needing", "outside", "require_extra", "requirements"]

PACKAGE = "quantlive_nb"
FORM = re.compile(r"(?P<name>[\w.-]+)\s*(?P<bounds>[^;]*)(;.*extra == ['\"](?P<extra>\w+)['\"])?")
BOUND = re.compile(r"(<|>=|==)\s*([\d.]+)")
MOST_NAMED = 3


class Requirement(NamedTuple):
    """A package that is needed, and in which versions.

    Examples
    --------
    >>> one = Requirement.read("duckdb<1.6,>=1.5")
    >>> one.admits("1.5.5"), one.admits("1.6.0"), one.admits("1.10"), one.extra
    (True, False, False, '')
    >>> Requirement.read('voila<0.6,>=0.5.11; extra == "dashboard"').extra
    'dashboard'
    """

    name: str
    bounds: str
    extra: str

    @classmethod
    def read(cls, text: str) -> "Requirement":
        """A requirement from its text in the metadata."""
        found = FORM.match(text)
        if found is None:
            raise UsageError(f"{text!r} is no requirement: write a name and its bounds")
        return cls(found["name"], found["bounds"].strip("() "), found["extra"] or "")

    def admits(self, version: str) -> bool:
        """Whether a version lies within the bounds; a preview counts as what it is a preview of."""
        at = _numbers(version)
        for sign, text in BOUND.findall(self.bounds):
            bound = _numbers(text)
            if (sign == "<" and at >= bound) or (sign == ">=" and at < bound):
                return False
            if sign == "==" and at != bound:
                return False
        return True


def requirements(*extras: str) -> tuple[Requirement, ...]:
    """What the package itself needs, and what some of its extras need.

    Examples
    --------
    >>> "duckdb" in [one.name for one in requirements()]
    True
    """
    try:
        texts = metadata.requires(PACKAGE) or ()
    except metadata.PackageNotFoundError:  # run from a checkout that was not installed
        return ()
    every = map(Requirement.read, texts)
    return tuple(one for one in every if one.extra in ("", *extras) and one.name != PACKAGE)


def outside(*extras: str) -> str:
    """The installed packages outside their ranges, in one sentence; empty when there are none.

    Examples
    --------
    >>> outside()
    ''
    """
    strays = [
        (one, version)
        for one in requirements(*extras)
        for version in [installed(one.name)]
        if version and not one.admits(version)
    ]
    if not strays:
        return ""
    said = ", ".join(f"{one.name} is {version}, not {one.bounds}" for one, version in strays)
    wanted = " ".join(f"'{one.name}{one.bounds}'" for one, _ in strays)
    return f"untested versions may fail ({said}): pip install {wanted}"


def installed(name: str) -> str:
    """The installed version of a package; empty if it is not installed.

    Examples
    --------
    >>> installed("no-such-package")
    ''
    """
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def require_extra(extra: str, what: str) -> None:
    """Refuse something whose packages are not installed.

    Parameters
    ----------
    extra : str
        Of the package, such as ``dashboard``.
    what : str
        What needs it, as a sentence begins.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> require_extra("dashboard", "the dashboard")
    """
    needed = [one.name for one in requirements(extra) if one.extra == extra]
    missing = [name for name in needed if not installed(name)]
    if missing:
        further = len(missing) - MOST_NAMED
        named = ", ".join(missing[:MOST_NAMED]) + (f" and {further} more" if further > 0 else "")
        raise UsageError(f"{what} needs {named}: pip install '{PACKAGE}[all]'")


@contextlib.contextmanager
def needing(extra: str, what: str) -> Iterator[None]:
    """While the block imports something, its absence is a sentence that says what to install.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> with needing("stats", "GARCH"):
    ...     import no_such_module
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: GARCH needs no_such_module: pip install 'quantlive_nb[stats]'
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        if (exc.name or "").startswith(PACKAGE):
            raise
        raise UsageError(f"{what} needs {exc.name}: pip install '{PACKAGE}[{extra}]'") from exc


def _numbers(version: str) -> tuple[int, ...]:
    """The release numbers of a version, without zeros at the end."""
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else [0]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
