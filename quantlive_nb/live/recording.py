"""The running components of one data source; replaced as a whole when the source changes."""

import concurrent.futures
import logging
from collections.abc import Callable
from typing import Self

from quantlive_nb.alert import Rule
from quantlive_nb.interval import Micros
from quantlive_nb.live.attachment import Attachment
from quantlive_nb.live.recorder import Recorder
from quantlive_nb.live.repair.audit import Difference
from quantlive_nb.live.repair.repairer import Repairer
from quantlive_nb.live.runtime.daemon_thread import begin
from quantlive_nb.live.runtime.event_loop import LoopThread
from quantlive_nb.live.snapshot.alert_runner import AlertRunner
from quantlive_nb.live.snapshot.market_data import MarketData
from quantlive_nb.live.source import Options
from quantlive_nb.panel import Panel
from quantlive_nb.share.message import (
    COMMANDS,
    AddAlert,
    CancelFill,
    ClearEvents,
    Command,
    Fill,
    LookAt,
    RemoveAlert,
)

__all__ = ["Recording"]

log = logging.getLogger("quantlive.share")

OPEN_S = 10.0
STOP_S = 10.0
AUDIT_S = 60.0


class Recording:
    """A recorder, a tape and a watcher with one life.

    Parameters
    ----------
    options : Options
    panels : dict of str to Panel
        The Live's own; shared, not copied.
    changed : callable
        Called whenever something new can be shown.
    attached : Attachment or None
        The open database of the session before, when it is this one's too.

    Raises
    ------
    ReplayError
        When the recording that should be played cannot be read.
    """

    def __init__(
        self,
        options: Options,
        panels: dict[str, Panel],
        changed: Callable[[], None],
        attached: Attachment | None = None,
    ) -> None:
        self.options = options
        self.recorder = Recorder(options, changed, attached)
        self.tape = MarketData(self.recorder)
        self.watcher = AlertRunner(self.tape, panels, changed)
        self.recorder.execute = self._execute
        self.future: concurrent.futures.Future[None] | None = None
        self._loop: LoopThread | None = None

    def start(self, loop: LoopThread) -> None:
        """Begin to record; the watcher follows once the database is open."""
        self._loop = loop
        self.recorder.begin()
        self.future = loop.submit(self.recorder.run())
        self.watcher.start()

    def ready(self) -> Self:
        """Wait until the database is open (it is, but for the first moments)."""
        self.watcher.loaded.wait(OPEN_S)
        return self

    def want(self, symbols: tuple[str, ...]) -> None:
        """Stream exactly these symbols; whoever asks for them sees them at once."""
        self.recorder.symbols = symbols
        if self._loop is not None:
            self._loop.call(lambda: self.recorder.want(symbols))

    def fill(self, back_us: "Micros | None") -> None:
        """Fetch what was skipped."""
        self._repair(Fill(back_us), lambda repairer: repairer.fill(back_us))

    def cancel_fill(self) -> None:
        """Fill the history no further."""
        self._repair(CancelFill(), lambda repairer: repairer.cancel())

    def look_at(self, ts: "Micros | None") -> None:
        """Fetch what is missing near this moment first."""
        self._repair(LookAt(ts), lambda repairer: repairer.look_at(ts))

    def _repair(self, command: Command, work: Callable[[Repairer], object]) -> None:
        """Have the repairer work, on its own loop; a client sends the command to its owner."""
        client, repairer = self.recorder.attached.client, self.recorder.repairer
        if client is not None:
            client.send(command)
        elif repairer is not None and self._loop is not None:
            self._loop.call(lambda: work(repairer))

    def _execute(self, command: COMMANDS) -> None:
        """Execute a client's command in a thread; one that fails is logged."""
        begin(lambda: self._tried(command), "command")

    def _tried(self, command: COMMANDS) -> None:
        try:
            self._do(command)
        except Exception as exc:  # noqa: BLE001  whatever a client sends, the recording goes on
            log.warning("a client's command failed: %s", exc)

    def _do(self, command: COMMANDS) -> None:
        """Do what a client asks for."""
        match command:
            case AddAlert(rule=rule):
                self.watcher.add(rule)
            case RemoveAlert(name=name):
                self.watcher.remove(name)
            case ClearEvents():
                self.watcher.clear_events()
            case Fill(back_us=back_us):
                self.fill(back_us)
            case CancelFill():
                self.cancel_fill()
            case LookAt(ts=ts):
                self.look_at(ts)

    def audit(self, symbol: str, since_us: Micros) -> list[Difference]:
        """Compare a symbol's minutes with the exchange's; none where there is nobody to ask."""
        auditor = self.recorder.auditor
        if auditor is None or self._loop is None:
            return []
        return self._loop.submit(auditor.check(symbol, since_us)).result(AUDIT_S)

    def carry(self, rules: tuple[Rule, ...]) -> None:
        """Watch the rules of the session before, where this database has none of that name."""
        self.ready()
        known = {status.rule.name for status in self.watcher.statuses()}
        for rule in rules:
            if rule.name not in known:
                self.watcher.add(rule, since_us=self.recorder.past_us)

    def pause(self) -> None:
        """End the feed; the database stays open to be asked."""
        if self._loop is not None:
            self._loop.submit(self.recorder.pause()).result(STOP_S)

    def stop(self, *, keep_store: bool = False) -> None:
        """End watcher and feed, then close the database; may be called twice."""
        self.watcher.stop()
        self.pause()
        if not keep_store:
            self.recorder.store.close()
