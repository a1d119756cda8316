"""The console script ``quantlive``: arguments in, one sentence out when something is wrong.

This room knows no widget; what the commands do lives in the rooms below.
"""

import argparse
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence

from quantlive_nb import __version__
from quantlive_nb.cli.arguments import (
    dashboard_options,
    export_options,
    scan_options,
    seconds,
    source_options,
)
from quantlive_nb.cli.console import ENDLESS, print_anywhere, run
from quantlive_nb.cli.record import record
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import micros
from quantlive_nb.live import Live
from quantlive_nb.live.export import export
from quantlive_nb.live.snapshot.scan_store import screen
from quantlive_nb.live.source import Options, default_db
from quantlive_nb.path import expanded
from quantlive_nb.requirement import outside, require_extra
from quantlive_nb.settings import Windows
from quantlive_nb.share.open_reader import reader
from quantlive_nb.store import MEMORY
from quantlive_nb.store.file.filename import is_parquet, target
from quantlive_nb.store.file.spreadsheet import defused

__all__ = ["main"]

MEMORY_MB = 40
"""A recorder without a page asks little: what DuckDB would keep of the file grows with it."""


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 done, 1 a run that failed, 2 wrong usage, 130 interrupted. Of ``verify``: 0 every trade is
        there, 1 some are not, 2 it could not be told.
    """
    print_anywhere()
    given = list(sys.argv[1:] if argv is None else argv)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given.insert(0, "dashboard")
    top = parser()
    args, further = top.parse_known_args(given)
    args.further = further
    if strange := [one for one in further if not is_for_jupyter(args.command, one)]:
        top.error(f"unrecognized arguments: {' '.join(strange)}")
    logging.getLogger("quantlive").addHandler(logging.NullHandler())
    if args.debug:
        logging.basicConfig(level=logging.INFO)
    is_child = getattr(args, "until_eof", False)  # what started it has said so already
    if args.command in ENDLESS and not is_child and (strays := outside("dashboard", "stats")):
        print(f"quantlive: {strays}", file=sys.stderr)
    return run(args)


def parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    top = argparse.ArgumentParser(
        prog="quantlive", description="A live quant dashboard for pairs of crypto markets."
    )
    top.add_argument("--version", action="version", version=f"quantlive {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], about: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        sub.set_defaults(run=run)
        return sub

    about = "serve the dashboard (the default); passes settings of Voilà's on"
    dashboard_options(command("dashboard", run_dashboard, about))
    lab = command("lab", run_lab, "open JupyterLab on the notebooks; passes further options on")
    lab.add_argument("--port", type=int, default=8888)
    lab.add_argument("--no-browser", action="store_true")
    recorder = command("record", run_record, "record trades without a page")
    source_options(recorder)
    recorder.add_argument(
        "--for", dest="seconds", type=seconds, metavar="SECONDS", help="then stop"
    )
    recorder.add_argument("--until-eof", action="store_true", help="stop when standard input ends")
    export_options(
        command("export", run_export, "write trades, bars, analytics or alerts to a file")
    )
    scan_options(command("scan", run_scan, "test every ordered pair of the recorded symbols"))
    check = command("verify", run_verify, "say whether every trade is there, once")
    check.add_argument("--db", default=default_db())
    check.add_argument("--symbol", default="", help="one or more, comma-separated; default all")
    check.add_argument("--json", action="store_true", help="for a program")
    doctor = command("doctor", run_doctor, "say what is wrong with installation, network, database")
    source_options(doctor)
    doctor.add_argument("--port", type=int, default=8866)
    return top


def is_for_jupyter(command: str, argument: str) -> bool:
    """Whether JupyterLab or Voilà will understand an argument that we do not.

    Examples
    --------
    >>> is_for_jupyter("lab", "--allow-root"), is_for_jupyter("dashboard", "--allow-root")
    (True, False)
    >>> is_for_jupyter("dashboard", "--Voila.base_url=/quant/")
    True
    """
    is_setting = re.match(r"--[A-Z]\w+\.\w+=", argument) is not None
    return command == "lab" or (command == "dashboard" and is_setting)


def run_dashboard(args: argparse.Namespace) -> int:
    """Serve the dashboard until Ctrl-C."""
    require_extra("dashboard", "the dashboard")
    from quantlive_nb.serve.server import serve

    options = Options.read((), source=args.source, db=args.db, speed=args.speed)
    options.check()
    given = environment(args) | {"QUANTLIVE_THEME": args.theme}
    if args.recordings:
        given["QUANTLIVE_RECORDINGS"] = args.recordings
    is_recorded = options.is_exchange and options.path != MEMORY
    return serve(
        given,
        host=args.host,
        port=args.port,
        theme="dark" if args.theme == "dark" else "light",
        browser=not args.no_browser,
        token=args.token,
        hosts=args.allow_host,
        recorded=given.get("QUANTLIVE_DB", default_db()) if is_recorded else "",
        n_warm=args.warm,
        max_visitors=args.max_visitors,
        further=args.further,
    )


def run_lab(args: argparse.Namespace) -> int:
    """JupyterLab on the notebooks; what we do not know, such as --allow-root, is for Jupyter."""
    require_extra("dashboard", "quantlive lab")
    from quantlive_nb.serve.server import lab

    return lab(port=args.port, browser=not args.no_browser, further=args.further)


def run_record(args: argparse.Namespace) -> int:
    """Record until the time is over, the replay has ended, or Ctrl-C."""
    symbols = tuple(s for s in args.symbols.split(",") if s)
    live = Live(
        *symbols,
        name="record",
        source=args.source,
        db=args.db,
        ws_url=args.ws_url,
        rest_url=args.rest_url,
        speed=args.speed,
        preload=args.preload,
        must_own=True,
        memory_mb=MEMORY_MB,
    )
    health = record(live, args.seconds, until_eof=args.until_eof)
    ended = health.reason if health.n_rejected and health.market == "REPLAY" else ""
    tape = " · ".join(filter(None, (health.tape, ended, health.trouble)))
    print(f"recorded {health.n_trades:,} trades of {', '.join(health.symbols)}; {tape}")
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Write one file."""
    windows = as_windows(args.windows)
    store = reader(args.db)
    try:
        venue = only(store.venues(), args.db, args.venue)
        n_rows = export(
            store,
            args.what,
            args.format,
            args.out,
            venue=venue,
            symbols=listed(args.symbol),
            every_us=micros(args.every),
            now_us=max(ts for (v, _), ts in store.newest.items() if v == venue),
            windows=windows,
        )
    finally:
        store.close()
    print(f"{n_rows:,} rows in {args.out}")
    return 0


