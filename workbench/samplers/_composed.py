r"""The grid: law of motion x joint shocks x tails.

.. math:: r_{t+1} = \mu_t + \sigma_t \odot C_t^{1/2} z_{t+1},

with :math:`\mu_t, \sigma_t` from a filter, :math:`C_t` from a moving correlation (or none: :math:`C = I`, the shocks
carry the dependence), and :math:`z` from a shock model whose margins may end in generalised Pareto tails. Where the
book's quantiles are tracked, the coloured shock is stretched along the book (:mod:`workbench.samplers.filters._tracking`).
Filtered historical simulation (Barone-Adesi, Giannopoulos, Vosper 1999) is ``gjr`` x ``bootstrap``.
"""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench.errors import ParameterError
from workbench.samplers._base import Sampler, State, States
from workbench.samplers.filters._classical import FILTERS, Filter, live_from
from workbench.samplers.filters._correlation import MovingCorrelation, colour
from workbench.samplers.filters._tracking import POOL, QuantileTracking, stretched
from workbench.samplers.noise import block_noise
from workbench.samplers.shocks._classical import SHOCKS, Shocks
from workbench.samplers.shocks._margins import GaussianMargins, SplicedMargins

TAILS = {"none": 0.0, "gpd": 0.05}


class Filtered(Sampler):
    """A filter's motion, a shock model's joint days, a tail.

    filter, shocks : a name, or the object itself. tails : "none", "gpd" (5 % a side) or "gaussian" (no empirical body).
    correlation : None, or a MovingCorrelation that whitens the residuals before the shocks are learnt.
    tracking : None, or a QuantileTracking that keeps the equal-weight book's quantiles honest; asks for a correlation.
    """

    def __init__(
        self,
        filter: str | Filter = "gjr",
        shocks: str | Shocks = "bootstrap",
        tails: str = "none",
        correlation: MovingCorrelation | None = None,
        tracking: QuantileTracking | None = None,
    ) -> None:
        self.filter = FILTERS.make(filter) if isinstance(filter, str) else filter
        self.shocks = SHOCKS.make(shocks) if isinstance(shocks, str) else shocks
        if tails not in (*TAILS, "gaussian"):
            raise ParameterError(f"tails must be one of {[*TAILS, 'gaussian']}, got {tails!r}")
        if tracking is not None and correlation is None:
            raise ParameterError("tracking the book's quantiles asks for a moving correlation")
        self.tails, self.correlation, self.tracking = tails, correlation, tracking

    def _fit(self, returns: pd.DataFrame, seed: int) -> None:
        self.filter.fit(returns, seed)
        residuals = self.filter.standardise(returns)
        if self.correlation is not None:
            self.correlation.fit(residuals[live_from(returns) :])
        self._fit_shocks(returns, residuals, seed)

    def _fit_shocks(self, returns: pd.DataFrame, residuals: Tensor, seed: int) -> None:
        if self.correlation is not None:
            residuals = self.correlation.whiten(self.correlation.filter_path(residuals), residuals)
        pool = residuals[live_from(returns) :].numpy()
        margins = GaussianMargins() if self.tails == "gaussian" else SplicedMargins(TAILS[self.tails])
        self.shocks.fit(pool, margins.fit(pool), seed, self.assets_)
        self.width = self.shocks.width
        if self.tracking is not None:
            noise = torch.from_numpy(block_noise(seed, "tracking", 0, 1, self.width))[:POOL, 0]
            with torch.no_grad():
                self.tracking.fit(self.shocks.decode(noise))

    def states(self, returns: pd.DataFrame) -> States:
        self.require_fitted()
        values = self.filter.filter_path(returns[self.assets_])
        if self.correlation is not None:
            residuals = self.filter.standardise(returns[self.assets_], values)
            values["root"] = self.correlation.filter_path(residuals)
        if self.tracking is not None:
            scales = self.filter.moments(values)[1].expand(len(residuals) + 1, -1)
            values |= self.tracking.filter_path(residuals, scales, values["root"])
        return States(returns.index, {name: value[1:] for name, value in values.items()})

    def decode(self, noise: Tensor, state: State, horizon: int) -> Tensor:
        state = dict(state)
        root, edge, stretch = (state.pop(name, None) for name in ("root", "edge", "stretch"))
        days = []
        for day in range(horizon):
            shock = self.shocks.decode(noise[:, day])
            if root is not None:
                shock = colour(root, shock)
            mean, scale = self.filter.moments(state)
            news = mean + scale * shock
            days.append(news if stretch is None else mean + scale * stretched(shock, scale, root, edge, stretch))
            if day + 1 < horizon:
                state = self.filter.simulate_step(state, news)
        return torch.stack(days, dim=1)


def with_shocks(fitted: Filtered, shocks: str | Shocks, seed: int = 0, tails: str | None = None) -> Filtered:
    """A sampler with the filter and the correlation of ``fitted`` and other shocks, learnt from the same residuals.

    tails : as in :class:`Filtered`; those of ``fitted`` where none are named.
    """
    fitted.require_fitted()
    tracking = copy.copy(fitted.tracking)
    sampler = Filtered(fitted.filter, shocks, tails or fitted.tails, fitted.correlation, tracking)
    sampler.assets_, sampler.history_ = fitted.assets_, fitted.history_
    sampler._fit_shocks(fitted.history_, fitted.filter.standardise(fitted.history_), seed)
    return sampler


def residuals(sampler: Filtered, returns: pd.DataFrame) -> pd.DataFrame:
    """The sampler's standardised residuals on a history, (day, asset): what its filter could not explain."""
    values = sampler.filter.standardise(returns[sampler.assets_])
    return pd.DataFrame(np.asarray(values), index=returns.index, columns=sampler.assets_)
