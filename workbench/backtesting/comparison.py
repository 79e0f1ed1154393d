r"""Is one forecaster better than another, or is it chance? One comparison, with one error, for every table of scores.

Diebold and Mariano (Journal of Business and Economic Statistics 13, 1995) with the correction of Harvey, Leybourne and
Newbold (International Journal of Forecasting 13, 1997): :math:`d_t = s^a_t - s^b_t`,

.. math:: DM = \frac{\bar d}{\sqrt{V/n}} \sqrt{\frac{n + 1 - 2h + h(h-1)/n}{n}} \quad\text{against Student } t_{n-1} ,

V the long-run variance with autocovariances below the horizon h, unweighted (R ``forecast::dm.test``) or Bartlett.
:func:`compare_scores` uses Bartlett weights over twenty trading days and never less than the horizon, because a bad
week is bad for everybody on several days, and forecasts of h days that begin before the last ones end share days.

Giacomini and White (Econometrica 74, 2006): with instruments :math:`w_t` known a day before, :math:`w_{t-1} d_t` has
mean zero, :math:`GW = n\,m'\Omega^{-1}m \sim \chi^2` with as many degrees of freedom as columns of w; by default
:math:`w_t = (1, d_t)`.

Model confidence set (Hansen, Lunde and Nason, Econometrica 79, 2011) through ``arch``, with the range statistic "R":
the maximum statistic keeps everything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from workbench._require import count, number
from workbench.backtesting.scores import crps, energy_score, fz0_score
from workbench.constants import TRADING_DAYS
from workbench.errors import DataError, ParameterError
from workbench.stats import long_run_variance, var_es

MEMORY = 20  # trading days behind the error of a mean score difference
FEWEST = 10  # days below which nothing is compared
LEVEL = 0.975  # of the FZ0 score in forecast_scores


@dataclass(frozen=True)
class Comparison:
    """Statistic and two-sided p-value; ``better`` names the lower mean score, "a" or "b"."""

    statistic: float
    p_value: float
    better: str
    days: int


def forecast_scores(ensembles: Mapping[str, np.ndarray], realised: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Energy score of all assets, mean CRPS and FZ0 of the equal-weight book: score name -> frame (day, sampler).

    ensembles : sampler -> log returns (day, member, asset) forecast at the previous close, fractions.
    realised : log returns (day, asset) of the same days. Scores are of returns in per cent; lower is better.

    Raises DataError when an ensemble does not fit the realised days.
    """
    scores: dict[str, dict[str, np.ndarray]] = {}
    for sampler, ensemble in ensembles.items():
        if ensemble.ndim != 3 or (len(ensemble), ensemble.shape[2]) != realised.shape:
            raise DataError(
                f"the ensemble of {sampler!r} has shape {ensemble.shape}, expected (day, member, asset) for "
                f"{len(realised)} days and {realised.shape[1]} assets"
            )
        for score, values in _scores(100.0 * ensemble.astype(float), 100.0 * realised.to_numpy()).items():
            scores.setdefault(score, {})[sampler] = values
    return {score: pd.DataFrame(columns, index=realised.index) for score, columns in scores.items()}


def _scores(ensemble: np.ndarray, realised: np.ndarray) -> dict[str, np.ndarray]:
    var, es = var_es(-ensemble.mean(axis=2), LEVEL)
    return {
        "energy score": energy_score(realised, ensemble),
        "CRPS": crps(realised, np.swapaxes(ensemble, 1, 2)).mean(axis=1),
        f"FZ0 {100 * LEVEL:g} %": fz0_score(-realised.mean(axis=1), var, np.maximum(es, 1e-6), LEVEL),
    }


def compare_scores(
    scores: Mapping[str, pd.DataFrame], reference: str, horizon: int = 1, periods: float = TRADING_DAYS
) -> pd.DataFrame:
    """Mean score differences to ``reference``: one row a (score, sampler).

    scores : score name -> frame (day, sampler), such as of :func:`forecast_scores`. horizon : days ahead. periods : days
    of the panel that make a year.
    Columns ``gain`` (negative is better; per cent of the reference's mean score, for FZ0, whose zero means nothing,
    hundredths), ``low, high`` (95 %), ``t``, ``p_value``, ``days``, ``unit``; ``attrs`` name the ``reference``.

    Raises ParameterError when the reference has no scores, DataError for fewer than 10 common days.
    """
    rows = {}
    for score, frame in scores.items():
        if reference not in frame:
            raise ParameterError(f"no scores of the reference {reference!r}; found {list(frame.columns)}")
        lags = memory_lags(frame.index, horizon, periods)
        for sampler in frame.columns.drop(reference):
            difference = (frame[sampler] - frame[reference]).to_numpy(float)
            rows[score, sampler] = mean_gain(difference, float(frame[reference].mean()), score, lags)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(index=["score", "sampler"])
    table.attrs["reference"] = reference
    return table


