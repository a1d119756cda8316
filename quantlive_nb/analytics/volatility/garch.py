"""GARCH models: volatility clustering, fitted by maximum likelihood with arch.

A fit takes tens of milliseconds: run it on closed bars now and then, not at every refresh.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from quantlive_nb.analytics.core.argument import one_of, whole
from quantlive_nb.analytics.core.vector import NOISE, require_finite, sealed, vectors
from quantlive_nb.analytics.core.window import Matrix
from quantlive_nb.analytics.correlation.correlation import returns
from quantlive_nb.analytics.volatility.volatility import per_root_year
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.requirement import needing
from quantlive_nb.types import Vector

__all__ = ["GARCHFit", "garch"]

LEAST = 250
MOST = 10_000
"""Bars ahead: each costs memory, and says the same long before."""
"""Returns below which the likelihood says little of the persistence."""
Model = Literal["garch", "gjr", "egarch"]
Errors = Literal["normal", "t"]
KINDS: dict[str, dict[str, Any]] = {
    "garch": {"vol": "GARCH", "p": 1, "o": 0, "q": 1},
    "gjr": {"vol": "GARCH", "p": 1, "o": 1, "q": 1},
    "egarch": {"vol": "EGARCH", "p": 1, "o": 1, "q": 1},
}
NAMES = {"omega": "omega", "alpha[1]": "alpha", "gamma[1]": "gamma", "beta[1]": "beta", "nu": "nu"}
N_PATHS = 2_000
"""Simulated paths of an EGARCH forecast, which has no formula beyond one bar."""


@dataclass(frozen=True, slots=True, repr=False)
class GARCHFit:
    """A fitted model of a price's volatility.

    Attributes
    ----------
    model, errors : str
    params, errors_of : dict of str to float
        Parameters and their standard errors, of returns in units of their own deviation: ``omega``
        and those of ``model``; ``nu`` where errors are Student's.
    persistence : float
        Part of a shock to the variance (of EGARCH: to its logarithm) that is left a bar later.
    log_likelihood, aic, bic : float
        Of returns in units of their own deviation.
    volatility : Vector, shape (n,), per root bar
        Of each bar, from the bars before it, with the parameters of all bars: it looks ahead in
        them, so do not judge a trading rule by it. The first entry is NaN.
    forecast : Vector, shape (horizon,), per root bar
        Of each of the next bars.
    n : int
        Returns.
    scale : float
        What makes a volatility of a bar that of a year; 1 where no bar length was given.

    Examples
    --------
    >>> one = np.array([0.01])
    >>> GARCHFit("garch", "normal", {}, {}, 0.98, -5.0, 12.0, 15.0, one, one, 1_000, 20.0)
    GARCHFit(garch, normal: persistence=0.980, next=0.01, n=1000)
    """

    model: str
    errors: str
    params: dict[str, float]
    errors_of: dict[str, float]
    persistence: float
    log_likelihood: float
    aic: float
    bic: float
    volatility: Vector
    forecast: Vector
    n: int
    scale: float

    def __repr__(self) -> str:
        """Model, persistence, the next bar's volatility, count."""
        found = f"persistence={self.persistence:.3f}, next={self.forecast[0]:.3g}, n={self.n}"
        return f"GARCHFit({self.model}, {self.errors}: {found})"

    @property
    def yearly(self) -> Vector:
        """The forecast per root year of 365 days, where a bar length was given."""
        return self.forecast * self.scale


