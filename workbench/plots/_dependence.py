r"""Dependence: correlation and joint falls of every pair, in the history, in a sampler, and the difference.

Correlation is that of daily moves in the units of the case. Lower-tail dependence at q = 5 % is the share
:math:`P(X_i < Q_i, X_j < Q_j)/q`, :math:`Q` each set's own 5 % quantile: 1 when falls always come together, q when they
are independent. A pair whose difference lies outside 95 % of correct sets (the null of the checks) bears a dot; one pair
in twenty does so by chance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import seaborn as sns
from scipy import stats
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from workbench.errors import ParameterError
from workbench.plots._style import bare, canvas, name_key, short, themed
from workbench.reporting.formats import percent
from workbench.validation.engine.comparison_data import ComparisonData, mean_of
from workbench.validation.engine.features import by_day

ROCKET = sns.color_palette("rocket_r", as_cmap=True)

TAIL = 0.05
FEW = 4  # assets, whose maps may be small
MOST_NAMED = 20  # assets named beside a map; of more, every second or third, so that names can be read at A4


@themed
def dependence_maps(case: ComparisonData, sampler: str) -> np.ndarray:
    """Maps of correlation (above) and of lower-tail dependence (below): history, sampler, difference; Axes (2, 3).

    case : the sampler's scenarios and the history's windows, of two assets or more. Assets stand in the order of a hierarchical
    clustering of the history, the same in all maps.
    """
    if len(case.assets) < 2:
        raise ParameterError(f"dependence needs two assets, the set has {len(case.assets)}")
    cuts = case.threshold(by_day, [TAIL])[0]
    own = np.quantile(case.fake.reshape(-1, len(case.assets)), TAIL, axis=0)
    rows = [
        _compare(case, case.real, case.fake, _correlation),
        _compare(case, (case.real <= cuts).astype(np.float32), (case.fake <= own).astype(np.float32), _joint),
    ]
    axes = canvas(2, 3, 4.5 if len(case.assets) <= FEW else 5.4)
    order = _cluster(rows[0][0], len(case.assets))
    _draw(axes, rows, order)
    for ax, name in zip(axes[:, 0], ("correlation", "falling together")):
        ax.set_ylabel(name)
    for ax, title in zip(axes[0], ("history", sampler)):
        ax.set_title(title)
    _name(axes, list(case.assets), order)
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


def _draw(axes: np.ndarray, rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]], order: np.ndarray) -> None:
    """Every map, on one scale of dependence and one of differences."""
    both = np.array([row[:2] for row in rows])
    low = min(0.0, np.floor(10 * both.min()) / 10)
    reach = max(0.1, np.ceil(10 * np.abs(both[:, 1] - both[:, 0]).max()) / 10)
    place = np.ix_(order, order)
    for line, (real, fake, outside) in zip(axes, rows):
        for ax, values in zip(line, (real, fake, fake - real)):
            scale = (low, 1.0, ROCKET) if ax is not line[2] else (-reach, reach, "PuOr")
            square = squareform(values)
            np.fill_diagonal(square, np.nan)
            ax.imshow(square[place], vmin=scale[0], vmax=scale[1], cmap=scale[2])
            bare(ax)
        across, down = np.nonzero(squareform(outside.astype(float))[place])
        line[2].plot(down, across, ".", color="0.1", markersize=2)
        line[2].set_title(f"difference; {percent(outside.mean(), 0)} marked")
    for columns in (axes[:, :2], axes[:, 2:]):
        bar = axes[0, 0].figure.colorbar(
            columns[0, 0].images[0], ax=list(columns.flat), location="bottom", aspect=20 * columns.shape[1], pad=0.02
        )
        bar.outline.set_visible(False)


def _name(axes: np.ndarray, assets: list[str], order: np.ndarray) -> None:
    """Names at the left and below, shortened and explained where they are long."""
    shown = [assets[place] for place in order[:: -(-len(assets) // MOST_NAMED)]]
    places, labels = range(0, len(assets), -(-len(assets) // MOST_NAMED)), short(shown)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.tick_params(labelsize=8 if len(assets) <= MOST_NAMED // 2 else 7)
    for ax in axes[:, 0]:
        ax.set_yticks(places, labels)
    for ax in axes[1]:
        ax.set_xticks(places, labels, rotation=90)
    name_key(axes[0, 0].figure, shown, labels)
