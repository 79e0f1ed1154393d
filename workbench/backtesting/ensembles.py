"""Forecasts by draws: from draws of tomorrow to a forecast table, and tests of all assets together.

A PIT is the randomised rank of the outcome among the draws, uniform when forecast and outcome have one distribution.

Was the joint distribution of all assets right? :func:`panel_uniformity` is Berkowitz's test on every PIT of the panel.
``dependence`` (do they move together as forecast), ``width`` (is a day as wild as forecast) and ``rosenblatt`` (the sum
of squared conditional scores, :mod:`rosenblatt`) are ranks of one number a day among the draws of its forecast, so that
under right forecasts each is uniform and independent over days. The sign of a departure shows what broke: a positive
``mean``, days more dependent, wider or stranger than forecast; a ``spread`` above 1, too many calm and wild days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench._require import number
from workbench.backtesting._inputs import columns
from workbench.backtesting.backtests._null import draws_for, tail_share
from workbench.backtesting.backtests._pit import berkowitz
from workbench.backtesting.backtests._ranks import energy_rank, joint_movement, panel_pits, rank_among, total_width
from workbench.backtesting.backtests._rosenblatt import joint_p_value, rosenblatt, rosenblatt_day
from workbench.backtesting.backtests._sample import Sample
from workbench.backtesting.backtests._shortfall import z3
from workbench.errors import DataError
from workbench.stats import probit, var_es

__all__ = [
    "forecast_table", "panel_uniformity", "PITS", "energy_rank", "panel_pits", "rank_among", "joint_movement",
    "total_width", "rosenblatt", "rosenblatt_day", "joint_p_value", "z3", "var_es",
]  # fmt: skip
PITS = ("dependence", "width", "rosenblatt")


def forecast_table(
    days: Iterable[tuple[pd.Timestamp, np.ndarray]],
    realised: pd.DataFrame,
    levels: Sequence[float] = (0.975, 0.99),
    weights: np.ndarray | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """One row a day: ``var_<level>, es_<level>, pit`` of the book, ``dependence`` and ``width`` PITs of its assets,
    ``ret``.

    ``days`` yields (date, draws ``(draw, asset)`` or ``(draw, 1, asset)`` of that day's log returns, made before it);
    ``realised`` holds log returns (date x asset). The book is rebalanced daily to ``weights`` (equal by default):
    P&L = sum of weights times (exp(return) - 1), ``ret`` its log. Raises :class:`DataError` for a day without a return.
    """
    weights = np.full(realised.shape[1], 1.0 / realised.shape[1]) if weights is None else np.asarray(weights, float)
    if weights.shape != (realised.shape[1],) or not np.isfinite(weights).all():
        raise DataError(f"weights must be {realised.shape[1]} finite numbers, one an asset; got {weights}")
    for level in levels:
        number("each of levels", level, above=0.5, below=1)
    rows = []
    for place, (date, draws) in enumerate(days):
        draws = np.asarray(draws, float).reshape(len(draws), -1)
        if date not in realised.index or draws.shape[1] != realised.shape[1]:
            known = f"{realised.shape[1]} realised" if date in realised.index else "no realised return that day"
            raise DataError(f"forecast of {date.date()}: {draws.shape[1]} assets, and {known}")
        observed = realised.loc[date].to_numpy(float)
        book, came = (np.log1p(np.expm1(x) @ weights) for x in (draws, observed))
        row: dict[str, object] = {"date": date}
        for level in levels:
            row[f"var_{level:g}"], row[f"es_{level:g}"] = map(float, var_es(-book, level))
        z, z_came = _standardised(draws, observed)
        pits = {
            "pit": (book, came),
            "dependence": (joint_movement(z), joint_movement(z_came)),
            "width": (total_width(z), total_width(z_came)),
        }
        for k, (name, (drawn, value)) in enumerate(pits.items()):
            row[name] = float(rank_among(np.array([value]), drawn, seed=(3 * place + k) + 1_000_003 * seed)[0])
        rows.append(row | {"ret": came})
    return pd.DataFrame(rows).set_index("date")


def _standardised(draws: np.ndarray, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draws (draw, asset) and the day (asset,) in units of each asset's own spread."""
    middle = np.median(draws, axis=0)
    spread = np.maximum(np.median(np.abs(draws - middle), axis=0), 1e-12)
    return (draws - middle) / spread, (observed - middle) / spread


def _statistic(pit: np.ndarray) -> np.ndarray:
    flat = np.zeros(pit.shape[-1])
    return berkowitz(Sample(0.99, flat > 0, flat, flat, pit=pit))


def panel_uniformity(table: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """One row a PIT of the panel: ``days, mean, spread`` of its normal scores, Berkowitz's LR, simulated ``p_value``.

    table : forecasts by date of any one book, as :func:`workbench.backtesting.walk_forward.walk_forward` makes them.
    """
    pits = columns(table, PITS, "the test of the panel's PITs needs")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 37])))
    null = _statistic(rng.random((draws_for(len(table)), len(table))))
    rows = []
    for pit in pits:
        z, value = probit(pit), _statistic(pit)
        rows.append((len(pit), z.mean(), np.sqrt(np.mean(z * z)), float(value), float(tail_share(value, null))))
    return pd.DataFrame(rows, pd.Index(PITS, name="pit"), ["days", "mean", "spread", "berkowitz", "p_value"])
