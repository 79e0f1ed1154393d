"""A scenario in a paragraph that a committee can argue with, and that can be shown to have been wrong.

The numbers are those of :func:`workbench.stress.reverse_stress.profile`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.reporting.catalogue import sentence
from workbench.reporting.formats import Prose
from workbench.stress.reverse_stress import Mode, Profile, Reverse, profile

LOWEST = 3  # assets that are named beside the highest
MOST = {"by_factor": 5, "by_asset": 4}  # shares that are named one by one


def describe(path: pd.DataFrame, history: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> Prose:
    """One scenario (day, asset) of log returns beside the history (day, asset) that it continues, as Markdown.

    as_of : the day before the scenario begins, the history's last by default; its steps have the history's frequency
    (business days, days, weeks, months). Every per cent is a simple return.
    """
    found = profile(path, history, as_of)
    near = found.precedent
    market = sentence("story/market", first=found.dates[0], last=found.dates[-1], move=found.market[-1], z=found.z,
                      past=found.past, unit=found.unit)  # fmt: skip
    days = [sentence("story/day", date=day.date, move=day.move, as_bad=day.as_bad) for day in found.worst.itertuples()]
    worst = sentence("story/worst", unit=found.unit, days=Prose("; ".join(days)), spread=found.spread)
    precedent = sentence(
        "story/precedent", first=near.first, last=near.last, distance=near.distance, similarity=near.similarity,
        near="closer" if near.distance <= near.typical else "farther", typical=near.typical,
    )  # fmt: skip
    return Prose(" ".join([market, _extremes(found), worst, precedent, _falsified(found, path)]))


def _extremes(found: Profile) -> Prose:
    moving = found.moves.dropna() if found.moves["z"].notna().any() else found.moves
    named = moving.loc[list(dict.fromkeys([*moving.index[:LOWEST], moving.index[-1]]))]
    *low, high = [sentence("story/asset", name=row.Index, move=row.move, z=row.z) for row in named.itertuples()]
    counts = {"falling": int((found.moves["move"] < 0).sum()), "assets": len(found.moves)}
    return (
        sentence("story/extremes", low=low, high=high, **counts) if low else sentence("story/only", high=high, **counts)
    )


def _falsified(found: Profile, path: pd.DataFrame) -> Prose:
    asset = found.moves["z"].idxmin()
    return sentence("story/falsified", asset=asset, level=np.expm1(path[asset].sum() / 2), last=found.dates[-1],
                    market=found.market[found.half] / 2, half=found.dates[found.half])  # fmt: skip


def describe_reverse(answer: Reverse, history: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> Prose:
    """Every mode of a reverse stress test, as Markdown; losses and shares are fractions of the book's notional."""
    head = sentence("story/reverse", loss=answer.loss, chance=answer.probability, error=answer.relative_error,
                    method=answer.method, paths=answer.evaluations)  # fmt: skip
    ways = [_way(number, mode, history, as_of) for number, mode in enumerate(answer.modes, 1)]
    return Prose("\n\n".join([head, *ways]))


def _way(number: int, mode: Mode, history: pd.DataFrame, as_of: str | pd.Timestamp | None) -> Prose:
    shares = {name: Prose(", ".join(_shares(getattr(mode, name)["share"], most))) for name, most in MOST.items()}
    return sentence("story/way", number=number, loss=mode.loss, distance=mode.distance, plausibility=mode.plausibility,
                    ratio=mode.log_likelihood_ratio, story=describe(mode.path, history, as_of), **shares)  # fmt: skip


def _shares(shares: pd.Series, most: int) -> list[Prose]:
    """The largest shares, and the sum of the rest."""
    ordered = shares.sort_values(key=abs, ascending=False)
    named = [sentence("story/share", name=name, share=share) for name, share in ordered.head(most).items()]
    rest = ordered.iloc[most:]
    return [*named, sentence("story/rest", count=len(rest), share=rest.sum())] if len(rest) else named
