"""A question's ground: one sampler, one start, one horizon, seen as a map from independent standard normals to paths.

Conditioning, rare events and reverse stress tests are all questions about this map. When it may start on several days
(the long-run law, or all days on which volatility stood within a band) the choice of the day is one more normal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench.errors import ParameterError
from workbench.samplers import Sampler, State, States
from workbench.samplers.noise import stream
from workbench.samplers.shocks import uniform_index

CHUNK = 256  # draws decoded at a time: small enough to stay in the processor's cache

Score = Callable[[Tensor], Tensor]  # paths (draw, time, asset) -> (draw,)


class Problem:
    """``sampler`` over ``horizon`` days from ``start``.

    start : "last", a date of the fitted history ("2008-09-12"), a newer history of log returns (its last day), or
    States (each draw starts on one of those days, with equal chance). dim : how many normals make one path.
    """

    def __init__(self, sampler: Sampler, horizon: int, start: str | pd.DataFrame | States = "last") -> None:
        if horizon < 1:
            raise ParameterError(f"the horizon must be at least one day, got {horizon}")
        self.sampler, self.horizon = sampler, horizon
        self.start = _start(sampler, start)
        self.assets = sampler.assets_
        self.free = int(isinstance(self.start, States))
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
        if not self.free:
            return self.start
        return self.start.rows(uniform_index(noise[:, 0].detach(), len(self.start.dates)).numpy())

    def start_dates(self, noise: Tensor) -> pd.DatetimeIndex | None:
        """The day each draw starts from, or None when all start alike."""
        return self.start.dates[uniform_index(noise[:, 0], len(self.start.dates)).numpy()] if self.free else None


def _start(sampler: Sampler, start: str | pd.Timestamp | pd.DataFrame | States) -> State | States:
    if isinstance(start, States):
        return start
    if isinstance(start, pd.DataFrame):
        return sampler.states(start[sampler.assets_]).rows([-1])
    states = sampler.states(sampler.history_)
    if isinstance(start, str) and start == "long-run":
        return states
    return states.rows([-1]) if isinstance(start, str) and start == "last" else states.at(start)


def starts_with_volatility(
    sampler: Sampler, low: float, high: float, window: int = 20, returns: pd.DataFrame | None = None
) -> States:
    """The states at all closes when the equal-weight market's annualised volatility over ``window`` days lay in a band.

    low, high : annualised, fractions (0.3 is 30 %). returns : a history of log returns, the fitted one by default.
    Raises ParameterError when there is no such day.
    """
    history = sampler.history_ if returns is None else returns[sampler.assets_]
    states = sampler.states(history)
    volatility = history.mean(axis=1).rolling(window).std().mul(np.sqrt(252)).reindex(states.dates)
    inside = np.flatnonzero(volatility.between(low, high).to_numpy())
    if not inside.size:
        raise ParameterError(
            f"on no day was {window}-day volatility between {low:.0%} and {high:.0%}; "
            f"it ranged from {volatility.min():.1%} to {volatility.max():.1%}"
        )
    return States(states.dates[inside], states.rows(inside))


def smooth(problem: Problem, score: Score, seed: int = 0) -> bool:
    """Whether the gradient of the score foretells what a small step does, in every direction of the noise.

    A bootstrap's index has no gradient, and its jitter a misleading one, so the gradient is put to the test: over
    random steps of length 0.3 the predicted and the actual change must correlate above 0.9.
    """
    noise = problem.prior(96, seed, "smooth").requires_grad_()
    value = score(problem.decode(noise))
    if not value.requires_grad:
        return False
    (slope,) = torch.autograd.grad(value.sum(), noise, allow_unused=True)
    if slope is None or not torch.isfinite(slope).all():
        return False
    step = problem.prior(96, seed, "smooth step")
    step = 0.3 * step / step.norm(dim=1, keepdim=True)
    with torch.no_grad():
        ahead, behind = score(problem.decode(noise + step)), score(problem.decode(noise - step))
    told = 2 * (slope * step).sum(dim=1)
    return bool(np.corrcoef(told.numpy(), (ahead - behind).numpy())[0, 1] > 0.9)


@torch.no_grad()
def continuous(problem: Problem, score: Score, seed: int = 0) -> bool:
    """Whether a small step forth changes the score by the opposite of the step back, in every direction of the noise.

    A map without a derivative may still be continuous (an inverse found by search, say), and then its slope can be
    regressed; a bootstrap's index is not: over random steps of length 0.3 the two must correlate below -0.9.
    """
    noise, step = problem.prior(96, seed, "smooth"), problem.prior(96, seed, "smooth step")
    step = 0.3 * step / step.norm(dim=1, keepdim=True)
    here, ahead, behind = (score(problem.decode(noise + way * step)) for way in (0, 1, -1))
    return bool(np.corrcoef((ahead - here).numpy(), (behind - here).numpy())[0, 1] < -0.9)
