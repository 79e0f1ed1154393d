r"""What a question is about: numbers of a path, and bands that they must lie in.

``Move`` is linear in the path, :math:`\sum_{t=a}^{b}\sum_i w_i r_{t,i}`; ``Loss`` revalues a book;
``RealisedVolatility`` annualises the spread of a weighted return. A :class:`Constraint` holds one of them within a
band, or at a value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from workbench import _require
from workbench._text import percent
from workbench.books import Book
from workbench.constants import TRADING_DAYS
from workbench.errors import ParameterError


class Functional(Protocol):
    """A number of a path: called with paths (draw, time, asset) and the names of the assets, gives (draw,)."""

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor: ...


@dataclass(frozen=True)
class _Window:
    """A weighted return over days ``first`` to ``last`` of the horizon (None: to its end).

    weights : one asset's name, or asset -> weight, finite. first, last : 1 is the first day.
    """

    weights: str | Mapping[str, float]
    first: int = 1
    last: int | None = None

    def __post_init__(self) -> None:
        _require.weights(type(self).__name__, self.by_asset)
        _require.count("first", self.first)
        if self.last is not None:
            _require.count("last", self.last, self.first)

    @property
    def by_asset(self) -> Mapping[str, float]:
        """Asset -> weight."""
        return {self.weights: 1.0} if isinstance(self.weights, str) else self.weights

    def _returns(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        """Weighted returns (draw, day) of the days of the window."""
        last = self.last or paths.shape[1]
        if not self.first <= last <= paths.shape[1]:
            raise ParameterError(f"days {self.first}..{last} do not lie in a horizon of {paths.shape[1]}")
        columns = [_position(name, assets) for name in self.by_asset]
        values = torch.as_tensor(list(self.by_asset.values()), dtype=torch.float64)
        return paths[:, self.first - 1 : last, columns].double() @ values

    def _over(self, what: str, name: str = "") -> str:
        named = (
            [self.weights] if isinstance(self.weights, str) else [f"{w:g} {name}" for name, w in self.weights.items()]
        )
        label = name or (" + ".join(named) if len(named) <= 3 else f"{len(named)} assets")
        return f"{what} of {label} over days {self.first}..{self.last or 'end'}"


@dataclass(frozen=True)
class Move(_Window):
    """Weighted cumulative log return over days ``first`` to ``last`` of the horizon (None: to its end).

    weights : one asset's name, or asset -> weight. name : what to call the combination.
    """

    name: str = ""

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        return self._returns(paths, assets).sum(dim=1)

    def __str__(self) -> str:
        return self._over("move", self.name)


@dataclass(frozen=True)
class RealisedVolatility(_Window):
    """Annualised volatility of a weighted return over days ``first`` to ``last``; ``periods`` of them make a year."""

    periods: int = TRADING_DAYS

    def __post_init__(self) -> None:
        super().__post_init__()
        _require.count("periods", self.periods)

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        return (self.periods * self._returns(paths, assets).square().mean(dim=1)).sqrt()

    def __str__(self) -> str:
        return self._over("volatility")


@dataclass(frozen=True)
class Loss:
    """Loss of a book at the end of the path, by full revaluation."""

    book: Book
    name: str = "the book"

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        return self.book.loss(paths[..., [_position(name, assets) for name in self.book.assets]])

    def __str__(self) -> str:
        return f"loss of {self.name}"


@dataclass(frozen=True)
class Constraint:
    """``low <= of <= high``. Equal bounds ask for a value: exact for a linear sampler, else a narrow band, which the
    answer names.

    Raises ParameterError unless low <= high, neither is NaN and one of them is finite.
    """

    of: Functional
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not self.low <= self.high or not (math.isfinite(self.low) or math.isfinite(self.high)):
            raise ParameterError(
                f"a constraint on the {self.of} needs low <= high and one of them finite, "
                f"got {self.low} and {self.high}"
            )

    @property
    def is_value(self) -> bool:
        """Whether the bounds are equal."""
        return self.low == self.high

    def widened(self, by: float) -> Constraint:
        """The band around a value."""
        return Constraint(self.of, self.low - by, self.high + by) if self.is_value else self

    def violation(self, values: Tensor) -> Tensor:
        """How far outside the band, 0 inside, in the functional's own units."""
        return (self.low - values).clamp(min=0) + (values - self.high).clamp(min=0)

    def __str__(self) -> str:
        if self.is_value:
            return f"{self.of} = {self.low:g}"
        return f"{self.low:g} <= {self.of} <= {self.high:g}"


def written(of: Functional, value: float) -> str:
    """A value of ``of`` as it is read: a move as a simple return and a volatility in per cent, others as they are."""
    match of:
        case Move():
            return percent(math.expm1(value), 2)
        case RealisedVolatility():
            return percent(value, 2)
    return f"{value:.4g}"


def _position(name: str, assets: Sequence[str]) -> int:
    if name not in assets:
        raise ParameterError(f"{name!r} is not an asset of this sampler; it has {list(assets)}")
    return list(assets).index(name)
