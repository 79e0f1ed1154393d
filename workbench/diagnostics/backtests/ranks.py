"""Where does the day that came rank among the days that were imagined, all assets at once?

Gneiting, Stanberry, Grimit, Held and Johnson (TEST 17, 2008); Knueppel, Krueger and Pohle (2022) for the energy
pre-rank. Every member of the ensemble and the observation get a pre-rank, the mean distance to all the others, high
for what lies far out; the rank of the observation, spread by u ~ U(0, 1) within its step, is uniform when observation
and ensemble are exchangeable. It feeds the same tests as a one-dimensional PIT: too many high ranks mean an ensemble
that is too narrow or has the wrong dependence.
"""

from __future__ import annotations

import numpy as np

from workbench.errors import DataError


def _check(ensemble: np.ndarray, observed: np.ndarray) -> None:
    if ensemble.ndim != 3 or observed.shape != (ensemble.shape[0], ensemble.shape[2]):
        raise DataError(
            f"the ensemble has shape {ensemble.shape} and the observations {observed.shape}; "
            "expected (day, member, asset) and (day, asset)"
        )


def _distance_to_others(points: np.ndarray) -> np.ndarray:
    """Mean Euclidean distance of each of the points (point, asset) to the others."""
    squares = np.sum(points**2, axis=-1)
    gram = squares[:, None] + squares[None, :] - 2.0 * points @ points.T
    return np.sqrt(np.maximum(gram, 0.0)).sum(axis=-1) / (len(points) - 1)


def energy_rank(
    ensemble: np.ndarray, observed: np.ndarray, scale: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """PIT of the energy pre-rank of each day, uniform under a right ensemble; near 1 when the day lies far out.

    ``ensemble`` is ``(day, member, asset)``, ``observed`` ``(day, asset)``, ``scale`` the size of each asset (default
    the ensemble's standard deviation over all days), so that no asset drowns the others. Raises :class:`DataError`.
    """
    ensemble, observed = np.asarray(ensemble, float), np.asarray(observed, float)
    _check(ensemble, observed)
    scale = ensemble.std(axis=(0, 1)) if scale is None else np.asarray(scale, float)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 11])))
    within = rng.random(len(observed))
    rank = np.empty(len(observed))
    for day, (members, point) in enumerate(zip(ensemble / scale, observed / scale)):
        far = _distance_to_others(np.vstack([point, members]))
        rank[day] = np.sum(far[1:] < far[0]) + within[day] * (1 + np.sum(far[1:] == far[0]))
    return rank / (ensemble.shape[1] + 1)
