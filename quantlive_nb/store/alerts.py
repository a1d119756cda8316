"""Alerts at rest: the rules, how they stand, and every firing, across restarts.

This file knows no clock and judges nothing.
"""

import json
import logging
from dataclasses import asdict

import duckdb

from quantlive_nb.alert import Event, Firing, Phase, Rule, Status
from quantlive_nb.alert.log import PAGE
from quantlive_nb.settings import Windows
from quantlive_nb.store.base import Reader, Writer
from quantlive_nb.store.ownership import MEMORY

__all__ = ["QUESTIONS", "AlertReader", "AlertRepository", "rule_of", "text_of"]

log = logging.getLogger("quantlive.alert")

CLEARED = """coalesce((
    SELECT max(TRY_CAST(regexp_extract(comment, '^([0-9]+) cleared$', 1) AS BIGINT))
    FROM duckdb_tables() WHERE table_name = 'alert_events'), 0)"""
"""How many firings were cleared. The comment of the table says it: so a number is given once, and
needs neither a column nor a table of its own."""
COUNT = f"SELECT {CLEARED}, count(*) FROM alert_events"
"""How many firings were cleared and how many are stored: the last has the number of both."""
FIRINGS = f"""
SELECT {CLEARED}, rule, metric, epoch_us(ts), value, text, is_complete
FROM alert_events LIMIT {PAGE} OFFSET $skip"""
"""Firings in the order in which they were stored, as DuckDB scans a table. They are cleared all
together, so the place of a row is its number. Sorting by rowid would read the whole table."""
QUESTIONS = COUNT, FIRINGS
"""What a client asks of firings; each answer has a limit."""


class AlertReader:
    """The alerts of one database, to be read.

    Parameters
    ----------
    store : Reader

    Examples
    --------
    >>> from quantlive_nb.store import Store
    >>> store = Store()
    >>> AlertReader(store).load(), AlertReader(store).events()
    ([], ())
    >>> store.close()
    """

    def __init__(self, store: Reader) -> None:
        self.store = store

    @property
    def name(self) -> str:
        """Which log of firings it is: the file's, or that of this database in memory."""
        store = self.store
        return store.path if store.path != MEMORY else f"{MEMORY} {id(store)}"

    def newest(self) -> int:
        """The number of the last firing, also if it was cleared since; 0 before the first."""
        return sum(self._count())

    def firings(self, after: int = 0, limit: int = PAGE) -> tuple[Firing, ...]:
        """Firings after a number, in the order in which they fired; see :class:`AlertLog`.

        At most 1 000, whatever the limit.
        """
        n_cleared, _ = self._count()
        skip = max(after - n_cleared, 0)
        # As text: DuckDB skips row groups only where the offset is a constant.
        rows = self.store.cursor().execute(FIRINGS.replace("$skip", str(skip))).fetchall()
        if rows and rows[0][0] != n_cleared:  # they were cleared between the two questions
            return self.firings(after, limit)
        found = enumerate(rows[:limit], start=n_cleared + skip + 1)
        return tuple(Firing(seq, Event(*row[1:])) for seq, row in found)

    def _count(self) -> tuple[int, int]:
        """How many firings were cleared, and how many are stored."""
        n_cleared, n = self.store.cursor().execute(COUNT).fetchone() or (0, 0)
        return int(n_cleared), int(n)

    def load(self) -> list[Status]:
        """Every alert as it stood when it was last saved, without those that can no longer be."""
        rows = self.store.cursor().execute(
            "SELECT rule, phase, value, epoch_us(seen), epoch_us(fired), n_fired "
            "FROM alerts ORDER BY name LIMIT 1000"
        )
        found = []
        for text, phase, *rest in rows.fetchall():
            try:
                found.append(Status(rule_of(text), Phase(phase), *rest))
            except (ValueError, TypeError, KeyError) as exc:
                log.warning("a stored alert is not watched: %s", exc)
        return found

    def events(self, limit: int = 50) -> tuple[Event, ...]:
        """The latest firings, newest first."""
        rows = self.store.cursor().execute(
            "SELECT rule, metric, epoch_us(ts), value, text, is_complete "
            "FROM alert_events ORDER BY ts DESC, rule LIMIT ?",
            [limit],
        )
        return tuple(Event(*row) for row in rows.fetchall())


class AlertRepository(AlertReader):
    """The alerts of a database that this process owns.

    Parameters
    ----------
    store : Writer

    Examples
    --------
    >>> from quantlive_nb.store import Store
    >>> store = Store()
    >>> book = AlertRepository(store)
    >>> book.save(Status(Rule("wide", "zscore", ">", 2, "ETHUSDT", "BTCUSDT")))
    >>> [str(status.rule) for status in book.load()]
    ['zscore > 2 · ETHUSDT on BTCUSDT, 1s']
    >>> book.remove("wide"); book.load()
    []
    >>> store.close()
    """

    def __init__(self, store: Writer) -> None:
        super().__init__(store)
        self._writer = store

    def save(self, status: Status, event: "Event | None" = None) -> None:
        """Keep a status, and the firing that led to it, in one transaction."""
        with self._writer.transaction() as cursor:
            _write(cursor, status, event)

    def remove(self, name: str) -> None:
        """Forget a rule; its firings stay."""
        self._writer.cursor().execute("DELETE FROM alerts WHERE name = ?", [name])

    def clear_events(self) -> None:
        """Forget every firing; the next one has the next number."""
        with self._writer.transaction() as cursor:
            newest = sum(cursor.execute(COUNT).fetchone() or (0,))
            cursor.execute(f"COMMENT ON TABLE alert_events IS '{newest} cleared'")
            cursor.execute("DELETE FROM alert_events")


def _write(cursor: duckdb.DuckDBPyConnection, status: Status, event: Event | None) -> None:
    rule = status.rule
    cursor.execute("DELETE FROM alerts WHERE name = ?", [rule.name])
    cursor.execute(
        "INSERT INTO alerts VALUES (?, ?, ?, ?, make_timestamp(?), make_timestamp(?), ?)",
        [
            rule.name,
            text_of(rule),
            status.phase.value,
            status.value,
            status.seen_us,
            status.fired_us,
            status.n_fired,
        ],
    )
    if event is not None:
        cursor.execute(
            "INSERT INTO alert_events VALUES (?, ?, make_timestamp(?), ?, ?, ?)", list(event)
        )


def text_of(rule: Rule) -> str:
    """A rule as text, as it is kept and as it is told to other processes."""
    return json.dumps(asdict(rule))


def rule_of(text: str) -> Rule:
    """The rule that a text says.

    Examples
    --------
    >>> rule_of(text_of(Rule("wide", "zscore", ">", 2, "ETHUSDT", "BTCUSDT"))).name
    'wide'
    """
    fields = json.loads(text)
    return Rule(**{**fields, "windows": Windows(**fields["windows"])})
