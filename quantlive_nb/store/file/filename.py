"""What a file name says: its format, and whether it is compressed."""

import os
import re
from pathlib import Path

from quantlive_nb.errors import StoreError, UsageError
from quantlive_nb.numeral import brief
from quantlive_nb.path import expanded
from quantlive_nb.store.ownership import is_database

__all__ = ["FORMATS", "as_it_is", "copy_options", "format_of", "is_gzip", "is_parquet", "target"]

FORMATS = {
    "csv": "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ'",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
"""Options of DuckDB's COPY."""
OTHERS = (
    "arrow avro bz2 db duckdb feather h5 hdf5 json jsonl ndjson orc pkl tsv wal xls xlsx xz zip zst"
)
"""Suffixes of formats that are not supported."""
BESIDE = re.compile(r"(.+)\.(?:wal|wal\.checkpoint|wal\.recovery|share|share\.\d+)")
"""Files that belong to a database: its write-ahead log, and the address of its owner."""
PATTERN = "[*?"
"""Wildcards of DuckDB's file readers."""


def is_parquet(path: "str | Path") -> bool:
    """Whether a name has a Parquet suffix.

    Examples
    --------
    >>> is_parquet("a.parquet"), is_parquet("A.PARQUET"), is_parquet("a.csv")
    (True, True, False)
    """
    return str(path).lower().endswith(".parquet")


def is_gzip(path: "str | Path") -> bool:
    """Whether a name has a gzip suffix."""
    return str(path).lower().endswith(".gz")


def as_it_is(path: "str | Path") -> str:
    """A path escaped so that DuckDB's readers take it literally.

    Examples
    --------
    >>> as_it_is("/data/a[1]*.parquet")
    '/data/a[[]1][*].parquet'
    """
    return "".join(f"[{c}]" if c in PATTERN else c for c in str(Path(path).absolute()))


def format_of(out: "str | Path", fmt: "str | None" = None) -> str:
    """The format of a file: by its name, else by ``fmt``.

    Raises
    ------
    UsageError
        If the format is unknown, or contradicts the name.

    Examples
    --------
    >>> format_of("bars.CSV.gz"), format_of("a.parquet"), format_of("a", "parquet")
    ('csv', 'parquet', 'parquet')
    >>> format_of("bars.parquet", "csv")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: bars.parquet ends as parquet, but the format is csv
    """
    ending = Path(out).name.lower().removesuffix(".gz").rpartition(".")[2]
    chosen = fmt or (ending if ending in FORMATS else "csv")
    if chosen not in FORMATS:
        raise UsageError(f"unknown format {brief(chosen)}: use csv or parquet")
    if ending in OTHERS.split():
        raise UsageError(
            f"{out}: end the name in .csv, .csv.gz or .parquet: no {ending} is written"
        )
    if ending in FORMATS and ending != chosen:
        raise UsageError(f"{out} ends as {ending}, but the format is {chosen}")
    if chosen == "parquet" and is_gzip(out):
        raise UsageError(f"{out}: Parquet is compressed in itself: leave out .gz")
    return chosen


def copy_options(out: "str | Path", fmt: "str | None" = None) -> str:
    """DuckDB's COPY options for a file of this name; see :func:`format_of`.

    Examples
    --------
    >>> copy_options("bars.csv.gz").endswith("COMPRESSION gzip)"), copy_options("a.parquet")
    (True, '(FORMAT parquet, COMPRESSION zstd)')
    """
    packed = ", COMPRESSION gzip" if is_gzip(out) else ""
    return f"({FORMATS[format_of(out, fmt)]}{packed})"


def target(out: "str | Path") -> Path:
    """The file that a path means, with ``~`` and links resolved.

    Raises
    ------
    UsageError
        If it would replace a database, a file that belongs to one, or something other than a file,
        such as a device.
    StoreError
        If it is a folder, or its folder does not exist.

    Examples
    --------
    >>> target("~/a.csv") == Path.home().resolve() / "a.csv"
    True
    """
    file = Path(os.path.realpath(expanded(out)))
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise UsageError(f"{out} is no file: give the name of one")
    if file.is_file() and is_database(file):
        raise UsageError(f"{out} is a database: give the name of another file")
    if (owner := BESIDE.fullmatch(file.name)) and is_database(file.with_name(owner[1])):
        raise UsageError(f"{out} belongs to a database: give the name of another file")
    if file.is_dir() or not file.parent.is_dir():
        why = "it is a folder" if file.is_dir() else f"there is no folder {file.parent}"
        raise StoreError(str(out) or "''", f"it cannot be written ({why}): give another name")
    return file
