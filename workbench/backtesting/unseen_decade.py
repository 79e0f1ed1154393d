"""Does what is imagined from ten years hold the next one and four? Volatility, worst month, drawdown, correlation.

For every pair of (panel, split) a sampler is fitted to the ten years before the split and draws the years after it,
from anywhere in its history: once as it is ("stationary"), once with long-run levels of their own
(:class:`workbench.samplers.LongRunLevel`, "unseen decade"), whose spread was learnt without the panel's market. Judged
are 90 % intervals: coverage, PIT and interval score (Gneiting and Raftery, JASA 102, 2007, 359-378), by which an
interval cannot win through width alone. Splits overlap and panels share crises, so :func:`effective_pairs` counts as
how many independent pairs they are worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom, norm
from scoringrules import interval_score

from workbench import data, samplers
from workbench._require import count
from workbench.constants import TRADING_DAYS
from workbench.data.sets.rates import par_bond_returns
from workbench.errors import ParameterError
from workbench.samplers import LongRunLevel, LongRunSpread
from workbench.samplers.training import long_run

MARKETS = {
    "us_equities": "US stocks", "us_indices": "US stocks", "ecb_fx": "currencies", "us_treasuries": "bonds",
    "wti": "oil",
}  # fmt: skip
"""Panels of the catalogue that are judged, and the market that is left out of the levels learnt for them."""
YEARS = (1, 4)
LEAST = long_run.PAST + TRADING_DAYS * min(YEARS)  # days of a panel that can be judged
LEVEL = 0.9  # of the intervals
MONTH, QUARTER = 20, TRADING_DAYS // 4  # days
BOUND = 20.0  # of a day's log return: paths that explode stay finite
MATURITIES = {"2year": 2, "3year": 3, "5year": 5, "7year": 7, "10year": 10, "20year": 20}
STATIONARY, UNSEEN = "stationary", "unseen decade"
KEYS = ["sampler", "distribution", "years", "statistic"]


def panel(name: str) -> pd.DataFrame:
    """Daily log returns (day, asset) of a data set; Treasury yields become returns of par bonds, two years to twenty."""
    if name == "us_treasuries":
        return par_bond_returns(data.load(name), MATURITIES).dropna(how="all")
    found = data.returns(name)
    if data.frequency(found) != "daily":
        raise ParameterError(f"{name!r} is {data.frequency(found)}, long-run levels were learnt from daily data")
    return found


def spread(name: str, record: str = "until_2015") -> LongRunSpread:
    """The long-run levels that a panel is judged with: learnt without its market."""
    return long_run.load(record, [MARKETS[name]] if name in MARKETS else [])


def statistics(returns: np.ndarray) -> dict[str, np.ndarray]:
    """What is judged of log returns (draw, time, asset): name -> (draw,); correlations only where there are two assets.

    volatility, worst_month, drawdown : of the equal-weight book, rebalanced daily: standard deviation a year, largest
    loss over 20 days and largest fall from a peak, log returns. correlation, worst_correlation : mean over pairs of
    assets, over all days and in the worst of consecutive quarters. A day's log return counts up to 20.
    """
    bounded = np.clip(np.asarray(returns, float), -BOUND, BOUND)
    book = np.log(np.exp(bounded).mean(axis=2))
    value = np.concatenate([np.zeros((len(book), 1)), book.cumsum(axis=1)], axis=1)
    found = {
        "volatility": book.std(axis=1) * np.sqrt(TRADING_DAYS),
        "worst_month": -(value[:, MONTH:] - value[:, :-MONTH]).min(axis=1),
        "drawdown": (np.maximum.accumulate(value, axis=1) - value).max(axis=1),
    }
    if bounded.shape[2] == 1:
        return found
    quarters = [bounded[:, day : day + QUARTER] for day in range(0, bounded.shape[1] - QUARTER + 1, QUARTER)]
    worst = np.max([_mean_correlation(quarter) for quarter in quarters], axis=0)
    return found | {"correlation": _mean_correlation(bounded), "worst_correlation": worst}


def _mean_correlation(returns: np.ndarray) -> np.ndarray:
    """Mean over pairs of assets of the correlation of returns (draw, time, asset): (draw,)."""
    assets = returns.shape[2]
    centred = returns - returns.mean(axis=1, keepdims=True)
    deviation = np.maximum(centred.std(axis=1, keepdims=True), np.finfo(float).tiny)
    total = (centred / deviation).sum(axis=2)
    return ((total**2).mean(axis=1) - assets) / (assets * (assets - 1))


def judge(
    name: str,
    sampler: str,
    draws: int = 1000,
    every: int = TRADING_DAYS,
    seed: int = 0,
    record: str = "until_2015",
    options: Mapping | None = None,
    last: date | str | None = None,
) -> pd.DataFrame:
    """Judge one sampler on one panel: a row a (split, distribution, years, statistic).

    Volatility, worst month and drawdown are in units of the book's yearly volatility over the ten years before.

    name : of a data set. every : days between splits. record : of the levels; the market of the panel is left out.
    options : of the sampler. last : day behind which nothing is judged.
    """
    draws, every = count("draws", draws, 20), count("every", every, 1)
    returns = panel(name)
    returns = returns if last is None else returns.loc[: pd.Timestamp(last)]
    learnt, ahead = spread(name, record), TRADING_DAYS * max(YEARS)
    pairs = long_run.windows(returns, long_run.PAST, ahead, every, least=TRADING_DAYS * min(YEARS))
    rows = [row for pair in pairs for row in _judge_pair(*pair, sampler, dict(options or {}), learnt, draws, seed)]
    if not rows:
        raise ParameterError(f"{name!r} has {len(returns)} days, eleven years ({LEAST} days) are needed")
    return pd.DataFrame(rows).assign(panel=name, sampler=sampler)


def judge_all(
    names: Sequence[str], models: Sequence[str], executor: Executor | None = None, **options: Any
) -> pd.DataFrame:
    """:func:`judge` for every panel and sampler, one under the other; ``options`` are those of :func:`judge`."""
    asked = [(name, sampler) for sampler in models for name in names]
    tables = (executor.map if executor else map)(partial(judge, **options), *zip(*asked))
    return pd.concat(tables, ignore_index=True)


def _judge_pair(
    history: pd.DataFrame,
    future: pd.DataFrame,
    sampler: str,
    options: dict,
    learnt: LongRunSpread,
    draws: int,
    seed: int,
) -> Iterator[dict]:
    """Rows of one (panel, split)."""
    horizons = {years: years * TRADING_DAYS for years in YEARS if years * TRADING_DAYS <= len(future)}
    fitted = samplers.make(sampler, **options).fit(history, seed)
    drawn = fitted.sample(draws, max(horizons.values()), seed, start="long-run")["scenarios"]["ret"].to_numpy()[0]
    moved = LongRunLevel(learnt).fit(history).apply(drawn, seed)
    scale = statistics(history.to_numpy()[None])["volatility"]
    split = history.index[-1]
    for years, days in horizons.items():
        realised = statistics(future.to_numpy()[None, :days])
        for distribution, paths in ((STATIONARY, drawn), (UNSEEN, moved)):
            for statistic, values in statistics(paths[:, :days]).items():
                unit = 1.0 if "correlation" in statistic else scale
                scores = interval(values / unit, float((realised[statistic] / unit)[0]))
                yield {"split": split, "distribution": distribution, "years": years, "statistic": statistic} | scores


def interval(values: np.ndarray, realised: float) -> dict[str, float]:
    """The 90 % interval of draws (draw,), the value that came, its place among the draws (PIT) and interval score."""
    lower, upper = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {
        "lower": float(lower),
        "upper": float(upper),
        "realised": realised,
        "pit": float(np.mean(values < realised)),
        "score": float(interval_score(realised, lower, upper, 1 - LEVEL)),
    }


def coverage(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a (sampler, distribution, years, statistic): pairs, coverage, PIT, interval score against the stationary.

    ``pit_mean`` and ``pit_sd`` are .5 and .29 where forecasts are calibrated. ``ratio`` is the mean interval score over
    that of the same sampler as it is; ``t`` of the difference counts :func:`effective_pairs`, negative: better.
    """
    found = []
    for keys, group in rows.groupby(KEYS, sort=False):
        about = dict(zip(KEYS, keys))
        paired = group.merge(_stationary(rows, about), on=["panel", "split"], suffixes=("", "_stationary"))
        effective, gain = effective_pairs(group), paired["score"] - paired["score_stationary"]
        error = gain.std() / np.sqrt(effective)
        found.append(about | {
            "pairs": len(group),
            "effective": effective,
            "coverage": float(group["realised"].between(group["lower"], group["upper"]).mean()),
            "pit_mean": group["pit"].mean(),
            "pit_sd": group["pit"].std(),
            "score": group["score"].mean(),
            "ratio": paired["score"].mean() / paired["score_stationary"].mean(),
            "t": gain.mean() / error if error > 0 else np.nan,
        })  # fmt: skip
    return pd.DataFrame(found)


