"""Figures of the tail splice: the index that a sample shows, crashes ever further out, a shortfall that may be infinite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import (
    COLOURS,
    LINES,
    MARKERS,
    REAL,
    canvas,
    legend_below,
    name_key,
    named,
    powers,
    short,
    themed,
)


@themed
def index_plot(tables: Mapping[str, pd.DataFrame], assets: list[str]) -> np.ndarray:
    """Hill's index an asset with the range that the fitted distribution allows, a row a level, losses left and gains right.

    tables : name of a level -> what :func:`workbench.validation.tail_guarantees.hill` found past it. Returns the Axes.
    """
    axes = canvas(len(tables), 2, 1.0 + 1.45 * len(tables), sharex=True)
    for row, (name, table) in zip(axes, tables.items()):
        for ax, side, title in zip(row, ("lower", "upper"), ("losses", "gains")):
            part = table[table["side"] == side]
            ax.vlines(part["asset"], part["low"], part["high"], color="0.8", linewidth=5, label="range if correct")
            ax.axhline(part["fitted"].iloc[0], color=COLOURS[1], linestyle=LINES[1], label="fitted index")
            for inside, mark, label in ((True, "o", "index shown"), (False, "X", "index shown, out of range")):
                hit = part[part["inside"] == inside]
                ax.plot(hit["asset"], hit["index"], mark, color=REAL, markersize=3.5, label=label)
            ax.set_title(f"{title}, {name}")
        row[0].set_ylabel("tail index ξ")
    for ax in axes[-1]:
        ax.set_xticks(range(len(assets)), short(assets), rotation=90)
    legend_below(axes[0, 0], 4)
    name_key(axes[0, 0].figure, assets, short(assets))
    return axes


@themed
def crash_plot(curves: Mapping[str, pd.DataFrame]) -> Axes:
    """Chance that one asset is past a level given that another is, measured (points) and implied (lines).

    curves : name -> of :func:`workbench.validation.tail_guarantees.crashing_together`. Bars: two standard errors.
    """
    ax = canvas(1, 1, 2.6)[0, 0]
    for place, (name, curve) in enumerate(curves.items()):
        known, style = curve.dropna(subset=["implied"]), {"color": COLOURS[place], "linestyle": LINES[place]}
        ax.plot(known["level"], known["implied"], label=named(f"{name}: implied"), **style)
        ax.errorbar(
            curve["level"], curve["measured"], 2 * curve["error"], fmt=MARKERS[place], color=COLOURS[place],
            markersize=4, linewidth=1, label=named(f"{name}: measured"),
        )  # fmt: skip
    return _ever_rarer(ax, 4, xlabel="level q: share of dates past it", ylabel="λ(q), mean over pairs")


@themed
def shortfall_plot(table: pd.DataFrame, limits: Mapping[float, float]) -> Axes:
    """Expected shortfall as ever rarer outcomes are let in, a line a tail index; dotted: its finite limit.

    table : from :func:`workbench.validation.tail_guarantees.partial_shortfall`; limits : index -> closed form.
    """
    ax = canvas(1, 1, 2.6)[0, 0]
    for place, shape in enumerate(table):
        ax.plot(table.index, table[shape], color=COLOURS[place], linestyle=LINES[place], label=f"ξ = {shape:.2f}")
        if np.isfinite(limits[shape]):
            ax.axhline(limits[shape], color=COLOURS[place], linestyle=":", linewidth=0.9)
    loss = "mean loss beyond the splice,\nstandard deviations"
    return _ever_rarer(ax, 5, xlabel="probability of the rarest outcome let in", ylabel=loss, ylim=(1.0, 1e6))


def _ever_rarer(ax: Axes, columns: int, **labels: Any) -> Axes:
    """Logarithmic axes with probability falling to the right, and a legend of so many columns."""
    ax.set(xscale="log", yscale="log", **labels)
    powers(ax.xaxis)
    powers(ax.yaxis)
    ax.invert_xaxis()
    legend_below(ax, columns)
    return ax
