"""Samplers that only replay the past: historical simulation on a moving window, and the stationary block bootstrap."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from workbench._require import count, number
from workbench.errors import FitError
from workbench.samplers._base import Sampler, States
from workbench.samplers.filters._classical import State, tensor
from workbench.samplers.shocks import uniform_index


class HistoricalSimulation(Sampler):
    """Each day of the horizon is one of the last ``window`` days before the start, drawn with equal chance.

    The window moves with the state, as it does on a desk that simulates from the last two years (500 days).
    """

    width = 1

    def __init__(self, window: int = 500) -> None:
        self.window = count("window", window, 2)

    def _fit(self, returns: pd.DataFrame, seed: int) -> None:
        self.size_ = min(self.window, len(returns))
        if self.size_ < self.window:
            self._note(f"the window of {self.window} days is longer than the history: all of its {self.size_} are used")

    def states(self, returns: pd.DataFrame) -> States:
        self.require_fitted()
        size = getattr(self, "size_", self.window)
        if len(returns) < size:
            raise FitError(
                f"a window of {size} days needs a history as long, it has {len(returns)}; hand over more days"
            )
        windows = tensor(returns[self.assets_]).unfold(0, size, 1).transpose(1, 2)
        return States(returns.index[size - 1 :], {"window": windows})  # (date, window, asset), a view

    def decode(self, noise: Tensor, state: State, horizon: int) -> Tensor:
        rows = uniform_index(noise[:, :horizon, 0], state["window"].shape[1])
        which = torch.arange(len(state["window"]))[:, None] if len(state["window"]) > 1 else 0
        return state["window"][which, rows]


class StationaryBootstrap(Sampler):
    """Stationary bootstrap (Politis & Romano 1994): runs of consecutive past days, of geometric length.

    mean_block : expected length of a run, days. Keeps the dependence within a run; does not depend on today's state.
    """

    width = 2

    def __init__(self, mean_block: float = 20.0) -> None:
        self.mean_block = number("mean_block", mean_block, least=1)

    def _fit(self, returns: pd.DataFrame, seed: int) -> None:
        if len(returns) < 2 * self.mean_block:
            raise FitError(f"{len(returns)} days are too few for runs of {self.mean_block:g} days; shorten the runs")
        self.pool_ = tensor(returns)

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
