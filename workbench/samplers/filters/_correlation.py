r"""Correlation that moves: an exponentially weighted matrix of the residuals, shrunk to a slower one.

.. math:: S_t = \lambda S_{t-1} + (1-\lambda)\, e_t e_t^\top, \qquad
          C_t = (1-\kappa)\,\mathrm{corr}(S_t) + \kappa\,\mathrm{corr}(\bar S_t),

:math:`\bar S` of the same form with decay 0.998. A frozen long-run matrix would be a steadier target and a wrong one:
the mean correlation of the 20 US stocks was .24 in 1990-1999 and .43 in 2007-2016.

Residuals are whitened by the symmetric root, :math:`z_t = C_{t-1}^{-1/2} e_t` (it does not depend on the order of the
assets, as a Cholesky factor does), and shocks coloured by it. Within a horizon the matrix stays as it is at the start:
an exponentially weighted matrix is its own forecast.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.signal import lfilter
from torch import Tensor

from workbench._require import number

SLOW = 0.998  # decay a day of the matrix that the moving one is shrunk to: a half-life of 346 days
RIDGE = 0.02  # pull towards the identity that keeps the smallest eigenvalue away from zero with few days or many assets
LARGEST = 8.0  # standard deviations at which residuals are clipped: one day may not own the matrix


class MovingCorrelation:
    """EWMA correlation with decay ``decay`` a day, shrunk by ``shrink`` towards one with decay 0.998.

    ridge : share of the identity in the matrix. The default costs books of near-duplicates (one index fund against
    another) most of their hedge; .0005 keeps it.
    """

    ridge = RIDGE  # of files that know no other

    def __init__(self, decay: float = 0.99, shrink: float = 0.0, ridge: float = RIDGE) -> None:
        self.decay, self.shrink = number("decay", decay, above=0, most=1), number("shrink", shrink, least=0, most=1)
        self.ridge = number("ridge", ridge, above=0, most=1)

    def fit(self, residuals: Tensor) -> MovingCorrelation:
        """Learn the matrix to begin with from residuals (day, asset)."""
        bounded = _bounded(residuals)
        self.start_ = _correlation(bounded.T @ bounded / len(bounded), self.ridge)
        return self

    def filter_path(self, residuals: Tensor) -> Tensor:
        """Symmetric roots of the correlation before the first day and after each, (day + 1, asset, asset)."""
        matrices = (1 - self.shrink) * _correlation(self._weighted(residuals, self.decay), self.ridge)
        if self.shrink:
            matrices += self.shrink * _correlation(self._weighted(residuals, SLOW), self.ridge)
        return _root(matrices).float()

    def _weighted(self, residuals: Tensor, decay: float) -> Tensor:
        bounded, start = _bounded(residuals), self.start_[None]
        squares = (bounded[:, :, None] * bounded[:, None, :]).numpy()
        moving, _ = lfilter([1 - decay], [1, -decay], squares, axis=0, zi=decay * start.numpy())
        return torch.cat([start, torch.as_tensor(moving)])

    @staticmethod
    def whiten(roots: Tensor, residuals: Tensor) -> Tensor:
        """Residuals (day, asset) whitened by ``roots`` (day + 1, asset, asset) and once more, so that they are white.

        A matrix estimated from some hundred days inverts too far, so that days whitened by it are too wide: a second,
        constant whitening makes their covariance the identity, and coloured shocks have the correlation asked for.
        """
        white = whiten_daily(roots, residuals)
        return torch.linalg.solve(covariance_root(white), white.T).T


def whiten_daily(roots: Tensor, residuals: Tensor) -> Tensor:
    """Residuals (day, asset), each day whitened by the root known at the previous close, (day + 1, asset, asset)."""
    return torch.linalg.solve(roots[:-1], residuals[..., None])[..., 0]


def covariance_root(white: Tensor) -> Tensor:
    """Symmetric root (asset, asset) of the covariance of whitened residuals (day, asset)."""
    return _root(torch.atleast_2d(torch.cov(_bounded(white).T))).float()


def colour(root: Tensor, shock: Tensor) -> Tensor:
    """Apply one symmetric root (1, asset, asset), or one a draw, to shocks (draw, asset)."""
    return shock @ root[0] if len(root) == 1 else (root @ shock[..., None])[..., 0]


def _bounded(residuals: Tensor) -> Tensor:
    return residuals.double().clamp(-LARGEST, LARGEST)


def _correlation(covariance: Tensor, ridge: float) -> Tensor:
    scale = covariance.diagonal(dim1=-2, dim2=-1).clamp(min=1e-12).sqrt()
    correlation = covariance / (scale[..., :, None] * scale[..., None, :])
    return (1 - ridge) * correlation + ridge * torch.eye(scale.shape[-1], dtype=correlation.dtype)


def _root(matrices: Tensor) -> Tensor:
    values, vectors = np.linalg.eigh(matrices.numpy())
    return torch.as_tensor((vectors * np.sqrt(values.clip(1e-6))[..., None, :]) @ np.swapaxes(vectors, -1, -2))
