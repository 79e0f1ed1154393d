"""The nearest real episode: which stretch of history moved the same assets by the same multiples of their
volatility.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import ParameterError


@dataclass(frozen=True)
class Precedent:
    """One real window. distance : root mean square over assets of the difference in z-scores of the cumulative move.
    likeness : cosine of the two vectors of z-scores. typical : the median distance of a window to its own nearest.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    distance: float
    likeness: float
    typical: float
    moves: pd.Series

    def __str__(self) -> str:
        return f"{self.first.date()} to {self.last.date()} (distance {self.distance:.2f}, likeness {self.likeness:.2f})"


def closest_episode(moves: pd.Series, history: pd.DataFrame, horizon: int) -> Precedent:
    """The window of ``horizon`` days of ``history`` (log returns) nearest to cumulative ``moves`` (asset ->
    log return).
    """
    if len(history) < 2 * horizon:
        raise ParameterError(f"a history of {len(history)} days has no two windows of {horizon} days to compare with")
    history = history[list(moves.index)]
    scale = history.std() * np.sqrt(horizon)
    windows = history.rolling(horizon).sum().iloc[horizon - 1 :] / scale
    wanted = (moves / scale).to_numpy()
    values = windows.to_numpy()
    distance = np.sqrt(((values - wanted) ** 2).mean(axis=1))
    best = int(distance.argmin())
    likeness = float(values[best] @ wanted / (np.linalg.norm(values[best]) * np.linalg.norm(wanted) + 1e-300))
    return Precedent(
        history.index[best],
        windows.index[best],
        float(distance[best]),
        likeness,
        _typical(values[::horizon]),
        windows.iloc[best] * scale,
    )


def _typical(windows: np.ndarray) -> float:
    """Median distance of non-overlapping real windows to their nearest other one: what "near" means in this market."""
    gaps = np.sqrt(((windows[:, None] - windows[None]) ** 2).mean(axis=2))
    np.fill_diagonal(gaps, np.inf)
    return float(np.median(gaps.min(axis=1)))
