"""How regular a map is: whether its gradient may be believed, or its continuity, or neither.

A bootstrap's index has no gradient, and its jitter a misleading one; an inverse found by search is continuous but has
no derivative. So both claims are tested, over random steps of length 0.3 in noise space.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from workbench.stress.problem import Event

PROBES, LENGTH, AGREE = 96, 0.3, 0.9  # draws, length of a step, least correlation
EVALUATIONS = 6 * PROBES


def regularity(event: Event) -> str:
    """ "smooth" (has a gradient that predicts), "continuous", or "jumps"."""
    return "smooth" if smooth(event) else "continuous" if continuous(event) else "jumps"


def smooth(event: Event) -> bool:
    """Whether the change that the gradient predicts correlates above .9 with the one that comes."""
    noise, step = _probes(event)
    value = event.values(noise.requires_grad_())
    if not value.requires_grad:
        return False
    (slope,) = torch.autograd.grad(value.sum(), noise, allow_unused=True)
    if slope is None or not torch.isfinite(slope).all():
        return False
    with torch.no_grad():
        ahead, behind = event.values(noise + step), event.values(noise - step)
    return _correlation(2 * (slope * step).sum(dim=1), ahead - behind) > AGREE


@torch.no_grad()
def continuous(event: Event) -> bool:
    """Whether the change of a step forth correlates below -.9 with that of the step back."""
    noise, step = _probes(event)
    here, ahead, behind = (event.values(noise + way * step) for way in (0, 1, -1))
    return _correlation(ahead - here, here - behind) > AGREE


def _probes(event: Event) -> tuple[Tensor, Tensor]:
    """Noise and steps, (probe, dim)."""
    noise, step = (event.problem.prior(PROBES, event.seed, stage) for stage in ("smooth", "smooth step"))
    return noise, LENGTH * step / step.norm(dim=1, keepdim=True)


def _correlation(left: Tensor, right: Tensor) -> float:
    return float(np.corrcoef(left.numpy(), right.numpy())[0, 1])
