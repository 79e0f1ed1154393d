r"""Proper scores of ensembles, lower is better; all are the *fair* estimators.

.. math::
    \mathrm{CRPS},\ \mathrm{energy} = E|X-y| - \tfrac12 E|X-X'|, \qquad
    \mathrm{variogram} = \sum_{ij}\bigl(|y_i-y_j|^p - E|X_i-X_j|^p\bigr)^2 .

References: Matheson and Winkler (Management Science 22, 1976); Gneiting and Raftery (JASA 102, 2007); Scheuerer and
Hamill (Monthly Weather Review 143, 2015). *Fair* (Ferro, Quarterly Journal of the Royal Meteorological Society 140,
2014): expectations over pairs take distinct members only, so that the mean score does not depend on the size of the
ensemble,

.. math:: E|X-X'| \approx \frac{1}{m(m-1)}\sum_{k\ne l}|x_k-x_l|, \qquad
    (E v-a)^2 \approx (\bar v-a)^2 - \mathrm{var}(v)/m .

The energy score is nearly blind to dependence: read the variogram score beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import scoringrules as sr
from scipy.spatial.distance import cdist, pdist

from workbench.errors import DataError

if TYPE_CHECKING:  # only mean_crps works on tensors
    from torch import Tensor


def crps(observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of ensembles ``(..., member)`` against ``(...)``, fair."""
    observed, ensemble = _fitting(observed, ensemble, np.shape(ensemble)[:-1], -1)
    ordered = np.sort(ensemble, axis=-1)
    return np.asarray(sr.crps_ensemble(observed, ordered, estimator="pwm", sorted_ensemble=True))


def energy_score(observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    """Energy score of ensembles ``(..., member, asset)`` against ``(..., asset)``: one number a day, ``(...)``, fair.

    >>> float(energy_score(np.zeros(2), np.array([[3.0, 4.0], [-3.0, -4.0]])))  # 5 - 10 / 2
    0.0
    """
    return _by_day(_energy, observed, ensemble)


def variogram_score(observed: np.ndarray, ensemble: np.ndarray, power: float = 0.5) -> np.ndarray:
    """Variogram score of order ``power``, shapes as for :func:`energy_score`; every pair counts twice; fair."""
    return _by_day(lambda day, members: _variogram(day, members, power), observed, ensemble)


def mean_crps(drawn: Tensor, observed: Tensor) -> Tensor:
    """Mean over days of the CRPS of one ensemble, a column; fair, differentiable, by sorting alone.

    drawn : (member, column), the same ensemble for every day. observed : (day, column).
    """
    import torch

    members, days = len(drawn), len(observed)
    inside = _pair_sums(drawn)
    between = _pair_sums(torch.cat([drawn, observed])) - inside - _pair_sums(observed)
    return between / (members * days) - inside / (members * (members - 1))


def pairwise_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances (row of a, row of b), from one matrix product."""
    square = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2.0 * a @ b.T
    return np.sqrt(np.maximum(square, 0.0))


def _energy(day: np.ndarray, members: np.ndarray) -> float:
    """Of one day (asset,) and its members (member, asset)."""
    return float(cdist(members, day[None]).mean() - pdist(members).mean() / 2)


def _variogram(day: np.ndarray, members: np.ndarray, power: float) -> float:
    first, second = np.triu_indices(len(day), 1)
    drawn = np.abs(members[:, first] - members[:, second]) ** power  # (member, pair)
    came = np.abs(day[first] - day[second]) ** power
    return float(2.0 * ((drawn.mean(0) - came) ** 2 - drawn.var(0) / (len(members) - 1)).sum())


def _by_day(score: Callable, observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    shape = np.shape(ensemble)
    observed, ensemble = _fitting(observed, ensemble, (*shape[:-2], *shape[-1:]), -2)
    days = zip(observed.reshape(-1, shape[-1]), ensemble.reshape(-1, *shape[-2:]))
    return np.array([score(day, members) for day, members in days]).reshape(observed.shape[:-1])


def _fitting(
    observed: np.ndarray, ensemble: np.ndarray, wanted: tuple[int, ...], member: int
) -> tuple[np.ndarray, np.ndarray]:
    observed, ensemble = np.asarray(observed, float), np.asarray(ensemble, float)
    if observed.shape != wanted or ensemble.ndim < -member:
        raise DataError(
            f"an ensemble of shape {ensemble.shape} needs observations of shape {wanted}, got {observed.shape}"
        )
    if ensemble.shape[member] < 2:
        raise DataError(f"a fair score needs at least 2 members; the ensemble has shape {ensemble.shape}")
    if not (np.isfinite(observed).all() and np.isfinite(ensemble).all()):
        raise DataError("scores need finite observations and members: drop or repair those that are not")
    return observed, ensemble


def _pair_sums(values: Tensor) -> Tensor:
    """Sum of |a - b| over all pairs of rows, a column."""
    rows = len(values)
    ordered = values.sort(dim=0).values
    ranks = ordered.new_ones(rows).cumsum(0)[:, None]
    return ((2 * ranks - rows - 1) * ordered).sum(dim=0)
