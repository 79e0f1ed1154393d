"""How soon a monitor would have raised an alarm: evidence on a log scale with its alarms, and delays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.errors import DataError
from workbench.plots._style import (
    COLOURS,
    FAINT,
    LINES,
    MARKERS,
    REAL,
    canvas,
    demand,
    legend_below,
    named,
    remark,
    rows_down,
    themed,
)
from workbench.reporting import formats

ALARM = 1.3  # log10 of 20: evidence of twenty to one
LOWEST = -4.0  # evidence in favour of the forecasts, which grows without end, is cut here


@themed
def evidence_paths(
    evidence: pd.DataFrame, alarms: pd.DataFrame, shocks: Mapping[str, str | pd.Timestamp] | None = None
) -> np.ndarray:
    """Above, log10 of every e-process since the first day; below, the days of each monitor's alarms.

    evidence : (date, monitor), log10 wealth. alarms : a row an alarm, ``date, monitor``. shocks : name -> date, grey
    lines. Evidence below -4 is not drawn; above 1.3, twenty to one, it rejects the forecasts at 5 % at any time.
    Returns both Axes.
    """
    names = list(evidence.columns)
    axes = canvas(2, 1, 4.6, sharex=True, height_ratios=[2.2, 1.4])[:, 0]
    for place, name in enumerate(names):
        axes[0].plot(evidence.index, evidence[name], label=named(name), **_line(place))
    axes[0].axhline(ALARM, color=COLOURS[3], linewidth=0.8)
    axes[0].set_ylim(bottom=max(LOWEST, float(evidence.min().min()) - 0.3))
    axes[0].set(ylabel="log10 of the e-process", title="evidence against the forecasts since the first date")
    alarming = [name for name in names if (alarms["monitor"] == name).any()] or names[:1]
    for row, name in enumerate(alarming):
        days, colour = alarms.loc[alarms["monitor"] == name, "date"], _line(names.index(name))["color"]
        axes[1].plot(days, np.full(len(days), row), "|", color=colour, markersize=9, markeredgewidth=1.5)
    rows_down(axes[1], alarming, title="alarms")
    for ax in axes:
        for date in (shocks or {}).values():
            ax.axvline(pd.Timestamp(date), color=FAINT, linewidth=0.8, linestyle=(0, (3, 2)))
    for name, date in (shocks or {}).items():
        at, clear = (pd.Timestamp(date), 1.0), {"facecolor": "white", "edgecolor": "none", "pad": 1}
        remark(axes[0], name, at, (-3, -2), xycoords=("data", "axes fraction"), va="top", ha="right", bbox=clear)
    legend_below(axes[0])
    return axes


@themed
def delay_curves(curves: pd.DataFrame, monitors: Sequence[str] | None = None) -> np.ndarray:
    """Median detection delay against years between false alarms, a panel a break. Returns the Axes, one a break.

    curves : columns ``break, monitor, years, median`` (dates; infinite where most histories found nothing, and
    then not drawn). Lower is better; a curve that ends was too slow.
    """
    demand(curves, ("break", "monitor", "years", "median"), "the table of delays", DataError)
    breaks = list(dict.fromkeys(curves["break"]))
    known = list(dict.fromkeys(curves["monitor"]))
    axes = canvas(1, len(breaks), 3.2, sharey=True)[0]
    for ax, name in zip(axes, breaks):
        part = curves[(curves["break"] == name) & np.isfinite(curves["median"])]
        for monitor in monitors or known:
            one, place = part[part["monitor"] == monitor].sort_values("years"), known.index(monitor)
            style = _line(place) | {"marker": MARKERS[(place + place // len(COLOURS)) % len(MARKERS)]}
            ax.plot(one["years"], one["median"], markersize=4, label=named(monitor), **style)
        ax.set(title=name, xlabel="years to a false alarm", xscale="log", yscale="log")
        ax.set_xticks(sorted(set(curves["years"])), [f"{year:g}" for year in sorted(set(curves["years"]))])
        ax.minorticks_off()
    axes[0].set_ylabel("median delay, dates")
    legend_below(axes[0], 5)
    return axes


@themed
def factor_paths(tables: Mapping[str, pd.DataFrame], level: float = 0.99) -> Axes:
    """By how much recalibration multiplied VaR, through time; 1 is the forecast as it came.

    tables : name -> recalibrated forecasts by date with ``factor_<level>``.
    """
    ax = canvas(height=2.4)[0, 0]
    for place, (name, table) in enumerate(tables.items()):
        demand(table, [f"factor_{level:g}"], f"{name!r}, recalibrated at {level:g},", DataError)
        ax.plot(table.index, table[f"factor_{level:g}"], label=named(name), **_line(place))
    ax.axhline(1, color=REAL, linewidth=0.7)
    ax.set(ylabel=f"factor on VaR {formats.level(level)}", yscale="log")
    ax.set_yticks([0.5, 0.7, 1, 1.4, 2], ["0.5", "0.7", "1", "1.4", "2"])
    ax.minorticks_off()
    legend_below(ax)
    return ax


def _line(place: int) -> dict[str, Any]:
    """Colour and line of the monitor at ``place``; the second round of colours has other lines."""
    return {"color": COLOURS[place % len(COLOURS)], "linestyle": LINES[(place + place // len(COLOURS)) % len(LINES)]}
