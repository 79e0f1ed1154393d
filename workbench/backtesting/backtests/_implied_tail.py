"""The distribution that a forecast of VaR and ES implies beyond VaR, from which null histories are drawn.

A table of VaR and ES does not say how losses fall beyond VaR, only how often and how far on average. The null
distribution is the least that can be added: hits independent with probability alpha, and beyond VaR the tail of a
Student t whose degrees of freedom nu give the median forecast ratio ES/VaR, and at most 5 (nobody makes the test
sharper by claiming a thin tail: with an ES 20 % too small the ratio implies less than a normal tail),

    ES/VaR (nu) = f(q) (nu + q^2) / ((nu - 1) alpha) / -q ,   q = the alpha-quantile of t_nu ,

stretched on every day so that its mean beyond VaR is that day's ES exactly:
    L = VaR + (ES - VaR) (X - v) / (e - v) ,   X the t loss beyond v, e = E[X | X > v].

Reference: McNeil, Frey and Embrechts, Quantitative Risk Management (2015), section 2.3 (ES of the Student t).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import optimize, stats
from scipy.special import stdtrit

from workbench.backtesting.backtests._sample import Sample

LIGHTEST, HEAVIEST = 200.0, 1.5
TYPICAL = 5.0  # of daily returns


def t_var_es(alpha: float, nu: float) -> tuple[float, float]:
    """VaR and ES of a standard Student t with ``nu`` degrees of freedom, as positive losses."""
    q = stats.t.ppf(alpha, nu)
    return -q, stats.t.pdf(q, nu) * (nu + q * q) / ((nu - 1.0) * alpha)


@lru_cache(maxsize=256)
def dof_of_ratio(ratio: float, alpha: float) -> float:
    """Degrees of freedom at which a Student t has this ES/VaR; held between 1.5 and 200."""

    def gap(nu: float) -> float:
        v, e = t_var_es(alpha, nu)
        return e / v - ratio

    if gap(LIGHTEST) >= 0.0:
        return LIGHTEST
    return HEAVIEST if gap(HEAVIEST) <= 0.0 else float(optimize.brentq(gap, HEAVIEST, LIGHTEST, xtol=1e-6))


def implied_dof(sample: Sample) -> float:
    """Degrees of freedom of the null: those of the median forecast ES/VaR, and 5 at most or where there is no ES."""
    if sample.es is None or not np.any(sample.var > 0):
        return TYPICAL
    positive = sample.var > 0
    ratio = float(np.median(sample.es[positive] / sample.var[positive]))
    return min(TYPICAL, dof_of_ratio(round(ratio, 6), sample.alpha))


def losses_from(pit: np.ndarray, sample: Sample, nu: float) -> np.ndarray:
    """Losses the forecasts assign to PIT values: exact in the tail, VaR times a share of the way within."""
    alpha = sample.alpha
    v, e = t_var_es(alpha, nu)
    es = sample.es if sample.es is not None else sample.var * (e / v)
    loss = sample.var - np.abs(sample.var) * np.minimum(pit / alpha - 1.0, 1.0)
    tail = np.nonzero(pit < alpha)
    day = tail[-1]
    beyond = (-stdtrit(nu, pit[tail]) - v) / (e - v)
    loss[tail] = sample.var[day] + (es - sample.var)[day] * beyond
    return loss


def history_from(pit: np.ndarray, sample: Sample, nu: float) -> Sample:
    """Histories in which the day's PIT is ``pit`` and everything else follows from the forecasts."""
    hits = pit < sample.alpha
    return Sample(sample.level, hits, losses_from(pit, sample, nu), sample.var, sample.es, pit)
