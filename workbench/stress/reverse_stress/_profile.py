"""A scenario in numbers: dates, moves, z-scores, its worst steps, the closest precedent.

Every move is a simple return; the market is the same money in every asset, bought at the start and held. z-scores
compare log returns with the history's own spread over as many steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.data import frequency
from workbench.stress.reverse_stress._precedent import Precedent, closest_episode

WORST = 3  # steps that are named one by one
STEPS: dict[str, tuple[str, pd.DateOffset]] = {
    "7-day": ("day", pd.offsets.Day()),
    "daily": ("day", pd.offsets.BDay()),
    "weekly": ("week", pd.offsets.Week()),
    "monthly": ("month", pd.DateOffset(months=1)),
    "quarterly": ("quarter", pd.DateOffset(months=3)),
    "annual": ("year", pd.DateOffset(years=1)),
    "hourly": ("hour", pd.offsets.Hour()),
}
"""Frequency -> what one step is called, and the calendar's step."""


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
    unit, dates = _dates(history, history.index[-1] if as_of is None else pd.Timestamp(as_of), len(path))
    spread = history[total.index].std() * size
    moves = pd.DataFrame({"move": np.expm1(total), "z": total / spread.where(spread > 0)}).sort_values("z")
    steps, past = np.expm1(path).mean(axis=1).to_numpy(), np.expm1(history).mean(axis=1)
    low = np.argsort(steps)[:WORST]
    worst = pd.DataFrame({
        "date": [dates[step] for step in low], "move": steps[low],
        "as_bad": [int((past <= steps[step]).sum()) for step in low],
    })  # fmt: skip
    return Profile(
        unit, dates, len(history), np.expm1(path.cumsum()).mean(axis=1).to_numpy(),
        path.mean(axis=1).sum() / (history.mean(axis=1).std() * size), moves, worst, float(past.std()),
        closest_episode(total, history, len(path)),
    )  # fmt: skip


def _dates(history: pd.DataFrame, start: pd.Timestamp, count: int) -> tuple[str, list[str]]:
    """What a step is called, and the steps after ``start``."""
    unit, step = STEPS.get(frequency(history), ("step", pd.DateOffset()))
    if unit == "step":
        step = pd.offsets.Second(int(pd.Series(history.index).diff().median().total_seconds()))
    written = "%Y-%m-%d %H:%M" if unit in ("hour", "step") else "%Y-%m-%d"
    return unit, [(start + number * step).strftime(written) for number in range(1, count + 1)]
