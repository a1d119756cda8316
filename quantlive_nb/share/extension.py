"""DuckDB's client-server extension: from the installed wheels, else from DuckDB's own place.

This file knows no database of ours.
"""

import contextlib
from importlib.resources import files

import duckdb

__all__ = ["empty", "load_quack", "warm"]

NEEDED = ("httpfs", "quack")
_warmed: list[duckdb.DuckDBPyConnection] = []


def load_quack(connection: duckdb.DuckDBPyConnection) -> str:
    """Load what sharing needs into a connection's database.

    Returns
    -------
    str
        Empty when it is loaded, else why it is not and what to do.

    Examples
    --------
    >>> load_quack(duckdb.connect())
    ''
    """
    for name in NEEDED:
        for load in (_installed, _from_wheel, _copied_from_wheel, _from_duckdb):
            with contextlib.suppress(duckdb.Error, ImportError, OSError):
                load(connection, name)
                break
        else:
            return (
                f"DuckDB's extension {name} cannot be had: pip install 'quantlive_nb[share]', "
                f"or INSTALL {name} where there is a network"
            )
    return ""


def warm() -> None:
    """Load it for the next :func:`empty`: it takes a tenth of a second."""
    if not _warmed:
        connection = duckdb.connect()
        load_quack(connection)
        _warmed.append(connection)


def empty() -> duckdb.DuckDBPyConnection:
    """A connection to an empty database of its own in memory: the one of :func:`warm`, if any.

    Examples
    --------
    >>> warm()
    >>> empty() is empty()
    False
    """
    try:
        return _warmed.pop()
    except IndexError:
        return duckdb.connect()


def _installed(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"LOAD {name}")


def _from_wheel(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """From where pip has put it: a home that cannot be written is no hindrance."""
    folder = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
    file = str(folder / f"{name}.duckdb_extension").replace("'", "''")
    connection.execute(f"LOAD '{file}'")


def _copied_from_wheel(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """By the wheels' own function, which knows where its files are; it copies them home."""
    import duckdb_extensions

    duckdb_extensions.import_extension(name, con=connection)
    connection.execute(f"LOAD {name}")


def _from_duckdb(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"INSTALL {name}")
    connection.execute(f"LOAD {name}")
