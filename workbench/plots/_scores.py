"""Who forecast better out of sample: score differences against one reference, with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import FAINT, canvas, look, remark, rows_down, themed
from workbench.reporting.formats import number


@themed
def score_plot(gains: pd.DataFrame, reference: str) -> np.ndarray:
    """One panel a score, one row a sampler, zero is the reference; Axes, one a score.

    gains : of :func:`workbench.backtesting.compare_scores.compare_scores`; reference : its name, for the labels.
    """
    names = list(gains.index.get_level_values("score").unique())
    samplers = list(gains.index.get_level_values("sampler").unique())
    axes = canvas(1, len(names), 0.9 + 0.27 * len(samplers), sharey=True)[0]
    for ax, score in zip(axes, names):
        for place, sampler in enumerate(samplers):
            _dot(ax, place, sampler, gains.loc[(score, sampler)])
        ax.axvline(0, color=FAINT, linewidth=0.9)
        unit = gains.loc[score, "unit"].iloc[0]
        scale = f"% of {reference}'s score" if unit == "%" else f"{unit}, less {reference}'s"
        rows_down(ax, samplers, title=score, xlabel=f"{scale}\n← better        worse →")
    return axes


def _dot(ax: Axes, place: int, sampler: str, row: pd.Series) -> None:
    style = look(sampler)
    ax.plot([row["low"], row["high"]], [place, place], color=style["color"], linewidth=2.2)
    ax.plot(row["gain"], place, style["marker"], color=style["color"], markersize=6, markeredgecolor="white")
    remark(ax, f"t {number(row['t'], 1, sign=True)}", (row["high"], place), (5, 0), va="center")
