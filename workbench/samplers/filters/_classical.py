r"""Volatility filters: each asset's mean and volatility of tomorrow, given all days up to the previous close.

A filter keeps a state a close. With :math:`\varepsilon_t = r_t - \mu`,

* ``constant``: :math:`\sigma_t = \sigma`;
* ``ewma`` (RiskMetrics 1996): :math:`\sigma^2_{t+1} = \lambda\sigma^2_t + (1-\lambda)\varepsilon^2_t`, :math:`\mu = 0`;
* ``gjr`` (Glosten, Jagannathan, Runkle 1993): :math:`\sigma^2_{t+1} = \omega + (\alpha + \gamma 1[\varepsilon_t<0])
  \varepsilon^2_t + \beta\sigma^2_t`, Student-t quasi-likelihood, each asset by itself (:mod:`arch`).

Every filter is recursive and written in torch, so that a history is filtered and a path is simulated by the same lines.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench._require import number
from workbench.errors import FitError
from workbench.registry import Registry
from workbench.samplers._panel import live_from, live_series
from workbench.samplers._progress import tracked

if TYPE_CHECKING:
    from arch.univariate.base import ARCHModelResult

FILTERS = Registry("filter")
SCALED = (0.1, 1e4)  # variance that arch finds well scaled
LARGEST = 1e15  # simulated return: its square is a float32, its price zero or beyond all numbers
FLOOR = 1e-3  # of an asset's own variance: a filtered variance does not fall below it
CEILING = 4.0  # simulated days leave a GJR-GARCH variance below this times the largest of the history
State = dict[str, Tensor]


class Filter(ABC):
    """A volatility filter. Fitted: ``start_``, the state before the first day, name -> (1, asset, ...)."""

    start_: State

    @abstractmethod
    def fit(self, returns: pd.DataFrame, seed: int) -> Filter:
        """Learn from log returns (day, asset), fractions; FitError where an asset has less than a year of them."""

    @abstractmethod
    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        """Mean and volatility of the next day's log return, fractions, each (draw, asset) or (1, asset)."""

    @abstractmethod
    def update(self, state: State, returns: Tensor) -> State:
        """State after a day of the history with log returns (draw, asset)."""

    def simulate_step(self, state: State, returns: Tensor) -> State:
        """State after a simulated day: as ``update``, unless a filter corrects its own forecast errors."""
        return self.update(state, returns)

    def knows_only_the_past(self, returns: pd.DataFrame) -> bool:
        """False where the filter, before any fit, was made from days after the last one of ``returns``."""
        return True

    def joint_from(self, returns: pd.DataFrame) -> int:
        """Position of the first day from which on all assets' residuals can be used together."""
        return live_from(returns)

    def filter_path(self, returns: pd.DataFrame) -> State:
        """State before the first day of log returns (day, asset) and after each: name -> (day + 1, asset, ...)."""
        states = [self.start_]
        for today in tensor(returns):
            states.append(self.update(states[-1], today[None]))
        return {name: torch.cat([state[name] for state in states]) for name in self.start_}

    def standardise(self, returns: pd.DataFrame, filtered: State | None = None) -> Tensor:
        """Residuals (day, asset): each day's return less its forecast mean, over its forecast volatility.

        filtered : what ``filter_path`` gave for these returns, where it is at hand already.
        """
        states = self.filter_path(returns) if filtered is None else filtered
        mean, scale = self.moments({name: value[:-1] for name, value in states.items()})
        return (tensor(returns) - mean) / scale


@FILTERS.register("constant")
class Constant(Filter):
    """Returns as they come: the same mean and volatility every day."""

    def fit(self, returns: pd.DataFrame, seed: int) -> Constant:
        self.mean_, self.scale_ = row(returns.mean()), row(returns.std())
        self.start_ = {"level": torch.zeros_like(self.scale_)}
        return self

    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        return self.mean_, self.scale_

    def update(self, state: State, returns: Tensor) -> State:
        return state

    def joint_from(self, returns: pd.DataFrame) -> int:
        return 0

    def filter_path(self, returns: pd.DataFrame) -> State:
        return {"level": torch.zeros(len(returns) + 1, returns.shape[1])}


