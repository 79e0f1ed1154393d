r"""Scores of forecasts, lower is better; the mean over days compares forecasters.

    FZ0       (L - VaR)+ / (alpha ES) + VaR/ES + log ES - 1         Patton, Ziegel and Chen (J. Econometrics 211, 2019)
    quantile  (I - alpha)(L - VaR)                                   Koenker and Bassett's check loss of the return

Scores of ensembles (CRPS, energy, variogram) are the fair estimators of :mod:`workbench.stats`. Differences of FZ0
between forecasters do not depend on the unit of the loss. The mean FZ0 of one forecaster and the minimally biased Z are
one statistic, mean FZ0 = mean log ES - Zb, hence one p-value.
"""

from __future__ import annotations

import numpy as np

from workbench._require import number
from workbench.errors import DataError
from workbench.stats import crps, energy_score, variogram_score

__all__ = ["fz0_score", "quantile_score", "crps", "energy_score", "variogram_score"]


def fz0_score(loss: np.ndarray, var: np.ndarray, es: np.ndarray, level: float) -> np.ndarray:
    """FZ0 of each day; ``loss``, ``var``, ``es`` are positive losses as fractions, ``es`` above 0.

    >>> float(fz0_score(0.03, 0.02, 0.025, 0.99).round(3))
    36.111
    """
    loss, var, es = (np.asarray(a, float) for a in (loss, var, es))
    number("level", level, above=0, below=1)
    if not np.all(es > 0) or not (np.isfinite(loss).all() and np.isfinite(var).all()):
        raise DataError("the FZ0 score needs finite losses and VaR, and every ES above 0 (a positive loss)")
    return np.maximum(loss - var, 0.0) / ((1.0 - level) * es) + var / es + np.log(es) - 1.0


def quantile_score(loss: np.ndarray, var: np.ndarray, level: float) -> np.ndarray:
    """Check loss of each day, in units of return."""
    number("level", level, above=0, below=1)
    gap = np.asarray(loss, float) - np.asarray(var, float)
    return np.where(gap > 0, level * gap, (level - 1.0) * gap)
