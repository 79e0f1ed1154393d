"""When VaR breaks, do losses average the ES that was promised?

With L the loss, I the hit, alpha the tail probability and n days; all are 0 in expectation under a right model and
negative when risk is understated:

    Z1 = 1 - (sum L I / ES) / (sum I)                              size of the losses beyond VaR, given the hits
    Z2 = 1 - (sum L I / ES) / (n alpha)                            size and frequency together
    Zb = mean [ ES - VaR - (L - VaR)+ / alpha ] / ES               minimally biased: an error in VaR enters squared
    Z3 = 1 - mean of { ES of the ranked sample } / { its expectation }   needs the whole forecast distribution

Acerbi and Szekely, Backtesting expected shortfall, Risk (2014), for Z1-Z3; the minimally biased backtest for ES, Risk
(2019), for Zb, here in its relative form. Z1 of a history without hits is 0. Z1 has no stable critical value, Z2 about
-.70 for 250 days at 2.5 %: p-values are simulated (:mod:`._null`).

Is the pair (VaR, ES) calibrated? Nolde and Ziegel's conditional calibration, without a volatility forecast.

Nolde and Ziegel (Annals of Applied Statistics 11, 2017). With q = -VaR, e = -ES and r the return, the identification
function V = (alpha - I, e - q + I (q - r) / alpha) has mean zero for a calibrated pair:

    T = n m' Omega^-1 m ,   m = mean of V ,   Omega = mean of V V' ,   ~ chi-square(2) ,

two-sided, as in the R package esback (``cc_backtest``, simple version). Without hits V never moves and Omega is
singular; its pseudo-inverse gives T = n, which the simulated null knows how to read.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench._require import count, number
from workbench.backtesting.backtests._sample import Sample, probabilities


def _tail_sum(sample: Sample) -> np.ndarray:
    return np.sum(np.where(sample.hits, sample.loss / sample.need_es, 0.0), axis=-1)


def z1(sample: Sample) -> np.ndarray:
    """Acerbi-Szekely Z1, conditional on the hits."""
    return np.where(sample.count > 0, 1.0 - _tail_sum(sample) / np.maximum(sample.count, 1), 0.0)


def z2(sample: Sample) -> np.ndarray:
    """Acerbi-Szekely Z2, unconditional."""
    return 1.0 - _tail_sum(sample) / (sample.days * sample.alpha)


def _excess(sample: Sample) -> np.ndarray:
    return np.where(sample.hits, sample.loss - sample.var, 0.0) / sample.alpha


def z2_minimally_biased(sample: Sample) -> np.ndarray:
    """Minimally biased Z, relative to ES."""
    return np.mean((sample.need_es - sample.var - _excess(sample)) / sample.need_es, axis=-1)


def z_minimally_biased_absolute(sample: Sample) -> np.ndarray:
    """Minimally biased Z in units of return."""
    return np.mean(sample.need_es - sample.var - _excess(sample), axis=-1)


def fz0(sample: Sample) -> np.ndarray:
    """Mean FZ0 score of each history (:func:`workbench.backtesting.scores.fz0_score`)."""
    es = sample.need_es
    return np.mean((_excess(sample) + sample.var) / es + np.log(es) - 1.0, axis=-1)


def z3(
    pit: np.ndarray, quantile: Callable[[np.ndarray], np.ndarray], level: float, draws: int = 499, seed: int = 0
) -> tuple[float, float]:
    """Acerbi-Szekely Z3 and its p-value: is the tail of the ranks right, valued in every day's own distribution?

    ``pit`` (day,) is F_t(r_t); ``quantile`` maps probabilities ``(rank, 1)`` to returns ``(rank, day)``, each day in
    its own distribution. On day t the n ranks u are valued in that day's distribution, ES_t(u) = ES of quantile_t(u_1),
    quantile_t(u_2) and so on, and Z3 = 1 - mean_t ES_t(u) / E ES_t(V) with V uniform; expectation and null are the same
    ``draws``.
    """
    pit = probabilities("pit", pit)
    number("level", level, above=0.5, below=1)
    count("draws", draws, 19)
    worst = max(1, int(np.floor(pit.size * (1.0 - level) + 1e-9)))
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 3])))
    ranks = np.partition(np.vstack([pit, rng.random((draws, pit.size))]), worst - 1, axis=-1)[:, :worst]
    es = np.stack([-np.mean(quantile(row[:, None]), axis=0) for row in ranks])  # (draw, day)
    z = 1.0 - np.mean(es / es[1:].mean(axis=0), axis=-1)
    return float(z[0]), float((1 + np.sum(z[1:] <= z[0])) / (1 + draws))


def nolde_ziegel(sample: Sample) -> np.ndarray:
    """The Wald statistic T of each history."""
    gap = sample.var - sample.need_es + _excess(sample)
    v = np.stack([sample.alpha - sample.hits, gap], axis=-1)  # (..., day, 2)
    v[..., 1] /= np.mean(np.abs(sample.need_es))
    mean = v.mean(axis=-2)
    omega = np.swapaxes(v, -1, -2) @ v / sample.days
    return sample.days * np.einsum("...i,...ij,...j->...", mean, np.linalg.pinv(omega, hermitian=True), mean)
