"""What a book can lose: VaR and ES by sampler, with the error of the draws beside the error of training; and those of
the scenarios in the range that correct sets of the same sizes keep.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import COLOURS, REAL, demand, legend_below, look, panels, remark, rows_down, themed
from workbench.reporting import formats

WANTED = ("measure", "level", "value", "draw_error", "seed_low", "seed_high")
NORMAL = 1.96
MARKERS = ("D", "^", "v", "P", "X", "h")  # of counterfactuals


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


@themed
def risk_impact(risk: pd.DataFrame, changed: pd.DataFrame | None = None) -> np.ndarray:
    """One panel a measure and level, one row a book: scenarios beside history, in basis points; Axes, one a panel.

    risk : :func:`workbench.validation.risk_impact.risk_impact`; the bar is where a correct set lies 19 times in 20, the
    line the history's own number. changed : :func:`workbench.validation.risk_impact.counterfactuals`; the scenarios'
    number once one property is the history's, as a smaller mark.
    """
    demand(risk, ("book", "level", "measure", "scenarios", "history", "low", "high"), "the table of risk numbers")
    measures = list(risk[["measure", "level"]].drop_duplicates().itertuples(index=False))
    books = list(risk["book"].drop_duplicates())
    axes = panels(len(measures), 2, 0.8 + 0.32 * len(books), 0.3, sharey=True)
    for ax, (measure, level) in zip(axes, measures):
        _panel(ax, _of(risk, measure, level), books)
        if changed is not None and len(changed):
            _counterfactuals(ax, _of(changed, measure, level), books)
        title = f"{measure} {formats.level(level)}"
        rows_down(ax, books, title=title, xlabel="loss over the horizon, basis points of the book")
    legend_below(axes[0], 3)
    return axes


def _of(table: pd.DataFrame, measure: str, level: float) -> pd.DataFrame:
    return table[(table["measure"] == measure) & (table["level"] == level)]


def _panel(ax: Axes, rows: pd.DataFrame, books: list[str]) -> None:
    at = [books.index(book) for book in rows["book"]]
    ax.use_sticky_edges = False
    ax.barh(at, rows["high"] - rows["low"], 0.5, rows["low"], color="0.85", label="95 % of correct sets")
    ax.plot(rows["history"], at, "|", color=REAL, markersize=13, markeredgewidth=1.8, label="history")
    ax.plot(rows["scenarios"], at, "o", color=COLOURS[0], markersize=6, markeredgecolor="white", label="scenarios")


def _counterfactuals(ax: Axes, rows: pd.DataFrame, books: list[str]) -> None:
    for place, (name, part) in enumerate(rows.groupby("property", sort=False)):
        at = [books.index(book) + 0.32 for book in part["book"]]
        colour, mark = COLOURS[1 + place % (len(COLOURS) - 1)], MARKERS[place % len(MARKERS)]
        ax.plot(part["adjusted"], at, mark, label=f"with the history's {name}", color=colour, markersize=4.5)
