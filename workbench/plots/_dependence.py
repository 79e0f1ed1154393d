r"""Dependence: correlation and joint falls of every pair, in the history, in a sampler, and the difference.

Correlation is that of daily moves in the units of the case. Lower-tail dependence at q = 5 % is the share
:math:`P(X_i < Q_i, X_j < Q_j)/q`, :math:`Q` each set's own 5 % quantile: 1 when falls always come together, q when they
are independent. A pair whose difference lies outside 95 % of correct sets (the null of the checks) bears a dot; one pair
in twenty does so by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.image import AxesImage
from scipy import stats
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from workbench.errors import ParameterError
from workbench.plots._style import bare, canvas, themed
from workbench.reporting.formats import percent
from workbench.validation.engine.comparison_data import ComparisonData, mean_of
from workbench.validation.engine.features import by_day

ROCKET = sns.color_palette("rocket_r", as_cmap=True)

TAIL = 0.05
MOST_NAMED = 20  # assets named beside a map; of more, every second or third, so that names can be read at A4


@themed
def dependence_maps(case: ComparisonData, sampler: str) -> np.ndarray:
    """Maps of correlation (above) and of lower-tail dependence (below): history, sampler, difference; Axes (2, 3).

    case : the sampler's scenarios and the history's windows, of two assets or more. Assets stand in the order of a hierarchical
    clustering of the history, the same in all maps.
    """
    if len(case.assets) < 2:
        raise ParameterError(f"dependence needs two assets, the set has {len(case.assets)}")
    axes = canvas(2, 3, 5.6)
    cuts = case.threshold(by_day, [TAIL])[0]
    own = np.quantile(case.fake.reshape(-1, len(case.assets)), TAIL, axis=0)
    real, fake, outside = _compare(case, case.real, case.fake, _correlation)
    order = _cluster(real, len(case.assets))
    _row(axes[0], case.assets, order, real, fake, outside, ("correlation, history", sampler))
    below = _compare(case, (case.real <= cuts).astype(np.float32), (case.fake <= own).astype(np.float32), _joint)
    _row(axes[1], case.assets, order, *below, ("falling together, history", sampler))
    return axes


def _compare(
    case: ComparisonData, real: np.ndarray, fake: np.ndarray, reduce: Callable
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A statistic of every pair in history and scenarios, and where the difference leaves 95 % of correct sets."""
    phi = _moments(real)
    history, scenario = reduce(case.weights @ phi), reduce(mean_of(_moments, fake))
    null = case.spread(phi, reduce, history)
    return history, scenario, np.abs(scenario - history) > stats.t.ppf(0.975, null.freedom) * null.error


def _moments(x: np.ndarray) -> np.ndarray:
    """Means over time of x_i, x_i^2 and x_i x_j: (window, 2 asset + pair)."""
    rows, columns = np.triu_indices(x.shape[2], 1)
    cross = np.einsum("wti,wtj->wij", x, x, optimize=True)[:, rows, columns] / x.shape[1]
    return np.concatenate([x.mean(1), np.square(x).mean(1), cross], axis=1)


def _parts(moments: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple]:
    count = int(round((np.sqrt(8 * moments.shape[-1] + 9) - 3) / 2))  # 2 n + n (n - 1) / 2 columns
    return moments[..., :count], moments[..., count : 2 * count], moments[..., 2 * count :], np.triu_indices(count, 1)


def _correlation(moments: np.ndarray) -> np.ndarray:
    first, second, cross, (rows, columns) = _parts(moments)
    variance = np.maximum(second - first**2, 1e-12)
    return (cross - first[..., rows] * first[..., columns]) / np.sqrt(variance[..., rows] * variance[..., columns])


def _joint(moments: np.ndarray) -> np.ndarray:
    """P(both below) / sqrt(P(one below) P(the other below)) from the moments of indicators."""
    first, _, cross, (rows, columns) = _parts(moments)
    return cross / np.sqrt(np.maximum(first[..., rows] * first[..., columns], 1e-12))


def _cluster(correlations: np.ndarray, count: int) -> np.ndarray:
    if count < 3:
        return np.arange(count)
    return leaves_list(linkage(np.clip(1 - correlations, 0, 2), "average"))


def _row(
    axes: np.ndarray, assets: Sequence[str], order: np.ndarray, real: np.ndarray, fake: np.ndarray, outside: np.ndarray,
    titles: tuple[str, str],
) -> None:  # fmt: skip
    low = min(0.0, np.floor(10 * min(real.min(), fake.min())) / 10)
    reach = max(0.1, np.ceil(10 * np.abs(fake - real).max()) / 10)
    for ax, values, title in zip(axes, (real, fake), titles):
        image = _map(ax, values, assets, order, ROCKET, (low, 1.0))
        ax.set_title(title)
    axes[0].figure.colorbar(image, ax=list(axes[:2]), shrink=0.75, aspect=22, pad=0.02).outline.set_visible(False)
    image = _map(axes[2], fake - real, assets, order, "PuOr", (-reach, reach), outside)
    axes[2].set_title(f"difference; {percent(outside.mean(), 0)} marked")
    axes[2].figure.colorbar(image, ax=axes[2], shrink=0.75, aspect=22, pad=0.02).outline.set_visible(False)
    places = range(0, len(assets), -(-len(assets) // MOST_NAMED))
    axes[0].set_yticks(places, [assets[order[place]] for place in places])


def _map(
    ax: Axes, values: np.ndarray, assets: Sequence[str], order: np.ndarray, colours: str | Colormap,
    limits: tuple[float, float], dots: np.ndarray | None = None,
) -> AxesImage:  # fmt: skip
    square = squareform(values)
    np.fill_diagonal(square, np.nan)
    image = ax.imshow(square[np.ix_(order, order)], vmin=limits[0], vmax=limits[1], cmap=colours)
    size, places = 7 if len(assets) > 8 else 8, range(0, len(assets), -(-len(assets) // MOST_NAMED))
    names = [assets[order[place]] for place in places]
    ax.set_xticks(places, names, rotation=90 if len(assets) > 4 else 0)
    ax.set_yticks([])
    ax.tick_params(labelsize=size)
    bare(ax)
    if dots is not None:
        row, column = np.nonzero(squareform(dots.astype(float))[np.ix_(order, order)])
        ax.plot(column, row, ".", color="0.1", markersize=2)
    return image
