"""Long-run variance of a series, the variance of its mean times its length."""

from __future__ import annotations

import numpy as np

from workbench.errors import ParameterError


def long_run_variance(values: np.ndarray, lags: int, kernel: str = "bartlett") -> float:
    r""":math:`\gamma_0 + 2\sum_{k\le K} w_k\gamma_k` of ``values`` (time,), autocovariances with divisor n.

    kernel : "bartlett", :math:`w_k = 1 - k/(K+1)`, never negative (Newey and West, Econometrica 55, 1987, 703-708);
    "unweighted", :math:`w_k = 1`, for an MA(K), may come out negative.

    >>> long_run_variance(np.array([1.0, -1.0, 1.0, -1.0]), 0)
    1.0
    """
    if kernel not in ("unweighted", "bartlett"):
        raise ParameterError(f"kernel {kernel!r} is unknown; known: unweighted, bartlett")
    if not 0 <= lags < len(values):
        raise ParameterError(f"lags must lie in 0..{len(values) - 1} for a series of {len(values)}, got {lags}")
    c = np.asarray(values, float) - np.mean(values)
    gamma = np.array([c[k:] @ c[: c.size - k] for k in range(lags + 1)]) / c.size
    weight = np.ones(lags + 1) if kernel == "unweighted" else 1.0 - np.arange(lags + 1) / (lags + 1)
    return float(gamma[0] + 2.0 * weight[1:] @ gamma[1:])


def bartlett_lags(size: int) -> int:
    """Newey and West's rule of thumb, 4 (n/100)^(2/9) lags (Review of Economic Studies 61, 1994, 631-653).

    >>> bartlett_lags(1000)
    6
    """
    return int(4 * (size / 100) ** (2 / 9))
