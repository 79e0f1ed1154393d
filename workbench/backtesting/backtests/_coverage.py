"""Are there as many hits as promised, and do they come one at a time?

Kupiec (Journal of Derivatives 3, 1995): x hits in n days against Binomial(n, alpha),
    LR_uc = -2 log[ alpha^x (1-alpha)^(n-x) / p^x (1-p)^(n-x) ] ,   p = x/n ;
two-sided. The p-value enumerates the binomial: exact, where chi-square(1) is not.

Christoffersen (International Economic Review 39, 1998): the n - 1 transitions n_ij of the hits against a first-order
Markov chain, pi_01 = n01/(n00+n01), pi_11 = n11/(n10+n11), pi = (n01+n11)/(n-1),
    LR_ind = -2 log[ pi^(n01+n11) (1-pi)^(n00+n10) / ... ] ,   LR_cc = LR_uc + LR_ind .
LR_uc is over all n days and the first hit is not conditioned on, as in rugarch's ``VaRTest``.

Everything stays finite: 0 log 0 = 0, and a history without hits has LR_ind = 0.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.special import xlogy

from workbench.backtesting.backtests._sample import Sample


def binomial_lr(x: np.ndarray, n: int, alpha: float) -> np.ndarray:
    """Likelihood ratio of ``x`` hits in ``n`` days against probability ``alpha``."""
    x = np.asarray(x, float)
    free = xlogy(x, x / n) + xlogy(n - x, 1.0 - x / n)
    return np.maximum(2.0 * (free - x * np.log(alpha) - (n - x) * np.log1p(-alpha)), 0.0)


def kupiec(sample: Sample) -> np.ndarray:
    """LR_uc of each history."""
    return binomial_lr(sample.count, sample.days, sample.alpha)


@lru_cache(maxsize=64)
def _kupiec_table(n: int, alpha: float) -> np.ndarray:
    """Exact p-value of every possible number of hits: the chance of a count at least as unlikely."""
    lr = binomial_lr(np.arange(n + 1), n, alpha)
    chance = stats.binom.pmf(np.arange(n + 1), n, alpha)
    order = np.argsort(-lr, kind="stable")
    cumulative = np.cumsum(chance[order])
    last = np.searchsorted(-lr[order], -lr + 1e-9, side="right") - 1
    return np.minimum(cumulative[last], 1.0)


def kupiec_p_value(x: np.ndarray, n: int, alpha: float) -> np.ndarray:
    """Exact two-sided p-value of ``x`` hits in ``n`` days: P(LR >= LR(x)) under Binomial(n, alpha)."""
    return _kupiec_table(int(n), float(alpha))[np.asarray(x, int)]


def transitions(hits: np.ndarray) -> tuple[np.ndarray, ...]:
    """n00, n01, n10, n11 along the last axis."""
    before, after = hits[..., :-1], hits[..., 1:]
    n11 = np.sum(before & after, axis=-1)
    n01, n10 = np.sum(after, axis=-1) - n11, np.sum(before, axis=-1) - n11
    return before.shape[-1] - n01 - n10 - n11, n01, n10, n11


def _bernoulli(ones: np.ndarray, zeros: np.ndarray) -> np.ndarray:
    """Largest log-likelihood of so many ones and zeros."""
    total = np.maximum(ones + zeros, 1)
    return xlogy(ones, ones / total) + xlogy(zeros, zeros / total)


def christoffersen_independence(sample: Sample) -> np.ndarray:
    """LR_ind: does a hit make a hit tomorrow more (or less) likely?"""
    n00, n01, n10, n11 = transitions(sample.hits)
    markov = _bernoulli(n01, n00) + _bernoulli(n11, n10)
    return np.maximum(2.0 * (markov - _bernoulli(n01 + n11, n00 + n10)), 0.0)


def christoffersen_cc(sample: Sample) -> np.ndarray:
    """LR_cc = LR_uc + LR_ind: the right number of hits, and independent."""
    return kupiec(sample) + christoffersen_independence(sample)
