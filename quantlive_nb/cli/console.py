"""How a command ends at a console: whatever it can print is printed, and the exit code means it.

This room knows no command.
"""

import argparse
import codecs
import contextlib
import io
import sys
import traceback

import duckdb

from quantlive_nb.cli.record import ended_by_sigterm
from quantlive_nb.early_interrupt import INTERRUPTED, allow_interrupt
from quantlive_nb.errors import QuantliveError

__all__ = ["ENDLESS", "print_anywhere", "run"]

ENDLESS = ("dashboard", "lab", "record")
"""Commands that are ended by Ctrl-C."""
PLAIN = {"✓": "ok", "✗": "NO", "≤": "<=", "≥": ">=", "±": "+-", "·": "-", "→": "->", "…": "..."}
"""What a console that cannot show a sign shows in its place; ``?`` where there is nothing."""


def print_anywhere() -> None:
    """Print what a console cannot show in plain signs: its encoding is no reason to fail."""
    codecs.register_error("quantlive-plain", plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="quantlive-plain")


def plain(exc: UnicodeError) -> tuple[str, int]:
    """What stands for the signs that cannot be shown: a verdict is still one.

    Examples
    --------
    >>> _ = codecs.register_error("quantlive-plain", plain)
    >>> "✓ q ≤ 1 ☃".encode("ascii", "quantlive-plain")
    b'ok q <= 1 ?'
    """
    if not isinstance(exc, UnicodeEncodeError):
        raise exc
    return "".join(PLAIN.get(sign, "?") for sign in exc.object[exc.start : exc.end]), exc.end


def run(args: argparse.Namespace) -> int:
    """Run a command.

    Returns
    -------
    int
        What it returns; after a failure 1, but 2 of ``verify``, whose 1 is an answer; 130 when
        something that ends by itself was interrupted, by Ctrl-C or SIGTERM.

    Examples
    --------
    >>> run(argparse.Namespace(command="verify", debug=False, run=lambda args: 1))
    1
    """
    is_endless = args.command in ENDLESS  # and ends by SIGTERM in its own way
    try:
        allow_interrupt()
        with contextlib.nullcontext() if is_endless else ended_by_sigterm():
            return int(args.run(args))
    except KeyboardInterrupt:
        return 0 if is_endless else INTERRUPTED
    except Exception as exc:  # noqa: BLE001  a script must tell it from an answer, whatever it is
        if isinstance(exc.__cause__, KeyboardInterrupt):  # so DuckDB says that it was interrupted
            return 0 if is_endless else INTERRUPTED
        if args.debug or not isinstance(exc, QuantliveError | OSError | duckdb.Error):
            traceback.print_exc()
        else:
            damaged = f"the database cannot be read ({str(exc).splitlines()[0]})"
            said = damaged if isinstance(exc, duckdb.Error) else exc
            print(f"quantlive: {said}", file=sys.stderr)
        return 2 if args.command == "verify" else 1
