"""Test martingales on probabilities that should be uniform: the simple jumper, and conformal p-values.

Vovk, Petej, Nouretdinov, Ahlberg, Carlsson and Gammerman (Retrain or not retrain, COPA 2021). Wealth is spread over
bets f_x(u) = 1 + x (u - 1/2), x in {-1, 0, 1}; before each day a share J jumps back to an even spread, so that the
bet can turn when the change comes. It is a martingale for independent uniform u, whatever the order of looking.

u is either the PIT of a forecast (then the null is "the forecast is right") or a conformal p-value, the randomised
rank of the day's strangeness among all days so far (then the null is "the days are exchangeable", no model at all).
"""

from __future__ import annotations

import numpy as np

from workbench._require import number
from workbench.backtesting.backtests._sample import probabilities
from workbench.errors import DataError

STAKES = np.array([-1.0, 0.0, 1.0])
JUMP = 0.01


def simple_jumper(u: np.ndarray, jump: float = JUMP) -> np.ndarray:
    """log wealth after each day of ``u`` (day,); grows when u keeps to one side of 1/2."""
    u = probabilities("u", u)
    number("jump", jump, least=0, most=1)
    wealth, log_total, out = np.full(STAKES.size, 1.0 / STAKES.size), 0.0, np.empty(len(u))
    for day, value in enumerate(u):
        wealth = (1.0 - jump) * wealth + jump / STAKES.size
        wealth = wealth * (1.0 + STAKES * (value - 0.5))
        total = wealth.sum()
        log_total += np.log(total)
        wealth /= total
        out[day] = log_total
    return out


def unlikeliness(pit: np.ndarray) -> np.ndarray:
    """|2 u - 1|, uniform under a right forecast, near 1 on days far out on either side: feeds the jumper for scale."""
    return np.abs(2.0 * np.asarray(pit, float) - 1.0)


def conformal_p_values(strangeness: np.ndarray, seed: int = 0) -> np.ndarray:
    """Randomised rank of each day's strangeness among the days up to it; small for the strangest.

    Independent uniform when the days are exchangeable. Coverage counted on these says nothing: it holds by
    construction.
    """
    strangeness = np.asarray(strangeness, float)
    if not np.isfinite(strangeness).all():
        raise DataError(f"the strangeness of day {int(np.argmin(np.isfinite(strangeness)))} is not finite")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 13])))
    within = rng.random(strangeness.size)
    out = np.empty(strangeness.size)
    for t, value in enumerate(strangeness):
        past = strangeness[: t + 1]
        out[t] = (np.sum(past > value) + within[t] * np.sum(past == value)) / (t + 1)
    return out
