r"""Importance sampling around design points, for samplers whose loss has a gradient.

Draws come from :math:`q = \alpha_0\varphi + \sum_k \alpha_k\,\varphi(\cdot - n_k)`, unit normals shifted to the
points of least norm that reach the loss (Hohenbichler & Rackwitz 1988); :math:`\hat p` is the mean of :math:`1[s\ge
c]\,\varphi/q`, unbiased whatever the points. The relative error is that of the mean of the weights, as long as the
draws have seen the large ones. Paths of the event that another method found show whether they have: with
:math:`N` draws the squared error is about :math:`E[\varphi/q \mid s\ge c]\,/\,(N p)`, and a region that the points
miss makes it large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.samplers.noise import stream
from workbench.stress.problem import Event

DEFENSIVE = 0.05  # share drawn from the sampler's own distribution, which bounds the weights


@dataclass(frozen=True)
class Weighted:
    """Draws that reach the target, with normalised weights, and the probability they give."""

    probability: float
    relative_error: float
    noise: Tensor
    weights: Tensor


@torch.no_grad()
def importance(event: Event, points: Tensor, draws: int) -> Weighted:
    """Estimate the event's probability with ``draws`` decodes around ``points`` (mode, dim)."""
    generator = stream(event.seed, "importance", 0)
    centres, shares = _mixture(points)
    which = torch.as_tensor(generator.choice(len(shares), size=draws, p=(shares / shares.sum()).numpy()))
    noise = event.problem.prior(draws, event.seed, "importance") + centres[which].float()
    hit = event.values(noise) >= event.level
    weights = torch.where(hit, _ratio(noise, points), 0.0)
    mean = float(weights.mean())
    error = float(weights.std() / draws**0.5 / mean) if mean > 0 else math.inf
    return Weighted(mean, error, noise[hit], weights[hit] / max(float(weights.sum()), 1e-300))


def expected_error(found: Tensor, points: Tensor, probability: float, draws: int) -> float:
    """Relative error to expect of ``draws`` around ``points``, from noise ``found`` (draw, dim) of the event."""
    return math.sqrt(float(_ratio(found, points).mean()) / (draws * probability))


def _mixture(points: Tensor) -> tuple[Tensor, Tensor]:
    """Centres (component, dim), the origin first, and their shares (component,)."""
    near = torch.softmax(-0.5 * points.double().square().sum(dim=1), dim=0) * 0.5 + 0.5 / len(points)
    shares = torch.cat([torch.tensor([DEFENSIVE], dtype=torch.float64), (1 - DEFENSIVE) * near])
    return torch.cat([torch.zeros(1, points.shape[1]), points]).double(), shares


def _ratio(noise: Tensor, points: Tensor) -> Tensor:
    """Density (draw,) of standard normal noise over that of the mixture."""
    centres, shares = _mixture(points)
    tilt = noise.double() @ centres.T - 0.5 * centres.square().sum(dim=1)
    return (-torch.logsumexp(shares.log() + tilt, dim=1)).exp()
