r"""Hybrid samplers: volatility filter x joint shocks x tails.

.. math:: r_{t+1} = \mu_t + \sigma_t \odot C_t^{1/2} z_{t+1},

with :math:`\mu_t, \sigma_t` from a filter, :math:`C_t` from a moving correlation (or none: :math:`C = I`, the shocks
carry the dependence), and :math:`z` from a shock model whose margins may end in generalised Pareto tails. Where the
book's quantiles are tracked, the coloured shock is stretched along the book (:class:`.QuantileTracking`). Filtered
historical simulation (Barone-Adesi, Giannopoulos, Vosper 1999) is ``gjr`` x ``bootstrap``.
"""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench._require import count
from workbench.errors import ParameterError
from workbench.samplers._base import Sampler, State, States
from workbench.samplers.filters import FILTERS, Filter, MovingCorrelation, QuantileTracking, colour
from workbench.samplers.filters._classical import LARGEST
from workbench.samplers.filters._tracking import POOL
from workbench.samplers.noise import block_noise
from workbench.samplers.shocks import SHOCKS, GaussianMargins, Shocks, SplicedMargins
from workbench.samplers.training._loop import one_thread

TAILS = {"none": 0.0, "gpd": 0.05}
FIXED = ("root", "edge", "stretch")  # parts of a state that stay as they are over the horizon


class Filtered(Sampler):
    """A volatility filter, a shock model for the joint days, a tail.

    filter, shocks : a name, or the object itself. tails : "none", "gpd" (5 % a side) or "gaussian" (no empirical body).
    correlation : None, or a MovingCorrelation that whitens the residuals before the shocks are learnt.
    tracking : None, or a QuantileTracking that keeps the equal-weight book's quantiles calibrated; needs a correlation.
    centred : True takes the mean out of the residuals that shocks are learnt from, so that the filter's alone is drawn.
    """

    centred = False

    def __init__(
        self,
        filter: str | Filter = "gjr",
        shocks: str | Shocks = "bootstrap",
        tails: str = "none",
        correlation: MovingCorrelation | None = None,
        tracking: QuantileTracking | None = None,
        centred: bool = False,
    ) -> None:
        self.filter: Filter = FILTERS.make(filter) if isinstance(filter, str) else filter
        self.shocks: Shocks = SHOCKS.make(shocks) if isinstance(shocks, str) else shocks
        if tracking is not None and correlation is None:
            raise ParameterError("tracking the book's quantiles needs a moving correlation")
        if tails not in (*TAILS, "gaussian"):
            raise ParameterError(f"tails must be one of {[*TAILS, 'gaussian']}, got {tails!r}")
        self.tails, self.correlation, self.tracking, self.centred = tails, correlation, tracking, bool(centred)

    def _fit(self, returns: pd.DataFrame, seed: int) -> None:
        self.filter.fit(returns, seed)
        residuals, first = self.filter.standardise(returns), self._joint_from(self.filter, returns)
        if self.correlation is not None:
            self.correlation.fit(residuals[first:])
        self._fit_shocks(residuals, first, seed)

    def _fit_shocks(self, residuals: Tensor, first: int, seed: int) -> None:
        if self.correlation is not None:
            residuals = self.correlation.whiten(self.correlation.filter_path(residuals), residuals)
        if self.centred:
            residuals = residuals - residuals[first:].mean(dim=0)
        pool = residuals[first:].numpy()
        margins = GaussianMargins() if self.tails == "gaussian" else SplicedMargins(TAILS[self.tails])
        self.shocks.fit(pool, margins.fit(pool), seed, self.assets_)
        self.width = self.shocks.width
        if self.tracking is not None:
            noise = torch.from_numpy(block_noise(seed, "tracking", 0, 1, self.width))[:POOL, 0]
            with torch.no_grad():
                self.tracking.fit(self.shocks.decode(noise))

    @one_thread()
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
        fixed = {name: state[name] for name in FIXED if name in state}
        state = {name: value for name, value in state.items() if name not in fixed}
        days = []
        for day in range(horizon):
            shock = self.day_shocks(noise[:, day], fixed)
            mean, scale = self.filter.moments(state)
            shown = QuantileTracking.stretched(shock, scale, **fixed) if "stretch" in fixed else shock
            days.append(mean + scale * shown)
            if day + 1 < horizon:
                state = self.filter.simulate_step(state, mean + scale * shock)
        return torch.stack(days, dim=1).clamp(-LARGEST, LARGEST)

    def day_shocks(self, noise: Tensor, state: State) -> Tensor:
        """One day's standardised shocks (draw, asset), correlated as in ``state``, from normals (draw, width)."""
        shock = self.shocks.decode(noise)
        return colour(state["root"], shock) if "root" in state else shock


@one_thread()
def with_shocks(fitted: Filtered, shocks: str | Shocks, seed: int = 0, tails: str | None = None) -> Filtered:
    """A sampler with the filter and the correlation of ``fitted`` and other shocks, learnt from the same residuals.

    tails : as in :class:`Filtered`; those of ``fitted`` where none are named.
    """
    fitted.require_fitted()
    seed = count("seed", seed, 0)
    tracking = copy.copy(fitted.tracking)
    sampler = Filtered(fitted.filter, shocks, tails or fitted.tails, fitted.correlation, tracking, fitted.centred)
    sampler.assets_, sampler.history_, sampler.seed_ = fitted.assets_, fitted.history_, seed
    first = sampler._joint_from(fitted.filter, fitted.history_)
    sampler._fit_shocks(fitted.filter.standardise(fitted.history_), first, seed)
    return sampler


@one_thread()
def residuals(sampler: Filtered, returns: pd.DataFrame) -> pd.DataFrame:
    """The sampler's standardised residuals on a history of log returns, (day, asset): what its filter leaves over."""
    sampler.require_fitted()
    values = sampler.filter.standardise(returns[sampler.assets_])
    return pd.DataFrame(np.asarray(values), index=returns.index, columns=sampler.assets_)
