"""Figures of a tournament of samplers: who leads where and since when, whose hits are right, how far seeds lie apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from workbench.backtesting.tournament import REGIMES, SCORES, Rows, seed_ts
from workbench.errors import ParameterError
from workbench.plots._style import COLOURS, FAINT, bare, canvas, legend_below, line, look, rows_down, themed
from workbench.reporting import formats

DEEPEST = 6.0  # |t| at which a colour is darkest
AHEAD_BEHIND = sns.blend_palette([COLOURS[0], "0.97", COLOURS[3]], as_cmap=True)


@themed
def comparison_map(parts: pd.DataFrame, reference: str, kind: str = "regime") -> np.ndarray:
    """t of the score difference to ``reference``: a panel a score, a row a sampler, a column a part. Returns the Axes.

    parts : of :func:`workbench.backtesting.tournament.by_subsample`; kind : "regime" or "class", beside the whole.
    """
    table = parts[parts["kind"].isin(["all", kind])]
    scores = [score for score in table["score"].unique() if (table[table["score"] == score]["kind"] == kind).any()]
    if not scores:
        raise ParameterError(f"no comparison by {kind}; there are {sorted(set(parts['kind']))}")
    names = list(table["sampler"].unique())
    axes = canvas(1, len(scores), 0.95 + 0.25 * len(names), sharey=True)[0]
    for ax, score in zip(axes, scores):
        one = table[table["score"] == score]
        t = one.pivot(index="sampler", columns="part", values="t").loc[names, list(one["part"].unique())]
        _map(ax, t, one.drop_duplicates("part").set_index("part")["days"] if kind == "regime" else None)
        ax.set_title(score)
    return axes


def _map(ax: Axes, t: pd.DataFrame, days: pd.Series | None) -> None:
    ax.imshow(t, aspect="auto", vmin=-DEEPEST, vmax=DEEPEST, cmap=AHEAD_BEHIND)
    for row, column in np.ndindex(t.shape):
        value = float(t.iat[row, column])
        colour, weight = "white" if abs(value) > 0.6 * DEEPEST else "0.15", "bold" if abs(value) >= 2 else "normal"
        text = formats.number(value, 1, sign=True)
        ax.text(column, row, text, ha="center", va="center", fontsize=7.5, color=colour, weight=weight)
    labels = [str(part) if days is None else f"{part}\nn {days[part]:,}" for part in t.columns]
    ax.set_xticks(range(t.shape[1]), labels, fontsize=7.5, rotation=40 if days is None else 0)
    ax.set_yticks(range(len(t)), t.index)
    bare(ax)


@themed
def lead_plot(frames: Mapping[str, pd.DataFrame], reference: str, names: Sequence[str]) -> np.ndarray:
    """Cumulated score difference to ``reference`` through time; falling is gaining. One panel a score; the Axes.

    frames : score's name -> (day, sampler), of :func:`workbench.backtesting.tournament.by_sampler`.
    """
    axes = canvas(len(frames), 1, 0.6 + 1.2 * len(frames), sharex=True)[:, 0]
    for ax, (score, frame) in zip(axes, frames.items()):
        for first, last in REGIMES.values():
            if pd.Timestamp(first) <= frame.index[-1]:
                ax.axvspan(pd.Timestamp(first), pd.Timestamp(last), color="0.93", linewidth=0)
        for name in names:
            ax.plot((frame[name] - frame[reference]).cumsum(), **line(name))
        ax.axhline(0, color=FAINT, linewidth=0.9)
        ax.set_xlim(frame.index[0], frame.index[-1])
        ax.set(title=f"{score}, {len(frame):,} forecasts", ylabel="summed points")
    legend_below(axes[0])
    return axes


@themed
def coverage_plot(table: pd.DataFrame) -> np.ndarray:
    """Hits of one book beside the region that Kupiec's test accepts; a panel a level, a dot a seed. Returns the Axes.

    table : of :func:`workbench.backtesting.tournament.coverage`.
    """
    levels = sorted(table.index.unique("level"))
    names = list(table.index.unique("sampler"))
    axes = canvas(1, len(levels), 0.9 + 0.24 * len(names), sharey=True)[0]
    for ax, level in zip(axes, levels):
        for place, name in enumerate(names):
            one = 100 * table.xs((name, level), level=("sampler", "level"))[["low", "high", "rate"]]
            low, high = one["low"].iloc[0], one["high"].iloc[0]
            ax.barh(place, high - low, left=low, height=0.72, color="0.88", linewidth=0)
            _dots(ax, one["rate"], place, name)
        ax.axvline(100 * (1 - level), color=FAINT, linewidth=0.9)
        rows_down(ax, names, title=f"beyond VaR {formats.level(level)}", xlabel="hits, % of forecasts")
        ax.set_xlim(left=0)
    return axes


def _dots(ax: Axes, values: Sequence[float] | pd.Series, place: int, name: str) -> None:
    """One mark a seed, in the look of the sampler."""
    style = look(name)
    ax.plot(values, [place] * len(values), style["marker"], color=style["color"], markersize=5.5,
            markeredgecolor="white", markeredgewidth=0.7)  # fmt: skip


@themed
def seed_plot(rows: Rows, reference: str, names: Sequence[str], scores: Sequence[str], horizon: int = 1) -> np.ndarray:
    """t of every training seed against ``reference``, a dot a seed, a bar at the median; a panel a score. The Axes."""
    axes = canvas(1, len(scores), 0.9 + 0.3 * len(names), sharey=True)[0]
    for ax, score in zip(axes, scores):
        for place, name in enumerate(names):
            own = seed_ts(rows, name, reference, score, horizon)
            _dots(ax, own, place, name)
            ax.plot([np.median(own)] * 2, [place - 0.32, place + 0.32], color=look(name)["color"], linewidth=1.6)
        ax.axvline(0, color=FAINT, linewidth=0.9)
        ax.axvspan(-2, 2, color="0.95", linewidth=0)
        rows_down(ax, names, title=SCORES[score], xlabel=f"t against {reference}\n← better        worse →")
    return axes
