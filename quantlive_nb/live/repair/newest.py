"""Checks an exchange's newest trade against stored ones: ids and times ascend together.

The tolerances are those of the judge.
"""

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.judge import LEAP, MONTH
from quantlive_nb.store.tape.coverage import Range
from quantlive_nb.types import Trade

__all__ = ["is_leap", "is_refuted", "objection", "slack_us"]

LATER_US: Micros = SECOND
NEAR = 100
"""Ids of one symbol ascend with time, up to a second."""


def objection(newest: Trade, trade_id: int, ts: Micros) -> str:
    """Why a trade cannot be the newest of a symbol; empty if it can.

    Parameters
    ----------
    newest : Trade
        The answer of REST.
    trade_id, ts : int, int µs UTC
        A known trade of the symbol.

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
    """Tolerance for times that contradict the order of ids.

    Examples
    --------
    >>> slack_us(-3), slack_us(1_000_000)
    (1000000, 0)
    """
    return LATER_US if abs(n_ids) <= NEAR else 0


def is_leap(n_ids: int, passed_us: Micros) -> bool:
    """Whether this many trades in this time are impossible."""
    return n_ids > LEAP + LEAP * (max(passed_us, 0) // MONTH)


def is_refuted(wanted: Range, trade_id: int, ts: Micros) -> bool:
    """Whether a trade shows that the assumed newest trade was wrong.

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
