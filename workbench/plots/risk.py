"""VaR and ES by sampler, with the error of the draws beside the error of training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.errors import ParameterError
from workbench.plots.style import FAINT, REAL, canvas, look, themed

WANTED = ("value", "draw_error", "seed_error")
NORMAL = 1.96


@themed
def risk_intervals(tables: Mapping[str, pd.DataFrame], realised: float | None = None) -> np.ndarray:
    """One panel a measure, one row a sampler: the number, and two intervals.

    tables : sampler -> risk table, indexed by measure (``VaR 99 %``, ...) with the columns ``value, draw_error,
    seed_error`` (fractions of the book; standard errors) and, where it is known, ``seed_quantile`` (the factor of a
    95 %
    interval over the seeds). The upper, thin bar is 95 % of the draws' error, the lower, thick one 95 % of the seeds'.
    realised : the loss that came, as a fraction; a grey line. Returns the Axes, one a measure.
    """
    measures = list(next(iter(tables.values())).index)
    for name, table in tables.items():
        missing = [column for column in WANTED if column not in table]
        if missing:
            raise ParameterError(f"the risk table of {name!r} lacks the columns {missing}; found {list(table.columns)}")
    columns = min(2, len(measures))
    rows = -(-len(measures) // columns)
    axes = canvas(rows, columns, (0.75 + 0.3 * len(tables)) * rows, sharey=True).ravel()
    for ax, measure in zip(axes, measures):
        for place, (name, table) in enumerate(tables.items()):
            _interval(ax, place, name, table.loc[measure])
        if realised is not None:
            ax.axvline(100 * realised, color=REAL, linewidth=0.9, linestyle=(0, (4, 2)))
        ax.set(title=str(measure), xlabel="loss of the book, %", yticks=range(len(tables)), yticklabels=list(tables))
        ax.set_ylim(len(tables) - 0.5, -0.5)
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)
    for ax in axes[len(measures) :]:
        ax.remove()
    return axes[: len(measures)]


def _interval(ax: Axes, place: int, name: str, row: pd.Series) -> None:
    style, value = look(name), 100 * row["value"]
    draw = 100 * NORMAL * row["draw_error"]
    ax.plot([value - draw, value + draw], [place - 0.16] * 2, color=style["color"], linewidth=1.2)
    if np.isfinite(row["seed_error"]):
        seed = 100 * row.get("seed_quantile", NORMAL) * row["seed_error"]
        ax.plot([value - seed, value + seed], [place + 0.16] * 2, color=style["color"], linewidth=3.4, alpha=0.55)
    ax.plot(value, place, style["marker"], color=style["color"], markersize=5.5)
    ax.annotate(
        f"{value:.1f}", (value, place), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=7, color=FAINT
    )
