r"""The walk-forward engine: fit, update, draw, and keep of each forecast what a backtest reads.

For every period of the schedule the sampler is fitted afresh to its training days and its state updated to the close
:math:`t` before every forecast; :math:`m` draws of the returns of days :math:`t+1..t+h` become profits of every book,
and those VaR, ES and the randomised rank of the outcome. Nothing after :math:`t` enters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from workbench import samplers
from workbench._cache import Cache
from workbench.backtesting._inputs import require_returns
from workbench.backtesting.backtests._ranks import joint_movement, rank_among, total_width
from workbench.backtesting.backtests._rosenblatt import rosenblatt_day
from workbench.backtesting.walk_forward._book_set import Books, BookSet, book_set
from workbench.backtesting.walk_forward._schedule import ForecastSpec, Period, Schedule
from workbench.data import periods_per_year
from workbench.errors import ParameterError
from workbench.stats import var_es

FITS = 24  # fitted samplers kept in memory, some megabytes each; the oldest goes first
CODE = ("workbench.samplers", "workbench.books", "workbench.stats", "workbench.backtesting.backtests", __package__)
_kept: dict[str, samplers.Sampler] = {}


@dataclass(frozen=True)
class Work:
    """Everything one period needs, so that any worker can do it."""

    sampler: str
    returns: pd.DataFrame
    books: BookSet
    spec: ForecastSpec
    options: Mapping[str, object]
    cache: Cache


def walk_forward(
    sampler: str,
    returns: pd.DataFrame,
    books: Books,
    first: str | pd.Timestamp,
    last: str | pd.Timestamp | None = None,
    schedule: Schedule | None = None,
    spec: ForecastSpec | None = None,
    options: Mapping[str, object] | None = None,
    store: str | Path | None = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Forecast tables of all books: ``date, made, book, var_<level>, es_<level>..., pit, realised, dependence, width``.

    sampler, options : as for :func:`workbench.samplers.make`. returns : log returns (day, asset), fractions.
    first, last : of the days whose returns are forecast. schedule, spec : yearly refits on all that is known, and one
    day ahead, when none is given. ``date`` is the last day of the horizon, on which the outcome is known, ``made`` the
    close before its first. VaR and ES are positive losses, ``pit`` is of the profit (small on bad days), ``realised``
    the profit, all as fractions of the book's notional; ``dependence``, ``width`` and ``rosenblatt`` are PITs of all
    assets together, the same for every book. ``attrs["key"]`` is the hash of the inputs and the code,
    ``attrs["periods"]`` the days of the panel that make a year.
    store : a folder; finished periods are kept there and not done twice. executor : does the periods, in any order; the
    numbers do not depend on it, nor on an interruption.

    Raises DataError for returns that are not what they must be, ParameterError for an unknown book or asset or a
    schedule that does not fit, FitError from the sampler.
    """
    require_returns(returns)
    options, schedule, spec = dict(options or {}), schedule or Schedule(), spec or ForecastSpec()
    periods = schedule.periods(returns.index, first, last, spec.horizon, spec.every)
    made_ready = book_set(books, returns.columns, spec.pnl)
    span = (periods[0].firsts[0], periods[-1].firsts[-1])
    inputs: dict[str, Any] = {"sampler": sampler, "options": options, "schedule": schedule, "spec": spec, "span": span}
    key = Cache(None, *CODE).key(returns=returns, books=books, **inputs)
    work = Work(sampler, returns, made_ready, spec, options, Cache(Path(store) / key if store else None, *CODE))
    tables = list((executor.map if executor else map)(partial(_period, work), periods))
    table = pd.concat(tables, ignore_index=True)
    table.attrs = {
        "key": key, "sampler": sampler, "horizon": spec.horizon, "every": spec.every, "pnl": spec.pnl,
        "periods": periods_per_year(returns),
    }  # fmt: skip
    return table


