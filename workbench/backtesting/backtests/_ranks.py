"""The rank of the outcome among the draws of its forecast, all assets at once.

Gneiting, Stanberry, Grimit, Held and Johnson (TEST 17, 2008); Knueppel, Krueger and Pohle (2022) for the energy
pre-rank. Every member of the ensemble and the observation get a pre-rank, the mean distance to all the others, high
for what lies far out; the rank of the observation, spread by u ~ U(0, 1) within its step, is uniform when observation
and ensemble are exchangeable. It feeds the same tests as a one-dimensional PIT: too many high ranks mean an ensemble
that is too narrow or has the wrong dependence.

Two features of a day show what was wrong. Of the normal scores z_i = Phi^-1(PIT) of d assets, *width* is mean z_i^2,
and *joint movement* (sum z_i)^2 / (d sum z_i^2): 1 when all move as one, near 0 when they cancel, the same when all
scales change, so that a correlation break is distinguished from a volatility shock. Their PITs are ranks among draws of
the forecast.
"""

from __future__ import annotations

import numpy as np

from workbench.backtesting.backtests._sample import probabilities
from workbench.errors import DataError
from workbench.stats import pairwise_distances, probit


def check_ensemble(ensemble: np.ndarray, observed: np.ndarray) -> None:
    """Raises :class:`DataError` unless the shapes are (day, member, asset) and (day, asset)."""
    if ensemble.ndim != 3 or observed.shape != (ensemble.shape[0], ensemble.shape[2]):
        raise DataError(
            f"the ensemble has shape {ensemble.shape} and the observations {observed.shape}; "
            "expected (day, member, asset) and (day, asset)"
        )
    if not (np.isfinite(ensemble).all() and np.isfinite(observed).all()):
        raise DataError("the ensemble or the observations hold numbers that are not finite")


def energy_rank(
    ensemble: np.ndarray, observed: np.ndarray, scale: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """PIT of the energy pre-rank of each day, uniform under a right ensemble; near 1 when the day lies far out.

    ``ensemble`` is ``(day, member, asset)``, ``observed`` ``(day, asset)``, ``scale`` the size of each asset (default
    the ensemble's standard deviation over all days), so that no asset drowns the others. Raises :class:`DataError`.
    """
    ensemble, observed = np.asarray(ensemble, float), np.asarray(observed, float)
    check_ensemble(ensemble, observed)
    scale = ensemble.std(axis=(0, 1)) if scale is None else np.asarray(scale, float)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 11])))
    within = rng.random(len(observed))
    rank = np.empty(len(observed))
    for day, (members, point) in enumerate(zip(ensemble / scale, observed / scale)):
        points = np.vstack([point, members])
        far = pairwise_distances(points, points).sum(axis=-1) / (len(points) - 1)
        rank[day] = np.sum(far[1:] < far[0]) + within[day] * (1 + np.sum(far[1:] == far[0]))
    return rank / (ensemble.shape[1] + 1)


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
    z, drawn = probit(probabilities("pits", pits)), probit(probabilities("ensemble", ensemble))
    return (
        rank_among(joint_movement(z), joint_movement(drawn), seed),
        rank_among(total_width(z), total_width(drawn), seed + 1),
    )
