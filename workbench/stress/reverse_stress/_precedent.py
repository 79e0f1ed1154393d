"""The closest real episode: the window of history that moved the same assets by the same multiples of their
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
    similarity : cosine of the two vectors of z-scores. typical : the median distance of a window from the closest one
    that shares no day with it. moves : the window's own, asset -> log return.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    distance: float
    similarity: float
    typical: float
    moves: pd.Series

    def __str__(self) -> str:
        dates = f"{self.first.date()} to {self.last.date()}"
        return f"{dates} (distance {self.distance:.2f}, similarity {self.similarity:.2f})"


def closest_episode(moves: pd.Series, history: pd.DataFrame, horizon: int) -> Precedent:
    """The window of ``horizon`` days of ``history`` (log returns) closest to cumulative ``moves`` (asset ->
    log return). An asset that never moves in the history does not count.
    """
    if len(history) < 2 * horizon:
        raise ParameterError(f"a history of {len(history)} days has no two windows of {horizon} days to compare with")
    scale = history[list(moves.index)].std() * np.sqrt(horizon)
    scale = scale[scale > 0]
    windows = history[list(scale.index)].rolling(horizon).sum().iloc[horizon - 1 :] / scale
    wanted, values = (moves[scale.index] / scale).to_numpy(), windows.to_numpy()
    distance = _distances(wanted, values)
    best = int(distance.argmin())
    similarity = float(values[best] @ wanted / (np.linalg.norm(values[best]) * np.linalg.norm(wanted) + 1e-300))
    apart = np.stack([_distances(window, values[::horizon]) for window in values[::horizon]])
    np.fill_diagonal(apart, np.inf)
    return Precedent(
        history.index[best], windows.index[best], float(distance[best]), similarity,
        float(np.median(apart.min(axis=1))), windows.iloc[best] * scale,
    )  # fmt: skip


def _distances(wanted: np.ndarray, windows: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(windows - wanted).mean(axis=1))
