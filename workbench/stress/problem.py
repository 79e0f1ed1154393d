"""The ground of every stress question: sampler, start and horizon as one map from standard normal noise to paths.

Conditioning, rare events and reverse stress tests all ask about this map. When it may start on several days (the
long-run distribution, or all days on which volatility lay within a band) the choice of the day is one more normal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from workbench import scenarios
from workbench._require import count, number
from workbench._text import percent
from workbench.data import periods_per_year
from workbench.errors import ParameterError
from workbench.samplers import Sampler, State, States
from workbench.samplers.noise import stream
from workbench.samplers.shocks import uniform_index
from workbench.stress.events import Functional

CHUNK = 256  # draws decoded at a time: small enough to stay in the processor's cache

Score = Callable[[Tensor], Tensor]  # paths (draw, time, asset) -> (draw,)
Start: TypeAlias = "str | pd.Timestamp | pd.DataFrame | States"


class Problem:
    """``sampler`` over ``horizon`` days from ``start``.

    start : "last", "long-run", a date of the fitted history ("2008-09-12"), a newer history of log returns (its last
    day), or States (each draw starts on one of those days, with equal chance). dim : how many normals make one path.
    state : the state of a single start, or None. starts : those of several, or None.
    """

    def __init__(self, sampler: Sampler, horizon: int, start: Start = "last") -> None:
        self.sampler, self.horizon = sampler, count("horizon", horizon)
        sampler.require_fitted()
        where = sampler.starts(start)
        self.starts: States | None = where if isinstance(where, States) else None
        self.state: State = where.rows([0]) if isinstance(where, States) else where
        self.assets = sampler.assets_
        self.free = int(self.starts is not None)
        self.dim = horizon * sampler.width + self.free

    def prior(self, draws: int, seed: int, stage: str) -> Tensor:
        """Independent standard normals (draw, dim); a function of (seed, stage) and the sizes."""
        return torch.as_tensor(stream(seed, stage, 0).standard_normal((draws, self.dim), dtype=np.float32))

    def decode(self, noise: Tensor) -> Tensor:
        """Paths of log returns (draw, time, asset) of noise (draw, dim); keeps the gradient when ``noise`` has one."""
        return torch.cat([self._decode(part) for part in noise.split(CHUNK)])

    def _decode(self, noise: Tensor) -> Tensor:
        days = noise[:, self.free :].reshape(len(noise), self.horizon, self.sampler.width)
        return self.sampler.decode(days, self._state(noise), self.horizon)

    def _state(self, noise: Tensor) -> State:
        if self.starts is None:
            return self.state
        return self.starts.rows(uniform_index(noise[:, 0].detach(), len(self.starts.dates)).numpy())

    def reaching(self, of: Functional, level: float, seed: int = 0) -> Event:
        """The paths on which ``of`` reaches ``level``."""
        return Event(self, lambda paths: of(paths, self.assets), level, seed)

    def tree(self, paths: Tensor, **attrs: object) -> xr.DataTree:
        """Paths (chain, draw, time, asset) as a scenario set that carries ``attrs`` and the horizon."""
        return scenarios.assemble(paths.numpy(), self.assets, **attrs, horizon=self.horizon)


@dataclass(frozen=True)
class Event:
    """The paths of a problem whose ``score`` reaches ``level``; ``seed`` is that of whatever is drawn to find them."""

    problem: Problem
    score: Score
    level: float
    seed: int = 0

    def values(self, noise: Tensor) -> Tensor:
        """Scores (draw,) of the paths of noise (draw, dim)."""
        return self.score(self.problem.decode(noise))


def starts_with_volatility(
    sampler: Sampler, low: float, high: float, window: int = 20, returns: pd.DataFrame | None = None
) -> States:
    """The states at all closes when the equal-weight market's annualised volatility over ``window`` days lay in a band.

    low, high : annualised, fractions (0.3 is 30 %). returns : a history of log returns, the fitted one by default.
    Raises ParameterError when there is no such day.
    """
    number("low", low, least=0)
    number("high", high, least=low)
    count("window", window, 2)
    history = sampler.history_ if returns is None else returns[sampler.assets_]
    states, year = sampler.states(history), periods_per_year(history)
    volatility = history.mean(axis=1).rolling(window).std().mul(np.sqrt(year)).reindex(states.dates)
    inside = np.flatnonzero(volatility.between(low, high).to_numpy())
    if not inside.size:
        raise ParameterError(
            f"on no day was {window}-day volatility between {percent(low, 0)} and {percent(high, 0)}; "
            f"it ranged from {percent(volatility.min())} to {percent(volatility.max())}"
        )
    return States(states.dates[inside], states.rows(inside))
