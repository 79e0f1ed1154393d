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

BANDS = (0.5, 0.8, 0.98)
BEFORE = 60


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
    grid = canvas(rows, max(1, len(assets)), 2.45 * rows, height_ratios=[1.35, 1][:rows])
    figure, top = grid[0, 0].figure, grid[0, 0].get_gridspec()
    for ax in grid[0]:
        ax.remove()
    axes = [figure.add_subplot(top[0, :]), *(grid[1] if assets else ())]
    books = [weights, *({name: 1.0} for name in assets)]
    shown, step = short(assets, 22), data.unit(returns)
    for ax, book, name in zip(axes, books, ["the book", *shown]):
        past, realised = _around(returns, as_of, book, before, scenarios.returns(tree).sizes["time"])
        _fan_chart(scenarios.pnl(tree, book), past, realised, title=name, labels=ax is axes[0], step=step, ax=ax)
    axes[0].set_ylabel(f"return since {as_of:%Y-%m-%d}, %")
    if assets:
        axes[1].set_ylabel("return, %")
    name_key(figure, assets, shown)
    return np.array(axes)


def _fan_chart(
    futures: xr.DataArray,
    past: pd.Series | None = None,
    realised: pd.Series | None = None,
    *,
    bands: Sequence[float] = BANDS,
    title: str = "",
    labels: bool = True,
    step: str,
    ax: Axes,
) -> None:
    """One fan: ``futures`` (chain, draw, time) as returns since the start, fractions; day 0 is the start.

    past, realised : the same return before the start (last value 0) and after it, indexed by step.
    bands : shares of the draws that lie within, increasing. step : what a row is called.
    """
    draws = 100 * futures.values.reshape(-1, futures.sizes["time"])
    days = np.arange(draws.shape[1] + 1)
    for share in sorted(bands, reverse=True):
        low, high = _from_zero(np.quantile(draws, [0.5 - share / 2, 0.5 + share / 2], axis=0))
        ax.fill_between(days, low, high, color=COLOURS[0], alpha=0.22, linewidth=0)
    middle = _from_zero(np.median(draws, axis=0)[None])[0]
    ax.plot(days, middle, color=COLOURS[0], linewidth=1.2)
    for series in (past, realised):
        if series is not None and len(series):
            ax.plot(series.index, 100 * series, color=REAL, linewidth=1.3)
    ax.axvline(0, color=FAINT, linewidth=0.7)
    ax.set(xlabel=f"{step}s from the start", title=title)
    ax.margins(x=0)
    _name_days(ax, draws, bands, realised, f"{title}, {step}")
    if labels:
        _name_bands(ax, draws[:, -1], bands, realised)


def _name_days(ax: Axes, draws: np.ndarray, bands: Sequence[float], realised: pd.Series | None, title: str) -> None:
    """What the pointer reads on each day: the median, the bands and what happened.

    draws : (draw, day) in per cent. title : stands before the day's number.
    """
    happened = {} if realised is None else realised.to_dict()
    for day, column in enumerate(draws.T, start=1):
        edges = [(share, *np.quantile(column, [0.5 - share / 2, 0.5 + share / 2]) / 100) for share in sorted(bands)]
        lines = [f"{title} {day}: median {percent(np.median(column) / 100, sign=True)}"]
        lines += [f"{percent(share, 0)} from {percent(low, sign=True)} to {percent(high, sign=True)}"
                  for share, low, high in edges]  # fmt: skip
        lines += [f"what happened {percent(happened[day], sign=True)}"] if day in happened else []
        spot(ax, day, "; ".join(lines))


def _name_bands(ax: Axes, last: np.ndarray, bands: Sequence[float], realised: pd.Series | None) -> None:
    texts = [f"{percent(share, 0)} of draws" for share in bands] + ["median"]
    heights = [np.quantile(last, 0.5 + share / 2) for share in bands] + [np.median(last)]
    colours = [COLOURS[0]] * len(texts)
    if realised is not None and len(realised):
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


def _from_zero(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(values), 1)), values], axis=1)
