"""Rare: how likely is a loss that no history shows, with its relative error, and the paths that make it up.

Any sampler: subset simulation (:mod:`.splitting`). Where the loss is continuous in the noise: design points found from
the paths of a small subset simulation, by gradient (:mod:`.design`) or, where there is none, by a regressed slope
(:mod:`.response`), then importance sampling around them (:mod:`.importance`), and the two must agree, since importance
sampling that misses a mode is confidently wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from scipy.stats import norm

from workbench import scenarios
from workbench.errors import ParameterError
from workbench.samplers import Sampler
from workbench.stress._kernels import JUMPS, SMOOTH
from workbench.stress.events import Functional
from workbench.stress.problem import Problem, continuous, smooth
from workbench.stress.rare_events._form import form
from workbench.stress.rare_events._importance import expected_error, importance
from workbench.stress.rare_events._response_surface import cost, response_surface
from workbench.stress.rare_events._splitting import split
from workbench.stress.reverse_stress._modes import distinct

METHODS = ("auto", "splitting", "importance", "response")
APART = 3.0  # joint standard errors by which subset simulation may see more than importance sampling
PRECISE = 0.2  # relative error, estimated and expected, up to which importance sampling is believed
SLOPE_SHARE = 0.25  # of the budget, that regressing a slope may take
PROBES = 192  # paths that test a gradient and continuity, three times over


@dataclass(frozen=True)
class RareEvent:
    """P(functional >= threshold), its relative standard error, and the scenarios that get there.

    weights : of the scenarios, summing to one (equal for subset simulation). estimates : every method's own answer.
    """

    probability: float
    relative_error: float
    threshold: float
    method: str
    evaluations: int
    tree: xr.DataTree
    weights: np.ndarray
    estimates: dict[str, tuple[float, float]]

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval, on the logarithmic scale."""
        width = 1.96 * math.sqrt(math.log1p(self.relative_error**2))
        return self.probability * math.exp(-width), min(self.probability * math.exp(width), 1.0)

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"P = {self.probability:.3g} (95 % interval {low:.2g} to {high:.2g}; {self.method}, "
            f"{self.evaluations:,} evaluations)"
        )


def rare(
    sampler: Sampler,
    of: Functional,
    threshold: float,
    horizon: int = 20,
    seed: int = 0,
    start="last",
    budget: int = 50_000,
    method: str = "auto",
) -> RareEvent:
    """Estimate the probability that ``of`` reaches ``threshold`` with at most ``budget`` decoded paths.

    Raises Refusal when the sampler cannot reach the threshold, ParameterError for an unknown method, or for one that
    needs a gradient where there is none.
    """
    if method not in METHODS:
        raise ParameterError(f"method must be one of {METHODS}, got {method!r}")
    problem = Problem(sampler, horizon, start)

    def score(paths: torch.Tensor) -> torch.Tensor:
        return of(paths, problem.assets)

    kind = _kind(problem, score, seed)
    if method == "importance" and kind != "importance":
        raise ParameterError("importance sampling needs a loss with a gradient; this sampler has none, use 'splitting'")
    if method == "response" and kind == "splitting":
        raise ParameterError("a regressed slope needs a loss that is continuous in the noise; use 'splitting'")
    mix = JUMPS if kind == "splitting" else SMOOTH
    by = kind if method == "auto" else method
    if by == "splitting" or by == "response" and cost(problem) > SLOPE_SHARE * budget:
        return _by_splitting(problem, score, threshold, budget, seed, mix, {})
    return _by_importance(problem, score, threshold, budget, seed, by, method == "auto")


def _kind(problem: Problem, score, seed: int) -> str:
    """The sharpest method that this map allows."""
    if smooth(problem, score, seed):
        return "importance"
    return "response" if continuous(problem, score, seed) else "splitting"


def _by_importance(
    problem: Problem, score, threshold: float, budget: int, seed: int, method: str, fall_back: bool
) -> RareEvent:
    pilot = split(problem, score, threshold, max(budget // 60, 200), 0.15, seed, "pilot", SMOOTH)
    if method == "response":
        points, spent = response_surface(problem, score, threshold, pilot.noise, seed)
    else:
        starts = pilot.noise[:: max(len(pilot.noise) // 12, 1)][:12]
        points, spent = form(problem, score, threshold, starts, steps=25)
        points = distinct(problem, points)[:4]
    spent += pilot.evaluations + 3 * PROBES
    estimates, draws = {"pilot": (pilot.probability, pilot.relative_error)}, int(0.35 * budget)
    lost = not len(points) or expected_error(pilot.noise, points, pilot.probability, draws) > PRECISE
    if lost and fall_back:
        return _by_splitting(problem, score, threshold, budget, seed, SMOOTH, estimates, spent)
    drawn = importance(problem, score, threshold, points, draws, seed)
    spent += draws
    estimates[method] = (drawn.probability, drawn.relative_error)
    if fall_back and not _at_home(*estimates.values()):
        return _by_splitting(problem, score, threshold, budget, seed, SMOOTH, estimates, spent)
    paths = problem.decode(drawn.noise)[None]
    return RareEvent(
        drawn.probability,
        drawn.relative_error,
        threshold,
        method,
        spent,
        _tree(problem, paths, threshold),
        drawn.weights.numpy(),
        estimates,
    )


def _at_home(pilot: tuple[float, float], fine: tuple[float, float]) -> bool:
    """Whether importance sampling is precise, and subset simulation does not see much that it misses."""
    if not fine[1] < PRECISE:
        return False
    return math.log(pilot[0] / fine[0]) <= APART * math.hypot(pilot[1], fine[1])


def _by_splitting(
    problem: Problem, score, threshold: float, budget: int, seed: int, mix, estimates: dict, spent: int = 3 * PROBES
) -> RareEvent:
    particles = _particles(problem, score, threshold, budget - spent, seed)
    found = split(problem, score, threshold, particles, 0.15, seed, mix=mix)
    estimates = {**estimates, "splitting": (found.probability, found.relative_error)}
    weights = np.full(len(found.noise), 1 / len(found.noise))
    return RareEvent(
        found.probability,
        found.relative_error,
        threshold,
        "splitting",
        found.evaluations + spent + 500,
        _tree(problem, problem.decode(found.noise)[None], threshold),
        weights,
        estimates,
    )


@torch.no_grad()
def _particles(problem: Problem, score, threshold: float, budget: int, seed: int) -> int:
    """How many draws a level the budget pays for, from a rough idea of how many levels there will be."""
    values = score(problem.decode(problem.prior(500, seed, "levels")))
    z = float((threshold - values.mean()) / values.std())
    depth = min(max(-norm.logsf(max(z, 0.5)), 1.0), 20.0)
    return max(int(0.95 * (budget - 500) / (1 + 0.85 * depth / -math.log(0.15))), 200)


def _tree(problem: Problem, paths: torch.Tensor, threshold: float) -> xr.DataTree:
    return scenarios.assemble(paths.numpy(), problem.assets, threshold=threshold, horizon=problem.horizon)
