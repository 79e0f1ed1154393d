r"""The worst futures of the book, and the real episodes that come closest to them.

Distance of a scenario from a real episode of as many days: the root mean square, over days and assets, of the
difference between their cumulative log returns,

.. math:: d = \Big(\tfrac{1}{hn}\sum_{t\le h}\sum_{i\le n}(R_{t,i} - R'_{t,i})^2\Big)^{1/2},

read as "percentage points an asset and a day". It is no verdict: the yardstick beside it is how far the worst real
episodes lie from *their* nearest other episode (one that shares no day).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from workbench import scenarios
from workbench.errors import ParameterError
from workbench.plots._style import COLOURS, FAINT, REAL, canvas, legend_below, themed


def closest_episodes(
    tree: xr.DataTree, history: pd.DataFrame, weights: Mapping[str, float] | None = None, worst: int = 10
) -> pd.DataFrame:
    """The ``worst`` draws of the book at the horizon, worst first, and the nearest real episode of each.

    history : log returns (day, asset). Returns one row a draw: ``chain, draw, loss`` (of the book, fraction), ``first,
    last`` (dates of the episode), ``distance`` (fraction), ``real_loss`` (of the same book in that episode), and
    ``attrs["yardstick"]``: the median distance of the ``worst`` real episodes from their nearest other one.
    """
    draws = scenarios.cumulative(tree)
    horizon, names = draws.sizes["time"], list(draws.asset.values)
    if len(history) < 3 * horizon:
        raise ParameterError(
            f"a history of {len(history)} days has no episodes to compare {horizon}-day scenarios with"
        )
    episodes = _cumulative_windows(history[names].to_numpy(), horizon)  # (episode, time, asset)
    profit = scenarios.pnl(tree, weights).isel(time=-1)
    at = np.argsort(profit.values.ravel(), kind="stable")[:worst]
    paths = draws.values.reshape(-1, horizon, len(names))[at].astype(np.float64)
    distances = np.stack([_distance(path, episodes) for path in paths])
    near = distances.argmin(1)
    chain, draw = np.unravel_index(at, profit.shape)
    share = (
        pd.Series(1 / len(names), index=names)
        if weights is None
        else pd.Series(weights, dtype=float).reindex(names, fill_value=0.0)
    )
    real = -np.expm1(episodes[:, -1]) @ share.to_numpy()
    table = pd.DataFrame(
        {
            "chain": draws.chain.values[chain], "draw": draws.draw.values[draw], "loss": -profit.values.ravel()[at],
            "first": history.index[near], "last": history.index[near + horizon - 1],
            "distance": distances.min(1), "real_loss": real[near],
        }
    )  # fmt: skip
    table.attrs["yardstick"] = _yardstick(episodes, real, worst)
    return table


@themed
def worst_paths(
    tree: xr.DataTree, history: pd.DataFrame, weights: Mapping[str, float] | None = None, worst: int = 10
) -> np.ndarray:
    """Small multiples: each of the book's worst paths beside the closest real episode, with its date and distance.

    Arguments as in :func:`closest_episodes`. Returns the Axes, worst first.
    """
    table = closest_episodes(tree, history, weights, worst)
    profit = scenarios.pnl(tree, weights)
    columns = min(5, len(table))
    rows = -(-len(table) // columns)
    axes = canvas(rows, columns, 0.6 + 1.65 * rows, sharex=True, sharey=True)
    for ax, row in zip(axes.ravel(), table.itertuples()):
        path = profit.sel(chain=row.chain, draw=row.draw).values
        episode = history.loc[row.first : row.last]
        _pair(ax, path, _book(episode, weights))
        ax.set_title(f"{row.first:%b %Y}, {100 * row.distance:.1f} pp", fontsize=8)
    for ax in axes[-1]:
        ax.set_xlabel("trading days")
    for ax in axes.ravel()[len(table) :]:
        ax.remove()
    axes[0, 0].figure.supylabel("return of the book, %", fontsize=8.5, color="0.25")
    legend_below(axes[0, 0])
    return axes.ravel()[: len(table)]


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


def _cumulative_windows(values: np.ndarray, horizon: int) -> np.ndarray:
    """Cumulative log returns of every run of ``horizon`` days: (episode, time, asset)."""
    total = np.concatenate([np.zeros((1, values.shape[1])), values.cumsum(0)])
    starts = np.arange(len(values) - horizon + 1)
    return total[starts[:, None] + np.arange(1, horizon + 1)] - total[starts][:, None]


def _distance(path: np.ndarray, episodes: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(episodes - path).mean(axis=(1, 2)))


def _yardstick(episodes: np.ndarray, losses: np.ndarray, worst: int) -> float:
    """Median distance of the worst real episodes, none sharing a day, from their nearest other."""
    horizon, found, chosen = episodes.shape[1], [], []
    for place in np.argsort(-losses, kind="stable"):
        if all(abs(place - other) >= horizon for other in chosen):
            chosen.append(place)
            distance = _distance(episodes[place], episodes)
            distance[max(0, place - horizon + 1) : place + horizon] = np.inf
            found.append(distance.min())
        if len(chosen) == worst:
            break
    return float(np.median(found))
