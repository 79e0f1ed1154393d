r"""Tails: are the bad days as bad, and as frequent, on both sides? And the bad paths?

Thresholds are quantiles of the history, fixed for both samples; what is compared is how often, and by how much, they
are passed. Shares are compared as square roots, which makes the spread of a count the same everywhere (Anscombe 1948).
"""

from __future__ import annotations

import numpy as np

from workbench._text import level as in_full
from workbench.validation.engine import ComparisonData, Features, Finding, check, not_assessed
from workbench.validation.engine.features import by_day, for_each, own_size, per_asset, root, square, with_average

SIDES = (("lower", -1.0), ("upper", 1.0))
FEWEST_EXCEEDANCES = 20


def _exceeding(data: ComparisonData, size: Features, shares: list[float], sign: float = 1.0) -> np.ndarray:
    """Thresholds (share, column) that the feature of ``sign`` x passes with the probabilities ``shares``."""
    return data.threshold(lambda x: size(sign * x), [1.0 - share for share in shares])


@check(
    "tail quantiles", question="tails", scale="asset",
    meaning="Extreme days are too rare or too frequent.",
    matters="VaR at 97.5 % and beyond.",
    remedy="Fit the tails apart, such as by a Pareto splice.",
)  # fmt: skip
def _tail_quantiles(data: ComparisonData) -> Finding:
    """Are extreme days as frequent?

    Square root of the share of days beyond the history's 5 %, 1 %, 0.2 % quantiles, both sides.
    """
    shares = [share for share in (0.05, 0.01, 0.002) if share * len(data.days) >= FEWEST_EXCEEDANCES]
    if not shares:
        return not_assessed(f"fewer than {FEWEST_EXCEEDANCES} days lie beyond the 5 % quantile")
    cuts = [(sign, _exceeding(data, by_day, shares, sign)) for _, sign in SIDES]

    def features(x: np.ndarray) -> np.ndarray:
        beyond = [with_average((sign * x > cut).mean(1)) for sign, rows in cuts for cut in rows]
        return np.concatenate(beyond, axis=1)

    labels = [(f"{n} beyond the {in_full(share)} quantile", c) for side, _ in SIDES for share in shares
              for n, c in per_asset(data, f"{side} tail share")]  # fmt: skip
    return data.compare(features, root, labels, memory=1.3, predictable=0.08, show=square)


