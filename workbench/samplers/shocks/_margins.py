r"""Margins: from a Gaussian score to a standardised residual, with tails whose distribution is known beyond the sample.

A score :math:`s` stands for the probability :math:`\Phi(s)`. In the body the quantile is the empirical one. Beyond the
threshold :math:`u` that leaves :math:`p_u` of the sample outside, the generalised Pareto distribution takes over
(Pickands 1975; McNeil & Frey 2000):

.. math:: P(X > x) = p_u \left(1 + \xi\,(x-u)/\beta\right)^{-1/\xi},\qquad
          x = u + \frac{\beta}{\xi}\left[\left(\frac{\Phi(-s)}{p_u}\right)^{-\xi} - 1\right].

The index :math:`\xi` is shared by all assets of a side (maximum of the joint likelihood), the scale :math:`\beta` is
each asset's own: per-asset indices on a few hundred exceedances are mostly noise.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import minimize, minimize_scalar
from scipy.special import ndtr, ndtri
from torch import Tensor

from workbench._require import number
from workbench.samplers._tables import lookup

KNOTS = 1024  # knots of the body's quantile table, equally spaced in the score


class GaussianMargins:
    """Residual = score, as in a lognormal model."""

    def fit(self, residuals: np.ndarray) -> GaussianMargins:
        return self

    def quantile(self, scores: Tensor) -> Tensor:
        return scores


class SplicedMargins:
    """Empirical body and, where ``tail`` > 0, a generalised Pareto tail on that share of each side.

    Fitted: ``shape_`` (2,) pooled indices of the lower and the upper tail, ``scale_`` and ``threshold_`` (2, asset).
    """

    def __init__(self, tail: float = 0.05) -> None:
        self.tail = number("tail", tail, least=0, most=0.4)

    def fit(self, residuals: np.ndarray) -> SplicedMargins:
        """Learn from standardised residuals (day, asset)."""
        ordered = np.sort(np.asarray(residuals, dtype=np.float64), axis=0)
        days = len(ordered)
        edge = -ndtri(self.tail) if self.tail else ndtri((days - 0.5) / days)
        self.edge_ = float(edge)
        grid = np.linspace(-edge, edge, KNOTS)
        ranks = ndtr(grid) * days - 0.5
        self.table_ = np.stack([np.interp(ranks, np.arange(days), column) for column in ordered.T])  # (asset, knot)
        self.body_ = torch.as_tensor(self.table_, dtype=torch.float32)
        if self.tail:
            sides = [-ordered, ordered]
            self.threshold_ = np.stack([-self.table_[:, 0], self.table_[:, -1]])
            fits = [_fit_pooled(side, threshold) for side, threshold in zip(sides, self.threshold_)]
            self.shape_ = np.array([shape for shape, _ in fits])
            self.scale_ = np.stack([scale for _, scale in fits])
        return self

    def quantile(self, scores: Tensor) -> Tensor:
        """Residuals (draw, asset) at Gaussian scores (draw, asset); differentiable almost everywhere."""
        out = lookup(self.body_, (scores + self.edge_) * ((KNOTS - 1) / (2 * self.edge_)))
        return self._splice(scores, out) if self.tail else out

    def _splice(self, scores: Tensor, out: Tensor) -> Tensor:
        for side, sign in enumerate((-1.0, 1.0)):
            row, asset = (sign * scores > self.edge_).nonzero(as_tuple=True)
            beyond = torch.special.log_ndtr(-sign * scores[row, asset].double()) - np.log(self.tail)
            threshold = torch.as_tensor(self.threshold_[side])[asset]
            value = threshold + torch.as_tensor(self.scale_[side])[asset] * _excess(beyond, self.shape_[side])
            out = out.index_put((row, asset), (sign * value).to(out.dtype))
        return out

    def survival(self, values: np.ndarray, asset: int, side: str = "lower") -> np.ndarray:
        """P(-X > x) (lower) or P(X > x) (upper) for x at or beyond the threshold of ``asset``; exact, float64."""
        index = {"lower": 0, "upper": 1}[side]
        shape, scale, threshold = self.shape_[index], self.scale_[index, asset], self.threshold_[index, asset]
        excess = (np.asarray(values, dtype=np.float64) - threshold) / scale
        return self.tail * np.exp(-np.log1p(shape * excess) / shape) if shape else self.tail * np.exp(-excess)


def _excess(log_beyond: Tensor, shape: float) -> Tensor:
    """(p^-shape - 1) / shape with p = exp(log_beyond), and its limit -log p at shape 0."""
    return torch.expm1(-shape * log_beyond) / shape if shape else -log_beyond


def _fit_pooled(ordered: np.ndarray, threshold: np.ndarray) -> tuple[float, np.ndarray]:
    """Pooled index and per-asset scales of the exceedances of ``ordered`` (day, asset) over ``threshold`` (asset,)."""
    excesses = [column[column > level] - level for column, level in zip(ordered.T, threshold)]

    def scale_given(shape: float, excess: np.ndarray) -> tuple[float, float]:
        def cost(log_scale: float) -> float:
            inside = 1 + shape * excess / np.exp(log_scale)
            if inside.min() <= 0:
                return np.inf
            return len(excess) * log_scale + (1 + 1 / shape) * np.log(inside).sum()

        centre = np.log(excess.mean())
        best = minimize_scalar(cost, bounds=(centre - 3, centre + 3), method="bounded", options={"xatol": 1e-8})
        return float(np.exp(best.x)), float(best.fun)

    def joint(shape: np.ndarray) -> float:
        return sum(scale_given(float(shape[0]), excess)[1] for excess in excesses)

    shape = float(minimize(joint, [0.15], bounds=[(1e-3, 0.9)], method="Nelder-Mead", options={"xatol": 1e-4}).x[0])
    return shape, np.array([scale_given(shape, excess)[0] for excess in excesses])
