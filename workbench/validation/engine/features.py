"""Features of windows that several checks and figures share, all in units of the comparison's scale.

Arrays are (window, time, asset) in, (window, feature) or the same shape out.
"""

from __future__ import annotations

import numpy as np

from workbench.validation.engine.comparison_data import ComparisonData, Labels


def thinned(x: np.ndarray, most: int) -> np.ndarray:
    """Every n-th row, evenly, so that at most ``most`` stay."""
    return x[:: max(1, -(-len(x) // most))]


def own_size(x: np.ndarray) -> np.ndarray:
    """Each asset's window divided by its own root mean square."""
    return x / np.sqrt(np.square(x).mean(1, keepdims=True) + 1e-12)


def relative_size(x: np.ndarray) -> np.ndarray:
    """|x_t| over its window's mean, less one: clustering without level."""
    size = np.abs(x)
    return size / (size.mean(1, keepdims=True) + 1e-9) - 1.0


def lagged(a: np.ndarray, b: np.ndarray, lags: range) -> np.ndarray:
    """Mean over time of a_t b_{t+k} per asset, for each lag: (window, lag x asset)."""
    steps = a.shape[1]
    return np.concatenate([np.einsum("wta,wta->wa", a[:, : steps - k], b[:, k:]) / (steps - k) for k in lags], axis=1)


def by_day(x: np.ndarray) -> np.ndarray:
    """(window, time, asset) -> (window x time, asset)."""
    return x.reshape(-1, x.shape[2])


def with_average(values: np.ndarray) -> np.ndarray:
    """Append the mean over the last axis: what all assets share is seen best there."""
    return np.concatenate([values, values.mean(-1, keepdims=True)], axis=-1)


def per_asset(data: ComparisonData, what: str) -> list[tuple[str, tuple[str, ...]]]:
    """Labels of one component an asset and one for their average."""
    return [(f"{what} of {name}", (name,)) for name in data.assets] + [(f"average {what}", data.assets)]


def for_each(names: list[str], data: ComparisonData) -> Labels:
    """Labels of :func:`per_asset` for each of several statistics."""
    return [label for name in names for label in per_asset(data, name)]


def root(mean: np.ndarray) -> np.ndarray:
    """Square root of a share: the spread of a count is then the same everywhere (Anscombe 1948)."""
    return np.sqrt(np.maximum(mean, 0.0))


def square(value: float) -> float:
    """The share whose :func:`root` is ``value``."""
    return float(max(value, 0.0) ** 2)


def moments(x: np.ndarray) -> np.ndarray:
    """Second moments (window, asset x asset) over the window's days."""
    return np.matmul(x.transpose(0, 2, 1), x).reshape(len(x), -1) / x.shape[1]


def correlations(mean: np.ndarray, count: int) -> np.ndarray:
    """Mean second moments (..., asset x asset) -> Fisher's z of each pair i < j, and their average."""
    square = mean.reshape(*mean.shape[:-1], count, count)
    scale = np.sqrt(np.maximum(np.diagonal(square, axis1=-2, axis2=-1), 1e-12))
    rows, columns = np.triu_indices(count, 1)
    rho = square[..., rows, columns] / (scale[..., rows] * scale[..., columns])
    return with_average(np.arctanh(np.clip(rho, -0.9995, 0.9995)))