@check(
    "tail index", question="tails", scale="asset",
    meaning="Tails fall off faster or slower than they did.",
    matters="ES, and any number beyond the largest loss seen.",
    remedy="Fit the index on pooled exceedances; avoid normal margins.",
)  # fmt: skip
def _tail_index(data: ComparisonData) -> Finding:
    """Do tails fall off as fast?

    Hill's mean log excess over the 2.5 % quantile (Hill 1975, Ann. Statist. 3), both sides. The threshold is the
    history's; excesses count up to three times the threshold, so that one crash does not decide.
    """
    share, count = 0.025, len(data.assets)
    if share * len(data.days) < FEWEST_EXCEEDANCES:
        return not_assessed(f"fewer than {FEWEST_EXCEEDANCES} days lie beyond the {in_full(share)} quantile")
    cuts = [(sign, np.maximum(_exceeding(data, by_day, [share], sign)[0], 1e-6)) for _, sign in SIDES]

    def features(x: np.ndarray) -> np.ndarray:
        ratios = [np.clip(sign * x / cut, 1.0, 3.0) for sign, cut in cuts]
        return np.concatenate([part for r in ratios for part in (np.log(r).mean(1), (r > 1.0).mean(1))], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        sides = [mean[..., 2 * i * count : 2 * (i + 1) * count] for i in (0, 1)]
        return np.concatenate([_hill(part, count) for part in sides], axis=-1)

    labels = for_each([f"{side} mean log excess" for side, _ in SIDES], data)
    return data.compare(features, reduce, labels, memory=1.5, predictable=0.015)


def _hill(part: np.ndarray, count: int) -> np.ndarray:
    excess, share = part[..., :count], part[..., count:]
    pooled = excess.sum(-1, keepdims=True) / np.maximum(share.sum(-1, keepdims=True), 1e-9)
    return np.concatenate([(excess + 0.1 * pooled / 1e4) / np.maximum(share, 1e-5), pooled], axis=-1)


@check(
    "beyond the past", question="tails", scale="asset",
    meaning="Days worse than one in a thousand are missing or too many.",
    matters="Stress capital and ES at 99 % and beyond.",
    remedy="Let the sampler exceed its training set, or bound it.",
)  # fmt: skip
def _beyond_the_past(data: ComparisonData) -> Finding:
    """Do the scenarios hold days worse than the threshold that one day in a thousand of all assets passes?

    Pooled over assets: square roots of the shares of asset-days beyond the pooled 0.1 % quantile and 1.5 times
    it.
    """
    if 0.001 * data.days.size < 5:
        return not_assessed("fewer than 5 asset-days lie beyond the pooled 0.1 % quantile")
    pooled = [(side, sign, _exceeding(data, lambda x: x.reshape(-1, 1), [0.001], sign)[0, 0]) for side, sign in SIDES]
    cuts = [(side, sign, k, k * cut) for side, sign, cut in pooled for k in (1, 1.5)]

    def features(x: np.ndarray) -> np.ndarray:
        return np.stack([(sign * x > cut).mean((1, 2)) for _, sign, _, cut in cuts], axis=1)

    labels = [(f"share of asset-days beyond {k} x the {side} 0.1 % quantile", data.assets) for side, _, k, _ in cuts]
    return data.compare(features, root, labels, memory=3.0, predictable=0.04, least=data.rare_error, show=square)


@check(
    "shape of a window", question="tails", scale="path", horizon=5,
    meaning="A path's worst day stands out too much or too little from its others.",
    matters="Gap risk, barriers, daily margin.",
    remedy="Use shocks with heavier or lighter tails behind the filter.",
)  # fmt: skip
def _shape(data: ComparisonData) -> Finding:
    """Is a window made of many like days or of one wild one?

    Its worst and its best day over its own root mean square. Free of the level of volatility, so it sees thin
    tails in any state; mean and share beyond the history's 90 % quantile.
    """

    def extreme(x: np.ndarray) -> np.ndarray:
        y = own_size(x)
        return np.concatenate([-y.min(1), y.max(1), np.abs(y).mean(1)], axis=1)

    cut, count = _exceeding(data, extreme, [0.10])[0], len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        values = extreme(x)
        return np.concatenate([values, (values > cut)], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        return np.concatenate([with_average(mean[..., i * count : (i + 1) * count]) for i in range(6)], axis=-1)

    names = [f"{what}{how} in window units" for how in ("", ", share beyond the 90 % quantile")
             for what in ("worst day", "best day", "typical day")]  # fmt: skip
    return data.compare(features, reduce, for_each(names, data))


@check(
    "drawdown", question="tails", scale="path", horizon=4,
    meaning="Falls from the peak are too deep, too shallow, or end too soon.",
    matters="Drawdown limits, fund redemptions.",
    remedy="Check clustering and leverage first; they usually cause it.",
)  # fmt: skip
def _drawdown(data: ComparisonData) -> Finding:
    """How deep and how long are the falls?

    Share of windows whose deepest drawdown passes the history's 50 %, 90 %, 98 % quantiles, and the mean share of
    days under water, of every asset and of the equal-weight book.
    """
    shares = [share for share in (0.5, 0.1, 0.02) if share * len(data.days) / data.horizon >= 5]
    cuts = _exceeding(data, lambda x: _drawdowns(x).max(1), shares)

    def features(x: np.ndarray) -> np.ndarray:
        falls = _drawdowns(x)
        water = (falls > 1e-6).mean(1)
        return np.concatenate([with_average(falls.max(1) > cut) for cut in cuts] + [with_average(water**2)], axis=1)

    names = [(name, (name,)) for name in data.assets] + [("equal weight", data.assets), ("average", data.assets)]
    what = [f"share of drawdowns beyond the {in_full(1 - share)} quantile" for share in shares]
    labels = [(f"{text}, {n}", c) for text in [*what, "days under water, squared"] for n, c in names]
    return data.compare(features, root, labels, memory=0.7, predictable=0.025)


def _drawdowns(x: np.ndarray) -> np.ndarray:
    """Fall from the highest level so far, (window, time, asset + 1): the last column is the equal-weight book."""
    path = np.concatenate([x, x.mean(2, keepdims=True)], axis=2).cumsum(1)
    return np.maximum(np.maximum.accumulate(path, axis=1), 0.0) - path
