"""A process that owns a database and shares it, as a script: it does what its input says.

This file knows no feed: it stores a recording, and tells what a recorder would tell.
"""

import json
import subprocess
import sys
from contextlib import contextmanager

from tests.conftest import ROOT

SCRIPT = """
import json, sys
from pathlib import Path
from quantlive_nb.share.message import Snapshot, encode
from quantlive_nb.share.publisher import tapes_of
from quantlive_nb.store import Store
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.share.server import Share
from quantlive_nb.types import Trade, Trades
path, recording = sys.argv[1:]
store, late = Store(path), []
store.on_late.append(lambda *what: late.append((len(late) + 1, *what)))
for block in read_trades(Path(recording)) if recording else ():
    store.append(block)
share = Share(store)
def tell():
    tapes = {v: tapes_of(store, v) for v in store.venues()}
    share.publish(encode(Snapshot(tapes=tapes, late=late)))
tell()
print("ready", flush=True)
for line in sys.stdin:
    word, _, rest = line.strip().partition(" ")
    if word == "append":
        answer = store.append(Trades.of([Trade(*row) for row in json.loads(rest)]))
        tell()
    if word == "wanted":
        answer = sorted({symbol for _, symbol in share.subscriptions(int(rest))})
    if word == "viewers":
        answer = len({viewer for viewer, _ in share.subscriptions(0)})
    if word == "commands":
        answer = [message.decode() for message in share.commands()]
    if word == "close":
        share.close()
        share.close()
        store.close()
        answer = "closed"
    print(json.dumps(answer), flush=True)
"""


class Owner:
    """What a test says to the process, and hears of it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def say(self, word: str, rest: str = "") -> object:
        """Have it do something; its answer."""
        self.process.stdin.write(f"{word} {rest}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def owner(path, recording=""):
    """A database owned and shared by another process, until the block ends."""
    command = [sys.executable, "-c", SCRIPT, str(path), str(recording)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield Owner(process)
        finally:
            process.kill()
