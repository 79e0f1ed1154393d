"""Which of many solutions are different: two that move the same assets the same way are one mode."""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.stress.problem import Problem

ALIKE = 0.9  # cosine between the standardised asset moves of two scenarios of one mode


def alike(problem: Problem, paths: Tensor, others: Tensor) -> Tensor:
    """Cosines (path, other) between the standardised asset moves of two sets of paths (path, time, asset)."""
    scale = torch.as_tensor(problem.sampler.history_.std().to_numpy(dtype="float32"))
    left, right = (torch.nn.functional.normalize(part.sum(dim=1) / scale, dim=1) for part in (paths, others))
    return left @ right.T


@torch.no_grad()
def distinct(problem: Problem, noise: Tensor, cost: Tensor | None = None, limit: float = ALIKE) -> Tensor:
    """The cheapest noise of each mode (mode, dim), in increasing order of cost (the norm by default)."""
    cost = noise.norm(dim=1) if cost is None else cost
    order = cost.argsort()
    paths = problem.decode(noise[order])
    cosine = alike(problem, paths, paths)
    kept: list[int] = []
    for position in range(len(order)):
        if not kept or float(cosine[position, kept].max()) < limit:
            kept.append(position)
    return noise[order[kept]]
