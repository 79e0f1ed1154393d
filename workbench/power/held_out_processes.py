r"""Two processes held out: no check was tuned on them, so the size and the power measured on them are out of sample.

``jumps``: square-root-like volatility and common jumps whose intensity excites itself. A day of component i moves by

    z_i sqrt(v_i) + J (k_i - m),   J ~ Bernoulli(lambda),   lambda' = l + .94 (lambda - l) + .03 J,

with k falls three times in four, and v' pulled back, kicked by jumps and by falls (Heston 1993; Ait-Sahalia,
Cacho-Diaz, Laeven 2015, J. Financial Economics 117, 585-606).

``rough``: log volatility a sum of four autoregressions with half-lives of 1, 5, 25 and 100 days, a third of it common
to all components, and a normal variance-mean mixture with one mixing variable a day for all: skew, and common crashes
(Gatheral, Jaisson, Rosenbaum 2018, Quantitative Finance 18, 933-949; McNeil, Frey, Embrechts 2015, section 6.2).
"""

from __future__ import annotations

import numpy as np

from workbench.power.processes import Moved, Process
from workbench.registry import Registry

HELD_OUT = Registry("held-out process")


@HELD_OUT.register("jumps")
def _jumps(assets: int = 5, rate: float = 0.015, pull: float = 0.05, news: float = 0.18) -> Process:
    """Square-root volatility and common jumps that excite themselves."""

    def step(state: np.ndarray, rng: np.random.Generator) -> Moved:
        level, chance = state[..., 0], state[:, :1, 1]
        normal, other = rng.standard_normal((2, *level.shape))
        jump = rng.random(chance.shape) < chance
        size = np.where(rng.random(level.shape) < 0.75, -1.0, 1.0) * (1.0 + rng.standard_exponential(level.shape))
        shock = np.sqrt(level) * normal + jump * size + chance
        kick = news * np.sqrt(level) * (-0.6 * normal + 0.8 * other) + 0.9 * jump
        after = np.maximum(level + pull * (0.75 - level) + kick, 0.08)
        chance = np.minimum(rate + 0.94 * (chance - rate) + 0.03 * jump * (1 - chance), 0.5)
        return shock, np.stack([after, np.broadcast_to(chance, after.shape)], axis=-1)

    return Process(np.array([0.8, rate]), step, assets)


@HELD_OUT.register("rough")
def _rough(assets: int = 5, spread: float = 0.5, freedom: float = 9.0, skew: float = 0.25) -> Process:
    """Rough volatility with skewed shocks that share one mixing variable a day."""
    memory = 0.5 ** (1.0 / np.array([1.0, 5.0, 25.0, 100.0]))
    news = 0.5 * spread * np.sqrt(1 - memory**2)

    def step(state: np.ndarray, rng: np.random.Generator) -> Moved:
        mixing = (freedom - 2.0) / rng.chisquare(freedom, (len(state), 1))
        normal = rng.standard_normal(state.shape[:2])
        shock = np.exp(state.sum(-1) - spread**2) * (np.sqrt(mixing) * normal - skew * (mixing - 1.0))
        common, own = rng.standard_normal((len(state), 1, 4)), rng.standard_normal(state.shape)
        surprise = -0.55 * normal[..., None] + 0.6 * common + 0.58 * own
        return shock, memory * state + news * surprise

    return Process(np.zeros(4), step, assets)
