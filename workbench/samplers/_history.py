"""Samplers that only replay the past: historical simulation on a moving window, and the stationary block bootstrap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench.errors import FitError, ParameterError
from workbench.samplers._base import Sampler, State, States
from workbench.samplers.filters._classical import live_from
from workbench.samplers.shocks._classical import uniform_index


class HistoricalSimulation(Sampler):
    """Each day of the horizon is one of the last ``window`` days before the start, drawn with equal chance.

    The window moves with the state, as it does on a desk that simulates from the last two years (500 days).
    """

    width = 1

    def __init__(self, window: int = 500) -> None:
        if window < 2:
            raise ParameterError(f"the window must hold at least 2 days, got {window}")
        self.window = window

    def _fit(self, returns: pd.DataFrame, seed: int) -> None:
        if len(returns) < self.window:
            raise FitError(f"historical simulation over {self.window} days was given {len(returns)}")

    def states(self, returns: pd.DataFrame) -> States:
        self.require_fitted()
        values = torch.tensor(returns[self.assets_].to_numpy(dtype=np.float32))
        windows = values.unfold(0, self.window, 1).transpose(1, 2)  # (date, window, asset), a view
        return States(returns.index[self.window - 1 :], {"window": windows})

    def decode(self, noise: Tensor, state: State, horizon: int) -> Tensor:
        rows = uniform_index(noise[:, :horizon, 0], self.window)
        which = torch.arange(len(state["window"]))[:, None] if len(state["window"]) > 1 else 0
        return state["window"][which, rows]


class StationaryBootstrap(Sampler):
    """Stationary bootstrap (Politis & Romano 1994): runs of consecutive past days, of geometric length.

    mean_block : expected length of a run, days. Keeps the dependence within a run; knows nothing of today's state.
    Days before the last stale run of any asset are left out.
    """

    width = 2

    def __init__(self, mean_block: float = 20.0) -> None:
        if mean_block < 1:
            raise ParameterError(f"mean_block must be at least 1 day, got {mean_block}")
        self.mean_block = mean_block

    def _fit(self, returns: pd.DataFrame, seed: int) -> None:
        clean = returns.iloc[live_from(returns) :]
        if len(clean) < 2 * self.mean_block:
            raise FitError(f"{len(clean)} clean days are too few for runs of {self.mean_block:g} days")
        self.pool_ = torch.tensor(clean.to_numpy(dtype=np.float32))

    def states(self, returns: pd.DataFrame) -> States:
        self.require_fitted()
        return States(returns.index, {"level": torch.zeros(len(returns), 1)})

    def decode(self, noise: Tensor, state: State, horizon: int) -> Tensor:
        days = len(self.pool_)
        fresh = uniform_index(noise[..., 1], days)  # (draw, time)
        restart = torch.special.ndtr(noise[..., 0]) < 1 / self.mean_block
        position = fresh[:, 0]
        path = [position]
        for day in range(1, horizon):
            position = torch.where(restart[:, day], fresh[:, day], (position + 1) % days)
            path.append(position)
        return self.pool_[torch.stack(path, dim=1)]
