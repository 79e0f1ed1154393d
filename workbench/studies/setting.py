"""What every study settles before it begins: how the history is split, on which days forecasts are judged, which assets
are shown. Choices that nobody made come from the panel, by the rules below, and are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workbench import backtesting, data
from workbench.backtesting import walk_forward
from workbench.errors import DataError, Refusal
from workbench.validation import extrapolation

FEWEST_HELD_OUT = 100  # days after the start below which forecasts are not scored
SCORED_DAYS = 800  # about how many held-out days are scored


class Split(NamedTuple):
    """A history cut at the close ``start``: the days up to it, those after it, and the part fit for comparison."""

    start: pd.Timestamp
    known: pd.DataFrame
    later: pd.DataFrame
    clean: pd.DataFrame


def workers(count: int = 2) -> ThreadPoolExecutor:
    """Threads for fits and draws; each runs torch on one core."""
    import torch

    torch.set_num_threads(1)
    return ThreadPoolExecutor(count)


def split(returns: pd.DataFrame, as_of: Any = None) -> Split:
    """Cut log returns (day, asset) at the last close not after ``as_of``; None is the last there is.

    ``clean`` are the known days after the last stale run of any asset: a price that stands still for weeks makes every
    later move look enormous. Raises DataError when no day is known at ``as_of``.
    """
    past = returns if as_of is None else returns.loc[: pd.Timestamp(as_of)]
    if past.empty:
        raise DataError(f"as_of {as_of} lies before the first day of the history, {returns.index[0]:%Y-%m-%d}")
    start = past.index[-1]
    return Split(start, past, returns.loc[start:].iloc[1:], past.loc[data.clean_from(past).max() :])


def realised_loss(later: pd.DataFrame, horizon: int) -> float | None:
    """Loss of the equal-weight book bought at the start and held, a fraction; None where the data end before."""
    return None if len(later) < horizon else -float(np.expm1(later.iloc[:horizon].sum()).mean())


def spacing(later: pd.DataFrame) -> int:
    """Every how many held-out days are scored: about 800 in all, and never one weekday alone."""
    every = max(1, len(later) // SCORED_DAYS)
    return every + (every % 5 == 0)


def holdout(later: pd.DataFrame) -> pd.DataFrame | None:
    """The held-out days, or None where they are too few to judge by."""
    return later if len(later) > FEWEST_HELD_OUT else None


def calm_middle_wild(returns: pd.DataFrame) -> list[str]:
    """The asset of the least, the middle and the largest volatility, without repetition."""
    order = returns.std().sort_values().index
    return list(dict.fromkeys([order[0], order[len(order) // 2], order[-1]]))


def attempt(function: Callable, asked: Mapping[Any, tuple], **options: Any) -> tuple[dict[Any, Any], dict[Any, str]]:
    """``function(*arguments, **options)`` for every key of ``asked``: what was answered, and why the rest was refused."""
    answered, refused = {}, {}
    for key, arguments in asked.items():
        try:
            answered[key] = function(*arguments, **options)
        except Refusal as reason:
            refused[key] = str(reason)
    return answered, refused


def schedule(refit: str, window: int = 0, purge: int = 0, embargo: int = 0) -> walk_forward.Schedule:
    """When samplers are fitted again: ``yearly``, ``never`` or every so many trading days."""
    periods = {"yearly": "yearly", "never": None}
    return walk_forward.Schedule(periods[refit] if refit in periods else int(refit), window or None, purge, embargo)


def backtest(table: pd.DataFrame) -> list[backtesting.Result]:
    """Every statistical test of one book's forecasts by date."""
    columns = [name for name in table if name.startswith(("var_", "es_", "pit"))]
    return backtesting.run(backtesting.align(table[columns], table["realised"]))


def novelty(returns: pd.DataFrame, first: Any, last: Any) -> tuple[pd.Series, extrapolation.Support]:
    """Distance of every close of a span from the states known before it, and where the last one stands."""
    known = returns.loc[: pd.Timestamp(last)]
    return extrapolation.distances(known, pd.Timestamp(first)), extrapolation.assess(known)


def equal_book_forecasts(
    sampler: str, dataset: str, first: str, last: str, *, spec: walk_forward.ForecastSpec, refit: int | None = None,
    executor: Executor | None = None, **options: Any,
) -> pd.DataFrame:  # fmt: skip
    """Forecasts of the equal-weight book of a data set, frozen before ``first`` or fitted again every ``refit`` days."""
    returns = data.returns(dataset)
    books = {"equal": walk_forward.equal_book(returns.columns)}
    plan = walk_forward.Schedule(refit)
    table = walk_forward.walk_forward(
        sampler, returns, books, first, last, spec=spec, schedule=plan, executor=executor, **options
    )
    return walk_forward.of_book(table, "equal")
