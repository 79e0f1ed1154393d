"""The worst scenarios of the book, each beside the real episode that comes closest to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from workbench import data, scenarios
from workbench.plots._style import COLOURS, FAINT, REAL, legend_below, panels, spot, themed
from workbench.reporting.formats import percent

ACROSS = 5  # paths in a row


@themed
def worst_paths(
    tree: xr.DataTree, history: pd.DataFrame, episodes: pd.DataFrame, weights: Mapping[str, float] | None = None
) -> np.ndarray:
    """Small multiples: each of the book's worst paths beside the closest real episode, with its date and distance.

    history : log returns (day, asset); episodes : of :func:`workbench.reporting.tables.closest_episodes`. Returns the
    Axes, worst first.
    """
    profit, step = scenarios.pnl(tree, weights), data.unit(history)
    axes = panels(len(episodes), ACROSS, 1.3, 0.6, sharex=True, sharey=True)
    for ax, row in zip(axes, episodes.itertuples()):
        path = profit.sel(chain=row.chain, draw=row.draw).values
        episode = _book(history.loc[row.first : row.last], weights)
        _pair(ax, path, episode)
        for day, (here, there) in enumerate(zip(path, episode), start=1):
            spot(ax, day, f"chain {row.chain}, draw {row.draw}, {step} {day}: {percent(here, sign=True)}; "
                          f"{row.first:%Y-%m-%d} and on: {percent(there, sign=True)}")  # fmt: skip
        ax.set_title(f"{row.first:%b %Y}, {row.distance:.1f}", fontsize=8)
    for ax in axes[-ACROSS:]:
        ax.set_xlabel(f"{step}s")
    axes[0].figure.supylabel("return of the book, %", fontsize=8.5, color="0.25")
    legend_below(axes[0])
    return axes


def _pair(ax: Axes, path: np.ndarray, episode: np.ndarray) -> None:
    days = np.arange(len(path) + 1)
    ax.axhline(0, color=FAINT, linewidth=0.7)
    ax.plot(
        days, 100 * np.r_[0, episode], color=REAL, linewidth=1.0, linestyle=(0, (4, 1.5)), label="closest real episode"
    )
    ax.plot(days, 100 * np.r_[0, path], color=COLOURS[0], label="scenario")
    ax.margins(x=0)


def _book(episode: pd.DataFrame, weights: Mapping[str, float] | None) -> np.ndarray:
    gain = np.expm1(episode.cumsum())
    return gain.mean(axis=1).to_numpy() if weights is None else gain.mul(pd.Series(weights)).sum(axis=1).to_numpy()
