"""``python -m quantlive_nb.testing``: starts the loopback exchange."""

import argparse
import contextlib
import math
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from quantlive_nb.errors import QuantliveError, UsageError
from quantlive_nb.testing.loopback import LoopbackExchange

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m quantlive_nb.testing",
        description="An exchange on 127.0.0.1 that plays a recording or random trades.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--play", metavar="FILE", help="recording (*.frames.jsonl.gz) to play once")
    what.add_argument("--symbols", default="", help="A,B: random trades of these, without end")
    parser.add_argument("--speed", type=float, default=1.0, help="pace of the recording; inf: full")
    parser.add_argument("--rate", type=float, default=50.0, help="random trades per second")
    parser.add_argument("--seed", type=int, default=1, help="of the random trades")
    parser.add_argument(
        "--start-at",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="begin so far into the recording; what traded before, only REST can tell",
    )
    parser.add_argument(
        "--drop-every", type=float, metavar="SECONDS", help="cut all connections again and again"
    )
    parser.add_argument(
        "--max-age",
        type=float,
        default=math.inf,
        metavar="SECONDS",
        help="close each connection when it is so old (the exchange: 24 h)",
    )
    parser.add_argument(
        "--no-historical-trades",
        action="store_true",
        help="serve no historicalTrades, as the market-data-only host",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (the default) picks a free one")
    return parser


def _exchange(args: argparse.Namespace) -> LoopbackExchange:
    if args.drop_every is not None and not args.drop_every > 0:
        raise UsageError(f"--drop-every is {args.drop_every}: give seconds above 0")
    common: Any = {
        "port": args.port,
        "max_age_s": args.max_age,
        "has_historical_trades": not args.no_historical_trades,
    }
    if args.play is not None:
        speed, start_at_s = args.speed, args.start_at
        return LoopbackExchange(play=args.play, speed=speed, start_at_s=start_at_s, **common)
    return LoopbackExchange(symbols=args.symbols, rate=args.rate, seed=args.seed, **common)


def _run(exchange: LoopbackExchange, drop_every_s: float | None) -> None:
    """Wait forever, and drop the connections at the requested interval."""
    while not threading.Event().wait(drop_every_s):
        sys.stdout.write(f"Cut        {exchange.drop()} connections\n")
        sys.stdout.flush()


def _introduction(exchange: LoopbackExchange, args: argparse.Namespace) -> str:
    """What runs at which address, and how to record it."""
    if args.play is not None:
        n = f"{exchange.n_frames:,}".replace(",", " ")
        past = f" from its second {args.start_at:g} on," if args.start_at else ""
        what = (
            f"{n} frames of {args.play}{past} at {args.speed:g} times their pace, once subscribed"
        )
    else:
        what = f"{args.rate:g} random trades a second, without end"
    return (
        f"Playing    {what}; Ctrl-C ends it\n"
        f"WebSocket  {exchange.ws_url}\n"
        f"REST       {exchange.rest_url}\n"
        f"Record it  quantlive record --source binance --ws-url {exchange.ws_url} --rest-url "
        f"{exchange.rest_url} --symbols {','.join(exchange.symbols)} --db loopback.duckdb\n"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the exchange until interrupted.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the process's own by default.

    Returns
    -------
    int
        Exit code: 0 after Ctrl-C, 1 if it cannot run, 2 if the arguments cannot mean anything.

    Examples
    --------
    >>> main(["--play", "a.gz", "--speed", "0"])
    2
    """
    args = _parser().parse_args(argv)
    try:
        exchange = _exchange(args)
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        with contextlib.suppress(KeyboardInterrupt), exchange:
            for number in (signal.SIGINT, signal.SIGTERM):  # even if the parent ignores them
                signal.signal(number, signal.default_int_handler)
            sys.stdout.write(_introduction(exchange, args))
            sys.stdout.flush()
            _run(exchange, args.drop_every)
    except QuantliveError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
