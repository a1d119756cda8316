"""Whether a tape is whole: the trades and the ledger, each read by itself, and compared.

This file knows no feed and believes nothing that is kept in memory.
"""

import itertools
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import duckdb

from quantlive_nb.store.tape.coverage import Coverage, Range
from quantlive_nb.store.tape.ledger import RECOUNT, entries_of, stretches

__all__ = ["Verdict", "verify"]

COUNTS = """
SELECT venue, symbol, era,
       count(*), sum(last_id - trade_id + 1)::BIGINT, min(trade_id), max(last_id),
       sum(greatest(least(last_id, reached) - trade_id + 1, 0))::BIGINT
FROM (
    SELECT *, coalesce(max(last_id) OVER (
        PARTITION BY venue, symbol, era ORDER BY trade_id, last_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), trade_id - 1) AS reached
    FROM trades
)
GROUP BY venue, symbol, era
"""
CHANGED = f"""
SELECT venue, symbol, era, from_id, to_id, b.n_rows IS NOT NULL AND
       (b.n_rows, b.sum_ids, b.sum_price, b.sum_qty) IS DISTINCT FROM (
           coalesce(t.n_rows, 0)::BIGINT, coalesce(t.sum_ids, 0)::HUGEINT,
           coalesce(t.sum_price, 0)::DECIMAL(38, 8), coalesce(t.sum_qty, 0)::DECIMAL(38, 8)
       ) AS is_changed,
       if(b.n_rows IS NULL, 'never', strftime(summed, '%Y-%m-%d %H:%M UTC')) AS since
FROM coverage AS b LEFT JOIN ({RECOUNT.format(booked="coverage")}) AS t
USING (venue, symbol, era, from_id, to_id)
WHERE how <> 'skipped'
ORDER BY from_id
"""
"""Each entry, whether its rows have other sums, and since when changes can be detected."""
Ids = tuple[int, int]
Key = tuple[str, str, int]
"""Venue, symbol and era."""


class Tables(Protocol):
    """A database of this process with the tables: a store, or a copy of another process's rows."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for the calling thread."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one symbol's tape holds and what is missing.

    Attributes
    ----------
    n_trades : int
        Distinct trade ids stored; an aggregate counts for all the ids it covers.
    n_rows : int
        Rows that hold them.
    first_id, last_id : int
    n_missing : int
        Ids between the first and the last that are neither stored nor listed as skipped.
    n_duplicate : int
        Ids held more than once.
    gaps : tuple of (int, int)
        First and last id of each missing range.
    n_skipped, skipped : int, tuple of (int, int)
        Ids skipped on purpose, because they were older than requested.
    does_ledger_agree : bool
        Whether the ledger lists exactly the ids that the trades hold.
    era : int
        Number of the era; each era has a verdict of its own.
    n_overlap : int
        Ids that the ledger lists more than once.
    changed : tuple of (int, int)
        First and last id of each entry whose rows were changed since it was written.
    sums_since : str
        When the sums were computed, if not with the trades; ``"never"`` where a file of an earlier
        version has none.

    Examples
    --------
    >>> Verdict("binance", "BTCUSDT", 5, 5, 1, 6, 1, 0, ((4, 4),), 0, (), True).is_whole
    False
    """

    venue: str
    symbol: str
    n_trades: int
    n_rows: int
    first_id: int
    last_id: int
    n_missing: int
    n_duplicate: int
    gaps: tuple[Ids, ...]
    n_skipped: int
    skipped: tuple[Ids, ...]
    does_ledger_agree: bool
    era: int = 0
    n_overlap: int = 0
    changed: tuple[Ids, ...] = ()
    sums_since: str = ""

    @property
    def is_whole(self) -> bool:
        """Nothing missing, duplicate or changed, and the ledger agrees."""
        is_held = not self.n_missing and not self.n_duplicate and self.does_ledger_agree
        return is_held and not self.n_overlap and not self.changed

    def as_dict(self) -> dict[str, Any]:
        """Every field, and the verdict, for JSON."""
        return asdict(self) | {"is_whole": self.is_whole}

    def __str__(self) -> str:
        """One line for the terminal, and one for each gap."""
        marks, era = "✓" if self.is_whole else "✗", f" era {self.era}" if self.era else ""
        ids = f"ids {self.first_id} to {self.last_id}" if self.n_trades else "ids gone"
        line = (
            f"{marks} {self.venue} {self.symbol}{era}: {self.n_trades:,} trades, {ids}, "
            f"{self.n_missing:,} missing, {self.n_duplicate:,} twice"
        )
        line += f", {self.n_skipped:,} skipped" if self.n_skipped else ""
        line += "" if self.does_ledger_agree else ", the ledger says otherwise"
        line += f", {self.n_overlap:,} booked twice" if self.n_overlap else ""
        line += ", its ids began anew: what came between the eras is not known" if self.era else ""
        seen = "not seen" if self.sums_since == "never" else f"seen since {self.sums_since}"
        line += f" (changes are {seen})" if self.sums_since else ""
        gaps = (f"    missing {a} to {b} ({b - a + 1:,})" for a, b in self.gaps)
        return "\n".join(
            [line, *gaps, *(f"    changed within {a} to {b}" for a, b in self.changed)]
        )


