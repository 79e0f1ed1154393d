"""Functions that are stored as tables, read by linear interpolation."""

from __future__ import annotations

import torch
from torch import Tensor


def lookup(table: Tensor, place: Tensor) -> Tensor:
    """Values of ``table`` at fractional positions ``place``, constant beyond its ends; differentiable in ``place``.

    table : (knot,), or (asset, knot), a row an asset; then ``place`` is (..., asset).
    """
    knots = table.shape[-1]
    place = place.clamp(0, knots - 1)
    left = place.detach().floor().clamp(max=knots - 2)
    index = left.long() + (torch.arange(len(table)) * knots if table.dim() == 2 else 0)
    flat = table.reshape(-1)
    low = flat[index]
    return low + (place - left) * (flat[index + 1] - low)
