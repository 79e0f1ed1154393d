"""An exact relation between columns: linear in log returns, simple returns or levels; equality or inequality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.errors import ParameterError

VIEWS = ("log", "simple", "level")


@dataclass(frozen=True)
class Identity:
    """One exact relation: linear in a view of the columns, an equality or an inequality."""

    name: str
    weights: dict[str, float]
    on: str = "log"
    relation: str = "="
    constant: float = 0.0
    start: dict[str, float] = field(default_factory=dict)
    additive: tuple[str, ...] = ()
    tolerance: float | None = None

    def __post_init__(self) -> None:
        if self.on not in VIEWS or self.relation not in ("=", ">="):
            raise ParameterError(
                f"identity {self.name!r}: 'on' is one of {VIEWS} and 'relation' is '=' or '>=', "
                f"not {self.on!r} and {self.relation!r}"
            )
        missing = sorted(set(self.weights) - set(self.start))
        if not self.weights or (self.on == "level" and missing):
            raise ParameterError(
                f"identity {self.name!r} needs weights" + (f" and start levels for {missing}" if missing else "")
            )

    def residuals(self, returns: np.ndarray, assets: Sequence[str]) -> tuple[np.ndarray, float]:
        """How far each day is off, (draw, time), positive where broken, and the size of the terms."""
        unknown = sorted(set(self.weights) - set(assets))
        if unknown:
            raise ParameterError(
                f"identity {self.name!r} names columns that are not there: {unknown}; there are {list(assets)}"
            )
        total, size = np.zeros(returns.shape[:-1]), abs(self.constant)
        for name, weight in self.weights.items():  # one column at a time: an index may have hundreds
            part = weight * self._view(returns[..., assets.index(name)], name)
            total, size = total + part, max(size, float(np.abs(part).max()))
        return (np.abs(total - self.constant) if self.relation == "=" else self.constant - total), size

    def _view(self, column: np.ndarray, name: str) -> np.ndarray:
        column = column.astype(np.float64)
        if self.on != "level":
            return column if self.on == "log" else np.expm1(column)
        path = column.cumsum(1)
        return self.start[name] + path if name in self.additive else self.start[name] * np.exp(path)
