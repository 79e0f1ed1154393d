"""Sentences and the outcome of a tournament of samplers, from its tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from workbench.backtesting.tournament import SCORES


def _places(table: pd.DataFrame) -> str:
    named = [
        f"{row.score}{'' if row.kind == 'all' else ' in ' + row.part if row.kind == 'regime' else ' of ' + row.part} "
        f"({row.t:+.1f})".replace("-", "−")
        for row in table.itertuples()
    ]
    return ", ".join(named)


def where_it_loses(parts: pd.DataFrame, reference: str, t: float = 2.0, most: int = 6) -> pd.Series:
    """A sentence a sampler: behind ``reference`` where, with |t| above ``t``; ahead how often.

    parts : of :func:`workbench.backtesting.tournament.by_subsample`. Many parts are compared: one in forty is behind by
    chance alone.
    """
    sentences = {}
    for name, table in parts.groupby("sampler", sort=False):
        behind = table[table["t"] >= t].sort_values("t", ascending=False)
        losses = f"behind {reference} nowhere at t ≥ {t:g}"
        if len(behind):
            losses = (
                f"behind {reference} in {len(behind)} of {len(table)} comparisons (t): {_places(behind.head(most))}"
            )
            losses += " and more" if len(behind) > most else ""
        sentences[name] = f"{losses}; ahead in {int((table['t'] <= -t).sum())}"
    return pd.Series(sentences, name=f"against {reference}").rename_axis("sampler")


def tournament_headline(
    inside: pd.DataFrame,
    learners: Sequence[str],
    scores: Sequence[str] = ("energy", "crps", "fz0_975"),
    level: float = 0.1,
) -> tuple[str, str]:
    """The report's first line, who is in the confidence set, and an outcome.

    inside : p-values (sampler, score) of :func:`workbench.backtesting.tournament.confidence_set`. learners : names of
    those that learn. ``accepted`` when one of them is in the set on all ``scores``, ``mixed`` on some, ``rejected`` on
    none.
    """
    kept = inside[list(scores)].dropna(how="all") > level

    def shown(name: str) -> str:
        return f"**{name}**" if name in learners else name

    everywhere = [shown(name) for name in kept.index[kept.all(axis=1)]]
    called = ", ".join(SCORES[score] for score in scores)
    text = f"In the 90 % confidence set on all of {called}: {', '.join(everywhere) or 'nobody'}."
    partly = [
        f"{shown(name)} ({', '.join(SCORES[score] for score in scores if kept.at[name, score])})"
        for name in kept.index[kept.any(axis=1) & ~kept.all(axis=1)]
    ]
    text += f" On some: {'; '.join(partly)}." if partly else " On some only: nobody."
    out = list(kept.index[~kept.any(axis=1)])
    text += f" In none: {', '.join(out)}." if out else ""
    ours = kept.reindex([name for name in learners if name in kept.index])
    outcome = "accepted" if ours.all(axis=1).any() else "mixed" if ours.any(axis=None) else "rejected"
    return text, outcome
