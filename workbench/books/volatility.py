r"""Implied volatility on a simulated path: a surface of one number an asset, which follows what the path realises.

.. math:: \log\sigma_T - \log\sigma_0 = \tfrac{\eta}{2}\,\log\frac{v_T}{v_0},\qquad
          v_t = \lambda v_{t-1} + (1-\lambda)\,r_t^2,\qquad v_0 = \sigma_0^2 / 252 .

:math:`\eta = 1` marks options at the exponentially weighted realised volatility, :math:`\eta = 0` leaves them where
they were. Where the panel has a column that *is* a volatility index, its simulated log changes are taken instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from workbench.errors import ParameterError

DAYS = 252  # trading days in a year


@dataclass(frozen=True)
class ImpliedVolatility:
    """Today's implied volatility of each underlying, and how it moves.

    level : asset -> annualised volatility, such as 0.2. elasticity : eta above. decay : lambda above, a day.
    index : asset -> column whose simulated log returns are the log changes of its volatility.
    """

    level: Mapping[str, float]
    elasticity: float = 0.6
    decay: float = 0.94
    index: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low = {name: value for name, value in self.level.items() if not value > 0}
        if low:
            raise ParameterError(f"implied volatility must be positive, got {low}")

    def changes(self, paths: Tensor, assets: Sequence[str]) -> Tensor:
        """Log changes of implied volatility over paths (draw, time, asset): (draw, underlying), in order of
        ``level``.
        """
        columns = [self._change(name, paths, list(assets)) for name in self.level]
        return torch.stack(columns, dim=1)

    def _change(self, name: str, paths: Tensor, assets: list[str]) -> Tensor:
        if name in self.index:
            return paths[..., assets.index(self.index[name])].sum(dim=1)
        start = self.level[name] ** 2 / DAYS
        variance = torch.full_like(paths[:, 0, 0], start)
        for day in paths[..., assets.index(name)].unbind(dim=1):
            variance = self.decay * variance + (1 - self.decay) * day.square()
        return 0.5 * self.elasticity * (variance / start).log()
