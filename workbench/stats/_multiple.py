"""Families of tests: Holm's family-wise error and Benjamini and Hochberg's false discovery rate.

Holm (Scandinavian Journal of Statistics 6, 1979, 65-70): with p_(1) <= ... <= p_(m), hypothesis (i) is rejected when
p_(j) <= level / (m - j + 1) for every j <= i; whatever the dependence, a true null is rejected with probability at most
``level``. q-values: Benjamini and Hochberg (Journal of the Royal Statistical Society B 57, 1995, 289-300).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import false_discovery_control

from workbench.errors import ParameterError


def _probabilities(p: np.ndarray) -> np.ndarray:
    p = np.asarray(p, float)
    if p.ndim != 1 or not np.all((p >= 0) & (p <= 1)):
        wrong = p if p.ndim != 1 else p[~((p >= 0) & (p <= 1))]
        raise ParameterError(f"p-values are a list of numbers in [0, 1]; got {np.array2string(wrong, threshold=5)}")
    return p


def holm(p: np.ndarray, level: float) -> np.ndarray:
    """Which of the p-values (test,) Holm's step-down rule rejects at family-wise error ``level``."""
    p = _probabilities(p)
    order = np.argsort(p, kind="stable")
    kept = p[order] > level / np.arange(len(p), 0, -1)
    rejected = np.zeros(len(p), dtype=bool)
    rejected[order] = ~np.logical_or.accumulate(kept)
    return rejected


def holm_adjusted(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values: the smallest family-wise error at which Holm's rule rejects each.

    >>> holm_adjusted(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = _probabilities(p)
    order, adjusted = np.argsort(p, kind="stable"), np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(np.minimum(1.0, p[order] * np.arange(len(p), 0, -1)))
    return adjusted


def q_values(p: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg q-values: the smallest false discovery rate at which each would be called.

    >>> q_values(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    return false_discovery_control(_probabilities(p))
