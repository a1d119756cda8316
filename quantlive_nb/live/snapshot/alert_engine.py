"""The watcher: judges alerts and runs panels whenever bars close, page or no page.

This file draws nothing; it leaves its results where a frame picks them up.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from quantlive_nb.alert import METRICS, Alert, Event, Rule, Status, newest_first
from quantlive_nb.analytics import ADFResult, SeriesMemo
from quantlive_nb.interval import Micros
from quantlive_nb.live.runtime.daemon_thread import begin
from quantlive_nb.live.snapshot.market_data import MarketData, aligned, paired, whole
from quantlive_nb.live.snapshot.slow_tests import SlowTests, Tests
from quantlive_nb.panel import Panel
from quantlive_nb.settings import Windows
from quantlive_nb.store.alerts import AlertRepository, text_of
from quantlive_nb.types import Bools, Ints, PairSpec, Vector

__all__ = ["AlertEngine"]

log = logging.getLogger("quantlive.watch")

PACE_S = 0.2
TESTED_BARS = 300
"""Closed bars behind an alert on adf_p."""
OF_Y = frozenset({"price", "volume"})
"""Metrics of one leg."""
OF_BARS = frozenset(METRICS) - {"adf_p"}
"""Metrics that have a value on every bar."""
MOST_BARS = 1_000_000
"""Bars that are judged after a pause, at most."""
SHOWN = 50
"""Firings kept at hand; the database keeps all."""
Judged = tuple[Ints, Vector, Bools]
"""Opening times, values, and whether each rests on complete bars only."""
NOTHING: Judged = (np.empty(0, np.int64), np.empty(0), np.empty(0, np.bool_))


class AlertEngine:
    """Alerts and panels of one recording, at work in a thread of its own.

    Parameters
    ----------
    tape : MarketData
    panels : dict of str to Panel
        Shared with the Live that owns them; panels outlive a change of source.
    changed : callable
        Called when something that a page shows has changed.
    """

    def __init__(
        self, tape: MarketData, panels: dict[str, Panel], changed: Callable[[], None]
    ) -> None:
        self.tape, self.panels, self.tests = tape, panels, SlowTests()
        self.events: tuple[Event, ...] = ()
        self.loaded = threading.Event()
        self._seen = (0, 0)
        self._changed = changed
        self._alerts: dict[str, Alert] = {}
        self._memos: dict[tuple[PairSpec, Windows], SeriesMemo] = {}
        self._done: dict[object, object] = {}
        self._judged: dict[str, Micros] = {}
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
        if rule.metric not in OF_Y and not rule.metric.startswith("panel:"):
            self.tape.check(PairSpec(rule.y, rule.x, rule.every_us))
        if since_us is None:
            upto_us = min(self._confirmed(rule.y, rule.x), default=0) or self.tape.now_us
            closed_us = upto_us // rule.every_us * rule.every_us - rule.every_us
            since_us = max(closed_us - 1, 0) if upto_us else self.tape.recorder.past_us
        if self._asks(rule.metric, do="add_alert", rule=text_of(rule)):
            return
        with self._lock:
            self._alerts[rule.name] = Alert(Status(rule, seen_us=since_us))
            self._judged.pop(rule.name, None)
            self._save(self._alerts[rule.name].status)
        self._changed()

    def remove(self, name: str) -> None:
        """Stop watching a rule; its firings stay."""
        with self._lock:
            alert = self._alerts.pop(name, None)
        metric = "" if alert is None else alert.status.rule.metric
        if not self._asks(metric, do="remove_alert", name=name):
            self._store(lambda alerts: alerts.remove(name))
        self._changed()

    def clear_events(self) -> None:
        """Forget every firing."""
        if not self._asks("", do="clear_events"):
            with self._lock:
                self._store(AlertRepository.clear_events)
                self.events = ()
        self._changed()

    def statuses(self) -> tuple[Status, ...]:
        """Every alert as it stands, by name."""
        with self._lock:
            return tuple(self._alerts[name].status for name in sorted(self._alerts))

    @property
    def is_viewer(self) -> bool:
        """Whether another process judges the alerts, but for those on panels that only we have."""
        return self.tape.recorder.is_viewer

    def _asks(self, metric: str, **wish: str) -> bool:
        """Ask the owner instead of doing it here; False where it is ours to do."""
        client = self.tape.recorder.attached.client
        if client is None or metric.startswith("panel:"):
            return False
        client.ask(wish)
        return True

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
        statuses, events = recorder.alerts.load(), recorder.alerts.events(SHOWN)
        with self._lock:
            mine = {n: a for n, a in self._alerts.items() if not self.is_viewer or on_panel(a)}
            shared = {s.rule.name: Alert(self._taken(s)) for s in statuses}
            self._alerts = shared | mine
            self.events = events
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
            groups: dict[tuple[PairSpec, Windows], list[Alert]] = {}
            for alert in self._alerts.values():
                rule = alert.status.rule
                if self.is_viewer and not on_panel(alert):
                    continue
                spec = PairSpec(rule.y, rule.x, rule.every_us)
                groups.setdefault((spec, rule.windows), []).append(alert)
            for (spec, windows), alerts in groups.items():
                rules = tuple(alert.status.rule for alert in alerts)
                is_tested = any(rule.metric == "adf_p" for rule in rules)
                tested = self._tests(spec, 0).ts if is_tested else None
                asked = rules, tested, self._closed(spec)
                if self._done.get((spec, windows)) != asked:
                    self._judge(spec, windows, alerts)
                    self._done[spec, windows] = asked

    def _confirmed(self, *symbols: str) -> list[Micros]:
        """Up to when the trades of each leg that is named are known."""
        return [self.tape.confirmed_us(symbol) for symbol in symbols if symbol]

    def _closed(self, spec: PairSpec) -> tuple[Micros, ...]:
        """How many bars of each leg are closed: more when one closes, fewer when taken back."""
        return tuple(ts // spec.every_us for ts in self._confirmed(spec.y, spec.x))

    def _tests(self, spec: PairSpec, n_bars: int) -> Tests:
        """The latest slow tests of a pair."""
        return self.tests.read(spec._replace(last_us=TESTED_BARS * spec.every_us), n_bars)

    def _judge(self, spec: PairSpec, windows: Windows, alerts: list[Alert]) -> None:
        """Step every alert of one pair through its new bars."""
        of_bars = [alert for alert in alerts if alert.status.rule.metric in OF_BARS]
        since_us = min(map(self._since_us, of_bars), default=self.tape.now_us)
        oldest_us = max(since_us, self.tape.now_us - MOST_BARS * spec.every_us)
        start_us = max(oldest_us - (windows.warmup + 2) * spec.every_us, 0)
        y, x = (self.tape.since(symbol, spec.every_us, start_us) for symbol in (spec.y, spec.x))
        series = self._memos.setdefault((spec, windows), SeriesMemo())(paired(spec, y, x), windows)
        rests = settled(whole(*aligned(y, x)), windows.warmup)
        for alert in alerts:
            metric = alert.status.rule.metric
            if metric in OF_Y:
                bars = y.closed
                values = bars.close if metric == "price" else bars.volume
                self._step(alert, (bars.ts, values, bars.is_complete))
            elif metric == "adf_p":
                self._step(alert, self._tested(spec, len(series)))
            elif metric.startswith("panel:"):
                self._step(alert, self._panelled(metric.removeprefix("panel:")))
            else:
                name = "beta" if metric == "hedge_ratio" else metric
                self._step(alert, (series.ts, getattr(series, name), rests))

    def _since_us(self, alert: Alert) -> Micros:
        """The last bar that an alert has been shown, whether or not it had a value there."""
        judged_us = self._judged.get(alert.status.rule.name, 0)
        return max(alert.status.seen_us, judged_us, self.tape.recorder.past_us)

    def _step(self, alert: Alert, judged: Judged) -> None:
        """Judge the bars not judged yet."""
        before = alert.status
        is_new = (judged[0] > self._since_us(alert)) & ~np.isnan(judged[1])
        rows = zip(*(column[is_new].tolist() for column in judged), strict=True)
        if len(judged[0]):
            self._judged[before.rule.name] = int(judged[0][-1])
        for row in rows:
            event = alert.step(*row)
            if event is not None or alert.status.phase is not before.phase:
                self._save(alert.status, event)
                before = alert.status
            if event is not None:
                self.events = newest_first((event, *self.events))[:SHOWN]
                log.info("%s", event.text)
                self._changed()

    def _tested(self, spec: PairSpec, n_bars: int) -> Judged:
        """The p of the latest ADF test as one value on its bar."""
        tests = self._tests(spec, n_bars)
        if tests.ts is None or not isinstance(tests.adf, ADFResult):
            return NOTHING
        return np.array([tests.ts]), np.array([tests.adf.p]), np.array([True])

    def _panelled(self, name: str) -> Judged:
        """A panel's last good line."""
        panel = self.panels.get(name)
        if panel is None:
            return NOTHING
        return panel.ts, panel.values, np.full(len(panel.ts), panel.n_missing == 0)


def on_panel(alert: Alert) -> bool:
    """Whether an alert watches a panel, which only this process has."""
    return alert.status.rule.metric.startswith("panel:")


def settled(complete: Bools, window: int) -> Bools:
    """Where this bar and the ``window`` bars before it, as far as there are any, are complete."""
    broken = np.concatenate([np.zeros(window + 1, np.int64), np.cumsum(~complete)])
    return np.asarray(broken[window + 1 :] == broken[: len(complete)])