def of_book(table: pd.DataFrame, book: str) -> pd.DataFrame:
    """One book's forecasts by date, as :func:`workbench.backtesting.align` reads them."""
    if book not in set(table["book"]):
        raise ParameterError(f"no forecasts of the book {book!r}; there are {sorted(set(table['book']))}")
    one = table[table["book"] == book].set_index("date").drop(columns=["book", "made"])
    one.attrs = table.attrs
    return one


def _rollout(*args: Any, **options: Any) -> pd.DataFrame:
    """:func:`walk_forward` as version 0.1 called it, its specification as ``ask``."""
    return walk_forward(*args, **({"spec": options.pop("ask", None)} | options))


def _period(work: Work, period: Period) -> pd.DataFrame:
    table = work.cache.table(period.name, lambda: pd.DataFrame([row for rows in _days(work, period) for row in rows]))
    return table.astype({"date": "datetime64[ns]", "made": "datetime64[ns]"})


def _fit(work: Work, period: Period) -> samplers.Sampler:
    """The sampler of a period, from memory where another horizon or schedule has fitted it to the same days."""
    days = work.returns.iloc[period.begin : period.end]
    key = work.cache.key(sampler=work.sampler, options=work.options, seed=work.spec.seed, days=days)
    fitted = _kept.get(key)
    if fitted is None:
        fitted = _kept[key] = samplers.make(work.sampler, **work.options).fit(days, work.spec.seed)
        while len(_kept) > FITS:
            _kept.pop(next(iter(_kept)), None)
    return fitted


def _days(work: Work, period: Period) -> Iterator[list[dict]]:
    """Rows of every forecast of a period, one a book."""
    threads, spec = torch.get_num_threads(), work.spec
    torch.set_num_threads(1)  # bits do not depend on how many
    try:
        fitted = _fit(work, period)
        seen = work.returns.iloc[period.begin : period.firsts[-1] + spec.horizon]
        first = seen.index[period.firsts[0] - period.begin]
        rolled = samplers.roll(fitted, seen, first, None, spec.horizon, spec.draws, spec.seed, spec.every)
        for place, (_, draws) in zip(period.firsts, rolled, strict=True):
            yield _rows(work, place, draws)
    finally:
        torch.set_num_threads(threads)


def _rows(work: Work, first: int, draws: np.ndarray) -> list[dict]:
    """What is kept of one forecast: ``draws`` (draw, time, asset) of the days from position ``first`` on."""
    spec, dates = work.spec, work.returns.index
    came = work.returns.iloc[first : first + spec.horizon].to_numpy(float)[None]
    profits, realised = work.books.profits(draws), work.books.profits(came)[0]
    common = {"date": dates[first + spec.horizon - 1], "made": dates[first - 1]}
    together = _together(draws, came, first)
    risk = {level: var_es(-profits.T, level) for level in spec.levels}
    rows = []
    for place, book in enumerate(work.books.names):
        row = common | {"book": book}
        for level, (var, es) in risk.items():
            row |= {f"var_{level:g}": var[place], f"es_{level:g}": es[place]}
        pit = rank_among(realised[place : place + 1], profits[:, place], seed=first * 1009 + place)[0]
        rows.append(row | {"pit": float(pit), "realised": float(realised[place])} | together)
    return rows


def _together(draws: np.ndarray, came: np.ndarray, first: int) -> dict[str, float]:
    """PITs of all assets over the horizon: joint movement, width, each in units of its own forecast; Rosenblatt's."""
    total, total_came = draws.sum(axis=1, dtype=float), came.sum(axis=1, dtype=float)
    mean, spread = total.mean(axis=0), np.maximum(total.std(axis=0), 1e-12)
    z, z_came = (total - mean) / spread, (total_came - mean) / spread
    pits = {}
    for place, (name, measure) in enumerate({"dependence": joint_movement, "width": total_width}.items()):
        pits[name] = float(rank_among(measure(z_came), measure(z), seed=first * 1009 + 500 + place)[0])
    return pits | {"rosenblatt": rosenblatt_day(total, total_came[0], seed=first)}
