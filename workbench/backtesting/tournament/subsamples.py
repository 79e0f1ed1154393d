"""Where a lead comes from: the comparison of :mod:`.standings` by regime (dates) and by class of assets.

Regimes are named by dates fixed beforehand, not by what happened to the scores; ``calm`` is every other day. Of a class
of assets the CRPS and FZ0 of its members are compared: energy and variogram score know no parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from workbench.backtesting.tournament.standings import SCORES, Rows, compare

REGIMES = {
    "2008": ("2008-09-01", "2009-06-30"),  # Lehman to the end of the recession
    "2020": ("2020-02-20", "2020-06-30"),
    "2022": ("2022-01-01", "2022-12-31"),
}
CALM = "calm"
FEWEST = 12  # forecasts in a part, below which nothing is said
BY_ASSET = ("crps", "fz0_975", "fz0_990")  # scores that are known asset by asset


def regimes(days: pd.DatetimeIndex) -> dict[str, pd.DatetimeIndex]:
    """Days by regime, in time's order, ``calm`` last; regimes without enough forecasts are left out."""
    found = {name: days[(days >= first) & (days <= last)] for name, (first, last) in REGIMES.items()}
    taken = pd.DatetimeIndex(sorted(set().union(*found.values())))
    found[CALM] = days.difference(taken)
    return {name: part for name, part in found.items() if len(part) >= FEWEST}


def by_part(
    rows: Rows,
    reference: str,
    horizon: int = 1,
    classes: Mapping[str, str] | None = None,
    scores: Sequence[str] = ("energy", "crps", "fz0_975", "fz0_990"),
) -> pd.DataFrame:
    """Differences to ``reference`` by part: columns of :func:`compare` and ``kind, part, score, sampler``.

    kind : "all", "regime" or "class"; classes : asset -> class, such as ``attrs["classes"]`` of a panel.
    """
    days = next(iter(rows.values())).index
    for row in rows.values():
        days = days.intersection(row.index)
    tables = {("all", "all"): compare(rows, reference, horizon, scores)}
    for name, part in regimes(days).items():
        tables["regime", name] = compare(rows, reference, horizon, scores, days=part)
    for name in dict.fromkeys((classes or {}).values()):
        members = [asset for asset, own in classes.items() if own == name]
        known = [score for score in scores if score in BY_ASSET]
        tables["class", name] = compare(rows, reference, horizon, known, members)
    parts = [table.reset_index().assign(kind=kind, part=part) for (kind, part), table in tables.items()]
    return pd.concat(parts, ignore_index=True)


def _places(table: pd.DataFrame) -> str:
    named = [
        f"{row.score}{'' if row.kind == 'all' else ' in ' + row.part if row.kind == 'regime' else ' of ' + row.part} "
        f"({row.t:+.1f})".replace("-", "−")
        for row in table.itertuples()
    ]
    return ", ".join(named)


def where_it_loses(parts: pd.DataFrame, reference: str, t: float = 2.0, most: int = 6) -> pd.Series:
    """A sentence a sampler: behind ``reference`` where, with |t| above ``t``; ahead how often.

    parts : of :func:`by_part`. Many parts are compared: one in forty is behind by chance alone.
    """
    told = {}
    for name, table in parts.groupby("sampler", sort=False):
        behind = table[table["t"] >= t].sort_values("t", ascending=False)
        ahead = table[table["t"] <= -t]
        losses = (
            f"behind {reference} in {len(behind)} of {len(table)} comparisons (t): {_places(behind.head(most))}"
            + (" and more" if len(behind) > most else "")
            if len(behind)
            else f"behind {reference} nowhere at t ≥ {t:g}"
        )
        told[name] = f"{losses}; ahead in {len(ahead)}"
    return pd.Series(told, name=f"against {reference}").rename_axis("sampler")


def first_line(
    inside: pd.DataFrame,
    learners: Sequence[str],
    scores: Sequence[str] = ("energy", "crps", "fz0_975"),
    level: float = 0.1,
) -> tuple[str, str]:
    """The report's first line, who is in the confidence set, and an outcome.

    inside : p-values (sampler, score) of :func:`workbench.backtesting.tournament.confidence_set`. learners : names of those
    that learn. ``accepted`` when one of them is in the set on all ``scores``, ``mixed`` on some, ``rejected`` on none.
    """
    table = inside[list(scores)].dropna(how="all")
    kept = table > level
    everywhere = [f"**{name}**" if name in learners else name for name in kept.index[kept.all(axis=1)]]
    called = ", ".join(SCORES[score] for score in scores)
    text = f"In the 90 % confidence set on all of {called}: {', '.join(everywhere) or 'nobody'}."
    partly = [
        f"{f'**{name}**' if name in learners else name} ({', '.join(SCORES[s] for s in scores if kept.at[name, s])})"
        for name in kept.index[kept.any(axis=1) & ~kept.all(axis=1)]
    ]
    text += f" On some: {'; '.join(partly)}." if partly else " On some only: nobody."
    out = list(kept.index[~kept.any(axis=1)])
    text += f" In none: {', '.join(out)}." if out else ""
    ours = kept.reindex([name for name in learners if name in kept.index])
    outcome = "accepted" if ours.all(axis=1).any() else "mixed" if ours.any(axis=None) else "rejected"
    return text, outcome
