"""The arguments of the commands, and how their texts are parsed."""

import argparse

from quantlive_nb.errors import UsageError
from quantlive_nb.live.export import WHAT
from quantlive_nb.live.source import default_db
from quantlive_nb.path import expanded
from quantlive_nb.venue import DEFAULT, EXCHANGES

__all__ = ["dashboard_options", "export_options", "scan_options", "seconds", "source_options"]

OTHERS = [name for name in EXCHANGES if name != DEFAULT]
SOURCE = f"{DEFAULT} (default), {', '.join(OTHERS)}, simulated, demo, or replay:PATH"
THEMES = ("auto", "light", "dark")


def source_options(sub: argparse.ArgumentParser) -> None:
    """What to record and where."""
    sub.add_argument("--source", help=SOURCE)
    sub.add_argument("--symbols", default="", help="comma-separated; default BTCUSDT,ETHUSDT")
    sub.add_argument("--db", help=f'a DuckDB file or ":memory:"; default {default_db()}')
    sub.add_argument("--ws-url", help="another WebSocket endpoint than the exchange's")
    sub.add_argument("--rest-url", help="another REST endpoint than the exchange's")
    sub.add_argument("--speed", type=float, help="pace of a replay or of the simulated market")
    sub.add_argument("--preload", help="fill an exchange's tape so far back: 1h (default), 0: not")


def dashboard_options(sub: argparse.ArgumentParser) -> None:
    """The page and its server."""
    source_options(sub)
    sub.add_argument("--host", default="127.0.0.1", help="address to serve on; others need a token")
    sub.add_argument("--token", default="", help="what visitors must know; made up when needed")
    about = "answer to this name too, as which a proxy asks; may be given more than once"
    sub.add_argument("--allow-host", action="append", default=[], metavar="NAME", help=about)
    about = "a folder of recordings that visitors may replay; default none"
    sub.add_argument("--recordings", type=folder, default="", metavar="DIR", help=about)
    sub.add_argument("--port", type=int, default=8866)
    sub.add_argument("--theme", choices=THEMES, default="auto", help="auto: the system's")
    sub.add_argument("--no-browser", action="store_true", help="only print the address")
    sub.add_argument("--warm", type=int, default=0, metavar="N", help="kernels started ahead")
    about = "most pages at a time; the next visitor is told that the dashboard is full"
    sub.add_argument("--max-visitors", type=int, default=20, metavar="N", help=about)


def export_options(sub: argparse.ArgumentParser) -> None:
    """What to export, from where, into what."""
    sub.add_argument("--db", default=default_db())
    sub.add_argument("--what", choices=WHAT, default="trades")
    sub.add_argument("--symbol", default="", help="one or more, comma-separated; default all")
    sub.add_argument("--venue", help="needed when the database holds several")
    sub.add_argument("--every", default="1s", help="bar length: 1s 5s 1min 5min 1h 1d ...")
    sub.add_argument("--windows", default="", help="hedge,z,correlation in bars: 120,60,30")
    about = "default: what --out ends in, else csv"
    sub.add_argument("--format", choices=("csv", "parquet"), help=about)
    sub.add_argument("--out", required=True)


def scan_options(sub: argparse.ArgumentParser) -> None:
    """Which pairs to test, on what bars, and what to show."""
    sub.add_argument("--db", default=default_db())
    sub.add_argument("--symbols", default="", help="comma-separated; default all that are recorded")
    sub.add_argument("--venue", help="needed when the database holds several")
    sub.add_argument("--every", default="1min", help="bar length: 1s 5s 1min 5min 1h 1d ...")
    sub.add_argument("--last", default="", help="look back so far: 6h; default all")
    sub.add_argument("--lags", type=lags, default="aic", help="a number, or aic (default)")
    sub.add_argument("--holdout", type=float, default=0.3, help="part of the bars that only judges")
    sub.add_argument("--cost", type=float, default=10.0, help="of one trade, in basis points")
    sub.add_argument("--top", type=int, default=20, help="rows to print")
    sub.add_argument("--out", default="", help="a CSV file for all of them")


def folder(text: str) -> str:
    """The absolute path of a folder that is there."""
    try:
        path = expanded(text)
    except UsageError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
    if not path.is_dir():
        raise argparse.ArgumentTypeError(
            f"there is no folder {text}: name one that holds recordings"
        )
    return str(path.absolute())


def seconds(text: str) -> float:
    """A number of seconds above 0.

    Examples
    --------
    >>> seconds("90")
    90.0
    """
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no time to record: give seconds above 0")
    return value


def lags(text: str) -> "str | int":
    """A number of lags, or the search by AIC.

    Examples
    --------
    >>> lags("aic"), lags("3")
    ('aic', 3)
    """
    return text if text == "aic" else int(text)
