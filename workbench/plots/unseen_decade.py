"""Whether years nobody fitted lay inside what was imagined: coverage by statistic, and intervals split by split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import (
    COLOURS,
    FAINT,
    REAL,
    canvas,
    demand,
    legend_below,
    look,
    per_cent,
    rows_down,
    themed,
)

SHIFT = 0.14  # rows between the samplers of one statistic
TARGET = (0.85, 0.95)
MOST_DATED = 5  # splits whose date stands below the axis


@themed
def coverage_plot(table: pd.DataFrame) -> np.ndarray:
    """Coverage of 90 % intervals by statistic, a panel a horizon: hollow as drawn, filled with levels of their own.

    table : of :func:`workbench.backtesting.unseen_decade.coverage`. Grey: 85 to 95 %. Returns the Axes, one a horizon.
    """
    demand(table, ("sampler", "distribution", "years", "statistic", "coverage"), "the table of coverage")
    statistics, samplers = (list(dict.fromkeys(table[name])) for name in ("statistic", "sampler"))
    horizons = sorted(set(table["years"]))
    axes = canvas(1, len(horizons), 0.9 + 0.55 * len(statistics), sharey=True)[0]
    for ax, years in zip(axes, horizons):
        ax.axvspan(*TARGET, color="0.92", zorder=0)
        ax.axvline(0.9, color=FAINT, linewidth=0.8)
        for place, sampler in enumerate(samplers):
            chosen = table[(table["years"] == years) & (table["sampler"] == sampler)]
            heights = np.arange(len(statistics)) + SHIFT * (place - (len(samplers) - 1) / 2)
            _change(ax, chosen, statistics, heights, sampler)
        rows_down(
            ax,
            [name.replace("_", " ") for name in statistics],
            xlabel="coverage of 90 % intervals",
            title=f"{years} year{'s' if years > 1 else ''} ahead",
            xlim=(-0.03, 1.03),
        )
        per_cent(ax)
    legend_below(axes[0])
    return axes


def _change(ax: Axes, chosen: pd.DataFrame, statistics: list[str], heights: np.ndarray, sampler: str) -> None:
    """Both coverages of one sampler, joined by a line."""
    style = look(sampler)
    wide = chosen.pivot_table(index="statistic", columns="distribution", values="coverage").reindex(statistics)
    ax.hlines(heights, wide["stationary"], wide["unseen decade"], color=style["color"], linewidth=0.8)
    marks = {"marker": style["marker"], "linestyle": "none", "color": style["color"], "markersize": 5}
    ax.plot(wide["stationary"], heights, markerfacecolor="white", **marks)
    ax.plot(wide["unseen decade"], heights, label=sampler, **marks)


@themed
def interval_plot(rows: pd.DataFrame, panel: str, sampler: str, statistic: str = "volatility") -> np.ndarray:
    """Intervals of one statistic of one panel at every split and what came, a panel a horizon. Returns the Axes.

    rows : of :func:`workbench.backtesting.unseen_decade.judge`.
    """
    demand(rows, ("panel", "sampler", "split", "years", "statistic", "lower", "upper"), "the table of intervals")
    mine = rows[(rows["panel"] == panel) & (rows["sampler"] == sampler) & (rows["statistic"] == statistic)]
    horizons = sorted(set(mine["years"]))
    axes = canvas(1, len(horizons), 2.5, sharey=True)[0]
    for ax, years in zip(axes, horizons):
        for width, colour, name in ((7, "0.8", "stationary"), (2.5, COLOURS[0], "unseen decade")):
            part = mine[(mine["years"] == years) & (mine["distribution"] == name)]
            ax.vlines(part["split"], part["lower"], part["upper"], color=colour, linewidth=width, label=name)
        ax.plot(part["split"], part["realised"], "o", color=REAL, markersize=4, label="what came")
        ax.set(title=f"{years} year{'s' if years > 1 else ''} ahead", xlabel="last fitted day")
        splits = pd.DatetimeIndex(mine.loc[mine["years"] == years, "split"].unique())
        marked = splits[:: -(-len(splits) // MOST_DATED)]
        ax.set_xticks(marked, [f"{split:%Y-%m}" for split in marked])
    unit = "" if "correlation" in statistic else ",\nin units of past volatility"
    axes[0].set_ylabel(statistic.replace("_", " ") + unit)
    legend_below(axes[0])
    return axes
