"""Rare events: the probability of a loss beyond the history, its relative error, and the scenarios that make it up.

Any sampler: subset simulation (:mod:`._splitting`). Where the loss is continuous in the noise: design points found from
the paths of a small subset simulation (:mod:`._design_points`), then importance sampling around them
(:mod:`._importance`), and the two must agree, since importance sampling that misses a mode is confidently wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from scipy.stats import norm
from torch import Tensor

from workbench._require import count, number
from workbench._text import probability
from workbench.errors import ParameterError, Refusal
from workbench.samplers import Sampler
from workbench.stress import _smoothness as smoothness
from workbench.stress._kernels import JUMPS, SMOOTH, Mix
from workbench.stress._modes import distinct
from workbench.stress.events import Functional
from workbench.stress.problem import Event, Problem, Start
from workbench.stress.rare_events._design_points import cost, form, response_surface
from workbench.stress.rare_events._importance import expected_error, importance
from workbench.stress.rare_events._splitting import split

METHODS = ("auto", "splitting", "importance", "response")
SHARPEST = {"smooth": "importance", "continuous": "response", "jumps": "splitting"}
APART = 3.0  # joint standard errors by which subset simulation may see more than importance sampling
PRECISE = 0.2  # relative error, estimated and expected, up to which importance sampling is accepted
SLOPE_SHARE = 0.25  # of the budget, that regressing a slope may take
KEEP = 0.15  # share of the draws that passes a level of subset simulation
PILOT = 500  # draws from which the number of levels is guessed
LEAST_BUDGET = 1500

Estimates = dict[str, tuple[float, float]]  # method -> probability, relative error


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
    estimates: Estimates

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval, on the logarithmic scale."""
        width = 1.96 * math.sqrt(math.log1p(self.relative_error**2))
        return self.probability * math.exp(-width), min(self.probability * math.exp(width), 1.0)

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"P = {probability(self.probability)} (95 % interval {probability(low)} to {probability(high)}; {self.method}, "
            f"{self.evaluations:,} evaluations)"
        )


def rare(
    sampler: Sampler, of: Functional, threshold: float, horizon: int = 20, seed: int = 0, start: Start = "last",
    budget: int = 50_000, method: str = "auto",
) -> RareEvent:  # fmt: skip
    """Rare-event probability: that ``of`` reaches ``threshold``, with at most ``budget`` decoded paths (1,500 or more).

    method : "auto" (the sharpest that the map allows, checked against subset simulation), "splitting" (subset
    simulation), "importance" (around design points) or "response" (design points by regression).

    Raises Refusal when the sampler cannot reach the threshold, ParameterError for an unknown method, or for one that
    needs a gradient where there is none.
    """
    if method not in METHODS:
        raise ParameterError(f"method must be one of {METHODS}, got {method!r}")
    number("threshold", threshold)
    count("budget", budget, LEAST_BUDGET)
    event = Problem(sampler, horizon, start).reaching(of, threshold, seed)
    sharpest = SHARPEST[smoothness.regularity(event)]
    if method == "importance" and sharpest != "importance":
        raise ParameterError("importance sampling needs a loss with a gradient; this sampler has none, use 'splitting'")
    if method == "response" and sharpest == "splitting":
        raise ParameterError("a regressed slope needs a loss that is continuous in the noise; use 'splitting'")
    search = _Search(event, budget, JUMPS if sharpest == "splitting" else SMOOTH)
    by = sharpest if method == "auto" else method
    if by == "splitting" or by == "response" and cost(event.problem) > SLOPE_SHARE * budget:
        return search.by_splitting({}, smoothness.EVALUATIONS)
    return search.by_importance(by, fall_back=method == "auto")


@dataclass(frozen=True)
class _Search:
    """One question with its budget, and the two ways to answer it."""

    event: Event
    budget: int
    mix: Mix

    def by_importance(self, method: str, fall_back: bool) -> RareEvent:
        """Around design points; by subset simulation where these miss a part and ``fall_back``."""
        pilot = split(self.event, max(self.budget // 60, 200), KEEP, "pilot", SMOOTH)
        points, spent = self._design_points(method, pilot.noise)
        spent += pilot.evaluations + smoothness.EVALUATIONS
        estimates, draws = {"pilot": (pilot.probability, pilot.relative_error)}, int(0.35 * self.budget)
        lost = not len(points) or expected_error(pilot.noise, points, pilot.probability, draws) > PRECISE
        if lost and fall_back:
            return self.by_splitting(estimates, spent)
        if not len(points):
            raise Refusal(f"no design point reaches {self.event.level:g}; use method 'splitting', which needs none")
        drawn = importance(self.event, points, draws)
        estimates[method] = (drawn.probability, drawn.relative_error)
        if fall_back and not _agree(estimates["pilot"], estimates[method]):
            return self.by_splitting(estimates, spent + draws)
        return self._answer(method, spent + draws, drawn.noise, drawn.weights.numpy(), estimates)

    def _design_points(self, method: str, found: Tensor) -> tuple[Tensor, int]:
        """Points (mode, dim), from noise of the event, and the evaluations that took."""
        if method == "response":
            return response_surface(self.event, found)
        points, spent = form(self.event, found[:: max(len(found) // 12, 1)][:12], steps=25)
        return distinct(self.event.problem, points)[:4], spent

    def by_splitting(self, estimates: Estimates, spent: int) -> RareEvent:
        """Subset simulation with what is left of the budget."""
        found = split(self.event, self._particles(self.budget - spent), KEEP, mix=self.mix)
        estimates = estimates | {"splitting": (found.probability, found.relative_error)}
        weights = np.full(len(found.noise), 1 / len(found.noise))
        return self._answer("splitting", found.evaluations + spent + PILOT, found.noise, weights, estimates)

    @torch.no_grad()
    def _particles(self, budget: int) -> int:
        """How many draws a level the budget pays for, from a rough idea of how many levels there will be."""
        values = self.event.values(self.event.problem.prior(PILOT, self.event.seed, "levels"))
        z = float((self.event.level - values.mean()) / values.std())
        depth = min(max(-norm.logsf(max(z, 0.5)), 1.0), 20.0)
        return max(int(0.95 * (budget - PILOT) / (1 + 0.85 * depth / -math.log(KEEP))), 200)

    def _answer(self, method: str, spent: int, noise: Tensor, weights: np.ndarray, estimates: Estimates) -> RareEvent:
        problem, level = self.event.problem, self.event.level
        tree = problem.tree(problem.decode(noise)[None], threshold=level)
        return RareEvent(*estimates[method], level, method, spent, tree, weights, estimates)


def _agree(pilot: tuple[float, float], fine: tuple[float, float]) -> bool:
    """Whether importance sampling is precise, and subset simulation does not see much that it misses."""
    return fine[1] < PRECISE and math.log(pilot[0] / fine[0]) <= APART * math.hypot(pilot[1], fine[1])
