"""Where a lead comes from: comparisons by regime (dates) and by class of assets.

Regimes are named by dates fixed beforehand, not by what happened to the scores; ``calm`` is every other day. Of a class
of assets the CRPS and FZ0 of its members are compared: energy and variogram score are of all assets together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from workbench.backtesting.tournament._comparison import Rows, compare

REGIMES = {
    "2008": ("2008-09-01", "2009-06-30"),  # Lehman to the end of the recession
    "2020": ("2020-02-20", "2020-06-30"),
    "2022": ("2022-01-01", "2022-12-31"),
}
CALM = "calm"
FEWEST = 12  # forecasts in a subsample, below which it is left out
BY_ASSET = ("crps", "fz0_975", "fz0_990")  # scores that are known asset by asset


def regimes(days: pd.DatetimeIndex) -> dict[str, pd.DatetimeIndex]:
    """Days by regime, in time's order, ``calm`` last; regimes without enough forecasts are left out."""
    found = {name: days[(days >= first) & (days <= last)] for name, (first, last) in REGIMES.items()}
    taken = pd.DatetimeIndex(sorted(set().union(*found.values())))
    found[CALM] = days.difference(taken)
    return {name: part for name, part in found.items() if len(part) >= FEWEST}


def by_subsample(
    rows: Rows,
    reference: str,
    horizon: int = 1,
    classes: Mapping[str, str] | None = None,
    scores: Sequence[str] = ("energy", "crps", "fz0_975", "fz0_990"),
) -> pd.DataFrame:
    """Differences to ``reference`` by subsample: columns of :func:`compare` and ``kind, part, score, sampler``.

    kind : "all", "regime" or "class"; classes : asset -> class, such as ``attrs["classes"]`` of a panel.
    """
    days, classes = next(iter(rows.values())).index, classes or {}
    for row in rows.values():
        days = days.intersection(row.index)
    tables = {("all", "all"): compare(rows, reference, horizon, scores)}
    for name, part in regimes(days).items():
        tables["regime", name] = compare(rows, reference, horizon, scores, days=part)
    for name in dict.fromkeys(classes.values()):
        members = [asset for asset, own in classes.items() if own == name]
        known = [score for score in scores if score in BY_ASSET]
        tables["class", name] = compare(rows, reference, horizon, known, members)
    parts = [table.reset_index().assign(kind=kind, part=part) for (kind, part), table in tables.items()]
    return pd.concat(parts, ignore_index=True)
