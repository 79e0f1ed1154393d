r"""What a failed check does to a risk number: VaR and ES of each book in scenarios and history, in basis points.

*The whole set.* A book is bought at the start and held over the horizon; its losses in the scenarios and in the like
windows of the history give VaR and ES. How far their logarithms differ between two samples of one distribution, of
these sizes, is simulated: the history redrawn in blocks, and as many windows drawn from it as the set has draws. The
first variance is widened as in :mod:`workbench.validation.engine._null` and, because losses remember the level of
volatility, as the portfolio checks do (memory 2 in :meth:`ComparisonData.spread`). Of 80 correct sets of 1,000 draws of
10 days against 1,000 days (GARCH, stochastic volatility), with five independent losses beyond the level to be expected,
no VaR and 3 ES left the range; with fewer losses ES leaves it too often, and no range is given. Weights are those of
the trial, so a set that starts today is compared with windows that began in a like state, in units of the volatility
forecast; for such a set the range leaves out what a good model knows of today beyond our forecast, memory is not
widened for again, and how often correct sets leave it was not measured.

*One finding at a time.* What a single property does to the number can be computed where the property can be exchanged
and all else left: the draws are *adjusted* to the history's value and the number is computed again.

With x the daily returns of an asset, m and s their mean and standard deviation in the scenarios, M and S in the history
and z = (x - m) / s:

- *mean*: x + M - m.
- *volatility*: m + S z.
- *shape*: m + s F(rank of x), F the quantiles of (X - M) / S in the history; order in time and ranks stay.
- *mix of calm and wild windows*: each draw as a whole is rescaled, so that the root mean square of its z has the
  history's distribution at its own rank among draws; the mean square over all draws stays.
- *correlation*: m + s z L^{-T} L'^T, z a row of assets, L L^T and L' L'^T the correlations of scenarios and history.

Counterfactuals are exact for the set in hand and not a decomposition: they overlap and do not add up. Findings about
the order of days, copying or the path distribution have none; nothing is attributed to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from workbench.stats import tail_values, var_es, weighted_quantile
from workbench.validation.engine import ComparisonData, Finding

BASIS_POINT = 1e-4
LEVELS = (0.95, 0.99)
SHARES = (np.arange(4096) + 0.5) / 4096
FEWEST = 5.0  # independent losses beyond a level
MEASURES = ("VaR", "ES")


def _books(data: ComparisonData) -> Mapping[str, np.ndarray]:
    """The user's books, or equal weight where there are none: weights (asset,)."""
    return data.books or {"equal weight": np.full(len(data.assets), 1.0 / len(data.assets))}