def run_scan(args: argparse.Namespace) -> int:
    """Test every ordered pair; the table, the best first."""
    store = reader(args.db)
    try:
        found = screen(
            store,
            only(store.venues(), args.db, args.venue),
            listed(args.symbols),
            every_us=micros(args.every),
            last_us=micros(args.last) if args.last else None,
            lags=args.lags,
            holdout=args.holdout,
            cost_bps=args.cost,
        )
    finally:
        store.close()
    if args.out:
        if is_parquet(args.out):
            raise UsageError(
                f"{args.out}: a scan is written as CSV: end the name in .csv or .csv.gz"
            )
        table = found.to_pandas().map(lambda cell: defused(cell) if isinstance(cell, str) else cell)
        table.to_csv(target(args.out), index=False)
        print(f"{len(found):,} pairs in {args.out}")
        return 0
    print(found, *(f"left out: {why}" for why in found.left_out.values()), sep="\n")
    print(found.to_pandas().head(args.top).to_string(index=False, float_format="{:.4g}".format))
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Judge a tape by its tables; 1 when something is missing, twice, or not as it was booked."""
    store = reader(args.db)
    try:
        verdicts = [v for v in store.verify() if not args.symbol or v.symbol in listed(args.symbol)]
    finally:
        store.close()
    if not verdicts:
        raise UsageError(f"{args.db} holds no trades of {args.symbol or 'anything'}: record first")
    if args.json:
        symbols = [verdict.symbol for verdict in verdicts]
        is_clear = len(set(symbols)) == len(symbols)
        names = (v.symbol if is_clear else f"{v.venue}:{v.symbol}" for v in verdicts)
        print(json.dumps({n: v.as_dict() for n, v in zip(names, verdicts, strict=True)}, indent=2))
    else:
        print(*verdicts, sep="\n")
    return 0 if all(verdict.is_whole for verdict in verdicts) else 1


def run_doctor(args: argparse.Namespace) -> int:
    """Check everything a user could trip over."""
    from quantlive_nb.cli.doctor import examine

    return examine(environment(args), port=args.port)


def listed(text: str) -> tuple[str, ...]:
    """Symbols that are separated by commas."""
    return tuple(s.strip().upper() for s in text.split(",") if s.strip())


def only(venues: tuple[str, ...], path: str, asked: "str | None") -> str:
    """The venue asked for, else the one of a database, or the sentence that asks for a choice."""
    if not venues:
        raise UsageError(f"{path} holds no trades yet: record first")
    chosen = [venue for venue in venues if asked in (None, venue)]
    if len(chosen) != 1:
        raise UsageError(f"{path} holds {', '.join(venues)}: choose one with --venue")
    return chosen[0]


def as_windows(text: str) -> Windows:
    """Up to three lengths in bars; what is not given keeps its default."""
    try:
        return Windows(*(int(length) for length in text.split(",") if length))
    except (TypeError, ValueError) as exc:
        if isinstance(exc, UsageError):
            raise
        raise UsageError(f"{text!r} is not hedge,z,correlation in bars: write 120,60,30") from exc


def environment(args: argparse.Namespace) -> dict[str, str]:
    """The given options as the variables that a kernel, which runs elsewhere, reads."""
    names = ("source", "symbols", "db", "ws_url", "rest_url", "speed", "preload")
    known = {name: os.environ.get(f"QUANTLIVE_{name.upper()}") for name in names}
    given = {name: getattr(args, name) or known[name] for name in names}
    if given["db"] not in (None, "", ":memory:"):
        given["db"] = str(expanded(given["db"]).absolute())
    source = given["source"] or ""
    if source.startswith("replay:"):
        given["source"] = f"replay:{expanded(source.removeprefix('replay:')).absolute()}"
    return {f"QUANTLIVE_{n.upper()}": str(value) for n, value in given.items() if value}
