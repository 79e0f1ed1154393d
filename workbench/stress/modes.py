"""Which of many solutions are different: two that move the same assets the same way are one mode."""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.stress.problem import Problem

ALIKE = 0.9  # cosine between the standardised asset moves of two scenarios of one mode


@torch.no_grad()
def distinct(problem: Problem, noise: Tensor, cost: Tensor | None = None, alike: float = ALIKE) -> Tensor:
    """The cheapest noise of each mode (mode, dim), in increasing order of cost (the norm by default)."""
    cost = noise.norm(dim=1) if cost is None else cost
    order = cost.argsort()
    moves = problem.decode(noise[order]).sum(dim=1)
    scale = torch.as_tensor(problem.sampler.history_.std().to_numpy(dtype="float32"))
    direction = torch.nn.functional.normalize(moves / scale, dim=1)
    kept: list[int] = []
    for position in range(len(order)):
        if not kept or float((direction[kept] @ direction[position]).max()) < alike:
            kept.append(position)
    return noise[order[kept]]
