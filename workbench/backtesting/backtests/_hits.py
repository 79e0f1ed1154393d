"""Are there as many hits as promised, do they come one at a time and without memory, can they be predicted?

Kupiec (Journal of Derivatives 3, 1995): x hits in n days against Binomial(n, alpha),
    LR_uc = -2 log[ alpha^x (1-alpha)^(n-x) / p^x (1-p)^(n-x) ] ,   p = x/n ;
two-sided. The p-value enumerates the binomial: exact, where chi-square(1) is not.

Christoffersen (International Economic Review 39, 1998): the n - 1 transitions n_ij of the hits against a first-order
Markov chain, pi_01 = n01/(n00+n01), pi_11 = n11/(n10+n11), pi = (n01+n11)/(n-1),
    LR_ind = -2 log[ pi^(n01+n11) (1-pi)^(n00+n10) / ... ] ,   LR_cc = LR_uc + LR_ind .
LR_uc is over all n days and the first hit is not conditioned on, as in rugarch's ``VaRTest``.

Everything stays finite: 0 log 0 = 0, and a history without hits has LR_ind = 0.

The Weibull duration test: Christoffersen and Pelletier (Journal of Financial Econometrics 2, 2004). The days D between
hits have hazard a^b b D^(b-1); without memory b = 1, clustering gives b < 1. The first spell (from the day before the
sample) is censored unless the first day is a hit, the last unless the last day is; with m uncensored spells and S(b) =
sum of D^b over all spells, a^b = m / S(b) profiles out and

    log L(b) = m log m - m log S(b) + m log b + (b - 1) sum_uncensored log D - m ,
    LR = 2 [max_b log L(b) - log L(1)] .

The convention is that of rugarch's ``VaRDurTest`` (b between .001 and 10). Fewer than two hits have no spell: LR = 0.

The dynamic quantile test: Engle and Manganelli (Journal of Business and Economic Statistics 22, 2004) regress y_t = I_t
- alpha on X_t, a constant, four of its own lags and the VaR forecast of the day,

    DQ = y'X (X'X)^+ X'y / (alpha (1 - alpha))   ~ chi-square(rank) .

The variant with yesterday's squared P&L as a further regressor (R package GAS) is not this one. A constant VaR is
collinear with the constant and costs a degree of freedom; the pseudo-inverse keeps everything finite.
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


SHORTEST, LONGEST = 1e-3, 10.0
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def spells(hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spells between hits ``(history, spell)``, NaN where there is none, and which of them are censored."""
    hits = np.atleast_2d(hits)
    histories, n = hits.shape
    row, day = np.nonzero(hits)
    place = np.arange(row.size) - np.searchsorted(row, np.arange(histories))[row] + 1
    count = hits.sum(axis=-1)
    ends = np.full((histories, int(count.max(initial=0)) + 2), np.nan)  # edges of the spells
    ends[:, 0] = -1
    ends[row, place] = day
    ends[np.arange(histories), count + 1] = np.where(hits[:, -1], np.nan, n - 1)
    lengths = np.diff(ends, axis=-1)
    lengths[hits[:, 0], 0] = np.nan  # a hit on the first day ends no spell
    censored = np.zeros(lengths.shape, bool)
    censored[:, 0] = ~hits[:, 0]
    censored[np.arange(histories), count] |= ~hits[:, -1]
    return lengths, censored


def _profile(log_spells: np.ndarray, closed: np.ndarray, m: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Profile log-likelihood at shape b, one per history, without constants."""
    top = np.nanmax(log_spells, axis=-1, initial=0.0)
    powers = np.nansum(np.exp(b[:, None] * (log_spells - top[:, None])), axis=-1)
    rate = np.log(np.maximum(powers, 1e-300)) + b * top
    return m * (np.log(np.maximum(m, 1)) - rate + np.log(b)) + (b - 1.0) * closed


def weibull(hits: np.ndarray, iterations: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """LR of b = 1 and the b that maximises the likelihood, one a history, by golden section on log b."""
    lengths, censored = spells(hits)
    logs = np.log(lengths)
    whole = ~censored & np.isfinite(logs)
    m, closed = whole.sum(axis=-1), np.where(whole, logs, 0.0).sum(axis=-1)
    low = np.full(m.shape, np.log(SHORTEST))
    high = np.full(m.shape, np.log(LONGEST))
    for _ in range(iterations):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        better = _profile(logs, closed, m, np.exp(left)) > _profile(logs, closed, m, np.exp(right))
        high, low = np.where(better, right, high), np.where(better, low, left)
    shape = np.exp((low + high) / 2.0)
    gain = _profile(logs, closed, m, shape) - _profile(logs, closed, m, np.ones_like(shape))
    return np.where(m > 0, np.maximum(2.0 * gain, 0.0), 0.0), np.where(m > 0, shape, 1.0)


def duration_weibull(sample: Sample) -> np.ndarray:
    """LR of each history."""
    return weibull(sample.hits)[0].reshape(sample.hits.shape[:-1])


LAGS = 4
TOLERANCE = np.sqrt(np.finfo(float).eps)


def _regressors(y: np.ndarray, var: np.ndarray) -> np.ndarray:
    """X (..., day, column): constant, VaR in units of its root mean square, lagged y."""
    n = y.shape[-1]
    size = np.sqrt(np.mean(var**2))
    columns = [np.ones(n), var / size if size > 0 else var]
    columns = [np.broadcast_to(c, y.shape)[..., LAGS:] for c in columns]
    return np.stack(columns + [y[..., LAGS - k : n - k] for k in range(1, LAGS + 1)], axis=-1)


def dynamic_quantile(sample: Sample) -> np.ndarray:
    """DQ of each history."""
    y = sample.hits - sample.alpha
    x, after = _regressors(y, sample.var), y[..., LAGS:]
    gram = np.swapaxes(x, -1, -2) @ x
    cross = np.einsum("...tk,...t->...k", x, after)
    beta = np.einsum("...jk,...k->...j", np.linalg.pinv(gram, rcond=TOLERANCE, hermitian=True), cross)
    return np.einsum("...k,...k->...", beta, cross) / (sample.alpha * (1.0 - sample.alpha))


def degrees_of_freedom(sample: Sample) -> int:
    """Lags, the constant, and the VaR unless it is constant."""
    used = sample.var[LAGS:]
    moves = np.ptp(used) > TOLERANCE * np.max(np.abs(used), initial=0.0)
    return LAGS + 1 + int(moves)
