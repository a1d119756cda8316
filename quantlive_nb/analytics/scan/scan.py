"""The pair scanner: tests all ordered pairs of many symbols, with a holdout."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from quantlive_nb.analytics.cointegration.dickey_fuller import Lags
from quantlive_nb.analytics.core.argument import finite
from quantlive_nb.analytics.core.fdr import false_discovery
from quantlive_nb.analytics.core.hypothesis import LEVEL
from quantlive_nb.analytics.core.vector import sealed
from quantlive_nb.analytics.scan.engle_granger_batch import judge
from quantlive_nb.analytics.scan.scan_candidates import Legs, split_legs
from quantlive_nb.analytics.scan.scan_result import ScanResult
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Ints, Texts, Vector

__all__ = ["Prices", "scan"]

CHUNK = 4_096
"""Pairs between two calls of ``progress``: about 50 ms."""
AS_ONE = "the two move as one: choose two different markets"
RULE = "the spread hardly moves or repeats itself: take more bars"


class Prices(Protocol):
    """Closes by symbol: a dict of arrays, or a DataFrame with a column for each symbol."""

    def items(self) -> Iterable[tuple[Any, Any]]:
        """Symbols, each with its closes."""


def scan(
    prices: Prices,
    *,
    lags: Lags = "aic",
    holdout: float = 0.3,
    cost_bps: float = 10.0,
    entry: float = 2.0,
    progress: Callable[[int, int], object] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> ScanResult:
    """Engle-Granger test of the log prices of all ordered pairs, and what a trade would earn.

    Parameters
    ----------
    prices : mapping or DataFrame of symbol to closes, shape (n,) each
        On one grid of time, the oldest first.
    lags : ``"aic"`` or int
        As in :func:`engle_granger`.
    holdout : float, in [0, 1)
        Part of the bars, the newest, that choose nothing and judge the rest; 0 for none.
    cost_bps : float, basis points of the traded value
        What one trade of one leg costs: fee and half of the bid-ask spread.
    entry : float, deviations
        Where a trade would begin, for ``hurdle``.
    progress : callable, optional
        Called with (pairs done, pairs in all) now and then, and at the end.
    cancel : callable, optional
        Asked now and then; when it answers True the scan ends with what it has, and says so.

    Returns
    -------
    ScanResult
        Legs that cannot be tested are in ``left_out``, pairs that cannot in ``refused``.

    Raises
    ------
    NotEnoughData
        If the train or the holdout bars are fewer than the test needs (52 for ``"aic"``).
    UsageError
        If there is no second symbol, or an option cannot be.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Of many pairs some look cointegrated by chance: q allows for their number, and the holdout
    shows what became of them. No column that chooses reads the holdout. A close that stands still
    because nobody traded makes pairs look better than they are: leave such symbols out.

    ``hurdle`` is ``entry`` deviations of the spread over the cost of four trades, two in each leg:
    ``entry * std / (2 * (1 + abs(beta)) * cost_bps / 10_000)``.

    References
    ----------
    Engle and Granger (1987), Econometrica 55(2), 251-276. doi:10.2307/1913236
    Benjamini and Hochberg (1995), J. Royal Statistical Society B 57(1), 289-300.

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> x, other = 0.01 * rng.normal(size=(2, 600)).cumsum(axis=1)
    >>> y = 0.5 * x + 0.01 * rng.normal(size=600)
    >>> found = scan({"Y": np.exp(y), "X": np.exp(x), "Z": np.exp(other), "USD": np.ones(600)})
    >>> found
    ScanResult(6 pairs; 2 at q ≤ 0.05; best Y on X q=0.000; left out: USD)
    >>> found.left_out["USD"]
    'USD does not move: wait for trades, or choose another symbol'
    """
    _require_options(holdout, cost_bps, entry)
    legs = split_legs(prices, lags, holdout)
    y, x = np.nonzero(~np.eye(len(legs.symbols), dtype=bool))
    per_std = entry / (2 * cost_bps / 10_000)
    done, parts = 0, [_measured(legs, y[:0], x[:0], lags, per_std)]
    while done < len(y) and not (cancel and cancel()):
        chunk = slice(done, done + CHUNK)
        parts.append(_measured(legs, y[chunk], x[chunk], lags, per_std))
        done = min(done + CHUNK, len(y))
        if progress:
            progress(done, len(y))
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = np.array(legs.symbols, object)
    return _result(legs, names[y[:done]], names[x[:done]], table, (done, len(y)))


def _require_options(holdout: float, cost_bps: float, entry: float) -> None:
    """Refuse what cannot be; a comparison with NaN is False."""
    if not 0 <= finite("holdout", holdout, "a part of the bars, from 0 to below 1") < 1:
        raise UsageError(f"holdout is {holdout}: give a part of the bars, from 0 to below 1")
    for name, value in {"cost_bps": cost_bps, "entry": entry}.items():
        finite(name, value, "a number above 0", above=0)


def _measured(legs: Legs, y: Ints, x: Ints, lags: Lags, per_std: float) -> "dict[str, Vector]":
    """What the train bars say of some pairs."""
    train = legs.train
    test, beta = judge(train, y, x, lags), train.beta(y, x)
    return {
        "stat": test.stat,
        "p": test.p,
        "lags": test.lags,
        "beta": beta,
        "half_life": _half_life(train.persistence(y, x), test.p),
        "correlation": train.step_correlation(y, x),
        "hurdle": per_std * train.std(y, x) / (1 + np.abs(beta)),
        **_holdout(legs, y, x, lags),
    }


def _holdout(legs: Legs, y: Ints, x: Ints, lags: Lags) -> "dict[str, Vector]":
    """What the holdout bars say of them; NaN where they cannot say anything."""
    stat, p, beta, shift = np.full((4, len(y)), np.nan)
    train, later = legs.train, legs.holdout
    both = np.flatnonzero((legs.place[y] >= 0) & (legs.place[x] >= 0))
    if later:
        y, x = y[both], x[both]
        later_y, later_x = legs.place[y], legs.place[x]
        test = judge(later, later_y, later_x, lags)
        known = np.where(np.isfinite(test.stat), 1.0, np.nan)
        with np.errstate(invalid="ignore"):
            stat[both] = test.stat * known
        p[both], beta[both] = test.p * known, later.beta(later_y, later_x) * known
        gone_y, gone_x = later.mean[later_y] - train.mean[y], later.mean[later_x] - train.mean[x]
        shift[both] = (gone_y - train.beta(y, x) * gone_x) / train.std(y, x)
    return {"holdout_stat": stat, "holdout_p": p, "holdout_beta": beta, "holdout_shift": shift}


def _half_life(phi: Vector, p: Vector) -> Vector:
    """Bars in which an AR(1) forgets half; NaN where it does not, or is not shown to."""
    shown = np.where((phi > 0) & (phi < 1) & (p < LEVEL), phi, np.nan)
    bars: Vector = np.log(0.5) / np.log(shown)
    return bars


def _result(
    legs: Legs, y: Texts, x: Texts, table: "dict[str, Vector]", counts: tuple[int, int]
) -> ScanResult:
    """The table by rising p, without the pairs that have no number."""
    stat = table["stat"]
    refused = {
        (y[at], x[at]): AS_ONE if stat[at] < 0 else RULE
        for at in np.flatnonzero(~np.isfinite(stat))
    }
    order = np.lexsort((stat, table["p"]))
    order = order[np.isfinite(stat[order])]
    columns: dict[str, Any] = {name: sealed(values[order]) for name, values in table.items()}
    return ScanResult(
        y=sealed(y[order]),
        x=sealed(x[order]),
        q=false_discovery(columns["p"]),
        **columns,
        n_train=legs.train.n,
        n_holdout=legs.holdout.n if legs.holdout else 0,
        n_done=counts[0],
        n_pairs=counts[1],
        left_out=legs.left_out,
        refused=refused,
    )