def mean_gain(difference: np.ndarray, base: float, score: str, lags: int) -> dict[str, object]:
    """A row of :func:`compare_scores` from score differences (day,) and the reference's mean score ``base``."""
    relative = not score.lower().startswith("fz0")
    scale = abs(base) / 100 if relative else 0.01
    t, gain, days = difference_t(difference, lags), float(difference.mean()) / scale, len(difference)
    reach = stats.t.ppf(0.975, days - 1) * abs(gain / t) if t else 0.0
    row: dict[str, object] = {"gain": gain, "low": gain - reach, "high": gain + reach, "t": t}
    row["p_value"] = float(2 * stats.t.sf(abs(t), days - 1))
    return row | {"days": days, "unit": "%" if relative else "hundredths"}


def difference_t(difference: np.ndarray, lags: int) -> float:
    """Diebold-Mariano statistic of score differences, Bartlett weights below ``lags``; 0 for no difference."""
    if len(difference) < FEWEST:
        raise DataError(f"{len(difference)} common forecasts are too few to compare samplers; {FEWEST} are needed")
    lags = min(lags, len(difference) // 3)
    return diebold_mariano(difference, np.zeros_like(difference), lags, "bartlett").statistic


def spacing(days: pd.Index, periods: float = TRADING_DAYS) -> int:
    """Days of a panel, ``periods`` a year, from one forecast to the next; 1 where the index holds no dates."""
    if not isinstance(days, pd.DatetimeIndex) or len(days) < 2:
        return 1
    calendar = (days[-1] - days[0]) / pd.Timedelta(days=1) / (len(days) - 1)
    return max(1, round(calendar * periods / 365.25))


def memory_lags(days: pd.Index, horizon: int, periods: float = TRADING_DAYS) -> int:
    """Consecutive forecasts that may depend on each other: those of 20 trading days, at least of the horizon.

    horizon : in days of the panel, of which ``periods`` make a year.
    """
    memory = round(MEMORY * periods / TRADING_DAYS)
    return max(1, math.ceil(max(memory, horizon) / spacing(days, periods)))


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.ndim != 1 or a.size < FEWEST:
        raise DataError(f"two score series of equal length, at least 10 days, are needed; got {a.shape} and {b.shape}")
    if not np.all(np.isfinite(a - b)):
        raise DataError(f"the scores are not finite on day {int(np.argmin(np.isfinite(a - b)))} (counted from 0)")
    return a - b


def diebold_mariano(a: np.ndarray, b: np.ndarray, horizon: int = 1, kernel: str = "unweighted") -> Comparison:
    """Are the mean scores equal? Negative when ``a`` is better. ``horizon`` days ahead makes d an MA(horizon - 1).

    Where the unweighted variance comes out negative, Bartlett's is used. Identical series give 0 and p = 1.
    """
    d = _difference(a, b)
    n, h = d.size, count("horizon", horizon)
    if not 1 <= h < n // 2:
        raise ParameterError(f"horizon {horizon} must be between 1 and half the {n} days")
    better = "a" if d.mean() < 0 else "b"
    if np.ptp(d) == 0:
        always = float(np.sign(d[0]))
        return Comparison(always * np.inf if always else 0.0, 1.0 - abs(always), better, n)
    variance = long_run_variance(d, h - 1, kernel)
    variance = variance if variance > 0 else long_run_variance(d, h - 1)
    small = np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    dm = float(d.mean() / np.sqrt(variance / n) * small)
    return Comparison(dm, float(2.0 * stats.t.sf(abs(dm), n - 1)), better, n)


def giacomini_white(a: np.ndarray, b: np.ndarray, instruments: np.ndarray | None = None) -> Comparison:
    """Could the better forecaster have been predicted a day ahead?

    ``instruments`` is ``(day, column)``, row t known at the end of day t; the last row is not used.
    """
    d = _difference(a, b)
    w = np.column_stack([np.ones(d.size), d]) if instruments is None else np.asarray(instruments, float)
    if w.ndim != 2 or w.shape[0] != d.size or not np.isfinite(w).all():
        raise DataError(f"instruments are finite numbers (day, column) of {d.size} days; got shape {w.shape}")
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

    number("size", size, above=0, below=1)
    count("draws", draws)
    count("block", block)
    if len(scores) < FEWEST or not np.isfinite(scores.to_numpy(float)).all():
        raise DataError(
            f"a confidence set needs at least {FEWEST} days of finite scores; got {scores.shape} (day, model)"
        )
    first = {name: next(n for n in scores if scores[n].equals(scores[name])) for name in scores}
    distinct = scores[list(dict.fromkeys(first.values()))]
    if distinct.shape[1] == 1:
        return pd.DataFrame({"p_value": 1.0, "included": True}, index=pd.Index(scores.columns, name="forecaster"))
    test = MCS(distinct, size=size, reps=draws, block_size=block, method="R", bootstrap="stationary", seed=seed)
    test.compute()
    table = test.pvalues.rename(columns={"Pvalue": "p_value"})
    table["included"] = table["p_value"] > size
    return table.loc[list(first.values())].set_axis(list(scores.columns)).rename_axis("forecaster")
