r"""Exceedances: has the history seen what the scenarios call impossible?

Take the level that the *scenarios* pass once in ten histories of this length, and count in the history the separate
episodes beyond it. Under the null their expected number is lambda = 1/10 (more where the draws are too few to know that
level). Wild times come together, so the count is geometric rather than Poisson,

    P(C >= c) = (lambda / (1 + lambda))^c,

the mixture of Poisson counts over an exponential intensity. A model whose tails were clipped, or whose crises were
dropped, fails by a handful of days.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.validation.engine import ComparisonData, Finding, check, not_assessed

EXPECTED = 0.1
FEWEST_BEYOND = 5
ALLOWANCE = 1.35

SERIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "deepest fall of any asset in a day": lambda x: -x.min((1, 2)),
    "highest rise of any asset in a day": lambda x: x.max((1, 2)),
    "fall of the equal-weight book over the horizon": lambda x: -x.mean(2).sum(1),
    "mean size of returns over the horizon": lambda x: np.abs(x).mean((1, 2)),
}


def _episodes(beyond: np.ndarray, apart: int) -> int:
    """Number of runs of marked windows, marks at most ``apart`` places from the last one being of the same run.

    >>> _episodes(np.array([1, 1, 0, 0, 0, 1, 0, 1], bool), apart=2)
    2
    """
    return int((np.diff(np.flatnonzero(beyond), prepend=-apart - 1) > apart).sum())


@check(
    "exceedances", question="tails", scale="path",
    meaning="The history has gone beyond what the set all but excludes.",
    matters="VaR and ES at the highest levels: understated.",
    remedy="Widen the tails, and include a crisis in the training span.",
)  # fmt: skip
def _exceedances(data: ComparisonData) -> Finding:
    """Did the history exceed, more than once, what the scenarios all but exclude?

    Worst days, best days, worst and wildest paths. A conditional set is allowed a volatility 35 % above the forecast
    before its levels count.
    """
    count = len(data.days) / data.horizon
    expected = max(EXPECTED, FEWEST_BEYOND * count / len(data.fake))
    if expected >= 0.5 * count:
        return not_assessed(f"{len(data.fake)} draws are too few to know what is rare in {len(data.days)} days")
    apart, found, odds = max(1, 2 * data.horizon // data.stride), [], expected / (1.0 + expected)
    for name, series in SERIES.items():
        values, past = series(data.fake), series(data.real)
        level = np.quantile(values, 1.0 - expected / count) * (ALLOWANCE if data.conditional else 1.0)
        seen = _episodes(past > level, apart)
        found.append((min(1.0, len(SERIES) * odds**seen), -seen, name, float(level), float(past.max())))
    p, seen, name, level, worst = min(found)
    high = np.log(data.level / len(SERIES)) / np.log(odds)
    evidence = {"component": f"episodes beyond the scenarios' own rare {name}", "level": level}
    evidence["history's worst"] = worst
    return Finding("", "", float(-seen), (0.0, float(high)), float(p), columns=data.assets, evidence=evidence)
