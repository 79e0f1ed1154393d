"""Is the whole tail of the forecast right, unconditionally and given the previous days?

Du and Escanciano (Management Science 63, 2017). The cumulative violation H_t = (alpha - u_t)+ / alpha of the PIT
u_t = F_t(r_t) has mean alpha/2 and variance alpha (1/3 - alpha/4) whatever the distribution, and is independent over
time:

    U = sqrt(n) (mean H - alpha/2) / sqrt(alpha (1/3 - alpha/4))      large when the tail is understated
    C = n sum_{j=1..5} rho_j^2 ,   rho_j = gamma_j / gamma_0 ,   gamma_j = sum_t d_t d_{t-j} / (n - j) ,
with d = H - alpha/2.

C divides each autocovariance by its own number of terms and centres at alpha/2, as the paper does; code that centres at
the sample mean differs by some percent. A history without a violation would have C = 5 n, the centre being off; it says
nothing about memory and gets C = 0.
"""

from __future__ import annotations

import numpy as np

from workbench.backtesting.backtests._sample import Sample

LAGS = 5


def cumulative_violations(pit: np.ndarray, alpha: float) -> np.ndarray:
    """H_t: 0 outside the tail, up to 1 at its very end."""
    return np.maximum(alpha - pit, 0.0) / alpha


def du_escanciano_u(sample: Sample) -> np.ndarray:
    """The unconditional statistic U, standard normal for long samples."""
    a = sample.alpha
    mean = cumulative_violations(sample.need_pit, a).mean(axis=-1)
    return np.sqrt(sample.days) * (mean - a / 2.0) / np.sqrt(a * (1.0 / 3.0 - a / 4.0))


def du_escanciano_c(sample: Sample) -> np.ndarray:
    """The conditional statistic C, chi-square(5) for very long samples only."""
    n = sample.days
    d = cumulative_violations(sample.need_pit, sample.alpha) - sample.alpha / 2.0
    variance = np.mean(d * d, axis=-1)
    lagged = [np.sum(d[..., j:] * d[..., :-j], axis=-1) / (n - j) for j in range(1, LAGS + 1)]
    seen = np.any(sample.need_pit < sample.alpha, axis=-1)
    return np.where(seen, n * sum((gamma / variance) ** 2 for gamma in lagged), 0.0)
