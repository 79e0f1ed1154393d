r"""Flow matching on the circle: a velocity that carries normals, or blurred past days, to the scores of joint days.

Between a normal z and a day's scores s stands

.. math:: x_\theta = \cos\theta\, s + \sin\theta\, z, \qquad \dot x_\theta = \cos\theta\, z - \sin\theta\, s,

and a network learns the mean velocity :math:`v(x,\theta) = E[\dot x_\theta\mid x_\theta = x]` by least squares (Lipman
et al. 2023; on the circle Albergo & Vanden-Eijnden 2023). Independent normal scores have :math:`v = 0`, so that only
the departure from them bends a path and one or two midpoint steps are enough. The flow starts at the angle ``blur``:
from :math:`\cos\theta_0 s_k + \sin\theta_0 z` with a past day :math:`s_k` (reflected with probability ``reflect``),
which has the right distribution without any learning, and the learned velocity takes the blur away. At :math:`\pi/2`
nothing of the past day is left and the flow is a plain one.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from workbench._require import count, number
from workbench.samplers.shocks._classical import SHOCKS, uniform_index
from workbench.samplers.shocks._learned import Field, Learned

RIGHT_ANGLE = math.pi / 2


@SHOCKS.register("flow")
class Flow(Learned):
    """Flow matching from past days blurred by the angle ``blur``, in ``jumps`` midpoint steps."""

    rate, decay = 2e-3, 1e-1

    def __init__(self, blur: float = 0.4, jumps: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.blur, self.jumps = number("blur", blur, above=0, most=RIGHT_ANGLE), count("jumps", jumps, 1)

    def _inner(self, assets: int) -> int:
        return assets + 2 * (self.blur < RIGHT_ANGLE)

    def network(self, assets: int, generator: torch.Generator) -> nn.Module:
        return Field(assets, 2, self.hidden, generator)

    def angles(self, size: int, generator: torch.Generator) -> Tensor:
        """Angles to learn at, (size, 1)."""
        return self.blur * torch.rand(size, 1, generator=generator)

    def loss(self, network: Any, rows: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
        scores = self.augmented(rows[0], generator)
        angle = self.angles(len(scores), generator).to(scores.device)
        noise = torch.randn(scores.shape, generator=generator).to(scores.device)
        mixed = angle.cos() * scores + angle.sin() * noise
        return (_velocity(network, mixed, angle) - (angle.cos() * noise - angle.sin() * scores)).square().mean()

    def raw(self, noise: Tensor) -> Tensor:
        assets = self.scores_.shape[1]
        x = noise[:, :assets]
        if self.blur < RIGHT_ANGLE:
            days = self.scores_[uniform_index(noise[:, assets], len(self.scores_))]
            reflected = torch.special.ndtr(noise[:, assets + 1 :]) < self.reflect
            x = math.cos(self.blur) * torch.where(reflected, -days, days) + math.sin(self.blur) * x
        return midpoint(self.network_, x, torch.linspace(self.blur, 0.0, self.jumps + 1).tolist())


def midpoint(network: nn.Module, x: Tensor, angles: list[float]) -> Tensor:
    """Follow the velocity from the first of ``angles`` to the last by the midpoint rule."""
    for angle, after in zip(angles, angles[1:]):
        step, middle = after - angle, (angle + after) / 2
        halfway = x + step / 2 * _velocity(network, x, x.new_tensor(angle))
        x = x + step * _velocity(network, halfway, x.new_tensor(middle))
    return x


def _velocity(network: nn.Module, x: Tensor, angle: Tensor) -> Tensor:
    condition = torch.stack([angle.cos(), angle.sin()], dim=-1).reshape(-1, 2).expand(len(x), 2)
    return network(x, condition)