def _losses(data: ComparisonData, windows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Loss of a book over the horizon in each window (window, time, asset), in the data's units of return."""
    return -np.expm1((windows * data.scale).sum(1)) @ weights


def risk_impact(data: ComparisonData) -> pd.DataFrame:
    """VaR and ES of each book over the horizon in basis points of its notional.

    Columns: book, level, measure, scenarios, history, difference, and low and high, between which a correct set lies 19
    times in 20; nan where the history holds fewer than five independent losses beyond the level, or no loss at all.
    """
    rows = []
    for book, weights in _books(data).items():
        fake, real = _losses(data, data.fake, weights), _losses(data, data.real, weights)
        for level in LEVELS:
            drawn = np.array(var_es(fake, level))
            past = weighted_risk(real, data.weights[None], level)[:, 0]
            low, high = _sound_range(data, real, level)
            numbers = np.stack([drawn, past, drawn - past, low, high], axis=1) / BASIS_POINT
            rows += [[book, level, measure, *row] for measure, row in zip(MEASURES, numbers)]
    names = ["book", "level", "measure", "scenarios", "history", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def weighted_risk(loss: np.ndarray, weights: np.ndarray, level: float) -> np.ndarray:
    """VaR and ES, (2, row), of losses (window,) under each row of weights (row, window)."""
    order = np.argsort(loss)
    below = weights[:, order].astype(float).cumsum(1)
    at = np.minimum((below < level * below[:, -1:] * (1.0 - 1e-6)).sum(1), len(loss) - 1)
    q = loss[order][at]
    excess = np.stack([tail_values(loss, cut, level) for cut in q])
    return np.stack([q, (excess * weights).sum(1) / weights.sum(1)])


def _sound_range(data: ComparisonData, loss: np.ndarray, level: float) -> np.ndarray:
    """Low and high ends, (2, 2), of VaR and ES between which a correct set lies 19 times in 20."""
    past = weighted_risk(loss, data.weights[None], level)[:, 0]
    share = 1.0 / np.square(data.weights.astype(float)).sum() / len(data.weights)
    known = (1.0 - level) * share * len(data.days) / data.horizon >= FEWEST * (1.0 - 1e-6)
    if not known or (past <= 0.0).any():
        return np.full((2, 2), np.nan)
    samples = (data.null.blocks, data.null.draws)
    both = [np.maximum(weighted_risk(loss, weights, level), 0.01 * past[:, None]) for weights in samples]
    redrawn, drawn = (np.log(numbers).var(1, ddof=1) for numbers in both)
    reach = stats.t.isf(0.025, max(data.null.freedom, 1.0)) * np.sqrt(data.widened(2.0) * redrawn + drawn)
    return np.stack([past * np.exp(-reach), past * np.exp(reach)])


def _real_moments(data: ComparisonData) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of a day of the history, (asset,)."""
    mean = np.einsum("w,wta->a", data.weights, data.real) / data.horizon
    square = np.einsum("w,wta->a", data.weights, np.square(data.real)) / data.horizon
    return mean, np.sqrt(np.maximum(square - mean**2, 1e-24))


def _own_moments(data: ComparisonData) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of a day of the scenarios, (asset,)."""
    return data.fake.mean((0, 1)), np.maximum(data.fake.std((0, 1)), 1e-12)


def _at_ranks(own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """``wanted`` (share, column), quantiles at ``SHARES``, in the order of ``own`` (row, column)."""
    places = (own.argsort(0).argsort(0) + 0.5) / len(own)
    return np.stack([np.interp(at, SHARES, column) for at, column in zip(places.T, wanted.T)], axis=1)


def _with_mean(data: ComparisonData) -> np.ndarray:
    return data.fake + (_real_moments(data)[0] - data.fake.mean((0, 1)))


def _with_volatility(data: ComparisonData) -> np.ndarray:
    m, s = _own_moments(data)
    return m + (data.fake - m) * (_real_moments(data)[1] / s)


def _with_shape(data: ComparisonData) -> np.ndarray:
    (m, s), (mean, spread), count = _own_moments(data), _real_moments(data), len(data.assets)
    weights = np.repeat(data.weights, data.horizon)
    shape = weighted_quantile(data.real.reshape(-1, count), weights, SHARES, interpolate=True)
    shape = (shape - mean) / spread
    shape = (shape - shape.mean(0)) / shape.std(0)
    return m + _at_ranks(data.fake.reshape(-1, count), shape).reshape(data.fake.shape) * s


def _with_correlation(data: ComparisonData) -> np.ndarray:
    (m, s), (mean, spread) = _own_moments(data), _real_moments(data)
    z, past = (data.fake - m) / s, (data.real - mean) / spread
    have = np.einsum("wta,wtb->ab", z, z, optimize=True) / (len(z) * data.horizon)
    want = np.einsum("wta,wtb->ab", past * data.weights[:, None, None], past, optimize=True) / data.horizon
    return m + z @ np.linalg.solve(_root(have).T, _root(want).T) * s


def _with_sizes(data: ComparisonData) -> np.ndarray:
    (m, s), (mean, spread) = _own_moments(data), _real_moments(data)
    own = np.sqrt(np.square((data.fake - m) / s).mean((1, 2)))
    real = np.sqrt(np.square((data.real - mean) / spread).mean((1, 2)))
    wanted = _at_ranks(own[:, None], weighted_quantile(real[:, None], data.weights, SHARES, interpolate=True))[:, 0]
    factor = wanted / np.maximum(own, 1e-12) / np.sqrt(np.mean(wanted**2))
    return m + (data.fake - m) * factor[:, None, None]


def _root(correlation: np.ndarray) -> np.ndarray:
    """Lower triangle L with L L^T the correlation; assets that copy each other get the least ridge that has one."""
    return np.linalg.cholesky(correlation.astype(float) + 1e-9 * np.eye(len(correlation)))


COUNTERFACTUALS: dict[str, tuple[Callable[[ComparisonData], np.ndarray], tuple[str, ...]]] = {
    "mean": (_with_mean, ("drift",)),
    "volatility": (_with_volatility, ("volatility", "today's level")),
    "shape": (_with_shape, ("tail quantiles", "tail index", "asymmetry", "beyond the past")),
    "mix of calm and wild windows": (_with_sizes, ("volatility of volatility",)),
    "correlation": (_with_correlation, ("correlation", "directions")),
}


def counterfactuals(data: ComparisonData, findings: Iterable[Finding]) -> pd.DataFrame:
    """What each property that failed, and can be changed alone, does to VaR and ES of each book, in basis points.

    Columns: property, checks, book, level, measure, scenarios, adjusted, change (adjusted less scenarios).
    """
    rows, failed = [], {finding.check for finding in findings if finding.verdict == "fail"}
    for name, (adjust, checks) in COUNTERFACTUALS.items():
        by = [check for check in checks if check in failed]
        if by:
            rows += [[name, ", ".join(by), *row] for row in _changes(data, adjust(data))]
    names = ["property", "checks", "book", "level", "measure", "scenarios", "adjusted", "change"]
    return pd.DataFrame(rows, columns=names)


def unattributed(findings: Iterable[Finding]) -> list[str]:
    """Failed checks whose property cannot be changed alone, so that nothing of a risk number is attributed to them."""
    known = {check for _, checks in COUNTERFACTUALS.values() for check in checks}
    return [finding.check for finding in findings if finding.verdict == "fail" and finding.check not in known]


def _changes(data: ComparisonData, adjusted: np.ndarray) -> list[list]:
    rows = []
    for book, weights in _books(data).items():
        before, after = _losses(data, data.fake, weights), _losses(data, adjusted, weights)
        for level in LEVELS:
            was, is_now = (np.array(var_es(loss, level)) / BASIS_POINT for loss in (before, after))
            rows += [[book, level, *row] for row in zip(MEASURES, was, is_now, is_now - was)]
    return rows
