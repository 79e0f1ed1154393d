"""What the scenarios say a book can lose, in the range that correct sets of the same sizes keep."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import COLOURS, REAL, demand, legend_below, panels, rows_down, themed
from workbench.reporting import formats

MARKERS = ("D", "^", "v", "P", "X", "h")


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
