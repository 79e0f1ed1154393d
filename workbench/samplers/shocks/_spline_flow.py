r"""Neural spline flow of joint scores (Durkan et al. 2019) on a Student-t base.

The scores are an invertible map of a spherical t distribution, :math:`s = T_1\circ\cdots\circ
T_L(z\sqrt{\nu/\chi^2_\nu})`, trained by maximum likelihood, :math:`\log p(s) = \log t_\nu(T^{-1}s) + \log|\det \partial
T^{-1}|`. Each coupling layer holds one half of the assets fixed and bends each one of the other half by a monotone
rational-quadratic spline on :math:`[-B, B]`, the identity outside and at the start; which half is drawn anew a layer.
The base gives large days to all assets at once; its degrees of freedom are learnt with the rest.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from workbench._require import count
from workbench.samplers.shocks._classical import SHOCKS, ScaleMixture
from workbench.samplers.shocks._learned import Learned, perceptron

EDGE = 4.0  # B: splines are the identity beyond it
SMALLEST = 1e-2  # width, height and slope of a bin at the least


@SHOCKS.register("nsf")
class SplineFlow(Learned):
    """Coupling flow of ``layers`` layers with ``bins`` bins a spline."""

    rate, decay = 1e-3, 1e-1

    def __init__(self, layers: int = 2, bins: int = 4, hidden: int = 32, **options: Any) -> None:
        super().__init__(hidden=hidden, **options)
        self.layers, self.bins = count("layers", layers, 1), count("bins", bins, 2, 50)

    def _inner(self, assets: int) -> int:
        return assets + 1

    def network(self, assets: int, generator: torch.Generator) -> nn.Module:
        return Couplings(assets, self.layers, self.bins, self.hidden, generator)

    def loss(self, network: Any, rows: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
        scores = self.augmented(rows[0], generator)
        assets = scores.shape[1]
        base, log_slope = network.to_base(scores)
        dof = 2.1 + network.log_dof.exp()
        size = (base.square().sum(dim=1) / dof).log1p()
        constant = torch.lgamma((dof + assets) / 2) - torch.lgamma(dof / 2) - assets / 2 * (math.pi * dof).log()
        return -(constant - (dof + assets) / 2 * size + log_slope).mean() / assets

    def raw(self, noise: Tensor) -> Tensor:
        return self.network_.from_base(self.base_.mix(noise[:, 1:], noise[:, :1]))

    def _prepare(self) -> None:
        self.base_ = ScaleMixture(2.1 + float(self.network_.log_dof.exp()))


class Couplings(nn.Module):
    """Coupling layers between scores and base, and the base's degrees of freedom."""

    def __init__(self, assets: int, layers: int, bins: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.bins = bins
        self.halves = [torch.randperm(assets, generator=generator).tensor_split(2) for _ in range(layers)]
        self.conditioners = nn.ModuleList(
            perceptron([len(fixed), hidden, hidden, len(bent) * (3 * bins - 1)], generator)
            for fixed, bent in self.halves
        )
        self.log_dof = nn.Parameter(torch.tensor(math.log(20.0)))

    def to_base(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Base (draw, asset) and log determinant (draw,)."""
        log_slope = torch.zeros(len(scores), device=scores.device)
        for layer in range(len(self.halves)):
            scores, slope = self._bend(scores, layer, inverse=False)
            log_slope = log_slope + slope
        return scores, log_slope

    def from_base(self, base: Tensor) -> Tensor:
        for layer in reversed(range(len(self.halves))):
            base, _ = self._bend(base, layer, inverse=True)
        return base

    def _bend(self, x: Tensor, layer: int, inverse: bool) -> tuple[Tensor, Tensor]:
        fixed, bent = self.halves[layer]
        if not len(bent):  # one asset has no other that could bend it
            return x, torch.zeros(len(x), device=x.device)
        shapes = self.conditioners[layer](x[:, fixed]).unflatten(1, (len(bent), -1))
        bent_x, log_slope = spline(x[:, bent], shapes, self.bins, inverse)
        return x.index_copy(1, bent.to(x.device), bent_x), log_slope.sum(dim=1)


def spline(x: Tensor, shapes: Tensor, bins: int, inverse: bool) -> tuple[Tensor, Tensor]:
    """Monotone rational-quadratic spline of x (draw, asset) by ``shapes`` (draw, asset, 3 bins - 1), log slope too."""
    inside = x.abs() < EDGE
    at = x.clamp(-EDGE, EDGE)
    lefts, widths = _bins(shapes[..., :bins])
    bottoms, heights = _bins(shapes[..., bins : 2 * bins])
    slopes = (nn.functional.softplus(shapes[..., 2 * bins :] + math.log(math.e - 1)) + SMALLEST) / (1 + SMALLEST)
    slopes = nn.functional.pad(slopes, (1, 1), value=1.0)
    edges = bottoms if inverse else lefts
    index = (at[..., None] >= edges[..., 1:]).sum(dim=-1, keepdim=True)  # (draw, asset, 1)
    left, width, bottom, height, slope, after = (
        part.gather(-1, index)[..., 0] for part in (lefts, widths, bottoms, heights, slopes, slopes[..., 1:])
    )
    steep = height / width
    bend = slope + after - 2 * steep
    if inverse:
        rise = at - bottom
        a, b, c = height * (steep - slope) + rise * bend, height * slope - rise * bend, -steep * rise
        share = 2 * c / (-b - (b.square() - 4 * a * c).clamp(min=0).sqrt())
        out = left + share * width
    else:
        share = (at - left) / width
    denominator = steep + bend * share * (1 - share)
    if not inverse:
        out = bottom + height * (steep * share.square() + slope * share * (1 - share)) / denominator
    mixed = after * share.square() + 2 * steep * share * (1 - share) + slope * (1 - share).square()
    log_slope = 2 * steep.log() + mixed.log() - 2 * denominator.log()
    return torch.where(inside, out, x), torch.where(inside, -log_slope if inverse else log_slope, 0.0)


def _bins(raw: Tensor) -> tuple[Tensor, Tensor]:
    """Left edges and widths (..., bin) of bins that fill [-B, B]."""
    sizes = 2 * EDGE * (SMALLEST + (1 - SMALLEST * raw.shape[-1]) * raw.softmax(dim=-1))
    return sizes.cumsum(dim=-1) - sizes - EDGE, sizes
