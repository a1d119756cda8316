"""Resolves a path as a user types it."""

from pathlib import Path

from quantlive_nb.errors import UsageError

__all__ = ["expanded"]


def expanded(path: "str | Path") -> Path:
    """The path with ``~`` as the user's folder.

    Raises
    ------
    UsageError
        When the user is unknown, or the name holds what DuckDB and a page cannot be given: bytes
        that are no text, or NUL.

    Examples
    --------
    >>> expanded("~/t.duckdb") == Path.home() / "t.duckdb"
    True
    >>> expanded("~nobody-at-all/t")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: ~nobody-at-all/t: there is no such user: write \
./~nobody-at-all/t for a file of that name
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as exc:
        raise UsageError(f"{str(path)!a}: its name is no text in UTF-8: rename it") from exc
    if "\0" in str(path):
        raise UsageError(f"{str(path)!a}: a path holds no NUL: give another name")
    try:
        return Path(path).expanduser()
    except RuntimeError as exc:
        why = f"there is no such user: write ./{path} for a file of that name"
        raise UsageError(f"{path}: {why}") from exc
