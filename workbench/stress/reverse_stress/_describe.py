"""A scenario told in numbers: dates, moves, z-scores, the closest precedent, and what would falsify it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.stress.reverse_stress._precedent import Precedent, closest_episode
from workbench.stress.reverse_stress._reverse import Mode, Reverse

DAYS_TOLD = 3  # worst days that are told one by one


def describe(path: pd.DataFrame, history: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> str:
    """One scenario (day, asset) against the history (day, asset) of log returns it was imagined from.

    as_of : the day before the scenario begins, the history's last by default; steps are business days after it.
    """
    start = pd.Timestamp(as_of) if as_of is not None else history.index[-1]
    dates = pd.bdate_range(start, periods=len(path) + 1)[1:]
    market, moves = path.mean(axis=1), path.sum()
    precedent = closest_episode(moves, history, len(path))
    return " ".join(
        [
            _span(dates, market, history),
            _extremes(moves, history, len(path)),
            _worst(market, dates, history),
            _past(precedent),
            _falsify(moves, market, history, dates),
        ]
    )


def _span(dates: pd.DatetimeIndex, market: pd.Series, history: pd.DataFrame) -> str:
    z = market.sum() / (history.mean(axis=1).std() * np.sqrt(len(market)))
    return (
        f"From {dates[0].date()} to {dates[-1].date()} the equal-weight market moves {np.expm1(market.sum()):+.1%} "
        f"(z = {z:+.1f} against its own {len(history):,}-day history)."
    )


def _extremes(moves: pd.Series, history: pd.DataFrame, horizon: int) -> str:
    z = (moves / (history[moves.index].std() * np.sqrt(horizon))).sort_values()
    told = [f"{name} {np.expm1(moves[name]):+.1%} (z = {z[name]:+.1f})" for name in [*z.index[:3], z.index[-1]]]
    return f"Lowest: {', '.join(told[:-1])}; highest: {told[-1]}; {int((moves < 0).sum())} of {len(moves)} fall."


def _worst(market: pd.Series, dates: pd.DatetimeIndex, history: pd.DataFrame) -> str:
    scale, past = history.mean(axis=1).std(), history.mean(axis=1)
    order = np.argsort(market.to_numpy())[:DAYS_TOLD]
    told = [
        f"{dates[k].date()} {market.iloc[k]:+.1%} ({int((past <= market.iloc[k]).sum())} days so bad in the history)"
        for k in order
    ]
    return f"Worst days: {'; '.join(told)}; one daily standard deviation is {scale:.1%}."


def _past(precedent: Precedent) -> str:
    near = "nearer" if precedent.distance <= precedent.typical else "farther"
    return (
        f"Closest precedent: {precedent}; {near} than real windows usually are to each other ({precedent.typical:.2f})."
    )


def _falsify(moves: pd.Series, market: pd.Series, history: pd.DataFrame, dates: pd.DatetimeIndex) -> str:
    z = moves / (history[moves.index].std() * np.sqrt(len(market)))
    name, half = z.idxmin(), market.cumsum().iloc[len(market) // 2]
    return (
        f"Falsified if {name} stands above {np.expm1(moves[name] / 2):+.1%} on {dates[-1].date()}, "
        f"or if the market is above "
        f"{np.expm1(half / 2):+.1%} by {dates[len(market) // 2].date()}."
    )


def describe_reverse(answer: Reverse, history: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> str:
    """Every mode of a reverse stress test, as Markdown."""
    head = (
        f"P(loss >= {answer.loss:.1%}) = {answer.probability:.2g} (relative error {answer.relative_error:.0%}; "
        f"{answer.method}, {answer.evaluations:,} paths)."
    )
    return "\n\n".join(
        [head, *(f"**Way {number}.** {_mode(mode, history, as_of)}" for number, mode in enumerate(answer.modes, 1))]
    )


def _mode(mode: Mode, history: pd.DataFrame, as_of: str | pd.Timestamp | None) -> str:
    return (
        f"Loss {mode.loss:.1%}, distance {mode.distance:.2f}, {mode.plausibility:.1%} of the "
        f"sampler's draws move at least as "
        f"far, log likelihood ratio {mode.log_likelihood_ratio:.1f}. {describe(mode.path, history, as_of)} "
        f"Who loses it: {_shares(mode.by_factor['share'])}; by position: {_shares(mode.by_asset['share'], 4)}."
    )


def _shares(shares: pd.Series | Mapping[str, float], most: int = 5) -> str:
    ordered = pd.Series(shares).sort_values(key=abs, ascending=False)
    told = [f"{name} {value:+.2%}" for name, value in ordered.head(most).items()]
    rest = ordered.iloc[most:].sum()
    return ", ".join(told) + (f", the other {len(ordered) - most} {rest:+.2%}" if len(ordered) > most else "")
