r"""Implied volatility on a simulated path: a surface of one number an asset, which follows what the path realises.

.. math:: \log\sigma_T - \log\sigma_0 = \tfrac{\eta}{2}\,\log\frac{v_T}{v_0},\qquad
          v_t = \lambda v_{t-1} + (1-\lambda)\,r_t^2,\qquad v_0 = \sigma_0^2 / P ,

with :math:`P` periods a year. :math:`\eta = 1` marks options at the exponentially weighted realised volatility,
:math:`\eta = 0` leaves them where they were. Where the panel has a column that *is* a volatility index, its simulated
log changes are taken instead. A volatility of zero stays zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workbench._require import number
from workbench.constants import TRADING_DAYS


@dataclass(frozen=True)
class ImpliedVolatility:
    """Today's implied volatility of each underlying, and how it moves.

    level : asset -> annualised volatility, such as 0.2, zero or positive. elasticity : eta above, zero or positive.
    decay : lambda above, a period, at least 0 and below 1. index : asset -> column whose simulated log returns are the
    log changes of its volatility.
    """

    level: Mapping[str, float]
    elasticity: float = 0.6
    decay: float = 0.94
    index: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, level in self.level.items():
            number(f"the implied volatility of {name!r}", level, least=0)
        number("elasticity", self.elasticity, least=0)
        number("decay", self.decay, least=0, below=1)

    def changes(self, paths: Tensor, assets: Sequence[str], periods: int = TRADING_DAYS) -> Tensor:
        """Log changes of implied volatility over paths (draw, time, asset): (draw, underlying), in order of
        ``level``. periods : steps of a path that make a year.
        """
        return torch.stack([self._change(name, paths, list(assets), periods) for name in self.level], dim=1)

    def _change(self, name: str, paths: Tensor, assets: list[str], periods: int) -> Tensor:
        if name in self.index:
            return paths[..., assets.index(self.index[name])].sum(dim=1)
        start = self.level[name] ** 2 / periods
        variance = torch.full_like(paths[:, 0, 0], start)
        if not start:
            return variance
        for day in paths[..., assets.index(name)].unbind(dim=1):
            variance = self.decay * variance + (1 - self.decay) * day.square()
        return 0.5 * self.elasticity * (variance / start).log()
