"""A scenario in numbers: dates, moves, z-scores, the closest precedent, and what would falsify it.

Every per cent is a simple return; the market is the same money in every asset, bought at the start and held. z-scores
compare log returns with the history's own spread over as many days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench._text import literal
from workbench.data import frequency
from workbench.stress.reverse_stress._precedent import closest_episode
from workbench.stress.reverse_stress._reverse import Mode, Reverse

WORST_DAYS = 3  # days that are named one by one
STEPS: dict[str, tuple[str, dict[str, int]]] = {
    "7-day": ("day", {"days": 1}),
    "daily": ("day", {}),
    "weekly": ("week", {"weeks": 1}),
    "monthly": ("month", {"months": 1}),
    "quarterly": ("quarter", {"months": 3}),
    "annual": ("year", {"years": 1}),
    "hourly": ("hour", {"hours": 1}),
}
"""Frequency -> what one step is called, and the calendar's step (business days where empty)."""


def describe(path: pd.DataFrame, history: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> str:
    """One scenario (day, asset) of log returns beside the history (day, asset) that it continues, as Markdown.

    as_of : the day before the scenario begins, the history's last by default; its steps have the history's frequency
    (business days, days, weeks, months).
    """
    dates = _dates(history, pd.Timestamp(as_of) if as_of is not None else history.index[-1], len(path))
    moves = path.sum()
    spread = history[moves.index].std() * np.sqrt(len(path))
    z = (moves / spread.where(spread > 0)).sort_values()
    precedent = closest_episode(moves, history, len(path))
    near = "closer" if precedent.distance <= precedent.typical else "farther"
    return literal(
        " ".join(
            [
                _market(path, history, dates),
                _extremes(moves, z),
                _worst(path, history, dates),
                f"Closest precedent: {precedent}; {near} than real windows usually are to each other "
                f"({precedent.typical:.2f}).",
                _falsify(path, z, dates),
            ]
        )
    )


def _step(history: pd.DataFrame) -> tuple[str, pd.DateOffset]:
    name, step = STEPS.get(frequency(history), ("step", {"seconds": 1}))
    if name == "step":
        return name, pd.DateOffset(seconds=int(pd.Series(history.index).diff().median().total_seconds()))
    return name, pd.DateOffset(**step) if step else pd.offsets.BDay()


def _dates(history: pd.DataFrame, start: pd.Timestamp, count: int) -> list[str]:
    """The steps after ``start``, with the time of day where steps are shorter than a day."""
    name, step = _step(history)
    written = "%Y-%m-%d %H:%M" if name in ("hour", "step") else "%Y-%m-%d"
    return [(start + number * step).strftime(written) for number in range(1, count + 1)]


def _held(path: pd.DataFrame) -> np.ndarray:
    """Simple return (day,) since the start of the same money in every asset, held."""
    return np.expm1(path.cumsum()).mean(axis=1).to_numpy()


def _market(path: pd.DataFrame, history: pd.DataFrame, dates: list[str]) -> str:
    z = path.mean(axis=1).sum() / (history.mean(axis=1).std() * np.sqrt(len(path)))
    return (
        f"From {dates[0]} to {dates[-1]} the equal-weight market moves {_held(path)[-1]:+.1%} "
        f"(z = {z:+.1f} against its own history of {len(history):,} {_step(history)[0]}s)."
    )


def _extremes(moves: pd.Series, z: pd.Series) -> str:
    named = dict.fromkeys([*z.index[:3], z.index[-1]])
    *low, high = [f"{name} {np.expm1(moves[name]):+.1%} (z = {z[name]:+.1f})" for name in named]
    lowest = f"Lowest: {', '.join(low)}; highest: {high}" if low else f"The only asset: {high}"
    return f"{lowest}; {int((moves < 0).sum())} of {len(moves)} fall."


def _worst(path: pd.DataFrame, history: pd.DataFrame, dates: list[str]) -> str:
    days, past = np.expm1(path).mean(axis=1).to_numpy(), np.expm1(history).mean(axis=1)
    named = [
        f"{dates[day]} {days[day]:+.1%} ({int((past <= days[day]).sum())} as bad in the history)"
        for day in np.argsort(days)[:WORST_DAYS]
    ]
    unit = _step(history)[0]
    return f"Worst {unit}s: {'; '.join(named)}; the standard deviation of one {unit} is {past.std():.1%}."


def _falsify(path: pd.DataFrame, z: pd.Series, dates: list[str]) -> str:
    half, held = len(path) // 2, _held(path)
    return (
        f"Falsified if {z.idxmin()} stands above {np.expm1(path[z.idxmin()].sum() / 2):+.1%} on {dates[-1]}, or if the "
        f"market is above {held[half] / 2:+.1%} by {dates[half]}."
    )


def describe_reverse(answer: Reverse, history: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> str:
    """Every mode of a reverse stress test, as Markdown; losses and shares are fractions of the book's notional."""
    head = (
        f"P(loss >= {answer.loss:.1%}) = {answer.probability:.2g} (relative error {answer.relative_error:.0%}; "
        f"{answer.method}, {answer.evaluations:,} paths)."
    )
    ways = [f"**Way {number}.** {_mode(mode, history, as_of)}" for number, mode in enumerate(answer.modes, 1)]
    return "\n\n".join([head, *ways])


def _mode(mode: Mode, history: pd.DataFrame, as_of: str | pd.Timestamp | None) -> str:
    return (
        f"Loss {mode.loss:.1%}, distance {mode.distance:.2f}, {mode.plausibility:.1%} of the sampler's draws move at "
        f"least as far, log likelihood ratio {mode.log_likelihood_ratio:.1f}. {describe(mode.path, history, as_of)} "
        f"Contributions to the loss: {_shares(mode.by_factor['share'])}; by position: "
        f"{_shares(mode.by_asset['share'], 4)}."
    )


def _shares(shares: pd.Series, most: int = 5) -> str:
    """The largest shares, and the sum of the rest."""
    ordered = shares.sort_values(key=abs, ascending=False)
    named = [f"{literal(name)} {value:+.2%}" for name, value in ordered.head(most).items()]
    rest = [f"the other {len(ordered) - most} {ordered.iloc[most:].sum():+.2%}"] if len(ordered) > most else []
    return ", ".join(named + rest)