@FILTERS.register("ewma")
class Ewma(Filter):
    """Exponentially weighted variance with decay ``decay`` a day (RiskMetrics: 0.94), no mean."""

    def __init__(self, decay: float = 0.94) -> None:
        self.decay = number("decay", decay, above=0, most=1)

    def fit(self, returns: pd.DataFrame, seed: int) -> Ewma:
        self.start_ = {"variance": row((returns**2).mean())}
        self.floor_ = self.start_["variance"] * FLOOR
        return self

    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        return torch.zeros(1, 1), state["variance"].sqrt()

    def update(self, state: State, returns: Tensor) -> State:
        variance = self.decay * state["variance"] + (1 - self.decay) * returns.clamp(-LARGEST, LARGEST).square()
        return {"variance": variance.clamp(min=self.floor_)}


@FILTERS.register("gjr")
class Gjr(Filter):
    """GJR-GARCH(1,1) with Student-t likelihood, each asset on its days after its last stale run.

    A stale price carries no information: fitted on, the likelihood reports convergence and a residual of many thousands
    (RRC before 1994). Parameters therefore come from :func:`workbench.data.clean_from` on, and the variance has a
    floor of a thousandth of the asset's own. Simulated days take it up to four times the largest of the history, no
    further: fitted near unit persistence, with shocks whose squares average more than one, it would explode.
    """

    ceiling_ = torch.tensor(torch.inf)  # of files that know none; fitted: (1, asset)

    def fit(self, returns: pd.DataFrame, seed: int) -> Gjr:
        live = live_series(returns)
        fits = pd.DataFrame({name: _fit_gjr(live[name]) for name in tracked(live, len(live), "GJR-GARCH")}).T
        self.mu_, self.omega_, self.alpha_, self.gamma_, self.beta_ = (
            row(fits[name]) for name in ("mu", "omega", "alpha[1]", "gamma[1]", "beta[1]")
        )
        self.start_ = {"variance": row([series.var() for series in live.values()])}
        self.floor_ = self.start_["variance"] * FLOOR
        self.ceiling_ = CEILING * self.filter_path(returns)["variance"][:-1].amax(dim=0, keepdim=True)
        return self

    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        return self.mu_, state["variance"].sqrt()

    def surprise(self, state: State, returns: Tensor) -> Tensor:
        """Standardised returns, the same shape as ``returns``."""
        return (returns - self.mu_) / state["variance"].sqrt()

    def update(self, state: State, returns: Tensor) -> State:
        shock = (returns - self.mu_).clamp(-LARGEST, LARGEST)
        reaction = self.alpha_ + self.gamma_ * (shock < 0)
        variance = self.omega_ + reaction * shock.square() + self.beta_ * state["variance"]
        return {"variance": variance.clamp(min=self.floor_)}

    def simulate_step(self, state: State, returns: Tensor) -> State:
        return {"variance": held(self.update(state, returns)["variance"], state["variance"], self.ceiling_)}


def held(variance: Tensor, before: Tensor, ceiling: Tensor) -> Tensor:
    """Variances (draw, asset) after a simulated day, at most ``ceiling``; from above it they may fall, but not rise."""
    return variance.minimum(before.maximum(ceiling))


def _fit_gjr(returns: pd.Series) -> pd.Series:
    """Parameters for returns as fractions; estimated on percent, or in their own deviations where percent fails.

    Of an asset that moves a tenth of a percent a day (a two-year bond) the variance in percent is out of the range
    that arch asks for: its optimiser then ends anywhere, and may report convergence.
    """
    own = 1.0 / float(returns.std())
    scale = 100.0 if SCALED[0] <= 1e4 * returns.var() < SCALED[1] else own
    fit = _estimate(returns, scale)
    if fit.convergence_flag and scale != own:
        fit, scale = _estimate(returns, own), own
    params = fit.params.copy()
    if not np.isfinite(params).all():
        raise FitError(f"GJR-GARCH did not converge for {returns.name!r}; drop the column or take the filter 'ewma'")
    params["mu"], params["omega"] = params["mu"] / scale, params["omega"] / scale**2
    return params


def _estimate(returns: pd.Series, scale: float) -> ARCHModelResult:
    from arch import arch_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = arch_model(scale * returns, mean="Constant", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
        return model.fit(disp="off", show_warning=False)


def tensor(returns: pd.DataFrame) -> Tensor:
    """Log returns (day, asset) in single precision."""
    return torch.tensor(returns.to_numpy(dtype=np.float32))


def row(values: pd.Series | list[float]) -> Tensor:
    """Numbers an asset as (1, asset)."""
    return torch.tensor(np.array(values, dtype=np.float32))[None]
