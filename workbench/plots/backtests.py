"""Did the forecasts hold? Hits and VaR through time, PIT against uniform, the traffic light by month."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from workbench.backtesting import traffic_zone
from workbench.constants import REGULATORY_DAYS
from workbench.errors import DataError
from workbench.plots._style import COLOURS, FAINT, REAL, canvas, demand, legend_below, line, look, themed
from workbench.reporting import formats

ZONES = {"green": COLOURS[2], "yellow": COLOURS[1], "red": COLOURS[3]}
MARKS = {"green": "", "yellow": "·", "red": "×"}


@themed
def hit_band(tables: Mapping[str, pd.DataFrame], level: float = 0.99) -> np.ndarray:
    """One panel a sampler: daily profit, the VaR and ES lines, a mark on every hit. Returns the Axes, one a sampler.

    tables : sampler -> forecasts of one book by date, with ``var_<level>``, ``realised`` and, where known,
    ``es_<level>``; fractions.
    """
    axes = canvas(len(tables), 1, 0.5 + 1.35 * len(tables), sharex=True, sharey=True)[:, 0]
    for ax, (name, table) in zip(axes, tables.items()):
        profit, var = 100 * table["realised"], 100 * _column(table, f"var_{level:g}")
        hits = table.index[-profit > var]
        ax.vlines(table.index, 0, profit, color="0.75", linewidth=0.5)
        ax.plot(table.index, -var, color=look(name)["color"], linewidth=0.9, label=f"VaR {formats.level(level)}")
        if f"es_{level:g}" in table:
            es = 100 * table[f"es_{level:g}"]
            ax.fill_between(table.index, -var, -es, color=look(name)["color"], alpha=0.25, linewidth=0)
        ax.plot(hits, profit[hits], "x", color=COLOURS[3], markersize=4.5, markeredgewidth=1.1)
        expected = (1 - level) * len(table)
        ax.set_title(f"{name}: {len(hits)} hits in {len(table):,} forecasts, {expected:.1f} expected")
        ax.set_ylabel("profit, %")
    return axes


@themed
def pit_ecdf(
    tables: Mapping[str, pd.DataFrame],
    prob: float = 0.95,
    points: int = 99,
    of: str = "PIT of the profit, 0 = worst",
) -> Axes:
    """ECDF of the PIT less the uniform distribution, with a band that holds the whole curve with probability ``prob``.

    The band is simultaneous over all points (Säilynoja, Bürkner and Vehtari 2022, Statistics and Computing 32, 32), as
    ArviZ computes it, for the shortest of the tables. Independent days are assumed; clustering makes it too narrow.
    tables : sampler -> forecasts of one book with ``pit``. of : what the PIT is of, below the axis.
    """
    ax = canvas(height=3.1)[0, 0]
    fewest = min(len(_column(table, "pit")) for table in tables.values())
    at = np.linspace(0, 1, points + 2)[1:-1]
    low, high = _simultaneous_band(fewest, at, prob)
    ax.fill_between(
        at, low - at, high - at, color="0.88", linewidth=0, label=f"{formats.level(prob)} of correct forecasts"
    )
    for name, table in tables.items():
        pit = np.sort(_column(table, "pit"))
        ecdf = np.searchsorted(pit, at, side="right") / len(pit)
        ax.plot(at, ecdf - at, **line(name))
    ax.axhline(0, color=FAINT, linewidth=0.7)
    ax.set(xlabel=f"{of} (n = {fewest:,})", ylabel="share below, less uniform", xlim=(0, 1))
    legend_below(ax)
    return ax


def _simultaneous_band(days: int, at: np.ndarray, prob: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ECDF of ``days`` uniform values at the points ``at``, holding all of it with ``prob``."""
    try:
        ecdf_utils = import_module("arviz.stats.ecdf_utils")
    except ImportError:  # ArviZ 1 moved it
        ecdf_utils = import_module("arviz_stats.ecdf_utils")
    return ecdf_utils.ecdf_confidence_band(days, at, at, prob, method="optimized")


@themed
def traffic_calendar(tables: Mapping[str, pd.DataFrame], level: float = 0.99) -> np.ndarray:
    """Basel's zone at the end of every month, from the hits of the 250 days before; a panel a sampler.

    Yellow has a dot and red a cross, so that grey print can be read; a pale cell has less than 250 days.
    """
    years = max(table.index[-1].year - table.index[0].year + 1 for table in tables.values())
    axes = canvas(1, len(tables), 0.9 + 0.2 * years, sharey=True)[0]
    for ax, (name, table) in zip(axes, tables.items()):
        zones = _month_zones(table, level)
        grid = np.ma.masked_invalid(zones.replace({zone: place for place, zone in enumerate(ZONES)}).astype(float))
        ax.imshow(grid, cmap=ListedColormap(list(ZONES.values())), vmin=-0.5, vmax=2.5, aspect="auto", alpha=0.75)
        for (row, column), zone in np.ndenumerate(zones.to_numpy()):
            ax.text(column, row, MARKS.get(zone, ""), ha="center", va="center", fontsize=8, color=REAL)
        ax.set(title=name, xticks=range(12), xticklabels="JFMAMJJASOND")
        ax.set_yticks(range(len(zones)), zones.index)
        ax.grid(False)
    return axes


def _month_zones(table: pd.DataFrame, level: float = 0.99) -> pd.DataFrame:
    """Zones (year x month) from the hits of the last 250 forecasts at each month's end; NaN with fewer."""
    hits = (-table["realised"] > _column(table, f"var_{level:g}")).astype(float)
    count = hits.rolling(REGULATORY_DAYS).sum()
    last = count.groupby([table.index.year, table.index.month]).last()
    zones = last.map(lambda x: np.nan if np.isnan(x) else traffic_zone(int(x), REGULATORY_DAYS, level)).astype(object)
    grid = zones.unstack().reindex(columns=range(1, 13))
    return grid.rename_axis(index="year", columns="month")


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return demand(table, [name], "the table of forecasts", DataError)[name]
