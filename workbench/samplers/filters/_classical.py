r"""Laws of motion: what each asset's mean and volatility will be tomorrow, given all that has been seen.

A filter keeps a state a close. With :math:`\varepsilon_t = r_t - \mu`,

* ``constant``: :math:`\sigma_t = \sigma`;
* ``ewma`` (RiskMetrics 1996): :math:`\sigma^2_{t+1} = \lambda\sigma^2_t + (1-\lambda)\varepsilon^2_t`, :math:`\mu = 0`;
* ``gjr`` (Glosten, Jagannathan, Runkle 1993): :math:`\sigma^2_{t+1} = \omega + (\alpha + \gamma 1[\varepsilon_t<0])
  \varepsilon^2_t + \beta\sigma^2_t`, Student-t quasi-likelihood, each asset by itself (:mod:`arch`).

Every filter is recursive and written in torch, so that history is walked and futures are decoded by the same lines.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
import torch
from arch import arch_model
from arch.univariate.base import ARCHModelResult
from torch import Tensor

from workbench.data import clean_from
from workbench.errors import FitError
from workbench.registry import Registry

FILTERS = Registry("filter")
SCALED = (0.1, 1e4)  # variance that arch finds well scaled
SHORTEST = 250  # days that a law of motion is fitted on at the least: one trading year


class Filter(ABC):
    """A law of motion. ``start_`` is the state before the first day, name -> (1, asset)."""

    start_: dict[str, Tensor]

    @abstractmethod
    def fit(self, returns: pd.DataFrame, seed: int) -> Filter:
        """Learn from log returns (day, asset), fractions."""

    @abstractmethod
    def moments(self, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Mean and volatility of the next day's log return, each (draw, asset) or (1, asset)."""

    @abstractmethod
    def update(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        """State after a day with log returns (draw, asset)."""

    def simulate_step(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        """State after a day that was drawn, not seen: as ``update``, unless a filter learns from its own errors."""
        return self.update(state, returns)

    def filter_path(self, returns: pd.DataFrame) -> dict[str, Tensor]:
        """State before the first day and after each: name -> (day + 1, asset)."""
        day_returns = torch.tensor(returns.to_numpy(dtype=np.float32))
        states = [self.start_]
        for today in day_returns:
            states.append(self.update(states[-1], today[None]))
        return {name: torch.cat([state[name] for state in states]) for name in self.start_}

    def standardise(self, returns: pd.DataFrame, walked: dict[str, Tensor] | None = None) -> Tensor:
        """Residuals (day, asset): each day's return less its forecast mean, over its forecast volatility.

        walked : what ``filter_path`` gave for these returns, where it is at hand already.
        """
        walked = self.filter_path(returns) if walked is None else walked
        mean, scale = self.moments({name: value[:-1] for name, value in walked.items()})
        return (torch.tensor(returns.to_numpy(dtype=np.float32)) - mean) / scale


@FILTERS.register("constant")
class Constant(Filter):
    """Returns as they come: the same mean and volatility every day."""

    def fit(self, returns: pd.DataFrame, seed: int) -> Constant:
        self.mean_ = _row(returns.mean())
        self.scale_ = _row(returns.std())
        self.start_ = {"level": torch.zeros_like(self.scale_)}
        return self

    def moments(self, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        return self.mean_, self.scale_

    def update(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        return state

    def filter_path(self, returns: pd.DataFrame) -> dict[str, Tensor]:
        return {"level": torch.zeros(len(returns) + 1, returns.shape[1])}


@FILTERS.register("ewma")
class Ewma(Filter):
    """Exponentially weighted variance with decay ``decay`` a day (RiskMetrics: 0.94), no mean."""

    def __init__(self, decay: float = 0.94) -> None:
        self.decay = decay

    def fit(self, returns: pd.DataFrame, seed: int) -> Ewma:
        self.start_ = {"variance": _row((returns**2).mean())}
        self.floor_ = self.start_["variance"] * 1e-3
        return self

    def moments(self, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        return torch.zeros(1, 1), state["variance"].sqrt()

    def update(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        variance = self.decay * state["variance"] + (1 - self.decay) * returns.square()
        return {"variance": variance.clamp(min=self.floor_)}


@FILTERS.register("gjr")
class Gjr(Filter):
    """GJR-GARCH(1,1) with Student-t likelihood, each asset on its days after its last stale run.

    A stale price has no news in it: fitted on, the likelihood reports convergence and a residual of many thousands
    (RRC before 1994). Parameters therefore come from ``clean_from`` on, and the variance has a floor of a thousandth
    of the asset's own.
    """

    def fit(self, returns: pd.DataFrame, seed: int) -> Gjr:
        live = live_series(returns)
        fits = pd.DataFrame({name: _fit_gjr(series) for name, series in live.items()}).T
        self.mu_, self.omega_, self.alpha_, self.gamma_, self.beta_ = (
            _row(fits[name]) for name in ("mu", "omega", "alpha[1]", "gamma[1]", "beta[1]")
        )
        self.start_ = {"variance": _row(pd.Series({name: series.var() for name, series in live.items()}))}
        self.floor_ = self.start_["variance"] * 1e-3
        return self

    def moments(self, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        return self.mu_, state["variance"].sqrt()

    def surprise(self, state: dict[str, Tensor], returns: Tensor) -> Tensor:
        """Standardised returns, the same shape as ``returns``."""
        return (returns - self.mu_) / state["variance"].sqrt()

    def update(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        shock = returns - self.mu_
        variance = (
            self.omega_ + (self.alpha_ + self.gamma_ * (shock < 0)) * shock.square() + self.beta_ * state["variance"]
        )
        return {"variance": variance.clamp(min=self.floor_)}


def live_series(returns: pd.DataFrame) -> dict[str, pd.Series]:
    """Each asset's returns after its last stale run; FitError where fewer than a year of them remain."""
    first = clean_from(returns)
    live = {name: returns[name].loc[first[name] :] if pd.notna(first[name]) else returns[name][:0] for name in returns}
    for name, series in live.items():
        if len(series) < SHORTEST:
            raise FitError(
                f"{name!r} has {len(series)} days after its last stale run (of {len(returns)}), a law of motion needs "
                f"{SHORTEST}; leave the column out or give it a longer history"
            )
    return live


def live_from(returns: pd.DataFrame) -> int:
    """Position of the first day from which on every asset is live."""
    return max(int(returns.index.get_loc(series.index[0])) for series in live_series(returns).values())


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
        raise FitError(f"GJR-GARCH did not converge for {returns.name!r}")
    params["mu"], params["omega"] = params["mu"] / scale, params["omega"] / scale**2
    return params


def _estimate(returns: pd.Series, scale: float) -> ARCHModelResult:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = arch_model(scale * returns, mean="Constant", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
        return model.fit(disp="off", show_warning=False)


def _row(values: pd.Series) -> Tensor:
    return torch.tensor(np.array(values, dtype=np.float32))[None]
