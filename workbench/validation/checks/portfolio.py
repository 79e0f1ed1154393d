r"""Portfolios: would the books that people hold see their losses as often and as large?

Books: equal weight, twelve random long-short books (dollar-neutral, in units of each asset's volatility), the user's.
Over a day and over the horizon: how often losses pass the history's VaR, and by how much on average, which is ES
= VaR + E(L - VaR)+ / (1 - p) (Acerbi and Tasche 2002).
"""

from __future__ import annotations

import numpy as np

from workbench._text import level as in_full
from workbench.books import random_books
from workbench.validation.engine import ComparisonData, Finding, check, not_assessed
from workbench.validation.engine.features import root, square

RANDOM_BOOKS = 12


def _books(data: ComparisonData) -> tuple[list[str], np.ndarray]:
    """Names and weights (asset, book) on scaled returns; each has unit gross weight."""
    count = len(data.assets)
    names, rows = ["equal weight"], [np.ones(count)]
    if count > 1:
        rows += list(random_books(np.ones(count), RANDOM_BOOKS, data.rng("books"), "risk"))
        names += [f"random long-short {i + 1}" for i in range(RANDOM_BOOKS)]
    rows += [weights * data.scale for weights in data.books.values()]
    table = np.array(rows, dtype=np.float32).T
    return names + list(data.books), table / np.maximum(np.abs(table).sum(0), 1e-12)


def _losses(data: ComparisonData, span: int, levels: tuple[float, ...]) -> Finding:
    """Share and mean excess of losses over ``span`` days beyond the history's VaR at the levels that it can show."""
    known = [level for level in levels if (1 - level) * len(data.days) / span > 9.9]
    if not known:
        return not_assessed(
            f"fewer than 10 independent losses beyond the {in_full(levels[0])} quantile in this history"
        )
    names, weights = _books(data)

    def losses(x: np.ndarray) -> np.ndarray:
        count = x.shape[1] // span
        summed = x[:, : count * span].reshape(len(x), count, span, -1).sum(2)
        return -(summed @ weights)

    cuts = data.threshold(lambda x: losses(x).reshape(-1, weights.shape[1]), known)
    cap = 3.0 * np.maximum(cuts[-1], 1e-9)

    def features(x: np.ndarray) -> np.ndarray:
        loss = losses(x)
        beyond = [part for cut in cuts for part in ((loss > cut).mean(1), np.clip(loss - cut, 0.0, cap - cut).mean(1))]
        return np.concatenate(beyond, axis=1)

    labels = [(f"{what} the {in_full(level)} VaR of {name}", data.assets) for level in known
              for what in ("share of losses beyond", "mean loss beyond") for name in names]  # fmt: skip
    return data.compare(features, root, labels, memory=2.0, predictable=0.12, show=square)


@check(
    "losses of a day", question="portfolio", scale="portfolio",
    meaning="Books lose more, or less, in a day than they did.",
    matters="One-day VaR and ES of the named book.",
    remedy="Read the findings on volatility, tails and dependence.",
)  # fmt: skip
def _day_losses(data: ComparisonData) -> Finding:
    """Do one-day losses of books pass the history's 95 % and 99 % VaR as often, and by as much?"""
    return _losses(data, 1, (0.95, 0.99))


@check(
    "losses of the horizon", question="portfolio", scale="portfolio", horizon=2,
    meaning="Books lose more, or less, over the horizon than they did.",
    matters="VaR and ES of the named book at the horizon.",
    remedy="Read the findings on aggregation, clustering and dependence.",
)  # fmt: skip
def _horizon_losses(data: ComparisonData) -> Finding:
    """Do losses of books over the whole horizon pass the history's 90 % and 97.5 % VaR as often, and by as much?"""
    return _losses(data, data.horizon, (0.9, 0.975))
