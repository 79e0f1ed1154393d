"""Figures of the checks' own size and power: false alarms, faults found, and from which severity on."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.errors import ParameterError
from workbench.plots._style import BLUES, COLOURS, FAINT, bare, canvas, labels_on_top, panels, rows_down, themed
from workbench.reporting.formats import percent

DARK = 0.45  # share from which the number in a cell is white


@themed
def detection_map(matrix: pd.DataFrame, found: pd.Series) -> Axes:
    """Faults against checks: share of trials in which the set fails each check; in front, whether it failed any.

    matrix : of :func:`workbench.power.tables.matrix`, rows faults, columns checks.
    found : share of trials in which the whole verdict rejects, by fault.
    Checks that never fire are left out and counted in the label.
    """
    if matrix.empty:
        raise ParameterError("the matrix of faults and checks is empty: nothing was measured")
    shown = matrix.loc[:, matrix.max() > 0].loc[found.sort_values(ascending=False, kind="stable").index]
    each = found[shown.index]
    values = np.column_stack([each, each, np.full(len(shown), np.nan), shown])
    ax = canvas(height=1.9 + 0.135 * len(shown))[0, 0]
    ax.imshow(values, aspect="auto", vmin=0, vmax=1, cmap=BLUES)
    for row, name in enumerate(shown.index):
        colour = "white" if found[name] > DARK else "0.15"
        ax.text(0.5, row, f"{100 * found[name]:.0f}", ha="center", va="center", fontsize=8, color=colour)
    ax.set_xticks([0.5, *range(3, values.shape[1])], ["any check, %", *shown.columns], rotation=90)
    ax.set_yticks(range(len(shown)), shown.index)
    bare(ax)
    labels_on_top(ax)
    quiet = matrix.shape[1] - shown.shape[1]
    ax.set_xlabel(f"share of trials rejected, 0 (white) to 1 (dark); {quiet} checks never fire")
    return ax


@themed
def size_chart(sizes: pd.DataFrame, verdict: pd.DataFrame, level: float = 0.05) -> np.ndarray:
    """False alarms on the truth: each check alone at its level, and the whole verdict by process and length; two Axes.

    sizes : of ``tables.sizes``; verdict : of ``tables.false_alarms`` by ``process`` and ``days``. Bars are Wilson's 95 %
    intervals; the line is the level.
    """
    known = sizes[sizes["n"] > 0].sort_values("share", kind="stable")
    axes = canvas(1, 2, 0.9 + 0.15 * max(len(known), len(verdict)))[0]
    _intervals(axes[0], known, list(known["check"]), level, f"one check alone, p ≤ {percent(level, 0)}")
    labels = [f"{row.process}, {row.days:,} days" for row in verdict.itertuples()]
    _intervals(axes[1], verdict, labels, level, "whole verdict, any check fails")
    return axes


def _intervals(ax: Axes, rows: pd.DataFrame, labels: Sequence[str], level: float, title: str) -> None:
    _wilson(ax, rows, np.arange(len(rows)), COLOURS[0], "o")
    ax.axvline(level, color=COLOURS[3], linewidth=1, linestyle="--")
    span = f"{rows['n'].min()}-{rows['n'].max()}" if len(rows) else "0"
    rows_down(ax, labels, title=title, xlabel=f"share rejected (n = {span} a row)", xlim=(-0.01, None))
    ax.invert_yaxis()


def _wilson(ax: Axes, rows: pd.DataFrame, places: np.ndarray, colour: tuple, mark: str, label: str = "") -> None:
    """Shares with their Wilson intervals, one row each."""
    ax.hlines(places, rows["low"], rows["high"], color=colour, linewidth=2, alpha=0.6)
    ax.plot(rows["share"], places, mark, color=colour, markersize=4.5, markeredgecolor="white", label=label)


@themed
def length_chart(lengths: pd.DataFrame, wanted: float = 0.95) -> Axes:
    """Share of trials found, one row a fault, in the small markets and in the large ones; Wilson's 95 % intervals.

    lengths : of ``tables.by_length``. Faults found in ``wanted`` of the trials of both are left out and counted.
    """
    shares = lengths.pivot(index="fault", columns="market", values="share").reindex(columns=["small", "large"])
    weak = shares[(shares < wanted).any(axis=1)].sort_values(["small", "large"])
    ax = canvas(height=1.1 + 0.2 * len(weak))[0, 0]
    for size, colour, mark, lift in (("small", COLOURS[1], "o", 0.14), ("large", COLOURS[0], "s", -0.14)):
        rows = lengths[lengths["market"] == size].set_index("fault").reindex(weak.index)
        _wilson(ax, rows, np.arange(len(weak)) + lift, colour, mark, f"{size} markets")
    ax.axvline(wanted, color=FAINT, linewidth=0.9, linestyle=":")
    rows_down(ax, weak.index, xlim=(-0.02, 1.02), xlabel="share of trials rejected, at documented severity")
    ax.invert_yaxis()
    ax.set_title(f"{len(shares) - len(weak)} other faults: at least {percent(wanted, 0)} in both", fontsize=8)
    ax.legend(loc="upper left", frameon=False)
    return ax


@themed
def power_curves(detection: pd.DataFrame, documented: pd.Series, names: Sequence[str]) -> np.ndarray:
    """Share of trials found against severity, one small panel a fault; the Axes.

    detection : of ``tables.detection``; documented : severity by fault, marked by a line; names : which faults.
    """
    axes = panels(len(names), 4, 1.05, 0.3, sharex=True, sharey=True)
    for ax, name in zip(axes, names):
        found = detection[detection["fault"] == name]
        ax.fill_between(found["severity"], found["low"], found["high"], color=COLOURS[0], alpha=0.2, linewidth=0)
        ax.plot(found["severity"], found["share"], "o-", color=COLOURS[0], markersize=3.5)
        ax.axvline(documented[name], color=FAINT, linewidth=0.9, linestyle=":")
        ax.set(ylim=(-0.04, 1.04), xlim=(0, 1.05))
        ax.set_title(fill(name, 26), fontsize=8)
    axes[0].figure.supxlabel("severity", fontsize=8.5)
    axes[0].figure.supylabel("share of trials rejected", fontsize=8.5)
    return axes