def garch(
    price: Vector,
    model: Model = "garch",
    errors: Errors = "normal",
    *,
    horizon: int = 1,
    every_us: "Micros | None" = None,
) -> GARCHFit:
    """Fit a GARCH(1, 1) model, or one that lets falls weigh more than rises.

    Parameters
    ----------
    price : Vector, shape (n,)
        Closes, finite and above 0, a bar apart.
    model : str
        - ``"garch"``: Bollerslev's (default).
        - ``"gjr"``: a fall adds ``gamma`` to what a rise does.
        - ``"egarch"``: of the logarithm of the variance.
    errors : ``"normal"`` or ``"t"``
    horizon : int, bars
        How many bars ahead to forecast.
    every_us : int, µs, optional
        Length of a bar, for ``yearly``.

    Returns
    -------
    GARCHFit

    Raises
    ------
    NotEnoughData
        With fewer than 251 prices.
    UsageError
        If a price is not finite and above 0, the price does not move, an argument cannot be, or the
        likelihood has no maximum that can be found.

    Notes
    -----
    The mean return is taken for 0. Returns are put in units of their own deviation, so that a fit
    does not depend on the length of a bar. Standard errors are Bollerslev and Wooldridge's.

    References
    ----------
    Bollerslev (1986), J. Econometrics 31(3), 307-327. doi:10.1016/0304-4076(86)90063-1
    Glosten, Jagannathan and Runkle (1993), J. Finance 48(5), 1779-1801.
    doi:10.1111/j.1540-6261.1993.tb05128.x
    Nelson (1991), Econometrica 59(2), 347-370. doi:10.2307/2938260

    Examples
    --------
    >>> walk = np.random.default_rng(7).normal(size=600).cumsum()
    >>> fit = garch(np.exp(1e-3 * walk))
    >>> fit.n, abs(fit.forecast[0] / 1e-3 - 1) < 0.1
    (599, np.True_)
    """
    for name, value, known in (("model", model, Model), ("errors", errors, Errors)):
        one_of(name, value, get_args(known))
    horizon = whole("horizon", horizon, 1, "a whole number of bars from 1")
    if horizon > MOST:
        raise UsageError(f"horizon is {horizon}: give at most {MOST} bars")
    yearly = per_root_year(every_us)
    (price,) = vectors(price=price)
    if len(price) < LEAST + 1:
        raise NotEnoughData("garch", len(price), LEAST + 1)
    require_finite(price=price)
    change = returns(price)[1:]
    size = math.sqrt(float(change @ change) / len(change))
    if size <= NOISE:
        raise UsageError("the price does not move: wait for trades, or choose another symbol")
    fit, variance = _fitted(change / size, model, errors, horizon)
    params = {NAMES[name]: float(value) for name, value in fit.params.items()}
    return GARCHFit(
        model=model,
        errors=errors,
        params=params,
        errors_of={NAMES[name]: float(value) for name, value in fit.std_err.items()},
        persistence=_persistence(params, model),
        log_likelihood=float(fit.loglikelihood),
        aic=float(fit.aic),
        bic=float(fit.bic),
        volatility=sealed(np.r_[np.nan, size * np.asarray(fit.conditional_volatility)]),
        forecast=sealed(size * np.sqrt(variance)),
        n=len(change),
        scale=yearly,
    )


def _fitted(change: Vector, model: Model, errors: Errors, horizon: int) -> tuple[Any, Vector]:
    """arch's fit, and its forecast of the variance; what it would warn of is an error here."""
    with needing("stats", "garch"):
        from arch import arch_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is asked below
        wanted = arch_model(change, mean="Zero", dist=errors, rescale=False, **KINDS[model])
        fit = wanted.fit(disp="off", show_warning=False)
        how: dict[str, Any] = {}
        if model == "egarch" and horizon > 1:
            draw = _shocks(float(fit.params["nu"]) if errors == "t" else math.inf)
            how = {"method": "simulation", "simulations": N_PATHS, "rng": draw}
        ahead = fit.forecast(horizon=horizon, **how)
    variance = np.asarray(ahead.variance)[-1]
    if fit.convergence_flag != 0 or not np.isfinite(variance).all():
        raise UsageError(f"the {model} model does not fit: take more bars, or a simpler model")
    return fit, variance


def _shocks(freedom: float) -> Callable[[tuple[int, ...]], Matrix]:
    """Draws of variance 1, the same ones each time."""
    rng = np.random.default_rng(0)
    if math.isinf(freedom):
        return rng.standard_normal
    return lambda size: rng.standard_t(freedom, size) * math.sqrt((freedom - 2) / freedom)


def _persistence(params: dict[str, float], model: Model) -> float:
    """What is left of a shock a bar later."""
    if model == "egarch":
        return params["beta"]
    return params["alpha"] + params.get("gamma", 0.0) / 2 + params["beta"]
