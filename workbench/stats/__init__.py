"""Estimators that every part of the workbench shares, each in one place: multiple testing, tail risk, ranks, scores.

>>> import numpy as np
>>> float(expected_shortfall(np.arange(1.0, 11.0), 0.75))  # (10 + 9 + 8 / 2) / 2.5
9.2
>>> holm(np.array([0.001, 0.04, 0.03]), 0.05).tolist()
[True, False, False]
"""

from workbench.stats._dependence import bartlett_lags, long_run_variance
from workbench.stats._multiple import holm, holm_adjusted, q_values
from workbench.stats._ranks import normal_scores, probit, ranks, weighted_quantile
from workbench.stats._scores import crps, energy_score, mean_crps, pairwise_distances, variogram_score
from workbench.stats._tail_risk import expected_shortfall, tail_values, value_at_risk, var_es

__all__ = [
    "value_at_risk", "expected_shortfall", "var_es", "tail_values", "holm", "holm_adjusted", "q_values",
    "weighted_quantile", "ranks", "normal_scores", "probit", "crps", "energy_score", "variogram_score", "mean_crps",
    "pairwise_distances", "long_run_variance", "bartlett_lags",
]  # fmt: skip
