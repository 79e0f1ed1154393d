r"""Ranks, normal scores and quantiles of weighted samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats
from scipy.special import ndtri

from workbench.errors import ParameterError

EDGE = 1e-12  # a PIT of exactly 0 or 1 comes from a finite ensemble: seven standard deviations, not infinity


def probit(u: np.ndarray) -> np.ndarray:
    r""":math:`\Phi^{-1}(u)` of probabilities in [0, 1], kept within seven standard deviations."""
    return ndtri(np.clip(u, EDGE, 1.0 - EDGE))


def ranks(values: np.ndarray, ties: str = "average") -> np.ndarray:
    """Ranks from 1 down the first axis, in float64.

    scipy from 1.18 on gives ranks the type of the values: in float32, n/n of a rank is not what it is in float64.
    """
    return stats.rankdata(np.asarray(values, float), method=ties, axis=0).astype(float)


def normal_scores(values: np.ndarray, ties: str = "average") -> np.ndarray:
    r"""Normal scores down the first axis: rank :math:`r` of :math:`n` becomes :math:`\Phi^{-1}((r - 1/2)/n)`.

    ties : "average", equal values get one score, or "ordinal", in their order.

    >>> normal_scores(np.array([3.0, 1.0, 2.0])).round(2).tolist()
    [0.97, -0.97, 0.0]
    """
    return ndtri((ranks(values, ties) - 0.5) / len(values))


def weighted_quantile(
    values: np.ndarray, weights: np.ndarray, shares: Sequence[float] | np.ndarray, interpolate: bool = False
) -> np.ndarray:
    """Quantiles (share, column) of rows ``values`` (row, column) with ``weights`` (row,).

    The smallest value at which the cumulated weight reaches the share; with ``interpolate``, linear between the
    middles of the steps of the distribution function (Hazen's plotting positions where weights are equal).

    >>> weighted_quantile(np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 1.0, 2.0]), [0.5, 0.75]).ravel().tolist()
    [2.0, 3.0]
    """
    values, weights = np.asarray(values), np.asarray(weights)
    if values.ndim != 2 or weights.shape != values.shape[:1] or not len(values):
        raise ParameterError(f"values {values.shape} and weights {weights.shape} must be (row, column) and (row,)")
    if not (np.all(weights >= 0) and weights.sum() > 0):
        raise ParameterError("weights of a quantile are at least 0 and not all 0")
    order = np.argsort(values, axis=0)
    ranked = np.take_along_axis(values, order, axis=0)
    if interpolate:
        steps = weights.astype(float)
        middle = (steps[order].cumsum(0) - 0.5 * steps[order]) / steps.sum()
        return np.stack([np.interp(shares, at, column) for at, column in zip(middle.T, ranked.T)], axis=1)
    below = np.cumsum(weights[order], axis=0)
    at = [np.minimum((below < share * weights.sum()).sum(0), len(values) - 1) for share in shares]
    return np.stack([ranked[row, np.arange(values.shape[1])] for row in at])
