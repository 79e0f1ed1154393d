"""Do past hits, or the forecast itself, predict a hit? The dynamic quantile test.

Engle and Manganelli (Journal of Business and Economic Statistics 22, 2004): regress y_t = I_t - alpha on X_t, a
constant, four of its own lags and the VaR forecast of the day,

    DQ = y'X (X'X)^+ X'y / (alpha (1 - alpha))   ~ chi-square(rank) .

The variant with yesterday's squared P&L as a further regressor (R package GAS) is not this one. A constant VaR is
collinear with the constant and costs a degree of freedom; the pseudo-inverse keeps everything finite.
"""

from __future__ import annotations

import numpy as np

from workbench.backtesting.backtests._sample import Sample

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
