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

from workbench.books import Book
from workbench.errors import ParameterError


class Functional(Protocol):
    """A number of a path: called with paths (draw, time, asset) and the names of the assets, gives (draw,)."""

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor: ...


@dataclass(frozen=True)
class Move:
    """Weighted cumulative log return over days ``first``..``last`` of the horizon (None: to its end).

    weights : one asset's name, or asset -> weight. name : what to call the combination.
    """

    weights: str | Mapping[str, float]
    first: int = 1
    last: int | None = None
    name: str = ""

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        return _weighted(self, paths, assets).sum(dim=1)

    def __str__(self) -> str:
        return f"move of {self.name or _label(self.weights)} over days {self.first}..{self.last or 'end'}"


@dataclass(frozen=True)
class RealisedVolatility:
    """Annualised volatility of a weighted return over days ``first``..``last``."""

    weights: str | Mapping[str, float]
    first: int = 1
    last: int | None = None

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        return (252 * _weighted(self, paths, assets).square().mean(dim=1)).sqrt()

    def __str__(self) -> str:
        return f"volatility of {_label(self.weights)} over days {self.first}..{self.last or 'end'}"


@dataclass(frozen=True)
class Loss:
    """Loss of a book at the end of the path, by full revaluation."""

    book: Book
    name: str = "the book"

    def __call__(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        columns = [_position(name, assets) for name in self.book.assets]
        return self.book.loss(paths[..., columns])

    def __str__(self) -> str:
        return f"loss of {self.name}"


@dataclass(frozen=True)
class Constraint:
    """``low <= of <= high``. Equal bounds ask for a value: exact for a linear sampler, else a narrow band,
    and told so.
    """

    of: Functional
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not self.low <= self.high or math.isinf(self.low) and math.isinf(self.high):
            raise ParameterError(
                f"a constraint on the {self.of} needs low <= high and one of them finite, "
                f"got {self.low} and {self.high}"
            )

    @property
    def is_value(self) -> bool:
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


def _weighted(functional: Move | RealisedVolatility, paths: Tensor, assets: Sequence[str]) -> Tensor:
    weights = {functional.weights: 1.0} if isinstance(functional.weights, str) else functional.weights
    last = functional.last or paths.shape[1]
    if not 1 <= functional.first <= last <= paths.shape[1]:
        raise ParameterError(f"days {functional.first}..{last} do not lie in a horizon of {paths.shape[1]}")
    columns = [_position(name, assets) for name in weights]
    values = torch.as_tensor(list(weights.values()), dtype=torch.float64)
    return paths[:, functional.first - 1 : last, columns].double() @ values


def _position(name: str, assets: Sequence[str]) -> int:
    if name not in assets:
        raise ParameterError(f"{name!r} is not an asset of this sampler; it has {list(assets)}")
    return list(assets).index(name)


def _label(weights: str | Mapping[str, float]) -> str:
    if isinstance(weights, str):
        return weights
    return " + ".join(f"{w:g} {name}" for name, w in weights.items()) if len(weights) <= 3 else f"{len(weights)} assets"
