r"""Where the market stood before a window: the volatility to expect, and which windows began like today.

A set of scenarios that starts today rightly has today's volatility, not the long run's. So each window of the history
is measured in units of the volatility forecast from its own past, and the scenarios in units of the forecast from
today. The forecast is heterogeneous autoregressive (Corsi 2009, J. Financial Econometrics 7, 174-196) in logs, one
regression for all assets:

    log mean|r|_{window, i} = a + b_5 log mean|r|_{5 days before} + b_22 (...) + b_66 (...) + b_long (...) + c s +
    error,

s the market's state: the average over assets of log mean|r| over the last 22 days less its long-run value. Windows are
then weighted by a Gaussian kernel in s whose centre is moved until the weighted mean of s is today's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

LOOKBACKS = (5, 22, 66)
BANDWIDTH = 0.5


@dataclass(frozen=True)
class State:
    """Scale expected over each window and today, and the weight of each window.

    scales : (window, asset); today : (asset,); weights : (window,), sum one; market : today's s in its standard
    deviations.
    """

    scales: np.ndarray
    today: np.ndarray
    weights: np.ndarray
    market: float


def expect(returns: np.ndarray, starts: np.ndarray, horizon: int, today: int) -> State:
    """Fit the forecast on windows that begin at ``starts`` and apply it there and at row ``today`` (the first day
    ahead).
    """
    known, market = _past(returns, starts)
    ahead, now = _past(returns, np.array([today]))
    size = np.abs(returns)
    total = _running(size)
    seen = np.log(np.maximum((total[starts + horizon] - total[starts]) / horizon, 0.05 * size.mean(0)))
    design = np.concatenate([known.reshape(-1, known.shape[-1]), np.ones((seen.size, 1))], axis=1)
    coefficients = np.linalg.lstsq(design, seen.ravel(), rcond=None)[0]
    scales = np.exp(known @ coefficients[:-1] + coefficients[-1])
    return State(scales, np.exp(ahead[0] @ coefficients[:-1] + coefficients[-1]), *alike(market, float(now[0])))


def _past(returns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Predictors (row, asset, 5) known at the close before each of ``rows``, and the market's state (row,)."""
    size = np.abs(returns)
    long, total = np.maximum(size.mean(0), 1e-12), _running(size)
    means = [np.log(np.maximum((total[rows] - total[rows - k]) / k, 0.05 * long)) for k in LOOKBACKS]
    market = (means[1] - np.log(long)).mean(1)
    spread = np.broadcast_to(market[:, None], means[0].shape)
    return np.stack([*means, np.broadcast_to(np.log(long), means[0].shape), spread], axis=-1), market


def _running(size: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, ... days, (day + 1, asset)."""
    return np.concatenate([np.zeros((1, size.shape[1])), size.cumsum(0)])


def alike(market: np.ndarray, now: float) -> tuple[np.ndarray, float]:
    """Kernel weights whose mean state is today's; where no centre achieves it, the nearest windows carry the weight."""
    middle, spread = market.mean(), max(market.std(), 1e-12)
    z, target = (market - middle) / spread, (now - middle) / spread

    def kernel(centre: float) -> np.ndarray:
        power = -0.5 * ((z - centre) / BANDWIDTH) ** 2
        weight = np.exp(power - power.max())
        return weight / weight.sum()

    def gap(centre: float) -> float:
        return float(kernel(centre) @ z - target)

    low, high = z.min() - 3.0, z.max() + 3.0
    centre = brentq(gap, low, high) if gap(low) < 0 < gap(high) else float(np.clip(target, low, high))
    return kernel(centre), target
