r"""Importance sampling around design points, for samplers whose loss has a gradient.

Draws come from :math:`q = \alpha_0\varphi + \sum_k \alpha_k\,\varphi(\cdot - n_k)`, unit normals shifted to the
points of least norm that reach the loss (Hohenbichler & Rackwitz 1988); :math:`\hat p` is the mean of :math:`1[s\ge
c]\,\varphi/q`, unbiased whatever the points. The relative error is that of the mean of the weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.samplers.noise import stream
from workbench.stress.problem import Problem, Score

DEFENSIVE = 0.05  # share drawn from the sampler's own law, which bounds the weights


@dataclass(frozen=True)
class Weighted:
    """Draws that reach the target, with normalised weights, and the probability they give."""

    probability: float
    relative_error: float
    noise: Tensor
    values: Tensor
    weights: Tensor
    effective: float


@torch.no_grad()
def importance(problem: Problem, score: Score, target: float, points: Tensor, draws: int, seed: int) -> Weighted:
    """Estimate P(score >= target) with ``draws`` decodes around ``points`` (mode, dim)."""
    generator = stream(seed, "importance", 0)
    norms = points.double().norm(dim=1)
    shares = torch.softmax(-0.5 * norms.square(), dim=0) * 0.5 + 0.5 / len(points)
    shares = torch.cat([torch.tensor([DEFENSIVE], dtype=torch.float64), (1 - DEFENSIVE) * shares])
    centres = torch.cat([torch.zeros(1, problem.dim), points.float()])
    which = torch.as_tensor(generator.choice(len(shares), size=draws, p=(shares / shares.sum()).numpy()))
    noise = problem.prior(draws, seed, "importance") + centres[which]
    values = score(problem.decode(noise))
    log_q = torch.logsumexp(
        shares.log() + noise.double() @ centres.double().T - 0.5 * centres.double().square().sum(dim=1), dim=1
    )
    weights = torch.where(values >= target, (-log_q).exp(), 0.0)
    mean = float(weights.mean())
    error = float(weights.std() / draws**0.5 / mean) if mean > 0 else float("inf")
    hit = weights > 0
    effective = float(weights.sum() ** 2 / weights.square().sum()) if mean > 0 else 0.0
    return Weighted(mean, error, noise[hit], values[hit], weights[hit] / max(float(weights.sum()), 1e-300), effective)
