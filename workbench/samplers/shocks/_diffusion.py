r"""Diffusion of joint scores, EDM-style, with the probability-flow ODE in a few steps.

Karras et al. (2022) denoise :math:`x = s + \sigma z` by
:math:`D = c_{skip}x + c_{out}F(c_{in}x, \sigma)`, :math:`c_{skip} = 1/(1+\sigma^2)`,
:math:`c_{out} = \sigma/\sqrt{1+\sigma^2}`, :math:`c_{in} = 1/\sqrt{1+\sigma^2}`, with :math:`\log\sigma` normal in
training, so that F has a target of unit variance at every noise. With :math:`\sigma = \tan\theta` the scaled state
:math:`u = c_{in}x` is the circle of :class:`.Flow` and the ODE is :math:`du/d\theta = -F`: the linear
part, on which most of a solver's steps are spent, is solved exactly, and F is zero for independent normal scores. It
starts from pure noise at :math:`\theta = \pi/2`; angles are spaced as training saw them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from workbench._require import number
from workbench.samplers.shocks._classical import SHOCKS
from workbench.samplers.shocks._flow import RIGHT_ANGLE, Flow


@SHOCKS.register("diffusion")
class Diffusion(Flow):
    """Diffusion from noise in ``jumps`` midpoint steps; ``centre``, ``spread`` : of the log noise in training."""

    def __init__(self, jumps: int = 2, centre: float = 0.0, spread: float = 1.2, **options: Any) -> None:
        super().__init__(blur=RIGHT_ANGLE, jumps=jumps, **options)
        self.centre = number("centre", centre, least=-10, most=10)
        self.spread = number("spread", spread, above=0, most=10)

    def angles(self, size: int, generator: torch.Generator) -> Tensor:
        return (self.centre + self.spread * torch.randn(size, 1, generator=generator)).exp().atan()
