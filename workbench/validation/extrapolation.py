r"""Extrapolation: how far the market's state lies from every state that a sampler could learn from.

State: six scale-free features of a panel's past, each comparable across decades and panels (:func:`features`). They are
whitened by the covariance of the states seen, and the distance of today is that to its :data:`NEAREST`-th nearest
neighbour among them, days within :data:`EMBARGO` of it left out, since yesterday resembles today whatever happens.

Null: real against real. Every past state's distance to the others, its own :data:`EMBARGO` days on both sides left out,
says how far apart ordinary days lie; blocks of :data:`BLOCK` days are drawn with replacement (moving-block bootstrap,
Kunsch 1989, Annals of Statistics 17, 1217-1241), because strange days come in runs, and give the p-value of today's
distance its interval. :math:`p` = share of past days at least as far from all others as today is. The last of a
persistent history lies far out somewhat oftener than its turn: p < 5 % on 9 % of ordinary days after 1,300 days of
AR(.97) volatility, on 6 % after 3,500 (800 and 200 simulated markets).

The answer is graded: within the support; at its edge (:math:`p` below :data:`EDGE`), where the forecast is to be
widened by what was wrong at such distances before; outside (farther than every past day), where a forecast is a guess
and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from workbench.errors import DataError, Refusal

EMBARGO, BLOCK, NEAREST = 60, 60, 5
EDGE = 0.02
MOST = 1500  # states compared; more days are thinned evenly, neighbouring days being nearly the same state
SHORTEST = 500
FEWEST = 250 + SHORTEST + EMBARGO  # days of returns without which nothing can be said
DRAWS = 500


@dataclass(frozen=True)
class Support:
    """Where a day stands. ``distance`` of its state; ``past`` distances (date,) of the states seen; ``p_value`` and its
    95 % interval ``low, high``; ``standing`` "within", "edge" or "outside"; ``strange``: its features in standard
    deviations, farthest first."""

    date: pd.Timestamp
    distance: float
    past: pd.Series
    p_value: float
    low: float
    high: float
    standing: str
    strange: pd.Series


def features(returns: pd.DataFrame) -> pd.DataFrame:
    """Scale-free state (day, feature) at every close, from the days up to it; the first 250 days have none.

    returns : log returns (day, asset), fractions. With :math:`v_n` an asset's exponentially weighted root mean square
    over about n days: log v5/v22 and log v22/v66, means over assets; log of v22 over its mean since the first day; the
    fall of the equal-weight book from its highest close of 250 days, in units of its long-run volatility; log of the
    variance of the standardised book to that of the assets over 66 days (do they move together?); log of the spread
    over assets of v22/v250 (is it a few, or all?). More features would make every day strange in some of them: the
    more there are, the farther is the nearest neighbour of an ordinary day.
    """
    square = returns.pow(2).clip(lower=1e-14)
    size = {n: np.sqrt(square.ewm(halflife=n / 3, min_periods=n).mean()) for n in (5, 22, 66, 250)}
    log = {n: np.log(size[n]) for n in size}
    long = np.sqrt(square.expanding(250).mean())
    book = returns.mean(axis=1)
    held, usual = book.cumsum(), np.sqrt(book.pow(2).expanding(250).mean() * 250)
    unit = returns / size[66].shift(1)
    together = unit.mean(axis=1).pow(2).rolling(66).mean() / unit.pow(2).mean(axis=1).rolling(66).mean()
    table = {
        "volatility of days against weeks": (log[5] - log[22]).mean(axis=1),
        "volatility of weeks against months": (log[22] - log[66]).mean(axis=1),
        "volatility against the long run": (log[22] - np.log(long)).mean(axis=1),
        "fall from the year's high": (held - held.rolling(250).max()) / usual,
    }
    if returns.shape[1] > 1:
        table["moving together"] = np.log(together)
        table["spread of volatility over assets"] = np.log((log[22] - log[250]).std(axis=1, ddof=0).clip(lower=1e-6))
    return pd.DataFrame(table).dropna()


def assess(returns: pd.DataFrame, date: str | pd.Timestamp | None = None, seed: int = 0) -> Support:
    """Where the state at ``date`` (default the last close) stands among the states before it.

    returns : log returns (day, asset); days after ``date`` are not looked at.

    Raises DataError with fewer than 500 days that have a state.
    """
    known = returns if date is None else returns.loc[: pd.Timestamp(date)]
    states = features(known)
    if len(states) < SHORTEST + EMBARGO:
        raise DataError(
            f"{len(states)} days have a state, {SHORTEST + EMBARGO} are needed (the first 250 days have none)"
        )
    seen = states.iloc[: -EMBARGO : -(-(len(states) - EMBARGO) // MOST)]
    whiten, middle = _whitening(seen)
    points = (seen.to_numpy() - middle) @ whiten
    today = (states.iloc[-1].to_numpy() - middle) @ whiten
    past = pd.Series(_among(points, states.index.get_indexer(seen.index)), seen.index)
    distance = float(np.partition(np.linalg.norm(points - today, axis=1), NEAREST - 1)[NEAREST - 1])
    p, low, high = _p_value(past.to_numpy(), distance, round(len(states) / len(seen)), seed)
    grade = "outside" if distance > past.max() else "edge" if p < EDGE else "within"
    z = (states.iloc[-1] - seen.mean()) / seen.std().clip(lower=1e-12)
    return Support(
        states.index[-1], distance, past, p, low, high, grade, z.reindex(z.abs().sort_values(ascending=False).index)
    )


def require_support(support: Support) -> Support:
    """The support itself, or Refusal where the state is farther from everything than any past day was."""
    if support.standing == "outside":
        raise Refusal(
            f"the market of {support.date:%Y-%m-%d} lies farther from all {len(support.past):,} states seen than any of "
            f"them from the others, most in {support.strange.index[0]}: a forecast from here would be invented; widen it "
            "by judgement, or ask for scenarios conditional on a state that has been seen"
        )
    return support


def distances(returns: pd.DataFrame, first: str | pd.Timestamp, trained: str | pd.Timestamp | None = None) -> pd.Series:
    """Distance (day,) of every close from ``first`` on to the states seen before.

    trained : last day a frozen model has learnt from; None, everything up to :data:`EMBARGO` days before each day.
    Units are those of the whitening by the states before ``first`` (or up to ``trained``), for all days alike.
    """
    states = features(returns)
    start = pd.Timestamp(first)
    base = states.loc[: pd.Timestamp(trained)] if trained is not None else states.loc[: start - pd.Timedelta(days=1)]
    if len(base) < SHORTEST:
        raise DataError(f"{len(base)} days have a state before {first}, {SHORTEST} are needed")
    whiten, middle = _whitening(base)
    points = (states.to_numpy() - middle) @ whiten
    begin = int(states.index.searchsorted(start))
    step = max(1, len(states) // MOST)
    learnt = np.arange(0, len(base) if trained is not None else len(states), step)
    gaps = cdist(points[begin:], points[learnt])
    place = np.arange(begin, len(states))[:, None]
    gaps[learnt[None] > place - EMBARGO] = np.inf
    return pd.Series(np.partition(gaps, NEAREST - 1, axis=1)[:, NEAREST - 1], states.index[begin:])


def _whitening(states: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Root of the inverse covariance, shrunk a little to its diagonal so that a constant feature counts for nothing."""
    values = states.to_numpy()
    covariance = np.cov(values.T)
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    correlation = 0.9 * covariance / np.outer(scale, scale) + 0.1 * np.eye(len(scale))
    root, vectors = np.linalg.eigh(correlation)
    alive = np.diag(covariance) > 1e-12
    return (alive / scale)[:, None] * vectors / np.sqrt(np.maximum(root, 1e-6)), values.mean(axis=0)


def _among(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Distance of each state to its neighbours that are more than the embargo away in time."""
    gaps = cdist(points, points)
    gaps[np.abs(places[:, None] - places[None]) <= EMBARGO] = np.inf
    return np.partition(gaps, NEAREST - 1, axis=1)[:, NEAREST - 1]


def _p_value(past: np.ndarray, distance: float, thinned: int, seed: int) -> tuple[float, float, float]:
    """Share of past distances at least as large, with its 95 % interval by moving blocks."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 19])))
    length = max(1, BLOCK // thinned)
    beyond = (past >= distance).astype(float)
    starts = rng.integers(0, len(past) - length + 1, (DRAWS, -(-len(past) // length)))
    sums = np.concatenate([[0.0], beyond.cumsum()])
    shares = ((sums[starts + length] - sums[starts]).sum(axis=1)) / (starts.shape[1] * length)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float((1 + beyond.sum()) / (1 + len(past))), float(low), float(max(high, 1 / (1 + len(past))))
