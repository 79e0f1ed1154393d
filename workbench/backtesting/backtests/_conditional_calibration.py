"""Is the pair (VaR, ES) calibrated? Nolde and Ziegel's conditional calibration, without a volatility forecast.

Nolde and Ziegel (Annals of Applied Statistics 11, 2017). With q = -VaR, e = -ES and r the return, the identification
function V = (alpha - I, e - q + I (q - r) / alpha) has mean zero for a calibrated pair:

    T = n m' Omega^-1 m ,   m = mean of V ,   Omega = mean of V V' ,   ~ chi-square(2) ,

two-sided, as in the R package esback (``cc_backtest``, simple version). Without hits V never moves and Omega is
singular; its pseudo-inverse gives T = n, which the simulated null knows how to read.
"""

from __future__ import annotations

import numpy as np

from workbench.backtesting.backtests._sample import Sample


def nolde_ziegel(sample: Sample) -> np.ndarray:
    """The Wald statistic T of each history."""
    excess = np.where(sample.hits, sample.loss - sample.var, 0.0) / sample.alpha
    v = np.stack([sample.alpha - sample.hits, sample.var - sample.need_es + excess], axis=-1)  # (..., day, 2)
    v[..., 1] /= np.mean(np.abs(sample.need_es))
    mean = v.mean(axis=-2)
    omega = np.swapaxes(v, -1, -2) @ v / sample.days
    return sample.days * np.einsum("...i,...ij,...j->...", mean, np.linalg.pinv(omega, hermitian=True), mean)
