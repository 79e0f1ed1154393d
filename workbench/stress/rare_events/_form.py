r"""FORM design points: the noise of least norm at which the loss is reached, by gradient.

Each start follows the Hasofer-Lind-Rackwitz-Fiessler step of the first-order reliability method,

.. math:: n \leftarrow (1-\lambda)\,n + \lambda\,\frac{g^\top n + \ell - s(n)}{\|g\|^2}\,g,\qquad g = \nabla s(n),

which projects the origin onto the linearised level set; the step length :math:`\lambda` is halved for a start whose
merit :math:`\tfrac12\|n\|^2 + c\,|\ell - s|` grows. Points are then put on the level set along their own ray.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.stress.problem import Problem, Score


def form(problem: Problem, score: Score, target: float, starts: Tensor, steps: int = 60) -> tuple[Tensor, int]:
    """Points (start, dim) of locally least norm with score ``target``, and how many evaluations that took."""
    noise, rate = starts.clone(), torch.full((len(starts), 1), 0.5)
    value, slope = _gradient(problem, score, noise)
    penalty = torch.zeros(len(starts), dtype=torch.float64)
    best, best_norm = torch.zeros_like(noise), torch.full((len(starts),), torch.inf)
    for _ in range(steps):
        square = slope.square().sum(dim=1, keepdim=True).clamp(min=1e-20)
        length = ((slope * noise).sum(dim=1, keepdim=True) + (target - value)[:, None].float()) / square
        trial = (1 - rate) * noise + rate * length * slope
        penalty = torch.maximum(penalty, 2 * noise.norm(dim=1) / slope.norm(dim=1).clamp(min=1e-20))
        new_value, new_slope = _gradient(problem, score, trial)
        before = _merit(noise, value, target, penalty)
        better = (_merit(trial, new_value, target, penalty) <= before + 1e-9)[:, None]
        noise, slope = torch.where(better, trial, noise), torch.where(better, new_slope, slope)
        value = torch.where(better[:, 0], new_value, value)
        rate = torch.where(better, (1.3 * rate).clamp(max=1.0), 0.5 * rate).clamp(min=1e-3)
        reached = ((value - target).abs() < 1e-3 * abs(target)) & (noise.norm(dim=1) < best_norm)
        best = torch.where(reached[:, None], noise, best)
        best_norm = torch.where(reached, noise.norm(dim=1), best_norm)
    candidates = torch.where(torch.isfinite(best_norm)[:, None], best, noise)
    points, extra = to_level(problem, score, target, candidates)
    return points, (steps + 1) * len(starts) + extra


def _merit(noise: Tensor, value: Tensor, target: float, penalty: Tensor) -> Tensor:
    return 0.5 * noise.double().square().sum(dim=1) + penalty * (target - value).abs().double()


def _gradient(problem: Problem, score: Score, noise: Tensor) -> tuple[Tensor, Tensor]:
    leaf = noise.detach().requires_grad_()
    value = score(problem.decode(leaf))
    (slope,) = torch.autograd.grad(value.sum(), leaf)
    return value.detach(), slope.nan_to_num(0.0, 0.0, 0.0)


@torch.no_grad()
def to_level(problem: Problem, score: Score, target: float, noise: Tensor, halvings: int = 24) -> tuple[Tensor, int]:
    """The smallest multiple of each noise (found by bisection up to 1.5 times it) that reaches the target; those that
    never do are left out.
    """
    high = torch.full((len(noise), 1), 1.5)
    low = torch.zeros_like(high)
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        enough = (score(problem.decode(middle * noise)) >= target)[:, None]
        high, low = torch.where(enough, middle, high), torch.where(enough, low, middle)
    points = high * noise
    reached = score(problem.decode(points)) >= target
    return points[reached], (halvings + 1) * len(noise)
