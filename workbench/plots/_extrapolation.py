"""How far is today from anything seen, and how wrong were forecasts at such distances?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import COLOURS, FAINT, REAL, canvas, remark, themed
from workbench.reporting.formats import level as in_full
from workbench.reporting.formats import p_value, percent
from workbench.validation.extrapolation import EDGE, Support

NORMAL = 1.96


@themed
def distance_plot(support: Support, wrong: pd.DataFrame | None = None, level: float = 0.99) -> np.ndarray:
    """Left, distance of every past state to all others, and of today; right, hits by share of distance, with 95 %.

    wrong : of :func:`workbench.backtesting.by_novelty.score_by_distance`; only the left panel without it.
    """
    axes = canvas(1, 1 if wrong is None else 2, 2.6)[0]
    _distances(axes[0], support)
    if wrong is not None:
        _wrong(axes[1], wrong, level)
    return axes


def _distances(ax: Axes, support: Support) -> None:
    past, edge = support.past, float(support.past.quantile(1 - EDGE))
    ax.plot(past.index, past, ".", color="0.6", markersize=2.5)
    clear = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8}
    for height, text in ((edge, f"{percent(EDGE, 0)} farther"), (float(past.max()), "farthest ever")):
        ax.axhline(height, color=FAINT, linewidth=0.8, linestyle=(0, (4, 2)))
        remark(ax, text, (0.01, height), (0, 3), xycoords=("axes fraction", "data"), va="bottom", bbox=clear)
    ax.plot(support.date, support.distance, "D", color=COLOURS[1], markeredgecolor=REAL, markersize=7)
    day = f"{support.date:%Y-%m-%d}"
    remark(
        ax, day, (support.date, support.distance), (-8, 0), ha="right", va="center", fontsize=8, color=REAL, bbox=clear
    )
    top = 1.15 * max(float(past.max()), float(support.distance))
    title = f"{support.standing}: p {p_value(support.p_value)}"
    ax.set(ylabel="distance to the fifth nearest", ylim=(0, top), title=title)


def _wrong(ax: Axes, wrong: pd.DataFrame, level: float) -> None:
    x, rate = np.arange(1, len(wrong) + 1), 100 * wrong["hits"]
    reach = 100 * NORMAL * wrong["hits_error"]
    ax.errorbar(x, rate, yerr=[np.minimum(rate, reach), reach], fmt="o", color=COLOURS[0], markersize=4, linewidth=1)
    ax.axhline(100 * (1 - level), color=REAL, linewidth=0.8)
    ax.set(
        xlabel=f"share of dates by distance, nearest first ({int(wrong['forecasts'].sum()):,} dates)",
        ylabel="hits, %", xticks=x, ylim=(0, None), title=f"hits of VaR {in_full(level)}",
    )  # fmt: skip
    ax.grid(False, axis="x")
