"""How good is a forecast, in points? Proper scores: lower is better, the mean over days compares forecasters.

    FZ0       (L - VaR)+ / (alpha ES) + VaR/ES + log ES - 1         Patton, Ziegel and Chen (J. Econometrics 211, 2019)
    quantile  (I - alpha)(L - VaR)                                   Koenker and Bassett's check loss of the return
    energy    E|X - y| - E|X - X'|/2                                 Gneiting and Raftery (JASA 102, 2007)
    variogram sum_ij ( |y_i - y_j|^p - E|X_i - X_j|^p )^2            Scheuerer and Hamill (Mon. Weather Rev. 143, 2015)

Differences of FZ0 between forecasters do not depend on the unit of the loss. The last two and the CRPS come from
``scoringrules``. The energy score is nearly blind to dependence: read the variogram score beside it. The mean FZ0 of
one forecaster and the minimally biased Z are one statistic, mean FZ0 = mean log ES - Zb, hence one p-value.
"""

from __future__ import annotations

import numpy as np
import scoringrules as sr

from workbench.diagnostics.backtests.sample import Sample
from workbench.errors import DataError


def fz0_score(loss: np.ndarray, var: np.ndarray, es: np.ndarray, level: float) -> np.ndarray:
    """FZ0 of each day; ``loss``, ``var``, ``es`` are positive losses as fractions, ``es`` above 0."""
    loss, var, es = (np.asarray(a, float) for a in (loss, var, es))
    if np.any(es <= 0):
        raise DataError("the FZ0 score needs every ES above 0 (a positive loss)")
    return np.maximum(loss - var, 0.0) / ((1.0 - level) * es) + var / es + np.log(es) - 1.0


def quantile_score(loss: np.ndarray, var: np.ndarray, level: float) -> np.ndarray:
    """Check loss of each day, in units of return."""
    gap = np.asarray(loss, float) - np.asarray(var, float)
    return np.where(gap > 0, level * gap, (level - 1.0) * gap)


def crps(observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of ensembles ``(..., member)``."""
    return np.asarray(sr.crps_ensemble(np.asarray(observed, float), np.asarray(ensemble, float)))


def energy_score(observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    """Energy score of ``(day, member, asset)`` ensembles against ``(day, asset)``."""
    return np.asarray(sr.es_ensemble(np.asarray(observed, float), np.asarray(ensemble, float)))


def variogram_score(observed: np.ndarray, ensemble: np.ndarray, power: float = 0.5) -> np.ndarray:
    """Variogram score of order ``power``, same shapes as :func:`energy_score`."""
    return np.asarray(sr.vs_ensemble(np.asarray(observed, float), np.asarray(ensemble, float), p=power))


def fz0(sample: Sample) -> np.ndarray:
    """Mean FZ0 of each history."""
    excess = np.where(sample.hits, sample.loss - sample.var, 0.0)
    return np.mean(excess / (sample.alpha * sample.es) + sample.var / sample.es + np.log(sample.es) - 1.0, axis=-1)
