"""Was the joint distribution of all assets right? Berkowitz's test on every PIT of the whole panel.

``dependence`` (do they move together as forecast), ``width`` (is a day as wild as forecast) and ``rosenblatt`` (the sum
of squared conditional scores, :mod:`rosenblatt`) are ranks of one number a day among the draws of its forecast, so that
under right forecasts each is uniform and independent over days. The sign of a departure shows what broke: a positive
``mean``, days more dependent, wider or stranger than forecast; a ``spread`` above 1, too many calm and wild days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.backtesting.backtests._montecarlo import draws_for, tail_share
from workbench.backtesting.backtests._pit import berkowitz
from workbench.backtesting.backtests._sample import Sample
from workbench.errors import DataError
from workbench.stats import probit

PITS = ("dependence", "width", "rosenblatt")


def _statistic(pit: np.ndarray) -> np.ndarray:
    flat = np.zeros(pit.shape[-1])
    return berkowitz(Sample(0.99, flat > 0, flat, flat, pit=pit))


def panel_uniformity(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """One row a PIT of the panel: ``days, mean, spread`` of its normal scores, Berkowitz's LR, simulated ``p_value``.

    table : forecasts by date of any one book, as :func:`workbench.backtesting.walk_forward.walk_forward` makes them.
    """
    missing = [name for name in PITS if name not in table]
    if missing:
        raise DataError(f"the panel's PITs {missing} are not in the table; found {list(table.columns)}")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 37])))
    null = _statistic(rng.random((draws_for(len(table)), len(table))))
    rows = []
    for name in PITS:
        pit = table[name].to_numpy(float)
        z, value = probit(pit), _statistic(pit)
        rows.append((len(pit), z.mean(), np.sqrt(np.mean(z * z)), float(value), float(tail_share(value, null))))
    return pd.DataFrame(rows, pd.Index(PITS, name="pit"), ["days", "mean", "spread", "berkowitz", "p_value"])
