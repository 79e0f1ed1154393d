"""What the scenarios say a book can lose, in the range that honest sets of the same sizes keep."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.errors import ParameterError
from workbench.plots._style import COLOURS, REAL, canvas, legend_below, themed

WANTED = ("book", "level", "measure", "scenarios", "history", "low", "high")
MARKERS = ("D", "^", "v", "P", "X", "h")


@themed
def risk_impact(risk: pd.DataFrame, mends: pd.DataFrame | None = None) -> np.ndarray:
    """One panel a measure and level, one row a book: scenarios beside history, in basis points; Axes, one a panel.

    risk : :func:`workbench.validation.risk_impact.risk_impact`; the bar is where an honest set lies 19 times in 20, the line
    the history's own number. mends : :func:`workbench.validation.risk_impact.counterfactuals`; the scenarios' number once one
    property is the history's, as a smaller mark.
    """
    missing = [name for name in WANTED if name not in risk]
    if missing:
        raise ParameterError(f"the table of effects lacks the columns {missing}; found {list(risk.columns)}")
    panels = list(risk[["measure", "level"]].drop_duplicates().itertuples(index=False))
    books = list(risk["book"].drop_duplicates())
    rows = -(-len(panels) // 2)
    axes = canvas(rows, 2, (0.8 + 0.32 * len(books)) * rows + 0.3, sharey=True).ravel()
    for ax, (measure, level) in zip(axes, panels):
        _panel(ax, _of(risk, measure, level), books)
        if mends is not None and len(mends):
            _mends(ax, _of(mends, measure, level), books)
        ax.set(title=f"{measure} {100 * level:g} %", xlabel="loss over the horizon, basis points of the book")
        ax.set(ylim=(len(books) - 0.4, -0.6), yticks=range(len(books)), yticklabels=books)
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)
    for ax in axes[len(panels) :]:
        ax.remove()
    legend_below(axes[0], 3)
    return axes[: len(panels)]


def _of(table: pd.DataFrame, measure: str, level: float) -> pd.DataFrame:
    return table[(table["measure"] == measure) & (table["level"] == level)]


def _panel(ax: Axes, rows: pd.DataFrame, books: list[str]) -> None:
    at = [books.index(book) for book in rows["book"]]
    ax.use_sticky_edges = False
    ax.barh(at, rows["high"] - rows["low"], 0.5, rows["low"], color="0.85", label="95 % of honest sets")
    ax.plot(rows["history"], at, "|", color=REAL, markersize=13, markeredgewidth=1.8, label="history")
    ax.plot(rows["scenarios"], at, "o", color=COLOURS[0], markersize=6, markeredgecolor="white", label="scenarios")


def _mends(ax: Axes, rows: pd.DataFrame, books: list[str]) -> None:
    for place, (name, part) in enumerate(rows.groupby("mend", sort=False)):
        at = [books.index(book) + 0.32 for book in part["book"]]
        look = {"color": COLOURS[1 + place % (len(COLOURS) - 1)], "markersize": 4.5}
        ax.plot(part["mended"], at, MARKERS[place % len(MARKERS)], label=f"with the history's {name}", **look)
