r"""The rolling engine: fit, walk, decode, and keep of each forecast what a backtest reads.

For every period of the schedule the sampler is fitted afresh to its training days and its state walked to the eve
:math:`t` of every forecast; :math:`m` draws of the returns of days :math:`t+1..t+h` become profits of every book, and
those VaR, ES and the randomised rank of what came (:mod:`..backtests.ensembles`). Nothing after :math:`t` enters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from workbench import samplers
from workbench.backtesting.backtests.ranks import joint_movement, rank_among, total_width
from workbench.backtesting.backtests.rosenblatt import rosenblatt_day
from workbench.backtesting.ensembles import var_es
from workbench.backtesting.walk_forward import store as stored
from workbench.backtesting.walk_forward.book_set import Books, Shelf, shelve
from workbench.backtesting.walk_forward.forecast_spec import Ask
from workbench.backtesting.walk_forward.schedule import Period, Schedule
from workbench.errors import ParameterError

FITS = 24  # fitted samplers kept in memory, some megabytes each; the oldest goes first
_kept: dict[str, samplers.Sampler] = {}


@dataclass(frozen=True)
class Work:
    """Everything one period needs, so that any worker can do it."""

    sampler: str
    returns: pd.DataFrame
    shelf: Shelf
    ask: Ask
    options: Mapping[str, object] = field(default_factory=dict)
    folder: Path | None = None


def rollout(
    sampler: str,
    returns: pd.DataFrame,
    books: Books,
    first: str | pd.Timestamp,
    last: str | pd.Timestamp | None = None,
    schedule: Schedule | None = None,
    ask: Ask | None = None,
    options: Mapping[str, object] | None = None,
    store: str | Path | None = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Forecast tables of all books: ``date, made, book, var_<level>, es_<level>..., pit, realised, dependence, width``.

    sampler, options : as for :func:`workbench.samplers.make`. returns : log returns (day, asset), fractions.
    first, last : of the days whose returns are forecast. schedule, ask : yearly refits on all that is known, and one
    day ahead, when none is given. ``date`` is the last day of the horizon, on which the outcome is known, ``made`` the
    close before its first. VaR and ES are positive losses, ``pit`` is of the profit (small on bad days), ``realised``
    the profit, all as fractions of the book's notional; ``dependence``, ``width`` and ``rosenblatt`` are PITs of all
    assets together, the same for every book. ``attrs["key"]`` is the hash of the inputs.
    store : a folder; finished periods are kept there and not done twice. executor : does the periods, in any order; the
    numbers do not depend on it, nor on an interruption.

    Raises ParameterError for an unknown book or asset or a schedule that does not fit, FitError from the sampler.
    """
    options, schedule, ask = dict(options or {}), schedule or Schedule(), ask or Ask()
    periods = schedule.periods(returns.index, first, last, ask.horizon, ask.every)
    shelf = shelve(books, returns.columns, ask.pnl)
    told = {
        "sampler": sampler,
        "options": options,
        "schedule": schedule,
        "ask": ask,
        "span": (periods[0].firsts[0], periods[-1].firsts[-1]),
    }
    name = stored.key(returns, told | {"books": _told(books)})
    work = Work(sampler, returns, shelf, ask, options, Path(store) / name if store else None)
    tables = list((executor.map if executor else map)(partial(_period, work), periods))
    table = pd.concat(tables, ignore_index=True)
    table.attrs = {"key": name, "sampler": sampler, "horizon": ask.horizon, "every": ask.every, "pnl": ask.pnl}
    return table


def of_book(table: pd.DataFrame, book: str) -> pd.DataFrame:
    """One book's forecasts by date, as :func:`workbench.backtesting.align` reads them."""
    if book not in set(table["book"]):
        raise ParameterError(f"no forecasts of the book {book!r}; there are {sorted(set(table['book']))}")
    one = table[table["book"] == book].set_index("date").drop(columns=["book", "made"])
    one.attrs = table.attrs
    return one


def _told(books: Books) -> list:
    return [
        (name, sorted(dict(book).items()) if not hasattr(book, "positions") else repr(vars(book)))
        for name, book in books.items()
    ]


def _period(work: Work, period: Period) -> pd.DataFrame:
    path = work.folder / f"{period.name}.parquet" if work.folder else None
    done = stored.read(path) if path else None
    if done is None:
        done = pd.DataFrame([row for rows in _days(work, period) for row in rows])
        if path:
            stored.write(done, path)
    return done.astype({"date": "datetime64[ns]", "made": "datetime64[ns]"})


def _fit(work: Work, period: Period) -> samplers.Sampler:
    """The sampler of a period, from memory where another horizon or schedule has fitted it to the same days."""
    days = work.returns.iloc[period.begin : period.end]
    name = stored.key(days, {"sampler": work.sampler, "options": work.options, "seed": work.ask.seed})
    fitted = _kept.get(name)
    if fitted is None:
        fitted = _kept[name] = samplers.make(work.sampler, **work.options).fit(days, work.ask.seed)
        while len(_kept) > FITS:
            _kept.pop(next(iter(_kept)), None)
    return fitted


def _days(work: Work, period: Period) -> Iterator[list[dict]]:
    """Rows of every forecast of a period, one a book."""
    threads, ask = torch.get_num_threads(), work.ask
    torch.set_num_threads(1)  # bits do not depend on how many
    try:
        fitted = _fit(work, period)
        seen = work.returns.iloc[period.begin : period.firsts[-1] + ask.horizon]
        rolled = samplers.roll(
            fitted, seen, seen.index[period.firsts[0] - period.begin], None, ask.horizon, ask.draws, ask.seed, ask.every
        )
        for first, (_, draws) in zip(period.firsts, rolled, strict=True):
            yield _rows(work, first, draws)
    finally:
        torch.set_num_threads(threads)


def _rows(work: Work, first: int, draws: np.ndarray) -> list[dict]:
    """What is kept of one forecast: ``draws`` (draw, time, asset) of the days from position ``first`` on."""
    ask, dates = work.ask, work.returns.index
    came = work.returns.iloc[first : first + ask.horizon].to_numpy(float)[None]
    profits, realised = work.shelf.profits(draws), work.shelf.profits(came)[0]
    common = {"date": dates[first + ask.horizon - 1], "made": dates[first - 1]}
    together = _together(draws, came, first)
    risk = {level: var_es(-profits.T, level) for level in ask.levels}
    rows = []
    for place, book in enumerate(work.shelf.names):
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
    pairs = {"dependence": joint_movement, "width": total_width}
    told = {
        name: float(rank_among(measure(z_came), measure(z), seed=first * 1009 + 500 + place)[0])
        for place, (name, measure) in enumerate(pairs.items())
    }
    return told | {"rosenblatt": rosenblatt_day(total, total_came[0], seed=first)}
