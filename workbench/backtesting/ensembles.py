"""From draws of tomorrow to a forecast table: VaR, ES and PIT of a book, joint movement and width of its assets.

Of m equally likely losses sorted from the worst, VaR(c) is the smallest x with P(L <= x) >= c, and ES the mean of the
worst share alpha = 1 - c, the draw at its edge counted by the part of it that lies within (Acerbi and Tasche, Journal
of Banking & Finance 26, 2002). A PIT is the randomised rank of what came among the draws, uniform under a right
ensemble.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench.backtesting.backtests.ranks import joint_movement, rank_among, total_width
from workbench.errors import DataError


def var_es(losses: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """VaR and ES at ``level`` of equally likely losses along the last axis, ``(..., draw)``."""
    m = losses.shape[-1]
    share = round(m * (1.0 - level), 9)  # of draws in the tail, rarely whole
    whole = int(share)
    worst = -np.sort(np.partition(-losses, whole, axis=-1)[..., : whole + 1], axis=-1)
    edge = worst[..., -1]
    return edge, (worst[..., :whole].sum(axis=-1) + (share - whole) * edge) / share


def _own_scores(draws: np.ndarray, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draws (draw, asset) and the day (asset,) in units of each asset's own spread."""
    middle = np.median(draws, axis=0)
    spread = np.maximum(np.median(np.abs(draws - middle), axis=0), 1e-12)
    return (draws - middle) / spread, (observed - middle) / spread


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
    rows = []
    for number, (date, draws) in enumerate(days):
        draws = np.asarray(draws, float).reshape(len(draws), -1)
        if date not in realised.index or draws.shape[1] != realised.shape[1]:
            raise DataError(f"forecast of {date.date()}: {draws.shape[1]} assets, and {_told(date, realised)}")
        observed = realised.loc[date].to_numpy(float)
        book, came = (np.log1p(np.expm1(x) @ weights) for x in (draws, observed))
        row = {"date": date}
        for level in levels:
            row[f"var_{level:g}"], row[f"es_{level:g}"] = map(float, var_es(-book, level))
        z, z_came = _own_scores(draws, observed)
        for k, (name, drawn, value) in enumerate(
            (
                ("pit", book, came),
                ("dependence", joint_movement(z), joint_movement(z_came)),
                ("width", total_width(z), total_width(z_came)),
            )
        ):
            row[name] = float(rank_among(np.array([value]), drawn, seed=(3 * number + k) + 1_000_003 * seed)[0])
        rows.append(row | {"ret": came})
    return pd.DataFrame(rows).set_index("date")


def _told(date: pd.Timestamp, realised: pd.DataFrame) -> str:
    return f"{realised.shape[1]} realised" if date in realised.index else "no realised return that day"
