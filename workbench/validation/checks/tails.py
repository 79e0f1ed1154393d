r"""Tails: are the bad days as bad, and as frequent, on both sides? And the bad paths?

Thresholds are quantiles of the history, fixed for both samples; what is compared is how often, and by how much, they
are
passed. Shares are compared as square roots, which makes the spread of a count the same everywhere (Anscombe 1948).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.validation.checks.facts import own_size, per_asset, with_average
from workbench.validation.engine.check import check
from workbench.validation.engine.comparison_data import ComparisonData
from workbench.validation.engine.finding import Finding, cannot_tell

SIDES = (("lower", -1.0), ("upper", 1.0))
FEWEST_EXCEEDANCES = 20


def flat(x: np.ndarray) -> np.ndarray:
    """(window, time, asset) -> (window x time, asset)."""
    return x.reshape(-1, x.shape[2])


def shares(data: ComparisonData) -> list[float]:
    """Tail probabilities that the history can answer for: at least 20 days beyond."""
    return [share for share in (0.05, 0.01, 0.002) if share * len(data.days) >= FEWEST_EXCEEDANCES]


def exceeding(data: ComparisonData, size: Callable[[np.ndarray], np.ndarray], levels: list[float]) -> np.ndarray:
    """Thresholds (level, column) that the feature passes with the probabilities ``levels`` in the history."""
    return data.threshold(size, [1.0 - level for level in levels])


def _root(mean: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(mean, 0.0))


@check("tail quantiles", question="tails", scale="asset")
def tail_quantiles(data: ComparisonData) -> Finding:
    """Are extreme days as frequent?

    Square root of the share of days beyond history's 5 %, 1 %, 0.2 % quantiles, both sides.
    """
    levels = shares(data)
    if not levels:
        return cannot_tell(f"fewer than {FEWEST_EXCEEDANCES} days lie beyond the 5 % quantile")
    cuts = [(sign, exceeding(data, lambda x, s=sign: flat(s * x), levels)) for _, sign in SIDES]

    def features(x: np.ndarray) -> np.ndarray:
        beyond = [with_average((sign * x > cut).mean(1)) for sign, rows in cuts for cut in rows]
        return np.concatenate(beyond, axis=1)

    labels = [(f"{n} beyond the {level:.1%} quantile", c) for side, _ in SIDES for level in levels
              for n, c in per_asset(data, f"{side} tail share")]  # fmt: skip
    return data.compare(
        features,
        _root,
        labels,
        memory=1.3,
        foreseen=0.08,
        show=lambda value: float(max(value, 0.0) ** 2),
    )


@check("tail index", question="tails", scale="asset")
def tail_index(data: ComparisonData) -> Finding:
    """Do tails fall off as fast?

    Hill's mean log excess over the 2.5 % quantile (Hill 1975, Ann. Statist. 3), both sides. The threshold is the
    history's; excesses count up to three times the threshold, so that one crash is not the answer.
    """
    level, count = 0.025, len(data.assets)
    if level * len(data.days) < FEWEST_EXCEEDANCES:
        return cannot_tell(f"fewer than {FEWEST_EXCEEDANCES} days lie beyond the {level:.1%} quantile")
    cuts = [np.maximum(exceeding(data, lambda x, s=sign: flat(s * x), [level])[0], 1e-6) for _, sign in SIDES]

    def features(x: np.ndarray) -> np.ndarray:
        parts = []
        for (_, sign), cut in zip(SIDES, cuts):
            ratio = np.clip(sign * x / cut, 1.0, 3.0)
            parts += [np.log(ratio).mean(1), (ratio > 1.0).mean(1)]
        return np.concatenate(parts, axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        side = [mean[..., 2 * i * count : 2 * (i + 1) * count] for i in (0, 1)]
        return np.concatenate([_hill(part, count) for part in side], axis=-1)

    labels = [label for side, _ in SIDES for label in per_asset(data, f"{side} mean log excess")]
    return data.compare(features, reduce, labels, memory=1.5, foreseen=0.015)


def _hill(part: np.ndarray, count: int) -> np.ndarray:
    excess, share = part[..., :count], part[..., count:]
    pooled = excess.sum(-1, keepdims=True) / np.maximum(share.sum(-1, keepdims=True), 1e-9)
    return np.concatenate([(excess + 0.1 * pooled / 1e4) / np.maximum(share, 1e-5), pooled], axis=-1)


@check("beyond the past", question="tails", scale="asset")
def beyond_the_past(data: ComparisonData) -> Finding:
    """Do the scenarios know days worse than the threshold that one day in a thousand of all assets passes?

    Pooled over assets: square roots of the shares of asset-days beyond the pooled 0.1 % quantile and 1.5 times
    it.
    """
    if 0.001 * data.days.size < 5:
        return cannot_tell("fewer than 5 asset-days lie beyond the pooled 0.1 % quantile")
    cuts = [(sign, data.threshold(lambda x, s=sign: s * x.reshape(-1, 1), [0.999])[0, 0]) for _, sign in SIDES]

    def features(x: np.ndarray) -> np.ndarray:
        return np.stack([(sign * x > k * cut).mean((1, 2)) for sign, cut in cuts for k in (1.0, 1.5)], axis=1)

    labels = [
        (f"share of asset-days beyond {k} x the {side} 0.1 % quantile", data.assets)
        for side, _ in SIDES
        for k in (1, 1.5)
    ]
    return data.compare(
        features,
        _root,
        labels,
        memory=3.0,
        foreseen=0.04,
        least=data.rare,
        show=lambda value: float(max(value, 0.0) ** 2),
    )


@check("shape of a window", question="tails", scale="path", horizon=5)
def shape(data: ComparisonData) -> Finding:
    """Is a window made of many like days or of one wild one?

    Its worst and its best day over its own root mean square. Free of the level of volatility, so it sees thin
    tails in any state; mean and share beyond history's 90 % quantile.
    """

    def extreme(x: np.ndarray) -> np.ndarray:
        y = own_size(x)
        return np.concatenate([-y.min(1), y.max(1), np.abs(y).mean(1)], axis=1)

    cut, count = exceeding(data, extreme, [0.10])[0], len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        values = extreme(x)
        return np.concatenate([values, (values > cut)], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        return np.concatenate([with_average(mean[..., i * count : (i + 1) * count]) for i in range(6)], axis=-1)

    names = [
        f"{what}{how}"
        for how in ("", ", share beyond the 90 % quantile")
        for what in ("worst day", "best day", "typical day")
    ]
    return data.compare(
        features, reduce, [label for name in names for label in per_asset(data, f"{name} in window units")]
    )


@check("drawdown", question="tails", scale="path", horizon=4)
def drawdown(data: ComparisonData) -> Finding:
    """How deep and how long are the falls?

    Share of windows whose deepest drawdown passes history's 50 %, 90 %, 98 % quantiles, and the mean share of
    days under water, of every asset and of the equal-weight book.
    """
    levels = [level for level in (0.5, 0.1, 0.02) if level * len(data.days) / data.horizon >= 5]

    def depth(x: np.ndarray) -> np.ndarray:
        return _drawdowns(x).max(1)

    cuts = exceeding(data, depth, levels)

    def features(x: np.ndarray) -> np.ndarray:
        falls = _drawdowns(x)
        water = (falls > 1e-6).mean(1)
        return np.concatenate([with_average(falls.max(1) > cut) for cut in cuts] + [with_average(water**2)], axis=1)

    names = [(name, (name,)) for name in data.assets] + [("equal weight", data.assets), ("average", data.assets)]
    what = [f"share of drawdowns beyond the {1 - level:.0%} quantile" for level in levels] + [
        "days under water, squared"
    ]
    return data.compare(
        features,
        _root,
        [(f"{text}, {n}", c) for text in what for n, c in names],
        memory=0.7,
        foreseen=0.025,
    )


def _drawdowns(x: np.ndarray) -> np.ndarray:
    """Fall from the highest level so far, (window, time, asset + 1): the last column is the equal-weight book."""
    path = np.concatenate([x, x.mean(2, keepdims=True)], axis=2).cumsum(1)
    return np.maximum(np.maximum.accumulate(path, axis=1), 0.0) - path
