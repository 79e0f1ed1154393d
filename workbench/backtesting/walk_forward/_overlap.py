r"""Forecasts over ten days that begin every day share nine of them: their hits are not ten times the evidence.

Two valid readings of a table with horizon :math:`h` whose forecasts begin every :math:`k < h` days:

* :func:`non_overlapping` keeps forecasts that share no day (:math:`h` such tables exist; ``offset`` says which);
* :func:`coverage` uses them all, with the error of the hit rate from autocovariances up to :math:`\lceil h/k\rceil - 1`
  lags, Bartlett weights over twice as many (Newey and West 1987, Econometrica 55, 703-708).

:math:`z = (\hat p - \alpha)/s`, :math:`s^2 = \hat\gamma_0 + 2\sum_l w_l\hat\gamma_l` over :math:`n`; without overlap
:math:`s^2 = \alpha(1-\alpha)/n`, the error under the null.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from workbench._require import count, number
from workbench.backtesting._inputs import columns
from workbench.errors import DataError
from workbench.stats import long_run_variance


def non_overlapping(table: pd.DataFrame, horizon: int, every: int = 1, offset: int = 0) -> pd.DataFrame:
    """Rows of one book (by date) whose horizons do not overlap, from row ``offset`` on."""
    step = math.ceil(count("horizon", horizon) / count("every", every))
    count("offset", offset, 0, step - 1)
    return table.iloc[offset::step]


def coverage(table: pd.DataFrame, level: float, horizon: int = 1, every: int = 1) -> dict[str, float]:
    """Hits of one book's forecasts at ``level``: days, hits, rate, its error, and z against 1 - level (two-sided p).

    table : one book by date, with ``var_<level>`` and ``realised``. horizon, every : days, as the table was made.
    """
    number("level", level, above=0, below=1)
    realised, var = columns(table, ["realised", f"var_{level:g}"], "coverage needs")
    if len(table) < 2:
        raise DataError(f"coverage needs at least 2 forecasts, got {len(table)}")
    hits = (-realised > var).astype(float)
    alpha, n = round(1 - level, 12), len(hits)
    lags = math.ceil(count("horizon", horizon) / count("every", every)) - 1
    fair = alpha * (1 - alpha) / n
    error = math.sqrt(fair if lags == 0 else max(fair, long_run_variance(hits, min(2 * lags, n - 1)) / n))
    z = (hits.mean() - alpha) / error
    row = {"forecasts": n, "hits": int(hits.sum()), "rate": float(hits.mean()), "error": error, "z": float(z)}
    return row | {"p_value": float(2 * stats.norm.sf(np.abs(z)))}
