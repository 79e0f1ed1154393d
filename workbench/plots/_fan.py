r"""Fan charts: what the book and single assets may do from one close on, beside what they had done and did.

A book bought at the start with weights :math:`w` and held is worth :math:`\sum_i w_i P_{t,i}/P_{0,i}`, after the start
and, with the same holdings, before it. Bands are central quantile intervals of the draws of one day each
(pointwise, not of whole paths).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from workbench import data, scenarios
from workbench.plots._style import COLOURS, FAINT, REAL, canvas, label_right, name_key, short, spot, themed
from workbench.reporting.formats import percent

BANDS = (0.5, 0.8, 0.98)  # shares of the draws that lie within
BEFORE = 60
Bands = dict[float, np.ndarray]  # share -> lower and upper edge in per cent, (2, day); 0 is the median, twice


@themed
def fan_charts(
    tree: xr.DataTree,
    returns: pd.DataFrame,
    as_of: pd.Timestamp,
    assets: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    before: int = BEFORE,
) -> np.ndarray:
    """The book above, chosen assets below: cumulative return in per cent of the value at ``as_of``.

    returns : log returns (day, asset) as fractions; days after ``as_of``, where there are any, are drawn
        as what happened.
    weights : of the book at ``as_of``; None is equal weight. Returns the Axes, the book's first.
    """
    rows = 1 if not assets else 2
    grid = canvas(rows, max(1, len(assets)), 1.95 * rows, height_ratios=[1.35, 1][:rows])
    figure, top = grid[0, 0].figure, grid[0, 0].get_gridspec()
    for ax in grid[0]:
        ax.remove()
    axes = [figure.add_subplot(top[0, :]), *(grid[1] if assets else ())]
    books = [weights, *({name: 1.0} for name in assets)]
    shown, step = short(assets, 22), data.unit(returns)
    for ax, book, name in zip(axes, books, ["the book", *shown]):
        profit = 100 * scenarios.pnl(tree, book).stack(path=("chain", "draw"))
        past, realised = _around(returns, as_of, book, before, profit.sizes["time"])
        bands = {share: np.quantile(profit, [0.5 - share / 2, 0.5 + share / 2], axis=1) for share in (*BANDS, 0.0)}
        _fan_chart(ax, bands, past, realised)
        ax.set(xlabel=f"{step}s from the start", title=name)
        _name_days(ax, bands, realised, f"{name}, {step}")
        if ax is axes[0]:
            _name_bands(ax, bands, realised)
    axes[0].set_ylabel(f"return since {as_of:%Y-%m-%d}, %")
    if assets:
        axes[1].set_ylabel("return, %")
    name_key(figure, assets, shown)
    return np.array(axes)


def _fan_chart(ax: Axes, bands: Bands, past: pd.Series, realised: pd.Series) -> None:
    """One fan of returns since the start, where all are zero.

    past, realised : the same return before the start (last value 0) and after it, fractions, indexed by step.
    """
    *edges, (middle, _) = (np.pad(both, ((0, 0), (1, 0))) for both in bands.values())
    for low, high in reversed(edges):
        ax.fill_between(range(len(middle)), low, high, color=COLOURS[0], alpha=0.22, linewidth=0)
    ax.plot(middle, color=COLOURS[0], linewidth=1.2)
    for series in (past, realised):
        ax.plot(series.index, 100 * series, color=REAL, linewidth=1.3)
    ax.axvline(0, color=FAINT, linewidth=0.7)
    ax.margins(x=0)


def _name_days(ax: Axes, bands: Bands, realised: pd.Series, title: str) -> None:
    """What the pointer reads on each day, after ``title`` and its number: the median, the bands and what happened."""
    for day in range(1, bands[0].shape[1] + 1):
        at = {share: [percent(edge / 100, sign=True) for edge in both[:, day - 1]] for share, both in bands.items()}
        said = [f"{title} {day}: median {at[0][0]}"]
        said += [f"{percent(share, 0)} from {at[share][0]} to {at[share][1]}" for share in BANDS]
        said += [f"what happened {percent(realised[day], sign=True)}"] if day in realised else []
        spot(ax, day, "; ".join(said))


def _name_bands(ax: Axes, bands: Bands, realised: pd.Series) -> None:
    """What each line is, at the height of its last day."""
    texts = [*(f"{percent(share, 0)} of draws" for share in BANDS), "median"]
    heights, colours = [both[1, -1] for both in bands.values()], [COLOURS[0]] * len(texts)
    if len(realised):
        texts, heights, colours = [*texts, "what happened"], [*heights, 100 * realised.iloc[-1]], [*colours, REAL]
    label_right(ax, texts, heights, colours)


def _around(
    returns: pd.DataFrame, as_of: pd.Timestamp, weights: Mapping[str, float] | None, before: int, after: int
) -> tuple[pd.Series, pd.Series]:
    """Return of the held book relative to ``as_of``: up to ``before`` days earlier, and up to ``after`` days later.

    Both are indexed by step (0 is ``as_of``); the second is empty when the data end at ``as_of``.
    """
    names = list(returns.columns)
    share = pd.Series(1 / len(names), index=names) if weights is None else pd.Series(weights, dtype=float)
    here = int(returns.index.searchsorted(as_of, side="right"))
    logs = returns[share.index].cumsum().to_numpy()
    level = logs[here - 1]
    value = np.expm1(logs - level) @ share.to_numpy()
    first, last = max(0, here - 1 - before), min(len(value), here + after)
    past = pd.Series(value[first:here], index=np.arange(first - here + 1, 1))
    realised = pd.Series(value[here - 1 : last], index=np.arange(0, last - here + 1))
    return past, realised if len(realised) > 1 else realised.iloc[:0]
