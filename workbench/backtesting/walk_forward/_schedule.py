"""When a sampler is fitted, on which days, and which days it then forecasts.

A history is cut into periods. In each, parameters are those of one fit, whose last training day is ``purge + embargo``
days before the period's first forecast is made: ``purge`` leaves out days whose outcome would reach into the period
(a sampler that learns from ten-day returns needs 9), ``embargo`` is the time a new fit waits for its approval while
the old one serves. In a walk that only goes forward the two add up. States are updated up to the close before every
forecast all the same: an embargo withholds parameters, not data.

What a sampler has to forecast on every forecast day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench._require import count, number
from workbench.backtesting._inputs import date
from workbench.constants import BLOCK
from workbench.errors import ParameterError


@dataclass(frozen=True)
class Period:
    """Positions in the history: training days ``begin:end``, and the first days of the forecasts, ``firsts``."""

    begin: int
    end: int
    firsts: tuple[int, ...]
    trained: pd.Timestamp
    name: str


@dataclass(frozen=True)
class Schedule:
    """refit : "yearly", a number of trading days, or None for frozen parameters.

    window : days of the training window that rolls; None, a window that expands from the history's first day.
    purge, embargo : trading days, see above.
    """

    refit: str | int | None = "yearly"
    window: int | None = None
    purge: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.refit, str) and self.refit != "yearly":
            raise ParameterError(f"refit must be 'yearly', a number of trading days or None, got {self.refit!r}")
        if not (self.refit is None or self.refit == "yearly"):
            count("refit, where it is a number of trading days,", self.refit)
        if self.window is not None:
            count("window", self.window, 2)
        count("purge", self.purge, 0)
        count("embargo", self.embargo, 0)

    def periods(
        self,
        dates: pd.DatetimeIndex,
        first: str | pd.Timestamp,
        last: str | pd.Timestamp | None = None,
        horizon: int = 1,
        every: int = 1,
    ) -> list[Period]:
        """The periods of forecasts whose ``horizon`` days begin on every ``every``-th day of ``first..last``.

        Raises ParameterError when no day is left to forecast, or none to train on.
        """
        begin = int(dates.searchsorted(date("first", first)))
        stop = len(dates) if last is None else int(dates.searchsorted(date("last", last), side="right"))
        count("horizon", horizon)
        count("every", every)
        firsts = np.arange(begin, stop - horizon + 1, every)
        if not len(firsts):
            raise ParameterError(f"no {horizon}-day forecast fits between {first} and {last or dates[-1].date()}")
        return [self._period(dates, group) for group in self._groups(dates, firsts)]

    def _groups(self, dates: pd.DatetimeIndex, firsts: np.ndarray) -> list[np.ndarray]:
        if self.refit is None:
            return [firsts]
        key = dates[firsts].year.to_numpy() if self.refit == "yearly" else (firsts - firsts[0]) // self.refit
        return np.split(firsts, np.flatnonzero(np.diff(key)) + 1)

    def _period(self, dates: pd.DatetimeIndex, firsts: np.ndarray) -> Period:
        end = int(firsts[0]) - self.purge - self.embargo
        begin = 0 if self.window is None else end - self.window
        if end < 2 or begin < 0:
            raise ParameterError(
                f"{max(end, 0)} days lie before the fit for {dates[firsts[0]].date()}, "
                f"{self.window or 2} are needed: begin the forecasts later or shorten window, purge and embargo"
            )
        return Period(begin, end, tuple(map(int, firsts)), dates[end - 1], f"{dates[firsts[0]]:%Y-%m-%d}")


@dataclass(frozen=True)
class ForecastSpec:
    """horizon : trading days. every : a forecast begins on every so many days; ``every=horizon`` keeps them apart.

    draws : scenarios a day, at most one block. levels : of VaR and ES. pnl : "simple", sum of weights times
    (exp(return) - 1), money made by a book that is bought at the close before and held; or "log", sum of weights times
    return, its first order. seed : root of noise and fits.
    """

    horizon: int = 1
    every: int = 1
    draws: int = 2048
    levels: tuple[float, ...] = (0.99, 0.975)
    pnl: str = "simple"
    seed: int = 0

    def __post_init__(self) -> None:
        count("horizon", self.horizon)
        count("every", self.every)
        count("draws", self.draws, 1, BLOCK)
        count("seed", self.seed, 0)
        if self.pnl not in ("simple", "log"):
            raise ParameterError(f"pnl is 'simple' or 'log', got {self.pnl!r}")
        if not self.levels:
            raise ParameterError("levels must name at least one level of VaR, such as (0.99,)")
        for level in self.levels:
            if float(f"{number('a level of VaR', level, above=0.5, below=1):g}") != level:
                raise ParameterError(f"a level of VaR has at most six digits, as columns are named by it; got {level}")
