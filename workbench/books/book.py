r"""A book: positions, valued again in full on every draw.

A position's value is a function :math:`V(f, t)` of the factors :math:`f` (cumulative changes of the panel's columns,
log changes of implied volatilities) and of the years :math:`t` that have passed. Profit over a path is
:math:`V(f_T, T) - V(0, 0)`, loss its negative. Everything is torch in float64, so that all draws are valued at once
and the loss has a gradient with respect to the path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
import xarray as xr
from torch import Tensor

from workbench import scenarios
from workbench.books.volatility import DAYS, ImpliedVolatility
from workbench.errors import ParameterError


class Position(Protocol):
    """Anything that names the columns it depends on and has a value under them."""

    def needs(self) -> tuple[set[str], set[str]]:
        """Columns of the panel, and underlyings whose implied volatility is read."""

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        """Value (draw,) under cumulative changes and annualised volatilities by name, ``years`` from now."""


class Book:
    """Positions on the columns ``assets`` of a panel.

    volatility : needed when a position reads an implied volatility.

    Raises ParameterError when a position names a column or an underlying that is not there.
    """

    def __init__(
        self, positions: Sequence[Position], assets: Sequence[str], volatility: ImpliedVolatility | None = None
    ) -> None:
        self.positions, self.assets = list(positions), list(map(str, assets))
        self.volatility = volatility
        self._demand_known()
        optional = [name for name in (volatility.level if volatility else {})]
        self.factor_names = self.assets + [f"volatility of {name}" for name in optional]

    def _demand_known(self) -> None:
        levels = dict(self.volatility.level) if self.volatility else {}
        indices = set(self.volatility.index.values()) if self.volatility else set()
        for position in self.positions:
            columns, underlyings = position.needs()
            unknown = sorted((columns | indices | set(levels)) - set(self.assets))
            if unknown:
                raise ParameterError(f"{position} needs the columns {unknown}; the book knows {self.assets}")
            silent = sorted(underlyings - set(levels))
            if silent:
                raise ParameterError(
                    f"{position} needs the implied volatility of {silent}; give ImpliedVolatility(level=...)"
                )

    def factors(self, paths: Tensor) -> Tensor:
        """Factor changes (draw, factor) over paths of log returns (draw, time, asset)."""
        paths = paths.double()
        moves = paths.sum(dim=1)
        if self.volatility is None:
            return moves
        return torch.cat([moves, self.volatility.changes(paths, self.assets)], dim=1)

    def value(self, factors: Tensor, years: float) -> Tensor:
        """Value (draw,) at factor changes (draw, factor), ``years`` from now."""
        columns = dict(zip(self.factor_names, factors.unbind(dim=1)))
        moves = {name: columns[name] for name in self.assets}
        levels = self.volatility.level if self.volatility else {}
        volatility = {name: level * columns[f"volatility of {name}"].exp() for name, level in levels.items()}
        return sum(position.value(moves, volatility, years) for position in self.positions)

    def today(self) -> float:
        """Value now, before anything has moved."""
        return float(self.value(torch.zeros(1, len(self.factor_names), dtype=torch.float64), 0.0)[0])

    def pnl(self, paths: Tensor) -> Tensor:
        """Profit (draw,) at the end of paths of log returns (draw, time, asset), by full revaluation."""
        return self.value(self.factors(paths), paths.shape[1] / DAYS) - self.today()

    def loss(self, paths: Tensor) -> Tensor:
        """Loss (draw,), positive when money is lost."""
        return -self.pnl(paths)

    def profits(self, tree: xr.DataTree) -> xr.DataArray:
        """Profit of every draw of a scenario set, dims (chain, draw)."""
        returns = scenarios.returns(tree).sel(asset=self.assets)
        values = self.pnl(torch.as_tensor(scenarios.pooled(scenarios.subset(tree, asset=self.assets))))
        shape = returns.sizes["chain"], returns.sizes["draw"]
        return xr.DataArray(
            values.reshape(shape).numpy(),
            dims=("chain", "draw"),
            coords={"chain": returns.chain, "draw": returns.draw},
            name="pnl",
        )
