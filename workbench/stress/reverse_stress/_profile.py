"""A scenario in numbers: dates, moves, z-scores, its worst steps, and the closest real episode: the window of history
that moved the same assets by the same multiples of their volatility.

Every move is a simple return; the market is the same money in every asset, bought at the start and held. z-scores
compare log returns with the history's own spread over as many steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.data import frequency, unit
from workbench.errors import ParameterError

WORST = 3  # steps that are named one by one
STEPS: dict[str, pd.DateOffset] = {
    "7-day": pd.offsets.Day(),
    "daily": pd.offsets.BDay(),
    "weekly": pd.offsets.Week(),
    "monthly": pd.DateOffset(months=1),
    "quarterly": pd.DateOffset(months=3),
    "annual": pd.DateOffset(years=1),
    "hourly": pd.offsets.Hour(),
}
"""Frequency -> the calendar's step."""


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


@dataclass(frozen=True)
class Profile:
    """One scenario beside the history that it continues.

    unit : what a step is called. dates : of the steps, with the time of day where steps are shorter than a day.
    past : steps of the history. market : return of the market since the start, by step. z : of its move over all steps.
    moves : asset -> ``move`` and ``z``, the lowest z first; an asset that never moves in the history has none and is last.
    worst : the steps on which the market lost most: ``date``, ``move``, and how many of the history were ``as_bad``.
    spread : standard deviation of one step of the market in the history.
    """

    unit: str
    dates: list[str]
    past: int
    market: np.ndarray
    z: float
    moves: pd.DataFrame
    worst: pd.DataFrame
    spread: float
    precedent: Precedent

    @property
    def half(self) -> int:
        """The step in the middle."""
        return len(self.dates) // 2


def profile(path: pd.DataFrame, history: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> Profile:
    """One scenario (step, asset) of log returns beside the history (day, asset) that it continues.

    as_of : the day before the scenario begins, the history's last by default; its steps have the history's frequency
    (business days, days, weeks, months). Raises ParameterError for a history shorter than two such scenarios.
    """
    total, size = path.sum(), np.sqrt(len(path))
    called, dates = _dates(history, history.index[-1] if as_of is None else pd.Timestamp(as_of), len(path))
    spread = history[total.index].std() * size
    moves = pd.DataFrame({"move": np.expm1(total), "z": total / spread.where(spread > 0)}).sort_values("z")
    steps, past = np.expm1(path).mean(axis=1).to_numpy(), np.expm1(history).mean(axis=1)
    low = np.argsort(steps)[:WORST]
    worst = pd.DataFrame({
        "date": [dates[step] for step in low], "move": steps[low],
        "as_bad": [int((past <= steps[step]).sum()) for step in low],
    })  # fmt: skip
    return Profile(
        called, dates, len(history), np.expm1(path.cumsum()).mean(axis=1).to_numpy(),
        path.mean(axis=1).sum() / (history.mean(axis=1).std() * size), moves, worst, float(past.std()),
        closest_episode(total, history, len(path)),
    )  # fmt: skip


def _dates(history: pd.DataFrame, start: pd.Timestamp, count: int) -> tuple[str, list[str]]:
    """What a step is called, and the steps after ``start``."""
    pace = frequency(history)
    step = STEPS.get(pace) or pd.offsets.Second(int(pd.Series(history.index).diff().median().total_seconds()))
    written = "%Y-%m-%d %H:%M" if pace in ("hourly", "intraday") else "%Y-%m-%d"
    return unit(history).removeprefix("trading "), [
        (start + number * step).strftime(written) for number in range(1, count + 1)
    ]
