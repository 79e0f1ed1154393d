r"""Scores made exactly normal: the last correction between a learned joint distribution and the margins.

A network's margins are what they are. :class:`Calibration` maps each asset's raw score to a Gaussian one by the model's
own marginal distribution, as a large fixed sample shows it: for probabilities between :math:`p` and :math:`1-p`
monotone and piecewise linear, :math:`s = \Phi^{-1}(\hat F_i(x))`. Beyond, where no sample is large enough, the position
inside the last stratum is drawn anew,

.. math:: s = \Phi^{-1}(p\,w)\ \text{ if } x < \hat F_i^{-1}(p), \qquad w \text{ uniform},

so that :math:`P(S<s) = P(X < \hat F_i^{-1}(p))\,\Phi(s)/p` whatever the network does: beyond the stratum's edge the
score, and so the generalised Pareto tail built on it, has its survival function by construction, up to one factor a
side, whose relative error has the known size :math:`\sqrt{(1-p)/(pN)}` for a sample of N.

The :math:`w` of one day are independent, or, with a scale mixture, the probabilities of normals that share one
:math:`\sqrt{\nu/\chi^2_\nu}`. The lower tail dependence of two assets is then

.. math:: \lambda_{ij} = P(X_j < \hat F_j^{-1}(p)\mid X_i < \hat F_i^{-1}(p))\;2\,t_{\nu+1}(-\sqrt{\nu+1}),

positive with the mixture and zero without.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy import stats
from scipy.special import ndtr, ndtri
from torch import Tensor

from workbench._require import count, number
from workbench.samplers._tables import lookup
from workbench.samplers.shocks._classical import ScaleMixture

KNOTS = 512  # of each asset's map, equally spaced between its outermost raw scores
TILE = 4096


class Calibration:
    """Maps of raw scores (draw, asset) to standard normal ones. Fitted: ``low_``, ``high_`` (asset,), ``table_``.

    beyond : probability p of the last stratum of each side. mixture : degrees of freedom of the scale mixture in it;
    None leaves it independent. sample : raw scores that the maps are learnt from.
    """

    def __init__(self, beyond: float = 1e-3, mixture: float | None = None, sample: int = 2**18) -> None:
        self.beyond, self.sample = number("beyond", beyond, above=0, most=0.1), count("sample", sample, 1)
        self.mixture = None if mixture is None else number("mixture", mixture, above=2)

    def fit(self, raw: Callable[[Tensor], Tensor], width: int) -> Calibration:
        """Learn from the map ``raw`` of normals (draw, width) to raw scores (draw, asset); the normals are fixed."""
        generator = torch.Generator().manual_seed(0)
        tiles = range(-(-self.sample // TILE))
        with torch.no_grad():
            drawn = torch.cat([raw(torch.randn(TILE, width, generator=generator)) for _ in tiles])
        ordered = np.sort(drawn.double().numpy(), axis=0)
        levels = (np.arange(len(ordered)) + 0.5) / len(ordered)
        self.low_, self.high_ = (
            torch.tensor([np.interp(level, levels, column) for column in ordered.T], dtype=torch.float32)
            for level in (self.beyond, 1 - self.beyond)
        )
        rows = [self._row(column, levels, *ends) for column, *ends in zip(ordered.T, self.low_, self.high_)]
        self.table_ = torch.tensor(np.stack(rows), dtype=torch.float32)  # (asset, knot)
        self.scale_mixture_ = ScaleMixture(self.mixture) if self.mixture else None
        self.width = len(rows) + (self.mixture is not None)
        return self

    def _row(self, ordered: np.ndarray, levels: np.ndarray, low: Tensor, high: Tensor) -> np.ndarray:
        knots = np.linspace(float(low), float(high), KNOTS)
        scores = ndtri(np.interp(knots, ordered, levels).clip(self.beyond, 1 - self.beyond))
        scores[[0, -1]] = ndtri([self.beyond, 1 - self.beyond])
        return scores

    def scores(self, raw: Tensor, noise: Tensor) -> Tensor:
        """Standard normal scores (draw, asset); ``noise`` (draw, width) decides inside the last strata."""
        body = lookup(self.table_, (raw - self.low_) / (self.high_ - self.low_) * (KNOTS - 1))
        row, asset = ((raw < self.low_) | (raw > self.high_)).nonzero(as_tuple=True)
        within = noise[row, asset]
        if self.scale_mixture_:
            within = self.scale_mixture_.scores(within[:, None], noise[row, raw.shape[1] :])[:, 0]
        beyond = torch.special.ndtri(self.beyond * torch.special.ndtr(within.double())).to(raw.dtype)
        return body.index_put((row, asset), torch.where(raw[row, asset] < self.low_[asset], beyond, -beyond))


def joint_tail(dof: float | None, level: np.ndarray | float = 0.0) -> np.ndarray:
    """P(W' < u | W < u) of two uniforms of one last stratum at ``level`` u; at 0 its limit, the tail dependence.

    dof : of the scale mixture, None for none. The two share one chi-square c: the chance is
    :math:`E[\\Phi(x\\sqrt{c/\\nu})^2] / u` with x the u-quantile of the t distribution.

    >>> joint_tail(None, 0.1).item(), round(joint_tail(4.0).item(), 4)
    (0.1, 0.0756)
    """
    level = np.asarray(level, dtype=float)
    if dof is None:
        return level
    limit = 2 * stats.t.cdf(-np.sqrt(dof + 1), dof + 1)
    middle = (np.arange(200_000) + 0.5) / 200_000
    scale = np.sqrt(stats.chi2.ppf(middle**4, dof) / dof)  # finer where the chi-square is small
    at = [(4 * middle**3 * ndtr(stats.t.ppf(u, dof) * scale) ** 2).mean() / u if u else limit for u in level.flat]
    return np.reshape(at, level.shape)
