r"""Exact answers where the sampler is affine in its noise and the functional linear in the path.

Paths are :math:`r = b + A n`, a linear functional :math:`f = c + a^\top n` with :math:`n\sim N(0, I)`, so given
:math:`F n = v` the noise is :math:`n \mid v \sim N(F^+ v,\; I - F^+ F)`, sampled by projecting free noise (Matheron's
rule).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.errors import Refusal
from workbench.stress.events import Functional
from workbench.stress.problem import Problem

TOLERANCE = 1e-4  # share of the spread that the affine map may miss, float32 decoding included


@dataclass(frozen=True)
class Affine:
    """``values = offset + slope @ noise`` for functionals (functional,) of noise (dim,)."""

    offset: Tensor  # (functional,)
    slope: Tensor  # (functional, dim)

    def conditional(self, values: Tensor, noise: Tensor) -> Tensor:
        """Noise (draw, dim) moved to where the functionals take ``values`` (functional,): exact conditional draws."""
        gap = values - self.offset - noise.double() @ self.slope.T
        return noise.double() + gap @ torch.linalg.pinv(self.slope).T


def affine(problem: Problem, functionals: list[Functional], seed: int = 0) -> Affine | None:
    """The affine map of these functionals, or None when they are not affine in the noise.

    Found by decoding the origin and the unit vectors, and tested on 32 random draws: a miss of more than ``TOLERANCE``
    of a functional's spread means it is not affine.
    """
    if problem.free:
        return None
    scale = 4.0  # far enough out that a table's ends, a tail or a leverage kink would show
    probes = torch.cat([torch.zeros(1, problem.dim), scale * torch.eye(problem.dim)])
    values = _evaluate(problem, functionals, probes)
    offset, slope = values[0], ((values[1:] - values[0]) / scale).T
    noise = problem.prior(32, seed, "affine")
    actual = _evaluate(problem, functionals, noise)
    predicted = offset + noise.double() @ slope.T
    spread = slope.norm(dim=1)
    if (spread == 0).any() or ((actual - predicted).abs() > TOLERANCE * spread).any():
        return None
    return Affine(offset, slope)


def require_consistent(linear: Affine, values: Tensor) -> None:
    """Raise Refusal when linear constraints contradict each other."""
    reached = linear.slope @ (torch.linalg.pinv(linear.slope) @ (values - linear.offset)) + linear.offset
    miss = (reached - values).abs() / linear.slope.norm(dim=1)
    if (miss > 1e-6).any():
        raise Refusal(
            f"the constraints contradict each other: asked {values.tolist()}, nearest that can hold together "
            f"{reached.tolist()}; drop one of them"
        )


@torch.no_grad()
def _evaluate(problem: Problem, functionals: list[Functional], noise: Tensor) -> Tensor:
    paths = problem.decode(noise)
    return torch.stack([functional(paths, problem.assets).double() for functional in functionals], dim=1)
