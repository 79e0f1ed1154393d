r"""The design of a tournament: the same days, the same noise and the same questions for every sampler.

Parameters are fitted once, to the days up to ``trained_until``. The state is then updated day by day, and at the close
before every ``every``-th day a sampler draws the returns of the next :math:`h` days from the noise block of that day
(:func:`workbench.samplers.roll`: common random numbers). What is scored is the log return over the whole horizon, each
asset in units of its standard deviation over the training span times :math:`\sqrt h`, so that a bond counts as much as
a stock: energy and variogram score of all assets, CRPS of each. Books are bought at that close and held; of their
simple profit in per cent, FZ0 of VaR and ES and the hits are kept at two levels (:mod:`workbench.backtesting.scores`).

A row a day: ``energy, variogram, crps/<asset>, fz0_975/<book>, fz0_990/<book>, hit_975/<book>, hit_990/<book>``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import torch

from workbench._require import count
from workbench.backtesting._inputs import date, require_returns
from workbench.backtesting.scores import crps, energy_score, fz0_score, variogram_score
from workbench.books import random_books
from workbench.data import clean_from, periods_per_year
from workbench.errors import ParameterError
from workbench.samplers import Sampler, roll
from workbench.stats import var_es

LEVELS = {"975": 0.975, "990": 0.99}
LONG_SHORT = 30  # random books beside the equal-weight one and one an asset
LEAST_ES = 1e-3  # per cent: FZ0 needs a loss


@dataclass(frozen=True)
class Design:
    """What every sampler of a tournament is scored on.

    returns : log returns (day, asset), fractions, training and test days. trained_until : last date that is fitted to.
    last : last date that is forecast. horizon : days ahead. every : days between forecasts. draws : a forecast. few :
    of them, behind energy and variogram scores, whose cost grows with pairs. seed : of the noise.

    Raises ParameterError for fewer than 250 days of training, no day to test, or a number below its bound.
    """

    returns: pd.DataFrame
    trained_until: str
    last: str | None = None
    horizon: int = 1
    every: int = 1
    draws: int = 2048
    few: int = 768
    seed: int = 1
    books: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        for name, least in (("horizon", 1), ("every", 1), ("draws", 2), ("few", 2), ("seed", 0)):
            count(name, getattr(self, name), least)
        require_returns(self.returns)
        date("trained_until", self.trained_until)
        if not 250 <= len(self.training) < len(self.returns):
            raise ParameterError(
                f"{len(self.training)} days up to {self.trained_until} and {len(self.returns) - len(self.training)} "
                "after it: a tournament needs at least 250 to fit and some to test"
            )
        object.__setattr__(self, "books", _books(self.unit))

    @cached_property
    def training(self) -> pd.DataFrame:
        """The days that samplers are fitted to."""
        return self.returns.loc[: self.trained_until]

    @cached_property
    def unit(self) -> pd.Series:
        """Daily standard deviation of each asset over its live training days."""
        first = clean_from(self.training)
        return pd.Series({name: self.training[name].loc[first[name] :].std() for name in self.training})

    def run(self, sampler: Sampler) -> pd.DataFrame:
        """Score a sampler fitted to the training days: one row a forecast, by the first day of its horizon.

        ``attrs["periods"]``: days of the panel that make a year.
        """
        first, threads = self.returns.index[len(self.training)], torch.get_num_threads()
        torch.set_num_threads(1)  # bits do not depend on how many
        try:
            rolled = roll(
                sampler, self.returns, first, self.last, self.horizon, self.draws, seed=self.seed, every=self.every
            )
            rows = {day: self._score(day, draws) for day, draws in rolled}
        finally:
            torch.set_num_threads(threads)
        table = pd.DataFrame.from_dict(rows, orient="index", dtype="float32")
        table.attrs["periods"] = periods_per_year(self.returns)
        return table

    def _score(self, day: pd.Timestamp, draws: np.ndarray) -> dict[str, float]:
        """Scores of the forecast whose first day is ``day``, draws (draw, time, asset)."""
        place = self.returns.index.get_loc(day)
        came = self.returns.iloc[place : place + self.horizon].to_numpy(float).sum(axis=0)
        total = draws.sum(axis=1, dtype=float)
        unit = self.unit.to_numpy() * np.sqrt(self.horizon)
        x, y = total / unit, came / unit
        few = x[: self.few]
        row = {"energy": float(energy_score(y, few)), "variogram": float(variogram_score(y, few))}
        row |= {f"crps/{name}": value for name, value in zip(self.returns, crps(y, np.ascontiguousarray(x.T)))}
        return row | self._risk(100 * np.expm1(total), 100 * np.expm1(came))

    def _risk(self, moves: np.ndarray, came: np.ndarray) -> dict[str, float]:
        """FZ0 and hits of every book, from simple returns (draw, asset) and (asset,) in per cent."""
        weights = self.books.to_numpy()
        losses, loss = -weights @ moves.T, -weights @ came
        row: dict[str, float] = {}
        for name, level in LEVELS.items():
            var, es = var_es(losses, level)
            points = fz0_score(loss, var, np.maximum(es, LEAST_ES), level)
            row |= {f"fz0_{name}/{book}": value for book, value in zip(self.books.index, points)}
            row |= {f"hit_{name}/{book}": value for book, value in zip(self.books.index, loss > var)}
        return row


def _books(unit: pd.Series) -> pd.DataFrame:
    """Weights (book, asset): equal weight, each asset, random long-short books, 1 each way."""
    count = LONG_SHORT if len(unit) > 1 else 0
    random = random_books(unit.to_numpy(), count, np.random.default_rng(20), "money")
    names = ["equal", *unit.index, *(f"long-short {number}" for number in range(count))]
    weights = np.vstack([np.full(len(unit), 1 / len(unit)), np.eye(len(unit)), random])
    return pd.DataFrame(weights, names, unit.index)
