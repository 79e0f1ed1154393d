"""What is asked of a sampler on every forecast day."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import ParameterError
from workbench.samplers.noise import BLOCK


@dataclass(frozen=True)
class Ask:
    """horizon : trading days. every : a forecast begins on every so many days; ``every=horizon`` keeps them apart.

    draws : scenarios a day, at most one block. levels : of VaR and ES. pnl : "simple", sum of weights times
    (exp(return) - 1), money made by a book that is bought on the eve and held; or "log", sum of weights times return,
    its first order. seed : root of noise and fits.
    """

    horizon: int = 1
    every: int = 1
    draws: int = 2048
    levels: tuple[float, ...] = (0.99, 0.975)
    pnl: str = "simple"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.horizon < 1 or self.every < 1:
            raise ParameterError(f"horizon and every are days, at least 1; got {self.horizon} and {self.every}")
        if not 1 <= self.draws <= BLOCK:
            raise ParameterError(f"a rolled forecast has 1..{BLOCK} draws a day, got {self.draws}")
        if self.pnl not in ("simple", "log"):
            raise ParameterError(f"pnl is 'simple' or 'log', got {self.pnl!r}")
        wrong = [level for level in self.levels if not 0.5 < level < 1]
        if wrong or not self.levels:
            raise ParameterError(f"levels of VaR lie between .5 and 1, such as .99; got {list(self.levels)}")