def chance_range(pairs: float, nominal: float = 0.9, share: float = 0.95) -> tuple[float, float]:
    """Between which coverages correct intervals of level ``nominal`` lie in ``share`` of cases: binomial, of ``pairs``
    independent pairs, rounded to whole ones.

    >>> chance_range(17.0)
    (0.7647058823529411, 1.0)
    """
    whole = max(round(pairs), 1)
    low, high = binom.interval(share, whole, nominal)
    return float(low / whole), float(high / whole)


def _stationary(rows: pd.DataFrame, about: Mapping) -> pd.DataFrame:
    same = rows["distribution"] == STATIONARY
    for key in ("sampler", "years", "statistic"):
        same &= rows[key] == about[key]
    return rows.loc[same, ["panel", "split", "score"]]


def effective_pairs(rows: pd.DataFrame) -> float:
    r"""As how many independent pairs these (panel, split) rows of one statistic count: :math:`n^2/\sum_{ij}\rho_{ij}`.

    Two pairs of one panel are taken to be correlated by the share :math:`o_{ij}` of the judged days that they have in
    common, two of different panels by that share times :math:`\rho`, the mean product of their normal scores weighted
    by :math:`o_{ij}`, within 0 and 1.
    """
    days = rows["split"].to_numpy().astype("M8[D]").astype(float)
    length = 365.25 * rows["years"].to_numpy()[0]
    overlap = np.maximum(1 - np.abs(days[:, None] - days) / length, 0.0)
    scores = norm.ppf(rows["pit"].clip(0.005, 0.995).to_numpy())
    scores = scores / np.sqrt(np.mean(scores**2)) if np.any(scores) else scores
    other = rows["panel"].to_numpy()[:, None] != rows["panel"].to_numpy()
    weight = overlap * other
    between = np.clip((weight * np.outer(scores, scores)).sum() / weight.sum(), 0, 1) if weight.any() else 0.0
    return float(len(rows) ** 2 / (overlap * np.where(other, between, 1.0)).sum())
