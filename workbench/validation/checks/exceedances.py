r"""Extremes: has reality seen what the scenarios call impossible?

Turn the question around: take the level that the *scenarios* pass once in ten histories of this length, and count in
the history the separate episodes beyond it. Under the null their expected number is lambda = 1/10 (more where the draws
are too few to know that level). Wild times come together, so the count is geometric rather than Poisson,

    P(C >= c) = (lambda / (1 + lambda))^c,

the mixture of Poisson laws over an exponential intensity. A model whose tails were clipped, or whose crises were
dropped, is refuted by a handful of days.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.validation.engine.check import check
from workbench.validation.engine.comparison_data import ComparisonData
from workbench.validation.engine.finding import Finding, cannot_tell

EXPECTED = 0.1
FEWEST_BEYOND = 5
ALLOWANCE = 1.35


def worst_day(x: np.ndarray) -> np.ndarray:
    """Deepest fall of any asset in the window, (window,)."""
    return -x.min((1, 2))


def best_day(x: np.ndarray) -> np.ndarray:
    """Highest rise of any asset in the window, (window,)."""
    return x.max((1, 2))


def worst_horizon(x: np.ndarray) -> np.ndarray:
    """Fall of the equal-weight book over the window, (window,)."""
    return -x.mean(2).sum(1)


def wildest(x: np.ndarray) -> np.ndarray:
    """Mean size of all assets' days in the window, (window,)."""
    return np.abs(x).mean((1, 2))


SERIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "deepest fall of any asset in a day": worst_day,
    "highest rise of any asset in a day": best_day,
    "fall of the equal-weight book over the horizon": worst_horizon,
    "mean size of returns over the horizon": wildest,
}


def episodes(beyond: np.ndarray, apart: int) -> int:
    """Number of runs of marked windows, marks at most ``apart`` places from the last one being of the same run.

    >>> episodes(np.array([1, 1, 0, 0, 0, 1, 0, 1], bool), apart=2)
    2
    """
    return int((np.diff(np.flatnonzero(beyond), prepend=-apart - 1) > apart).sum())


@check("exceedances", question="tails", scale="path")
def exceedances(data: ComparisonData) -> Finding:
    """Did the history see, more than once, what the scenarios all but exclude?

    Worst days, best days, worst and wildest paths. A conditional set is allowed a volatility 35 % above the one
    foretold before its levels count.
    """
    count = len(data.days) / data.horizon
    expected = max(EXPECTED, FEWEST_BEYOND * count / len(data.fake))
    if expected >= 0.5 * count:
        return cannot_tell(f"{len(data.fake)} draws are too few to know what is rare in {len(data.days)} days")
    apart, found = max(1, 2 * data.horizon // data.stride), []
    for name, series in SERIES.items():
        values, past = series(data.fake), series(data.real)
        level = np.quantile(values, 1.0 - expected / count) * (ALLOWANCE if data.conditional else 1.0)
        seen = episodes(past > level, apart)
        p = min(1.0, len(SERIES) * (expected / (1.0 + expected)) ** seen)
        found.append((p, -seen, name, float(level), float(past.max())))
    p, seen, name, level, worst = min(found)
    high = np.log(data.level / len(SERIES)) / np.log(expected / (1.0 + expected))
    told = {"component": f"episodes beyond the scenarios' own rare {name}", "level": level, "history's worst": worst}
    return Finding("", "", float(-seen), (0.0, float(high)), float(p), columns=data.assets, evidence=told)
