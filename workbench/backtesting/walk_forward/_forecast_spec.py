"""What a sampler has to forecast on every forecast day."""

from __future__ import annotations

from dataclasses import dataclass

from workbench._require import count, number
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
