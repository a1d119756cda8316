"""How a command ends at a console: whatever it can print is printed, and the exit code means it.

This room knows no command.
"""

import argparse
import io
import sys
import traceback

import duckdb

from quantlive_nb.errors import QuantliveError

__all__ = ["print_anywhere", "run"]

ENDLESS = ("dashboard", "lab", "record")
"""Commands that are ended by Ctrl-C."""
INTERRUPTED = 130


def print_anywhere() -> None:
    """Print what a console cannot show as ``?``: its encoding is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def run(args: argparse.Namespace) -> int:
    """Run a command.

    Returns
    -------
    int
        What it returns; after a failure 1, but 2 of ``verify``, whose 1 is an answer; 130 when
        something that ends by itself was interrupted.

    Examples
    --------
    >>> run(argparse.Namespace(command="verify", debug=False, run=lambda args: 1))
    1
    """
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        return 0 if args.command in ENDLESS else INTERRUPTED
    except Exception as exc:  # noqa: BLE001  a script must tell it from an answer, whatever it is
        if args.debug or not isinstance(exc, QuantliveError | OSError | duckdb.Error):
            traceback.print_exc()
        else:
            damaged = f"the database cannot be read ({str(exc).splitlines()[0]})"
            said = damaged if isinstance(exc, duckdb.Error) else exc
            print(f"quantlive: {said}", file=sys.stderr)
        return 2 if args.command == "verify" else 1
