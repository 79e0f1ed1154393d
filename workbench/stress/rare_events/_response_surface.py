r"""Design points without a gradient: the slope is regressed.

Around a centre :math:`m` the scores of draws :math:`m + \xi` are fitted by least squares, :math:`s \approx a +
g^\top\xi`. By Stein's identity :math:`g` estimates :math:`E\,\nabla s(m+\xi)`, so that a map that is continuous but has
no derivative has a slope all the same. The centre moves to the point of least norm at which the fit reaches the target,

.. math:: m \leftarrow \frac{g^\top m + \ell - a}{\|g\|^2}\,g,

which is the step of :mod:`._form` with a regressed slope (a response surface, Bucher & Bourgund 1990). Draws of
spread 1, the sampler's own, give the centre around which importance sampling does best; narrow ones the point of least norm.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.stress.problem import Event, Problem
from workbench.stress.rare_events._form import to_level

STEPS = 4
PER_DIMENSION = 3  # draws a step for every coordinate of the noise
SIDE = 0.1  # share of the paths that makes a side of the market a start of its own


def cost(problem: Problem) -> int:
    """Evaluations that one start takes."""
    return STEPS * (PER_DIMENSION * problem.dim + 100)


@torch.no_grad()
def response_surface(event: Event, found: Tensor, spread: float = 1.0) -> tuple[Tensor, int]:
    """Points (start, dim) of about least norm at the event's level, from noise ``found`` (draw, dim) of the event, and
    how many evaluations that took. spread : standard deviation of the draws around a centre.
    """
    draws, points = cost(event.problem) // STEPS, []
    for number, centre in enumerate(_sides(event.problem, found)):
        for step in range(STEPS):
            around = spread * event.problem.prior(draws, event.seed, f"response {number}.{step}")
            centre = _step(event, centre, around)
        points.append(centre)
    reached, extra = to_level(event, torch.stack(points))
    return reached, len(points) * cost(event.problem) + extra


def _step(event: Event, centre: Tensor, around: Tensor) -> Tensor:
    values = event.values(centre + around).double()
    design = torch.cat([torch.ones(len(around), 1), around], dim=1).double()
    fit = torch.linalg.lstsq(design, values[:, None]).solution[:, 0]
    level, slope = fit[0], fit[1:]
    size = (slope @ centre.double() + event.level - level) / slope.square().sum().clamp(min=1e-20)
    return (size * slope).float()


def _sides(problem: Problem, found: Tensor) -> list[Tensor]:
    """Mean noise of the paths on either side of the direction in which they move most; of all when one side is
    nearly empty.
    """
    moves = problem.decode(found).sum(dim=1) / torch.as_tensor(problem.sampler.history_.std().to_numpy("float32"))
    main = torch.linalg.svd(moves, full_matrices=False).Vh[0]
    up = moves @ main > 0
    parts = [found[up], found[~up]]
    return [part.mean(dim=0) for part in parts if len(part) >= SIDE * len(found)]
