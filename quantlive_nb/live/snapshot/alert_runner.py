"""Runs the alert engine and the panels in a thread, whenever bars close, page or no page."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from quantlive_nb.alert import (
    AlertEngine,
    AlertLog,
    Event,
    Metric,
    Need,
    Rule,
    Status,
    metric_of,
    newest_first,
)
from quantlive_nb.alert.engine import NOTHING, Question, Values, settled
from quantlive_nb.analytics import SeriesMemo
from quantlive_nb.interval import Micros
from quantlive_nb.live.runtime.daemon_thread import begin
from quantlive_nb.live.snapshot.market_data import MarketData, aligned, paired, whole
from quantlive_nb.live.snapshot.slow_tests import SlowTests, Tests
from quantlive_nb.panel import Panel
from quantlive_nb.share.message import AddAlert, ClearEvents, Command, RemoveAlert
from quantlive_nb.store.alerts import AlertRepository
from quantlive_nb.types import PairSpec

__all__ = ["AlertRunner"]

log = logging.getLogger("quantlive.watch")

PACE_S = 0.2
TESTED_BARS = 300
"""Closed bars behind an alert on a slow test."""
MOST_BARS = 1_000_000
"""Bars that are judged after a pause, at most."""
SHOWN = 50
"""Firings that a page lists, at most; the database keeps all."""


class AlertRunner:
    """Alerts and panels of one recording, at work in a thread of its own.

    Parameters
    ----------
    tape : MarketData
    panels : dict of str to Panel
        Shared with the Live that owns them; panels outlive a change of source.
    changed : callable
        Called when something that a page shows has changed.

    Attributes
    ----------
    log : AlertLog
        What is stored in the database, whichever process judged it.
    own_log : AlertLog
        What fired on the panels of a process that does not own the database: stored nowhere.
    """

    def __init__(
        self, tape: MarketData, panels: dict[str, Panel], changed: Callable[[], None]
    ) -> None:
        self.tape, self.panels, self.tests = tape, panels, SlowTests()
        self.log, self.own_log = AlertLog(), AlertLog(name=f"panels {id(self)}")
        self.loaded = threading.Event()
        self._seen = (0, 0)
        self._changed = changed
        self._engine = AlertEngine(self._keep)
        self._memos: dict[Question, SeriesMemo] = {}
        self._done: dict[object, object] = {}
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin in a thread of its own, as soon as the store is open."""
        self._thread = begin(self._run, "watch", self._stop.set)

    def stop(self) -> None:
        """End the thread; may be called twice."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def add(self, rule: Rule, since_us: "Micros | None" = None) -> None:
        """Watch a rule from the last closed bar on, or from a moment; its namesake is replaced.

        Raises
        ------
        UsageError
            If its pair cannot be answered.
        """
        metric = metric_of(rule.metric)
        if metric.n_legs == 2 and metric.needs is not Need.PANEL:
            self.tape.check(PairSpec(rule.y, rule.x, rule.every_us))
        if since_us is None:
            upto_us = min(self._confirmed(rule.y, rule.x), default=0) or self.tape.now_us
            closed_us = upto_us // rule.every_us * rule.every_us - rule.every_us
            since_us = max(closed_us - 1, 0) if upto_us else self.tape.recorder.past_us
        if not is_on_panel(rule) and self._sends(AddAlert(rule)):
            return
        with self._lock:
            status = Status(rule, seen_us=since_us)
            self._engine.put(status)
            self._save(status)
        self._changed()

    def remove(self, name: str) -> None:
        """Stop watching a rule; its firings stay."""
        with self._lock:
            rule = self._engine.remove(name)
        is_ours = rule is not None and is_on_panel(rule)
        if not (is_ours or self._sends(RemoveAlert(name))):
            self._store(lambda alerts: alerts.remove(name))
        self._changed()

    def clear_events(self) -> None:
        """Forget every firing."""
        with self._lock:
            self.own_log.clear()
        if not self._sends(ClearEvents()):
            with self._lock:
                self._store(AlertRepository.clear_events)
                self.log.clear()
        self._changed()

    def statuses(self) -> tuple[Status, ...]:
        """Every alert as it stands, by name."""
        with self._lock:
            return self._engine.statuses()

    @property
    def logs(self) -> tuple[AlertLog, ...]:
        """Every log that a reader of firings follows."""
        return self.log, self.own_log

    @property
    def events(self) -> tuple[Event, ...]:
        """The latest firings, newest first."""
        return newest_first(firing.event for log in self.logs for firing in log.recent)[:SHOWN]

    @property
    def is_viewer(self) -> bool:
        """Whether another process judges the alerts, but for those on panels that only we have."""
        return self.tape.recorder.is_viewer

    def _sends(self, command: Command) -> bool:
        """Send a command to the owner; False where this process must execute it itself."""
        client = self.tape.recorder.attached.client
        if client is None:
            return False
        client.send(command)
        return True

    def _keep(self, status: Status, event: "Event | None") -> None:
        """Store what has changed, then tell the readers of the log."""
        self._save(status, event)
        if event is not None:
            (self.own_log if self.is_viewer else self.log).append(event)
            log.info("%s", event.text)
            self._changed()

    def _save(self, status: Status, event: "Event | None" = None) -> None:
        """Keep a status, and the firing that led to it."""
        self._store(lambda alerts: alerts.save(status, event))

    def _store(self, change: Callable[[AlertRepository], None]) -> None:
        """Change the stored alerts; a client's own alerts, on its panels, are stored nowhere."""
        recorder = self.tape.recorder
        if recorder.own_alerts is not None:
            change(recorder.own_alerts)
            recorder.n_alerts += 1

    def _run(self) -> None:
        self.tape.recorder.opened.wait()
        self._load()
        self.loaded.set()
        while not self._stop.wait(PACE_S):
            # The watcher must outlive any one failure: it is logged, and tried again.
            try:
                self.round()
            except Exception:
                if self._stop.is_set():
                    return
                log.exception("the watcher stumbled")

    def _load(self) -> None:
        """Take the alerts of the database as they stood; its stored bars were judged before."""
        recorder = self.tape.recorder
        self._seen = recorder.n_roles, recorder.n_alerts
        statuses, stored = recorder.alerts.load(), AlertLog(recorder.alerts)
        with self._lock:
            self._engine.load(
                map(self._taken, statuses), lambda rule: not self.is_viewer or is_on_panel(rule)
            )
            self.log = stored
        self._changed()

    def _taken(self, status: Status) -> Status:
        """A status from the database; the owner's bars before its start were judged before it."""
        past_us = self.tape.recorder.past_us
        return status if self.is_viewer else replace(status, seen_us=past_us)

    def round(self) -> None:
        """Run the panels and judge the alerts on what has closed since the last round."""
        recorder = self.tape.recorder
        if self._seen[0] != recorder.n_roles or (
            self.is_viewer and self._seen[1] != recorder.n_alerts
        ):
            self._load()
        for panel in tuple(self.panels.values()):
            shown = panel.version, self._closed(panel.spec)
            if self._done.get(panel.name) != shown:
                panel.run(self.tape.pair(panel.spec))
                self._done[panel.name] = shown
                self._changed()
        self.tests.work(self.tape)
        with self._lock:
            groups = self._engine.questions(lambda r: not self.is_viewer or is_on_panel(r))
            for question, rules in groups.items():
                is_tested = any(metric_of(rule.metric).needs is Need.TESTS for rule in rules)
                tested = self._tests(question.spec, 0).ts if is_tested else None
                asked = rules, tested, self._closed(question.spec)
                if self._done.get(question) != asked:
                    self._judge(question, rules)
                    self._done[question] = asked

    def _confirmed(self, *symbols: str) -> list[Micros]:
        """Up to when the trades of each leg that is named are known."""
        return [self.tape.confirmed_us(symbol) for symbol in symbols if symbol]

    def _closed(self, spec: PairSpec) -> tuple[Micros, ...]:
        """How many bars of each leg are closed: more when one closes, fewer when taken back."""
        return tuple(ts // spec.every_us for ts in self._confirmed(spec.y, spec.x))

    def _tests(self, spec: PairSpec, n_bars: int) -> Tests:
        """The latest slow tests of a pair."""
        return self.tests.read(spec._replace(last_us=TESTED_BARS * spec.every_us), n_bars)

    def _judge(self, question: Question, rules: tuple[Rule, ...]) -> None:
        """Step every alert of one question through its new bars."""
        (spec, windows), past_us = question, self.tape.recorder.past_us
        names = [rule.name for rule in rules if metric_of(rule.metric).has_every_bar]
        since_us = min(map(self._engine.since_us, names), default=self.tape.now_us)
        oldest_us = max(since_us, past_us, self.tape.now_us - MOST_BARS * spec.every_us)
        start_us = max(oldest_us - (windows.warmup + 2) * spec.every_us, 0)
        y, x = (self.tape.since(symbol, spec.every_us, start_us) for symbol in (spec.y, spec.x))
        series = self._memos.setdefault(question, SeriesMemo())(paired(spec, y, x), windows)
        rests = settled(whole(*aligned(y, x)), windows.warmup)
        bars = y.closed
        for rule in rules:
            metric = metric_of(rule.metric)
            if metric.needs is Need.BARS:
                values = Values(bars.ts, getattr(bars, metric.column), bars.is_complete)
            elif metric.needs is Need.SERIES:
                values = Values(series.ts, getattr(series, metric.column), rests)
            elif metric.needs is Need.TESTS:
                values = self._tested(metric, spec, len(series))
            else:
                values = self._panelled(metric)
            self._engine.step(rule.name, values, past_us)

    def _tested(self, metric: Metric, spec: PairSpec, n_bars: int) -> Values:
        """A number of the latest slow test, as one value on its bar."""
        tests = self._tests(spec, n_bars)
        test, _, name = metric.column.partition(".")
        result = getattr(tests, test)
        if tests.ts is None or isinstance(result, Exception):
            return NOTHING
        return Values(np.array([tests.ts]), np.array([getattr(result, name)]), np.array([True]))

    def _panelled(self, metric: Metric) -> Values:
        """A panel's last good line."""
        panel = self.panels.get(metric.column)
        if panel is None:
            return NOTHING
        return Values(panel.ts, panel.values, np.full(len(panel.ts), panel.n_missing == 0))


def is_on_panel(rule: Rule) -> bool:
    """Whether a rule watches a panel, which only this process has."""
    return metric_of(rule.metric).needs is Need.PANEL
