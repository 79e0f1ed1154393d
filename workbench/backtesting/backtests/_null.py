"""Null distributions by simulation, from the distribution that a forecast of VaR and ES implies beyond VaR.

A table of VaR and ES does not say how losses fall beyond VaR, only how often and how far on average. The null
distribution is the least that can be added: hits independent with probability alpha, and beyond VaR the tail of a
Student t whose degrees of freedom nu give the median forecast ratio ES/VaR, and at most 5 (nobody makes the test
sharper by claiming a thin tail: with an ES 20 % too small the ratio implies less than a normal tail),

    ES/VaR (nu) = f(q) (nu + q^2) / ((nu - 1) alpha) / -q ,   q = the alpha-quantile of t_nu ,

stretched on every day so that its mean beyond VaR is that day's ES exactly:
    L = VaR + (ES - VaR) (X - v) / (e - v) ,   X the t loss beyond v, e = E[X | X > v].

Reference: McNeil, Frey and Embrechts, Quantitative Risk Management (2015), section 2.3 (ES of the Student t).

The textbook null distributions mislead at the samples risk managers have: with 250 days and a 99 % VaR the chi-square
version of Kupiec's test rejects a *correct* model 9.5 % of the time. So every p-value here is p = (1 + #{T* at least as
bad as T}) / (1 + B), exact at any sample size under its null (Dufour, Journal of Econometrics 133, 2006), with B chosen
by the size of the sample. Three nulls:

  fair      the PIT is uniform and independent; hits and losses follow from the forecasts
  shuffled  the number of hits is what it was, their places are exchangeable (nothing is said about the rate)
  given     the hits stay where they were, only the losses beyond VaR are drawn again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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


Statistic = Callable[[Sample], np.ndarray]
CELLS = 500_000  # of a simulated block, about 4 MB an array
ROUNDING = 1e-9


def draws_for(days: int, budget: int = 4_000_000) -> int:
    """How many histories of this length are simulated: between 499 and 1,999."""
    return int(np.clip(budget // days, 499, 1999))


def _fair(rng: np.random.Generator, size: int, sample: Sample, nu: float) -> Sample:
    return history_from(rng.random((size, sample.days)), sample, nu)


def _shuffled(rng: np.random.Generator, size: int, sample: Sample, nu: float) -> Sample:
    hits = np.zeros((size, sample.days), bool)
    places = rng.random((size, sample.days)).argsort(axis=-1)[:, : int(sample.count)]
    np.put_along_axis(hits, places, True, axis=-1)
    return replace(sample, hits=hits)


def _given(rng: np.random.Generator, size: int, sample: Sample, nu: float) -> Sample:
    pit = np.where(sample.hits, rng.random((size, sample.days)) * sample.alpha, 1.0)
    return history_from(pit, sample, nu)


NULLS = {"fair": _fair, "shuffled": _shuffled, "given": _given}


def null_statistics(
    statistics: Mapping[str, Statistic], sample: Sample, null: str, seed: int, draws: int | None = None
) -> dict[str, np.ndarray]:
    """Each statistic on the same ``draws`` histories of the null; one seed, one set of histories."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 7])))
    nu = implied_dof(sample)
    draws, size = draws or draws_for(sample.days), max(1, CELLS // sample.days)
    parts = []
    for start in range(0, draws, size):
        history = NULLS[null](rng, min(size, draws - start), sample, nu)
        parts.append({name: statistic(history) for name, statistic in statistics.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in statistics}


def tail_share(value: np.ndarray, null: np.ndarray, worse: int = 1) -> np.ndarray:
    """(1 + #{null at least as bad}) / (1 + B); ``worse`` is +1 where large is bad, -1 where small is."""
    ordered = np.sort(worse * null)
    slack = ROUNDING * np.maximum(1.0, np.abs(value))
    better = np.searchsorted(ordered, worse * np.asarray(value) - slack, side="left")
    return (1.0 + null.size - better) / (1.0 + null.size)
