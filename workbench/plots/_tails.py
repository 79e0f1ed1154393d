r"""Tails: the survival of large moves, on axes where a power law is a straight line.

:math:`P(-X > x)` on the side of losses and :math:`P(X > x)` on that of gains, pooled over assets and days, each day in
units of the volatility expected at the start of its window, so that a set that starts in a calm market and a history
of all markets are comparable. Beyond the largest day ever seen nothing real can confirm a line; that region is shaded.

:func:`splice_plot` shows the one place where such a line is not an extrapolation by eye: the generalised Pareto splice
of a sampler's residuals, :math:`P(X > x) = p_u(1 + \xi(x-u_i)/\beta_i)^{-1/\xi}`, averaged over the assets :math:`i`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.errors import ParameterError
from workbench.plots._style import COLOURS, REAL, canvas, label_right, legend_below, line, powers, remark, themed
from workbench.reporting.formats import percent
from workbench.samplers import Filtered, Sampler, residuals
from workbench.samplers.filters import live_from
from workbench.validation.engine.comparison_data import ComparisonData

SIDES = (("losses", -1.0), ("gains", 1.0))
POINTS = 160


@themed
def tail_plot(cases: Mapping[str, ComparisonData]) -> np.ndarray:
    """Survival of pooled moves, losses left and gains right: real days as points, each sampler as a line.

    cases : sampler -> scenarios and history (:func:`workbench.validation.trial.prepare`), all on one history.
    The grey band holds 90 % of block redraws of the history. Returns the two Axes.
    """
    first = next(iter(cases.values()))
    axes = canvas(1, 2, 3.0, sharey=True)[0]
    for ax, (side, sign) in zip(axes, SIDES):
        moves = sign * first.real
        largest = float(moves.max())
        grid = np.geomspace(1.0, 2.0 * largest, POINTS)
        real, low, high = _real_survival(moves, first, grid)
        ax.fill_between(grid, low, high, color="0.85", linewidth=0, label="history, 90 % of block redraws")
        ax.plot(grid, real, "o", color=REAL, markersize=2.2, label="history")
        for name, case in cases.items():
            ax.plot(grid, _survival(sign * case.fake, grid), **line(name))
        _beyond(ax, largest, grid[-1])
        ax.set(title=side, xlabel="move, in units of the expected volatility")
        _log_axes(ax, [1, 2, 5, 10, 20, 50])
        ax.set_ylim(0.3 / first.real.size, 0.3)
    axes[0].set_ylabel("share of returns beyond")
    legend_below(axes[0], 4)
    return axes


@themed
def splice_plot(sampler: Sampler, returns: pd.DataFrame) -> np.ndarray:
    """Where a sampler's Pareto tail takes over from the empirical body, losses left and gains right.

    sampler : fitted, with spliced margins (``tails="gpd"``); returns : the log returns (day, asset) it was fitted to.
    Points are the pooled residuals of its filter, the line its exact distribution. Returns the two Axes.

    Raises ParameterError when the sampler has no splice.
    """
    if not has_splice(sampler) or not isinstance(sampler, Filtered):
        raise ParameterError(f"{type(sampler).__name__} has no Pareto splice; draw one fitted with tails='gpd'")
    margins = getattr(sampler.shocks, "margins")  # noqa: B009
    pool = residuals(sampler, returns).iloc[live_from(returns) :].to_numpy()
    axes = canvas(1, 2, 2.6, sharey=True)[0]
    for index, (ax, (side, sign)) in enumerate(zip(axes, SIDES)):
        moves, edges = np.sort((sign * pool).ravel()), margins.threshold_[index]
        largest = float(moves[-1])
        grid = np.geomspace(edges.max(), 2.0 * largest, POINTS)
        assets = range(pool.shape[1])
        exact = np.mean([margins.survival(grid, asset, ("lower", "upper")[index]) for asset in assets], axis=0)
        ax.plot(*_points(moves), "o", color=REAL, markersize=2.2)
        ax.plot(grid, exact, color=COLOURS[0])
        ax.axvspan(edges.min(), edges.max(), color=COLOURS[1], alpha=0.35, linewidth=0)
        ax.axhline(margins.tail, color=COLOURS[1], linewidth=0.8, linestyle=(0, (4, 2)))
        _beyond(ax, largest, grid[-1])
        ax.set(title=f"{side}: pooled ξ = {margins.shape_[index]:.2f}", xlabel="residual, standard deviations")
        _log_axes(ax, [0.5, 1, 2, 5, 10, 20, 50])
        ax.set(xlim=(0.5, grid[-1]), ylim=(0.3 / pool.size, 0.6))
    axes[0].set_ylabel("share of returns beyond")
    texts = [f"splice, {percent(margins.tail, 0)}", "Pareto"]
    label_right(axes[1], texts, [margins.tail, exact[-1]], [COLOURS[1], COLOURS[0]])
    return axes


def has_splice(sampler: Sampler) -> bool:
    """Whether a fitted sampler's margins end in Pareto tails."""
    return hasattr(getattr(getattr(sampler, "shocks", None), "margins", None), "shape_")


def _survival(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Share of ``values`` above each of ``at``; nan where none is, so that no line drops to zero."""
    share = _share_above(values, at)
    return np.where(share > 0, share, np.nan)


def _share_above(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    return 1.0 - np.searchsorted(np.sort(values.ravel()), at, side="right") / values.size


def _points(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and shares beyond of an increasing sample, ever thinner away from the largest."""
    ranks = np.unique(np.geomspace(1, len(ordered), POINTS).astype(int))
    return ordered[-ranks], (ranks - 0.5) / len(ordered)


def _real_survival(
    moves: np.ndarray, case: ComparisonData, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted survival of the history's windows and the band of its block redraws."""
    share = np.stack([_share_above(window, grid) for window in moves])  # (window, grid)
    redraws = case.null.blocks @ share.astype(np.float32)
    low, high = np.quantile(redraws, [0.05, 0.95], axis=0)
    real = case.weights @ share
    floor = 0.1 / moves.size
    repeated = np.isclose(np.diff(real, append=0.0), 0.0, atol=1e-12)
    return np.where(repeated, np.nan, real), np.maximum(low, floor), np.maximum(high, floor)


def _beyond(ax: Axes, largest: float, end: float) -> None:
    ax.axvspan(largest, end, color="0.5", alpha=0.12, linewidth=0)
    remark(ax, "beyond\nanything seen", (0.985, 0.97), (0, 0), xycoords="axes fraction", ha="right", va="top")


def _log_axes(ax: Axes, ticks: list[float]) -> None:
    ax.set(xscale="log", yscale="log")
    low, high = ax.get_xlim()
    ax.set_xticks([tick for tick in ticks if low <= tick <= high], minor=False)
    powers(ax.yaxis)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.margins(x=0)
