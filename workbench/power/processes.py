r"""Known processes of several kinds: the truth on which the size and the power of the checks are measured.

Each process has one factor, ``r_i = beta_i f + e_i``, and moves the volatility of f and of every e_i in its own way. It
knows its state, so that it can go on from the end of a history (a conditional set) or start from its long run (an
unconditional set). Many paths are moved together; a state is an array (path, component, variable).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.registry import Registry

PROCESSES = Registry("process")
BURN_IN = 400

Moved = tuple[np.ndarray, np.ndarray]
Step = Callable[[np.ndarray, np.random.Generator], Moved]


def student(rng: np.random.Generator, freedom: float, size: tuple[int, ...]) -> np.ndarray:
    """Student t of unit variance."""
    return rng.standard_t(freedom, size) * np.sqrt((freedom - 2.0) / freedom)


@dataclass(frozen=True)
class Process:
    """A market whose process is known.

    begin : variables of one component at the start (variable,); step : moves (path, component, variable) by a day and
    gives unit-variance shocks (path, component); assets : how many columns.
    """

    begin: np.ndarray
    step: Step
    assets: int

    def walk(self, state: np.ndarray, days: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Returns (path, day, asset) and the state after the last day."""
        across = np.linspace(0.0, 1.0, self.assets)
        beta, own = 0.006 + 0.006 * across, 0.006 + 0.010 * np.sin(3.0 * across) ** 2  # daily volatility: shared, own
        out = np.empty((len(state), days, self.assets), dtype=np.float32)
        for day in range(days):
            shock, state = self.step(state, rng)
            out[:, day] = shock[:, :1] * beta + shock[:, 1:] * own
        return out, state

    def long_run(self, paths: int, rng: np.random.Generator) -> np.ndarray:
        """States of the long run, (path, component, variable)."""
        state = np.broadcast_to(self.begin, (paths, self.assets + 1, len(self.begin))).copy()
        for _ in range(BURN_IN):
            state = self.step(state, rng)[1]
        return state

    def histories(self, count: int, days: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Independent histories (path, day, asset) and their last states."""
        rng = np.random.default_rng(seed)
        return self.walk(self.long_run(count, rng), days, rng)

    def history(self, days: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
        """One history as a panel of log returns, and its last state (component, variable)."""
        values, state = self.histories(1, days, seed)
        index = pd.bdate_range("1990-01-02", periods=days)
        return pd.DataFrame(values[0].astype(float), index, [f"A{i}" for i in range(self.assets)]), state[0]

    def scenarios(self, draws: int, horizon: int, seed: int, state: np.ndarray | None = None) -> np.ndarray:
        """Scenarios (draw, time, asset): from ``state``, or from the long run."""
        rng = np.random.default_rng(seed)
        begin = self.long_run(draws, rng) if state is None else np.broadcast_to(state, (draws, *state.shape)).copy()
        return self.walk(begin, horizon, rng)[0]


@PROCESSES.register("iid")
def _iid(assets: int = 5, freedom: float = 4.0) -> Process:
    """Independent days with Student t shocks."""

    def step(state: np.ndarray, rng: np.random.Generator) -> Moved:
        return student(rng, freedom, state.shape[:2]), state

    return Process(np.zeros(1), step, assets)


@PROCESSES.register("garch")
def _garch(
    assets: int = 5, freedom: float = 6.0, memory: float = 0.91, news: float = 0.03, fall: float = 0.09
) -> Process:
    """GJR-GARCH with Student t shocks in the factor and in every asset's own part (Glosten, Jagannathan, Runkle
    1993).
    """
    floor = 1.0 - memory - news - fall / 2.0

    def step(state: np.ndarray, rng: np.random.Generator) -> Moved:
        shock = np.sqrt(state[..., 0]) * student(rng, freedom, state.shape[:2])
        after = floor + (news + fall * (shock < 0)) * shock**2 + memory * state[..., 0]
        return shock, after[..., None]

    return Process(np.ones(1), step, assets)


@PROCESSES.register("stochastic volatility")
def _stochastic_volatility(assets: int = 5, memory: float = 0.97, spread: float = 0.45, tilt: float = -0.5) -> Process:
    """Log volatility an AR(1), its news correlated with the return (Taylor 1986; Harvey and Shephard 1996)."""
    news = spread * np.sqrt(1 - memory**2)

    def step(state: np.ndarray, rng: np.random.Generator) -> Moved:
        normal = rng.standard_normal((2, *state.shape[:2]))
        shock = np.exp(state[..., 0] - spread**2) * normal[0]
        after = memory * state[..., 0] + news * (tilt * normal[0] + np.sqrt(1 - tilt**2) * normal[1])
        return shock, after[..., None]

    return Process(np.zeros(1), step, assets)


@PROCESSES.register("regimes")
def _regimes(assets: int = 5, wild: float = 2.2, stay_calm: float = 0.99, stay_wild: float = 0.96) -> Process:
    """Calm and wild days by a Markov chain, common to all assets (Hamilton 1989), Student t shocks."""
    share = (1 - stay_calm) / (2 - stay_calm - stay_wild)
    calm = 1 / np.sqrt(1 - share + share * wild**2)

    def step(state: np.ndarray, rng: np.random.Generator) -> Moved:
        now = state[:, :1, 0]
        shock = calm * np.where(now > 0.5, wild, 1.0) * student(rng, 7.0, state.shape[:2])
        leave = rng.random(now.shape) > np.where(now > 0.5, stay_wild, stay_calm)
        return shock, np.broadcast_to(np.where(leave, 1 - now, now)[..., None], state.shape)

    return Process(np.zeros(1), step, assets)


@PROCESSES.register("two speeds")
def _two_speeds(assets: int = 5, fast: float = 0.80, slow: float = 0.985, news: float = 0.14) -> Process:
    """Exponential GARCH with a fast and a slow part (Nelson 1991; Engle and Lee 1999): long memory in practice."""
    memory, weight = np.array([fast, slow]), news * np.array([1.0, 0.35])

    def step(state: np.ndarray, rng: np.random.Generator) -> Moved:
        normal = student(rng, 8.0, state.shape[:2])
        shock = np.exp(state.sum(-1) - 0.12) * normal
        surprise = np.minimum(np.abs(normal), 4.0) - 0.75 - np.array([0.5]) * np.clip(normal, -4.0, 4.0)
        return shock, memory * state + weight * surprise[..., None]

    return Process(np.zeros(2), step, assets)
