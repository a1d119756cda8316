"""Whether an exchange's newest trade can be true beside what is held: ids and times rise together.

This file asks nobody; the bounds are those of the judge.
"""

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.judge import LEAP, MONTH
from quantlive_nb.store.tape.coverage import Range
from quantlive_nb.types import Trade

__all__ = ["is_leap", "is_refuted", "objection", "slack_us"]

LATER_US: Micros = SECOND
NEAR = 100
"""Trades of one symbol have ids in the order of their times; near ones may differ by a second."""


def objection(newest: Trade, trade_id: int, ts: Micros) -> str:
    """What keeps a trade from being the newest of a symbol; empty when nothing.

    Parameters
    ----------
    newest : Trade
        What REST told.
    trade_id, ts : int, int µs UTC
        A trade that is known to be the symbol's.

    Examples
    --------
    >>> eth = 1_520_538_925, 60_000_000
    >>> btc = Trade("v", "ETHUSDT", 3_735_683_259, 3_735_683_259, "1", "1", True, 62_000_000, 0, 0)
    >>> objection(btc, *eth)
    'it is 2,215,144,334 ids beyond those that are known'
    >>> objection(btc._replace(trade_id=1_520_000_000, last_id=1_520_000_000), *eth)
    'its id is lower than one that is known, though it is later'
    """
    n_ids = newest.last_id - trade_id
    if is_leap(n_ids, newest.ts_exch - ts):
        return f"it is {n_ids:,} ids beyond those that are known"
    if is_leap(-n_ids, ts - newest.ts_exch):
        return f"it is {-n_ids:,} ids before those that are known"
    if n_ids > 0 and newest.ts_exch < ts - slack_us(n_ids):
        return "its id is higher than one that is known, though it is earlier"
    if n_ids < 0 and newest.ts_exch > ts + slack_us(n_ids):
        return "its id is lower than one that is known, though it is later"
    return ""


def slack_us(n_ids: int) -> Micros:
    """By how much the times of trades may contradict the order of their ids.

    Examples
    --------
    >>> slack_us(-3), slack_us(1_000_000)
    (1000000, 0)
    """
    return LATER_US if abs(n_ids) <= NEAR else 0


def is_leap(n_ids: int, passed_us: Micros) -> bool:
    """Whether a symbol cannot have traded so often in a time."""
    return n_ids > LEAP + LEAP * (max(passed_us, 0) // MONTH)


def is_refuted(wanted: Range, trade_id: int, ts: Micros) -> bool:
    """Whether a trade shows that the end of what ought to be there was false.

    It is later with a lower id, or a leap away.

    Examples
    --------
    >>> is_refuted(Range(1, 900, 0, 10_000_000), 50, 12_000_000)
    True
    >>> is_refuted(Range(1, 900, 0, 10_000_000), 899, 10_000_000)
    False
    """
    passed_us, n_ids = ts - wanted.to_ts, trade_id - wanted.to_id
    return (n_ids < 0 and passed_us > slack_us(n_ids)) or is_leap(n_ids, passed_us)
