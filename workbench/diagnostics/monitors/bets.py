"""Bets on one way in which a forecast can break, each of mean 1 while the forecast is right.

A monitor spreads its wealth over a few fixed bets e_{t,k}, so that no parameter has to be fitted while money is at
stake. u is the PIT of the day's return, z = Phi^-1(u):

    scale       the world is k times wider than forecast: density of z under N(0, k^2) over N(0, 1)
    tail        of the outer 5 %, extremes are too extreme: w = 2 min(u, 1-u) / .05, x w^(x-1) with x < 1 where w < 1,
                else 1, so that scale alone pays little
    mean        more days above (below) the forecast median than below (above): 1 + d sign(u - 1/2)
    width       all assets together are wider than forecast: y = Phi^-1(PIT of their width), exp(d y - d^2/2), d > 0
    dependence  v, the PIT of their joint movement, is too high or too low: x v^(x-1), x (1-v)^(x-1)
    hits, shortfall   the e-values of VaR and ES with fixed stakes

Of the normal scores z_i of d assets, width is mean z_i^2, and joint movement (sum z_i)^2 / (d sum z_i^2): 1 when all
move as one, near 0 when they cancel, the same when all scales change, so that a correlation break is told from a
volatility shock. Their PITs are ranks among draws of the forecast; the energy rank of a day serves as the PIT of its
width too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.diagnostics.backtests.pit import normal_scores
from workbench.diagnostics.backtests.sample import Sample
from workbench.diagnostics.monitors.evalues import es_evalues, var_evalues

WIDER = np.array([1.25, 1.5, 2.0, 3.0])
OUTER, HEAVIER = 0.05, np.array([0.4, 0.6, 0.8])
SHIFTS = np.array([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])
PUSHES = np.array([0.25, 0.5, 1.0, 2.0])
POWERS = np.array([2.0, 4.0, 8.0])
HIT_STAKES = np.array([0.02, 0.05, 0.1, 0.2])
ES_STAKES = np.array([0.01, 0.025, 0.05, 0.1, 0.2])


@dataclass(frozen=True)
class Stream:
    """What monitors read: a sample, and PITs ``(..., day)`` of joint movement and width where there are assets."""

    sample: Sample
    dependence: np.ndarray | None = None
    width: np.ndarray | None = None


def scale_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    z = normal_scores(stream.sample.pit)[..., None]
    return np.exp(0.5 * z * z * (1.0 - WIDER**-2)) / WIDER


def tail_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    u = stream.sample.pit[..., None]
    w = np.maximum(2.0 * np.minimum(u, 1.0 - u) / OUTER, 1e-9)
    return np.where(w < 1.0, HEAVIER * np.minimum(w, 1.0) ** (HEAVIER - 1.0), 1.0)


def mean_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    return 1.0 + SHIFTS * np.sign(stream.sample.pit[..., None] - 0.5)


def width_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    y = normal_scores(stream.width)[..., None]
    return np.exp(PUSHES * y - 0.5 * PUSHES**2)


def dependence_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    v = stream.dependence[..., None]
    return np.concatenate([POWERS * v ** (POWERS - 1.0), POWERS * (1.0 - v) ** (POWERS - 1.0)], axis=-1)


def hit_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    return 1.0 + HIT_STAKES * (var_evalues(stream.sample)[..., None] - 1.0)


def shortfall_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    return 1.0 + ES_STAKES * (es_evalues(stream.sample)[..., None] - 1.0)


def joint_movement(z: np.ndarray) -> np.ndarray:
    """(sum z)^2 / (d sum z^2) of normal scores ``(..., asset)``, between 0 and 1."""
    return z.sum(axis=-1) ** 2 / (z.shape[-1] * np.maximum(np.sum(z * z, axis=-1), 1e-300))


def total_width(z: np.ndarray) -> np.ndarray:
    """Mean square of normal scores ``(..., asset)``."""
    return np.mean(z * z, axis=-1)


def rank_among(observed: np.ndarray, draws: np.ndarray, seed: int = 0) -> np.ndarray:
    """PIT of ``observed`` (...) among ``draws`` of the forecast, common ``(draw,)`` or by day ``(day, draw)``."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 17])))
    observed, draws = np.asarray(observed, float), np.asarray(draws, float)
    if draws.ndim == 1:
        ordered = np.sort(draws)
        below, upto = (np.searchsorted(ordered, observed, side) for side in ("left", "right"))
    else:
        below, upto = (draws < observed[:, None]).sum(axis=-1), (draws <= observed[:, None]).sum(axis=-1)
    return (below + rng.random(observed.shape) * (upto - below + 1)) / (draws.shape[-1] + 1)


def panel_pits(pits: np.ndarray, ensemble: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """PITs (day,) of joint movement and of width, in this order.

    ``pits`` ``(day, asset)`` are the assets' own PITs; ``ensemble`` are PITs drawn from the forecast, ``(draw,
    asset)`` for a dependence that stays or ``(day, draw, asset)``.
    """
    z, drawn = normal_scores(np.asarray(pits)), normal_scores(np.asarray(ensemble))
    return (
        rank_among(joint_movement(z), joint_movement(drawn), seed),
        rank_among(total_width(z), total_width(drawn), seed + 1),
    )
