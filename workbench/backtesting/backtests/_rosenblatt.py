r"""Is every asset right *given the assets before it*? Rosenblatt's transform, when the forecast is a set of draws.

Rosenblatt (Annals of Mathematical Statistics 23, 1952): :math:`u_i = F(x_i\mid x_1,\dots,x_{i-1})` are independent and
uniform when :math:`F` is the distribution of :math:`x`; Diebold, Hahn and Tay (Review of Economics and Statistics 81,
1999) test multivariate forecasts by it. Draws give no conditional distribution, and few of them lie near twenty given
values; so a
*working* distribution is used, a Student-t copula (:math:`\nu=\infty`: Gaussian) with the likeliest correlation
:math:`R = LL^\top` of the draws' scores :math:`s`, each asset's by its own rank. With :math:`e = L^{-1}s` and
:math:`Q_{<i} = \sum_{k<i} e_k^2`,

.. math:: w_i = e_i\sqrt{(\nu+i-1)/(\nu+Q_{<i})},\qquad u_i = \mathrm{rank\ of}\ w_i\ \mathrm{among\ the\ draws'}.

What came is ranked together with the draws, and enters :math:`R` as they do, so that under a right forecast it is
exchangeable with them and **every** :math:`u_i` **is exactly uniform whatever the copula**. That the :math:`u_i` are
independent of each other holds where the working distribution is right: then this is Rosenblatt's transform itself, up
to an error of :math:`m^{-1/2}` in :math:`m` draws. Where it is not (vines, bootstrapped days) they are uncorrelated at
best; therefore tests of them take their null from draws that are put in the place of what came (:func:`joint_p_value`).

The transform depends on the order of the assets. :math:`\sum_i e_i^2` does not: its rank is one PIT a day
(:func:`rosenblatt_day`), Mahalanobis' distance, sensitive to a dependence that the energy rank hardly sees.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.linalg import solve_triangular

from workbench._require import count
from workbench.backtesting.backtests._null import tail_share
from workbench.backtesting.backtests._ranks import check_ensemble
from workbench.stats import probit

RIDGE = 1e-6  # of a correlation matrix: two columns may be one and the same
STEPS = 10  # of the fixed point of a t's likelihood, which halves its error at each


@lru_cache(maxsize=8)
def _scores_of_ranks(size: int, nu: float) -> np.ndarray:
    """The score of rank 0, 1, ... of ``size`` points: Student t with ``nu`` degrees of freedom, or normal."""
    share = (np.arange(size) + 0.5) / size
    return stats.norm.ppf(share) if np.isinf(nu) else stats.t.ppf(share, nu)


def _ranks(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ranks (point, column) from 0, ties in random order: that of shuffled points."""
    shuffled = rng.permutation(len(values))
    order = shuffled[np.argsort(np.ascontiguousarray(values[shuffled].T), axis=1, kind="stable")]
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(values))[None], axis=1)
    return ranks.T


def _root(scores: np.ndarray, nu: float) -> np.ndarray:
    """L of the likeliest correlation; for a t by reweighting, far points counting (nu + d) / (nu + Q)."""
    points, assets = scores.shape
    moments = scores.T @ scores / points
    for _ in range(0 if np.isinf(nu) else STEPS):
        distance = np.einsum("ti,ij,tj->t", scores, np.linalg.inv(moments + RIDGE * np.eye(assets)), scores)
        moments = (scores * ((nu + assets) / (nu + distance))[:, None]).T @ scores / points
    moments += RIDGE * np.eye(assets)
    size = np.sqrt(np.diag(moments))
    return np.linalg.cholesky(moments / np.outer(size, size))


def _conditional(points: np.ndarray, nu: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """w (point, asset) and sum of e^2 (point,) of what came (first) and the draws."""
    scores = _scores_of_ranks(len(points), nu)[_ranks(points, rng)]
    e = solve_triangular(_root(scores, nu), scores.T, lower=True).T
    squares = np.cumsum(e * e, axis=1)
    if np.isinf(nu):
        return e, squares[:, -1]
    before = squares - e * e
    return e * np.sqrt((nu + np.arange(e.shape[1])) / (nu + before)), squares[:, -1]


def rosenblatt(
    ensemble: np.ndarray, observed: np.ndarray, nu: float = np.inf, pretended: int = 0, seed: int = 0
) -> np.ndarray:
    """u (1 + pretended, day, asset): of what came, and of ``pretended`` outcomes drawn from the forecast itself.

    ensemble : (day, member, asset). observed : (day, asset). nu : degrees of freedom of the working copula. Raises
    :class:`~workbench.errors.DataError` for shapes that do not fit.
    """
    ensemble, observed = np.asarray(ensemble, float), np.asarray(observed, float)
    check_ensemble(ensemble, observed)
    count("pretended", pretended, 0)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 29])))
    days, members, assets = ensemble.shape
    out = np.empty((1 + pretended, days, assets))
    for day in range(days):
        w, _ = _conditional(np.vstack([observed[day], ensemble[day]]), nu, rng)
        shown = np.r_[0, rng.integers(0, members + 1, pretended)]
        out[:, day] = (_ranks(w, rng)[shown] + rng.random((1 + pretended, assets))) / (members + 1)
    return out


def rosenblatt_day(draws: np.ndarray, came: np.ndarray, seed: int = 0) -> float:
    """PIT of one day's sum of squared Rosenblatt scores, whatever the order of the assets; near 1 on a strange day.

    draws : (member, asset). came : (asset,).
    """
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 31])))
    _, squares = _conditional(np.vstack([came, draws]), np.inf, rng)
    below, same = np.sum(squares[1:] < squares[0]), np.sum(squares[1:] == squares[0])
    return float((below + rng.random() * (1 + same)) / len(squares))


def departure(u: np.ndarray) -> np.ndarray:
    """n (tr S - log det S - d), S the second moments (asset, asset) of the scores of ``u`` (..., day, asset).

    Twice the log-likelihood ratio of any covariance against the identity: it sees an asset whose conditional
    distribution is too narrow as well as two that move together more than forecast.
    """
    z = probit(u)
    days, assets = z.shape[-2:]
    moments = np.swapaxes(z, -1, -2) @ z / days
    return days * (np.trace(moments, axis1=-2, axis2=-1) - np.linalg.slogdet(moments)[1] - assets)


def joint_p_value(u: np.ndarray) -> float:
    """Share of pretended outcomes that depart from independent uniforms at least as far as what came.

    u : of :func:`rosenblatt`, with at least 19 pretended. Exact for any right forecast, whatever its copula.
    """
    found = departure(u)
    return float(tail_share(found[0], found[1:]))
