"""The old controls beside which the monitors have to stand: a CUSUM of squares and Kupiec's count over a rolling year.

CUSUM (Page, Biometrika 41, 1954), for the likelihood ratio of a doubled normal scale, z = Phi^-1(PIT):
    S_t = max(0, S_{t-1} + 3/8 z_t^2 - log 2) .
It knows the change it looks for, which a user does not; it is the bar for one that must find anything.
Rolling Kupiec: the number of hits in the last 250 days, an alarm when there are too many.
"""

from __future__ import annotations

import numpy as np

from workbench.backtesting.monitors._evalue_bets import Stream
from workbench.constants import REGULATORY_DAYS
from workbench.stats import probit


def cusum_of_squares(stream: Stream) -> np.ndarray:
    """S_t of each day."""
    z = probit(stream.sample.need_pit)
    steps = np.moveaxis(0.375 * z * z - np.log(2.0), -1, 0)
    level, out = np.zeros(steps.shape[1:]), np.empty(steps.shape)
    for day, step in enumerate(steps):
        level = np.maximum(0.0, level + step)
        out[day] = level
    return np.moveaxis(out, 0, -1)


def rolling_kupiec(stream: Stream) -> np.ndarray:
    """Hits of the last 250 days (fewer at the start)."""
    total = np.cumsum(stream.sample.hits, axis=-1, dtype=float)
    out = total.copy()
    out[..., REGULATORY_DAYS:] -= total[..., :-REGULATORY_DAYS]
    return out
