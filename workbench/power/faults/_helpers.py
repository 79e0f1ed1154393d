"""What several faults are made of: units, random choices, ranks, the market's path."""

from __future__ import annotations

import numpy as np

from workbench import stats


def spread(draws: np.ndarray) -> np.ndarray:
    """Standard deviation of each asset over draws and time, (asset,)."""
    return np.maximum(draws.std((0, 1)), 1e-12)


def some(count: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Positions of a share of ``count`` things (at least one), without repeats, at random."""
    return rng.permutation(count)[: max(1, round(share * count))]


def ranks(column: np.ndarray) -> np.ndarray:
    """Rank of every value, 0 to size - 1, in the shape of the input."""
    return stats.ranks(column.ravel(), "ordinal").astype(int).reshape(column.shape) - 1


def with_margins(draws: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """The order of ``draws`` with the values of ``margins``, asset by asset: copula of one, margins of the other."""
    wanted = [np.sort(margins[..., a], axis=None)[ranks(draws[..., a])] for a in range(draws.shape[2])]
    return np.stack(wanted, axis=2)


def normal_scores(draws: np.ndarray) -> np.ndarray:
    """Each asset's values replaced by normal ones of the same order."""
    return stats.normal_scores(draws.reshape(-1, draws.shape[2]), "ordinal").reshape(draws.shape)


def market(draws: np.ndarray) -> np.ndarray:
    """Mean over assets in units of each asset's spread, (draw, time)."""
    return (draws / spread(draws)).mean(2)
