r"""Stylised facts: what every market does, and whether the scenarios do it.

Windows of the history and scenarios are treated alike: :math:`y` is a window divided by its own root mean square,
:math:`a` its absolute size over its mean less one. Shown are the means over windows and assets of
:math:`y_ty_{t+k}` (do returns remember returns?), :math:`a_ta_{t+k}` (does size remember size?), :math:`y_ta_{t+k}` (do
falls raise volatility?), and the excess kurtosis of sums over k days (do sums become normal?). Means within short
windows are biased downwards; the bias is the same on both sides and in the band. The band holds 90 % of correct
sets by the null of the checks (:meth:`workbench.validation.engine.comparison_data.ComparisonData.spread`).
Cont (2001, Quantitative Finance 1, 223-236) lists the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from scipy import stats

from workbench import data
from workbench.plots._style import FAINT, REAL, canvas, legend_below, line, remark, themed
from workbench.validation.engine.comparison_data import ComparisonData, mean_of
from workbench.validation.engine.features import lagged, own_size, relative_size

LAGS = 10
PANELS = (
    ("memory of returns", "mean of $y_t\\,y_{t+k}$"),
    ("memory of size", "mean of $a_t\\,a_{t+k}$"),
    ("leverage: falls raise volatility", "mean of $y_t\\,a_{t+k}$"),
    ("kurtosis of sums over k", "excess kurtosis"),
)
Change = Callable[[np.ndarray], np.ndarray]


@themed
def stylised_facts(cases: Mapping[str, ComparisonData]) -> np.ndarray:
    """Four facts of each sampler in the band of the history; Axes (2, 2).

    cases : sampler -> its scenarios beside the history, all on one history. A horizon below 3 days has no lags to show; the
    panel then says so.
    """
    first = next(iter(cases.values()))
    axes = canvas(2, 2, 4.0)
    lags = range(1, min(LAGS, first.horizon - 2) + 1)
    sums = [days for days in (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 60) if days <= first.horizon]
    if len(lags):
        _draw(list(axes.flat[:3]), cases, np.array(lags), lambda x: _memories(x, lags), lambda mean: mean)
    _draw(list(axes.flat[3:]), cases, np.array(sums), lambda x: _moments(x, sums), partial(_kurtosis, sums=len(sums)))
    for ax, (title, label) in zip(axes.ravel(), PANELS):
        ax.set(title=title, xlabel=f"k, {data.unit(first.year)}s")
        ax.set_ylabel(label, parse_math=True)
        if not ax.lines:
            text = f"a horizon of {first.horizon} has no lags"
            remark(ax, text, (0.5, 0.5), (0, 0), xycoords="axes fraction", ha="center")
    legend_below(axes[1, 1], 4)
    return axes


def _draw(
    axes: Sequence[Axes], cases: Mapping[str, ComparisonData], at: np.ndarray, features: Change, reduce: Change
) -> None:
    """Panels that share features: the reduced means are (panel x at,)."""
    first = next(iter(cases.values()))
    phi = features(first.real).astype(np.float64)
    history = reduce(first.weights @ phi)
    null = first.spread(phi, reduce, history)
    reach = stats.t.ppf(0.95, null.freedom) * null.error
    drawn = {name: reduce(mean_of(features, case.fake)) for name, case in cases.items()}
    for panel, ax in enumerate(axes):
        here = slice(panel * len(at), (panel + 1) * len(at))
        ax.axhline(0, color=FAINT, linewidth=0.7)
        low, high = (history - reach)[here], (history + reach)[here]
        ax.fill_between(at, low, high, color="0.86", linewidth=0, label="90 % of correct sets")
        ax.plot(at, history[here], color=REAL, linewidth=2.2, label="history")
        for name, values in drawn.items():
            ax.plot(at, values[here], **line(name))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _memories(x: np.ndarray, lags: range) -> np.ndarray:
    """Means over time and assets of y y, a a and y a at each lag, (window, 3 x lag)."""
    y, a = own_size(x), relative_size(x)
    return np.concatenate([_lag_means(y, y, lags), _lag_means(a, a, lags), _lag_means(y, a, lags)], axis=1)


def _lag_means(a: np.ndarray, b: np.ndarray, lags: range) -> np.ndarray:
    """Mean over assets of the lagged products, (window, lag)."""
    return lagged(a, b, lags).reshape(len(a), len(lags), -1).mean(-1)


def _moments(x: np.ndarray, sums: list[int]) -> np.ndarray:
    """First four raw moments of non-overlapping k-day sums, (window, sum x moment x asset)."""
    path = np.concatenate([np.zeros_like(x[:, :1]), x.cumsum(1)], axis=1)
    totals = [(path[:, k::k] - path[:, :-k:k]) / np.sqrt(k) for k in sums]
    moments = [[(total**power).mean(1) for power in (1, 2, 3, 4)] for total in totals]
    return np.moveaxis(np.array(moments), 2, 0).reshape(len(x), -1)


def _kurtosis(mean: np.ndarray, sums: int) -> np.ndarray:
    """Median over assets of the excess kurtosis, (..., sum), from the means of :func:`_moments`."""
    m1, m2, m3, m4 = np.moveaxis(mean.reshape(*mean.shape[:-1], sums, 4, -1), -2, 0)
    variance = m2 - m1**2
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return np.median(fourth / np.maximum(variance, 1e-12) ** 2 - 3.0, axis=-1)
