"""Is one forecaster better than another, or is it luck?

Diebold-Mariano (Journal of Business and Economic Statistics 13, 1995) with the correction of Harvey, Leybourne and
Newbold (International Journal of Forecasting 13, 1997): d_t = score_a - score_b,
    DM = mean d / sqrt(V/n) * sqrt((n + 1 - 2h + h(h-1)/n) / n)   against Student t (n - 1) ,
V the long-run variance with autocovariances below the horizon h, unweighted (R ``forecast::dm.test``) or Bartlett.
Giacomini-White (Econometrica 74, 2006): with instruments w_t known a day before, Z_t = w_{t-1} d_t has mean zero,
    GW = n m' Omega^-1 m ~ chi-square(columns of w); default w = (1, d_{t-1}).
Model confidence set (Hansen, Lunde and Nason, Econometrica 79, 2011) through ``arch``, with the range statistic "R":
the maximum statistic keeps everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from workbench.errors import DataError, ParameterError


@dataclass(frozen=True)
class Comparison:
    """Statistic and two-sided p-value; ``better`` names the lower mean score, "a" or "b"."""

    statistic: float
    p_value: float
    better: str
    days: int


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.ndim != 1 or a.size < 10:
        raise DataError(f"two score series of equal length, at least 10 days, are needed; got {a.shape} and {b.shape}")
    if not np.all(np.isfinite(a - b)):
        raise DataError(f"the scores are not finite on day {int(np.argmin(np.isfinite(a - b)))} (counted from 0)")
    return a - b


def long_run_variance(d: np.ndarray, lags: int, kernel: str = "unweighted") -> float:
    """Sum of autocovariances (divisor n) up to ``lags``; Bartlett weights 1 - k/(lags + 1) keep it positive."""
    if kernel not in ("unweighted", "bartlett"):
        raise ParameterError(f"kernel {kernel!r} is unknown; known: unweighted, bartlett")
    c = d - d.mean()
    gamma = np.array([c[k:] @ c[: c.size - k] for k in range(lags + 1)]) / d.size
    weight = np.ones(lags + 1) if kernel == "unweighted" else 1.0 - np.arange(lags + 1) / (lags + 1)
    return float(gamma[0] + 2.0 * weight[1:] @ gamma[1:])


def diebold_mariano(a: np.ndarray, b: np.ndarray, horizon: int = 1, kernel: str = "unweighted") -> Comparison:
    """Equal mean scores? Negative when ``a`` is better. ``horizon`` days ahead makes d an MA(horizon - 1).

    Where the unweighted variance comes out negative, Bartlett's is used. Identical series give 0 and p = 1.
    """
    d = _difference(a, b)
    n, h = d.size, int(horizon)
    if not 1 <= h < n // 2:
        raise ParameterError(f"horizon {horizon} must be between 1 and half the {n} days")
    better = "a" if d.mean() < 0 else "b"
    if np.ptp(d) == 0:
        always = float(np.sign(d[0]))
        return Comparison(always * np.inf if always else 0.0, 1.0 - abs(always), better, n)
    variance = long_run_variance(d, h - 1, kernel)
    variance = variance if variance > 0 else long_run_variance(d, h - 1, "bartlett")
    small = np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    dm = float(d.mean() / np.sqrt(variance / n) * small)
    return Comparison(dm, float(2.0 * stats.t.sf(abs(dm), n - 1)), better, n)


def giacomini_white(a: np.ndarray, b: np.ndarray, instruments: np.ndarray | None = None) -> Comparison:
    """Could one have known a day ahead which forecaster would do better?

    ``instruments`` is ``(day, column)``, row t known at the end of day t; the last row is not used.
    """
    d = _difference(a, b)
    w = np.column_stack([np.ones(d.size), d]) if instruments is None else np.asarray(instruments, float)
    if w.shape[0] != d.size:
        raise DataError(f"the instruments have {w.shape[0]} rows, the scores {d.size} days")
    z = w[:-1] * d[1:, None]
    mean, omega = z.mean(axis=0), z.T @ z / len(z)
    statistic = float(len(z) * mean @ np.linalg.pinv(omega, hermitian=True) @ mean)
    better = "a" if d.mean() < 0 else "b"
    return Comparison(statistic, float(stats.chi2.sf(statistic, w.shape[1])), better, d.size)


def model_confidence_set(
    scores: pd.DataFrame, size: float = 0.10, draws: int = 2000, block: int = 10, seed: int = 0
) -> pd.DataFrame:
    """p-value of each column and whether it stays among the best at confidence 1 - ``size``.

    ``scores`` has a row a day and a column a forecaster. Range statistic, stationary bootstrap of mean ``block`` days.
    Forecasters of the same scores every day are one: the test could not divide by the spread of their difference.
    """
    from arch.bootstrap import MCS  # a second to import, and only needed here

    first = {name: next(n for n in scores if scores[n].equals(scores[name])) for name in scores}
    apart = scores[list(dict.fromkeys(first.values()))]
    if apart.shape[1] == 1:
        return pd.DataFrame({"p_value": 1.0, "included": True}, index=pd.Index(scores.columns, name="forecaster"))
    test = MCS(apart, size=size, reps=draws, block_size=block, method="R", bootstrap="stationary", seed=seed)
    test.compute()
    table = test.pvalues.rename(columns={"Pvalue": "p_value"})
    table["included"] = table["p_value"] > size
    return table.loc[list(first.values())].set_axis(list(scores.columns)).rename_axis("forecaster")
