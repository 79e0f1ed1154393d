r"""A book: positions, valued again in full on every draw.

A position's value is a function :math:`V(f, t)` of the factors :math:`f` (cumulative changes of the panel's columns,
log changes of implied volatilities) and of the years :math:`t` that have passed. Profit over a path is
:math:`V(f_T, T) - V(0, 0)`, loss its negative. What matures at :math:`m < T` pays on the first close at or after
:math:`m`, by the factors of that day, and the money is kept without interest. Everything is torch in float64, so that
all draws are valued at once and the loss has a gradient with respect to the path.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Protocol

import torch
import xarray as xr
from torch import Tensor

from workbench import scenarios
from workbench._require import count
from workbench.books.volatility import ImpliedVolatility
from workbench.constants import TRADING_DAYS
from workbench.errors import ParameterError

FARTHEST = 700.0  # log changes beyond are held there: exp(-700) is worthless, exp(701) near the end of float64


class Position(Protocol):
    """Anything that names the columns it depends on and has a value under them.

    A position that has an attribute ``maturity`` (years from now) pays then, also where the horizon is longer.
    """

    def needs(self) -> tuple[set[str], set[str]]:
        """Columns of the panel, and underlyings whose implied volatility is read."""

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        """Value (draw,) under cumulative changes and annualised volatilities by name, ``years`` from now."""


class Book:
    """Positions on the columns ``assets`` of a panel.

    volatility : needed when a position reads an implied volatility. periods : steps of a path that make a year
    (:func:`workbench.data.periods_per_year` of the panel).

    Raises ParameterError for a book without positions, for columns named twice, and when a position names a column or
    an underlying that is not there.
    """

    def __init__(
        self, positions: Sequence[Position], assets: Sequence[str], volatility: ImpliedVolatility | None = None,
        periods: int = TRADING_DAYS,
    ) -> None:  # fmt: skip
        self.positions, self.assets = list(positions), list(map(str, assets))
        self.volatility, self.periods = volatility, count("periods a year", periods)
        self._levels = volatility.level if volatility else {}
        self.factor_names = self.assets + [f"volatility of {name}" for name in self._levels]
        self._require_known()

    def _require_known(self) -> None:
        if not self.positions:
            raise ParameterError("the book is empty: it needs at least one position, such as Linear({asset: weight})")
        if len(set(self.factor_names)) < len(self.factor_names):
            twice = next(name for name in self.factor_names if self.factor_names.count(name) > 1)
            raise ParameterError(f"the book's column {twice!r} is named twice; every column needs a name of its own")
        read = {*self._levels, *(self.volatility.index.values() if self.volatility else ())}
        for position in self.positions:
            columns, underlyings = position.needs()
            unknown = sorted((columns | read) - set(self.assets))
            if unknown:
                raise ParameterError(f"{position} needs the columns {unknown}; the book knows {self.assets}")
            missing = sorted(underlyings - set(self._levels))
            if missing:
                raise ParameterError(
                    f"{position} needs the implied volatility of {missing}; give ImpliedVolatility(level=...)"
                )

    def factors(self, paths: Tensor) -> Tensor:
        """Factor changes (draw, factor) over paths of log returns (draw, time, asset), at most 700 either way.

        A model with heavy tails has paths on which a price ends: there it is zero to float64, and no option is NaN.
        """
        if paths.ndim != 3 or paths.shape[2] != len(self.assets):
            raise ParameterError(
                f"paths of shape (draw, time, {len(self.assets)}) are needed, one column for each of {self.assets}; "
                f"got {tuple(paths.shape)}"
            )
        paths = paths.double()
        moves = paths.sum(dim=1)
        if self.volatility is not None:
            moves = torch.cat([moves, self.volatility.changes(paths, self.assets, self.periods)], dim=1)
        return moves.clamp(-FARTHEST, FARTHEST)

    def value(self, factors: Tensor, years: float) -> Tensor:
        """Value (draw,) at factor changes (draw, factor), ``years`` from now."""
        changes = dict(zip(self.factor_names, factors.unbind(dim=1)))
        volatility = {name: level * changes[f"volatility of {name}"].exp() for name, level in self._levels.items()}
        return reduce(torch.add, (position.value(changes, volatility, years) for position in self.positions))

    def today(self) -> float:
        """Value now, before anything has moved."""
        return float(self.value(torch.zeros(1, len(self.factor_names), dtype=torch.float64), 0.0)[0])

    def by_last_day(self, days: int) -> list[tuple[int, Book]]:
        """The book in parts, by the day of the path on which each position is valued last: when it matures, or the
        end of the horizon of ``days``.
        """
        parts: dict[int, list[Position]] = {}
        for position in self.positions:
            matures = getattr(position, "maturity", math.inf) * self.periods - 1e-9
            parts.setdefault(max(1, math.ceil(min(days, matures))), []).append(position)
        return [(day, Book(part, self.assets, self.volatility, self.periods)) for day, part in sorted(parts.items())]

    def pnl(self, paths: Tensor) -> Tensor:
        """Profit (draw,) at the end of paths of log returns (draw, time, asset), by full revaluation."""
        values = [
            part.value(part.factors(paths[:, :day]), day / self.periods)
            for day, part in self.by_last_day(paths.shape[1])
        ]
        return reduce(torch.add, values) - self.today()

    def loss(self, paths: Tensor) -> Tensor:
        """Loss (draw,), positive when money is lost."""
        return -self.pnl(paths)

    def profits(self, tree: xr.DataTree) -> xr.DataArray:
        """Profit of every draw of a scenario set, dims (chain, draw)."""
        returns = scenarios.returns(tree).sel(asset=self.assets)
        values = self.pnl(torch.as_tensor(returns.values).flatten(0, 1)).numpy().reshape(returns.shape[:2])
        return xr.DataArray(values, {"chain": returns.chain, "draw": returns.draw}, ("chain", "draw"), "pnl")