def verify(store: Tables) -> tuple[Verdict, ...]:
    """One verdict per symbol, from the tables alone.

    Notes
    -----
    Reads every trade id once: about a second for ten million.

    Examples
    --------
    >>> from quantlive_nb.types import Trade, Trades
    >>> from quantlive_nb.store import Store
    >>> store = Store()
    >>> rows = [Trade("binance", "BTCUSDT", i, i, "1", "1", True, i, i, i) for i in (1, 2, 5)]
    >>> _ = store.append(Trades.of(rows))
    >>> print(*verify(store))
    ✗ binance BTCUSDT: 3 trades, ids 1 to 5, 2 missing, 0 twice
        missing 3 to 4 (2)
    >>> store.close()
    """
    cursor = store.cursor()
    held, booked, skipped = _tables(cursor)
    changed, since = _changed(cursor)
    counts = {row[:3]: row[3:] for row in cursor.execute(COUNTS).fetchall()}
    keys = sorted({*counts, *booked, *(key for key in skipped if key in counts)})
    return tuple(
        _verdict(
            key,
            counts.get(key),
            merged(held.get(key, [])),
            booked.get(key, []),
            skipped.get(key, []),
            sums=(tuple(changed.get(key, ())), since.get(key, "")),
        )
        for key in keys
    )


def merged(ids: list[Ids]) -> list[Ids]:
    """Merge ranges that touch or overlap.

    Examples
    --------
    >>> merged([(7, 9), (1, 3), (4, 5), (8, 12)])
    [(1, 5), (7, 12)]
    """
    whole: list[Ids] = []
    for a, b in sorted(ids):
        if whole and a <= whole[-1][1] + 1:
            whole[-1] = whole[-1][0], max(b, whole[-1][1])
        else:
            whole.append((a, b))
    return whole


def between(ranges: list[Ids]) -> list[Ids]:
    """The gaps between merged ranges.

    Examples
    --------
    >>> between([(1, 5), (7, 12)])
    [(6, 6)]
    """
    return [(a[1] + 1, b[0] - 1) for a, b in itertools.pairwise(ranges)]


def _tables(cursor: duckdb.DuckDBPyConnection) -> tuple[dict[Key, list[Ids]], ...]:
    """Stored, listed and skipped ids of each era of each symbol."""
    held: dict[Key, list[Ids]] = {}
    booked: dict[Key, list[Ids]] = {}
    skipped: dict[Key, list[Ids]] = {}
    for entry in stretches(cursor):
        held.setdefault((entry.venue, entry.symbol, entry.era), []).append(entry.held[:2])
    for entry in entries_of(cursor):
        book = skipped if entry.how == "skipped" else booked
        book.setdefault((entry.venue, entry.symbol, entry.era), []).append(entry.held[:2])
    return held, booked, skipped


def _changed(
    cursor: duckdb.DuckDBPyConnection,
) -> tuple[dict[Key, list[Ids]], dict[Key, str]]:
    """The entries whose rows have other sums, and since when changes can be detected."""
    changed: dict[Key, list[Ids]] = {}
    since: dict[Key, str] = {}
    for venue, symbol, era, from_id, to_id, is_changed, summed in cursor.execute(
        CHANGED
    ).fetchall():
        key = venue, symbol, era
        since[key] = max(since.get(key, ""), summed or "")
        if is_changed:
            changed.setdefault(key, []).append((from_id, to_id))
    return changed, since


def _verdict(
    key: Key,
    counts: Any,
    held: list[Ids],
    booked: list[Ids],
    skipped: list[Ids],
    *,
    sums: tuple[tuple[Ids, ...], str],
) -> Verdict:
    venue, symbol, era = key
    ends = (booked[0][0], booked[-1][1]) if booked else (0, -1)
    n_rows, n_ids, first_id, last_id, n_duplicate = counts or (0, 0, *ends, 0)
    known = merged([*held, *skipped])
    gaps = tuple((a, b) for a, b in between(known) if a > first_id and b < last_id)
    n_missing = total(list(gaps))
    here = Coverage({symbol: [Range(*ids, 0, 0) for ids in held]})
    passed_over = [part for ids in merged(skipped) for part in here.absent(symbol, *ids)]
    n_trades = n_ids - n_duplicate
    return Verdict(
        venue,
        symbol,
        n_trades,
        n_rows,
        first_id,
        last_id,
        n_missing,
        n_duplicate,
        gaps,
        last_id - first_id + 1 - n_trades - n_missing if n_rows else 0,
        tuple(part for part in passed_over if first_id <= part[0] <= last_id),
        merged(booked) == held,
        era,
        total(booked) - total(merged(booked)),
        *sums,
    )


def total(ranges: list[Ids]) -> int:
    """Total number of ids in some ranges."""
    return sum(b - a + 1 for a, b in ranges)
