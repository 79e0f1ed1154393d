r"""Design points: the noise of least norm at which the loss is reached, by gradient or by a regressed slope.

**By gradient** each start follows the Hasofer-Lind-Rackwitz-Fiessler step of the first-order reliability method,

.. math:: n \leftarrow (1-\lambda)\,n + \lambda\,\frac{g^\top n + \ell - s(n)}{\|g\|^2}\,g,\qquad g = \nabla s(n),

which projects the origin onto the linearised level set; the step length :math:`\lambda` is halved for a start whose
merit :math:`\tfrac12\|n\|^2 + c\,|\ell - s|` grows. Points are then put on the level set along their own ray.

**Without a gradient** the slope is regressed. Around a centre :math:`m` the scores of draws :math:`m + \xi` are
fitted by least squares, :math:`s \approx a + g^\top\xi`. By Stein's identity :math:`g` estimates :math:`E\,\nabla
s(m+\xi)`, so that a map that is continuous but has no derivative has a slope all the same. The centre moves to the
point of least norm at which the fit reaches the target,

.. math:: m \leftarrow \frac{g^\top m + \ell - a}{\|g\|^2}\,g,

which is the step above with a regressed slope (a response surface, Bucher & Bourgund 1990). Draws of
spread 1, the sampler's own, give the centre around which importance sampling does best; narrow ones the point of least norm.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.stress.problem import Event, Problem

STEPS = 4
PER_DIMENSION = 3  # draws a step for every coordinate of the noise
SIDE = 0.1  # share of the paths that makes a side of the market a start of its own


def form(event: Event, starts: Tensor, steps: int = 60) -> tuple[Tensor, int]:
    """Points (start, dim) of locally least norm whose score is the event's level, and how many evaluations that took."""
    noise, rate = starts.clone(), torch.full((len(starts), 1), 0.5)
    value, slope = _gradient(event, noise)
    penalty = torch.zeros(len(starts), dtype=torch.float64)
    best, best_norm = torch.zeros_like(noise), torch.full((len(starts),), torch.inf)

    def merit(noise: Tensor, value: Tensor) -> Tensor:
        return 0.5 * noise.double().square().sum(dim=1) + penalty * (event.level - value).abs().double()

    for _ in range(steps):
        square = slope.square().sum(dim=1, keepdim=True).clamp(min=1e-20)
        length = ((slope * noise).sum(dim=1, keepdim=True) + (event.level - value)[:, None].float()) / square
        trial = (1 - rate) * noise + rate * length * slope
        penalty = torch.maximum(penalty, 2 * noise.norm(dim=1) / slope.norm(dim=1).clamp(min=1e-20))
        new_value, new_slope = _gradient(event, trial)
        better = (merit(trial, new_value) <= merit(noise, value) + 1e-9)[:, None]
        noise, slope = torch.where(better, trial, noise), torch.where(better, new_slope, slope)
        value = torch.where(better[:, 0], new_value, value)
        rate = torch.where(better, (1.3 * rate).clamp(max=1.0), 0.5 * rate).clamp(min=1e-3)
        reached = ((value - event.level).abs() < 1e-3 * abs(event.level)) & (noise.norm(dim=1) < best_norm)
        best = torch.where(reached[:, None], noise, best)
        best_norm = torch.where(reached, noise.norm(dim=1), best_norm)
    points, extra = to_level(event, torch.where(torch.isfinite(best_norm)[:, None], best, noise))
    return points, (steps + 1) * len(starts) + extra


def _gradient(event: Event, noise: Tensor) -> tuple[Tensor, Tensor]:
    leaf = noise.detach().requires_grad_()
    value = event.values(leaf)
    (slope,) = torch.autograd.grad(value.sum(), leaf)
    return value.detach(), slope.nan_to_num(0.0, 0.0, 0.0)


@torch.no_grad()
def to_level(event: Event, noise: Tensor, halvings: int = 24) -> tuple[Tensor, int]:
    """The smallest multiple of each noise (found by bisection up to 1.5 times it) that is in the event; those that
    never are are left out.
    """
    high = torch.full((len(noise), 1), 1.5)
    low = torch.zeros_like(high)
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        enough = (event.values(middle * noise) >= event.level)[:, None]
        high, low = torch.where(enough, middle, high), torch.where(enough, low, middle)
    points = high * noise
    return points[event.values(points) >= event.level], (halvings + 1) * len(noise)


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
