"""What a sampler has to forecast on every forecast day."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.constants import BLOCK
from workbench.errors import ParameterError


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
        if not (self.horizon >= 1 and self.every >= 1):
            raise ParameterError(f"horizon and every are days, at least 1; got {self.horizon} and {self.every}")
        if not 1 <= self.draws <= BLOCK:
            raise ParameterError(f"a forecast has 1..{BLOCK} draws a day, got {self.draws}")
        if self.pnl not in ("simple", "log"):
            raise ParameterError(f"pnl is 'simple' or 'log', got {self.pnl!r}")
        if not self.seed >= 0:
            raise ParameterError(f"seed is at least 0, got {self.seed}")
        wrong = [level for level in self.levels if not 0.5 < level < 1]
        if wrong or not self.levels:
            raise ParameterError(f"levels of VaR lie between .5 and 1, such as .99; got {list(self.levels)}")
