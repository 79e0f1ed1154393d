"""VaR and ES by sampler, with the error of the draws beside the error of training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import REAL, demand, look, panels, remark, rows_down, themed
from workbench.reporting import formats

WANTED = ("measure", "level", "value", "draw_error", "seed_low", "seed_high")
NORMAL = 1.96


@themed
def risk_intervals(tables: Mapping[str, pd.DataFrame], realised: float | None = None) -> np.ndarray:
    """One panel a measure, one row a sampler: the number, and two intervals of 95 %.

    tables : sampler -> :func:`workbench.validation.risk_table` of one book. The upper, thin bar is the error of the
    draws, the lower, thick one that of the training seeds (none for a single chain).
    realised : the loss that came, as a fraction; a dashed line. Returns the Axes, one a measure.
    """
    for name, table in tables.items():
        demand(table, WANTED, f"the risk table of {name!r}")
    measures = list(next(iter(tables.values()))[["measure", "level"]].itertuples(index=False))
    axes = panels(len(measures), 2, 0.75 + 0.3 * len(tables), sharey=True)
    for ax, (measure, level) in zip(axes, measures):
        for place, (name, table) in enumerate(tables.items()):
            _interval(ax, place, name, table[(table["measure"] == measure) & (table["level"] == level)].iloc[0])
        if realised is not None:
            ax.axvline(100 * realised, color=REAL, linewidth=0.9, linestyle=(0, (4, 2)))
        rows_down(ax, tables, title=f"{measure} {formats.level(level)}", xlabel="loss of the book, %")
    return axes


def _interval(ax: Axes, place: int, name: str, row: pd.Series) -> None:
    style, value, draw = look(name), 100 * row["value"], 100 * NORMAL * row["draw_error"]
    ax.plot([value - draw, value + draw], [place - 0.12] * 2, color=style["color"], linewidth=1.2)
    if np.isfinite(row["seed_low"]):
        seeds = [100 * row["seed_low"], 100 * row["seed_high"]]
        ax.plot(seeds, [place + 0.14] * 2, color=style["color"], linewidth=3.4, alpha=0.55, solid_capstyle="butt")
    ax.plot(value, place, style["marker"], color=style["color"], markersize=5.5)
    remark(ax, f"{value:.1f}", (value, place - 0.05), (0, 6), ha="center")
