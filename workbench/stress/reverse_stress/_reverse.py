"""Reverse: the most plausible ways to lose a given amount, each told with its plausibility, precedent and shares.

Subset simulation first finds paths that lose as much. With a gradient, each then descends to the nearest point of least
noise norm (:mod:`.design`); where the map is continuous without one, the slope is regressed (:mod:`.response`); where
it jumps, days are drawn anew and kept when the path still loses as much and costs less (:mod:`.plausibility` says what
a bootstrap's scenario costs). Solutions that move the same assets the same way are one mode; the cheapest of each is
kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from workbench import scenarios
from workbench.books import Book
from workbench.errors import Refusal
from workbench.samplers import Sampler
from workbench.samplers.noise import stream
from workbench.stress._kernels import JUMPS, SMOOTH, Kernel, linger
from workbench.stress.events import Loss
from workbench.stress.problem import Problem, Score, continuous, smooth
from workbench.stress.rare_events._form import form
from workbench.stress.rare_events._response_surface import response_surface
from workbench.stress.rare_events._splitting import Splitting, split
from workbench.stress.reverse_stress import _shapley as shapley
from workbench.stress.reverse_stress._modes import alike, distinct
from workbench.stress.reverse_stress._plausibility import Plausibility
from workbench.stress.reverse_stress._precedent import Precedent, closest_episode

NARROW = 0.3  # spread of the draws from which a slope is regressed
CROWD, LINGER = 128, 24  # scenarios of the crowd, and moves that part them from each other


@dataclass(frozen=True)
class Mode:
    """One way to lose the money.

    path : log returns (day, asset). distance : root of the cost, the noise norm where there is a gradient.
    plausibility, log_likelihood_ratio : see :mod:`.plausibility`. by_asset, by_factor : Shapley shares of the loss.
    members : positions in the answer's conditional sample of the scenarios whose moves are most like this one's.
    """

    path: pd.DataFrame
    loss: float
    distance: float
    plausibility: float
    log_likelihood_ratio: float
    by_asset: pd.DataFrame
    by_factor: pd.DataFrame
    precedent: Precedent
    noise: Tensor
    members: np.ndarray

    @property
    def moves(self) -> pd.Series:
        """Cumulative log return of each asset."""
        return self.path.sum()


@dataclass(frozen=True)
class Reverse:
    """All modes, the cheapest first, and how likely any loss of that size is (with its relative error).

    tree : one draw a mode. conditional : draws of the sampler given the loss.
    """

    modes: tuple[Mode, ...]
    loss: float
    probability: float
    relative_error: float
    method: str
    evaluations: int
    tree: xr.DataTree
    conditional: xr.DataTree


def reverse(
    sampler: Sampler,
    book: Book,
    loss: float,
    horizon: int = 20,
    seed: int = 0,
    start="last",
    particles: int = 500,
    starts: int = 24,
    modes: int = 3,
    sweeps: int = 150,
) -> Reverse:
    """The most plausible scenarios of ``horizon`` days in which ``book`` loses ``loss`` (fraction of the notional).

    particles : draws a level of the first search. starts : how many of its finds are improved. modes : how many
    distinct ones to keep at the most. sweeps : attempts to improve each find, where there is no gradient.

    Raises Refusal when the sampler cannot lose that much.
    """
    problem, functional = Problem(sampler, horizon, start), Loss(book)

    def score(paths: Tensor) -> Tensor:
        return functional(paths, problem.assets)

    kind = "gradient" if smooth(problem, score, seed) else "jumps"
    kind = "regressed slope" if kind == "jumps" and continuous(problem, score, seed) else kind
    mix = JUMPS if kind == "jumps" else SMOOTH
    found = split(problem, score, loss, particles, 0.15, seed, "reverse", mix)
    plausible = Plausibility(problem, kind != "jumps", seed)
    begin = found.noise[:: max(len(found.noise) // starts, 1)][:starts]
    if kind == "gradient":
        mirrored = torch.cat([begin, -begin[: starts // 2]])  # the other side of the market is tried too
        points, spent = form(problem, score, loss, mirrored)
    elif kind == "regressed slope":
        points, spent = response_surface(problem, score, loss, found.noise, seed, NARROW)
    else:
        points, spent = _improve(problem, score, loss, begin, plausible, seed, sweeps)
    if not len(points):
        raise Refusal(f"no start reached the loss of {loss:g} by descent; the loss may jump there")
    points = distinct(problem, points, plausible.cost(points))[:modes]
    paths, crowd = problem.decode(points).detach(), _crowd(problem, score, loss, found, mix, seed)
    return Reverse(
        _modes(problem, book, score, points, paths, crowd, plausible, seed),
        loss,
        found.probability,
        found.relative_error,
        "gradient-free" if kind == "jumps" else kind,
        found.evaluations + spent + 4000 + (LINGER + 1) * len(crowd),
        scenarios.assemble(paths.numpy()[None], problem.assets, reverse=loss, horizon=horizon),
        scenarios.assemble(crowd.numpy()[None], problem.assets, reverse=loss, horizon=horizon),
    )


@torch.no_grad()
def _crowd(problem: Problem, score: Score, loss: float, found: Splitting, mix, seed: int) -> Tensor:
    """Paths (draw, time, asset) of the law given the loss: chains from the finds, long enough to part them."""
    every = slice(None, None, max(len(found.noise) // CROWD, 1))
    kernel = Kernel(problem, stream(seed, "crowd", 0), mix)
    noise, _ = linger(kernel, found.noise[every][:CROWD], found.values[every][:CROWD], score, loss, LINGER)
    return problem.decode(noise)


@torch.no_grad()
def _improve(
    problem: Problem, score: Score, loss: float, noise: Tensor, plausible: Plausibility, seed: int, sweeps: int
) -> tuple[Tensor, int]:
    """Draw days anew; keep what costs less and still loses as much."""
    kernel = Kernel(problem, stream(seed, "improve", 0), (0.2, 0.8, 0.0), torch.tensor([0.2, 0.1]))
    noise, cost = noise.clone(), plausible.cost(noise)
    spent = 0
    for _ in range(sweeps):
        proposed, _ = kernel.propose(noise)
        cheaper = plausible.cost(proposed)
        worth = (cheaper < cost).nonzero().flatten()
        if len(worth):
            enough = worth[score(problem.decode(proposed[worth])) >= loss]
            noise[enough], cost[enough] = proposed[enough], cheaper[enough]
            spent += len(worth)
    return noise, spent


def _modes(
    problem: Problem,
    book: Book,
    score: Score,
    points: Tensor,
    paths: Tensor,
    crowd: Tensor,
    plausible: Plausibility,
    seed: int,
) -> tuple[Mode, ...]:
    cost, losses, level = plausible.cost(points), score(paths), plausible.level(paths.sum(dim=1))
    nearest_mode = alike(problem, crowd, paths).argmax(dim=1).numpy()
    columns = [problem.assets.index(name) for name in book.assets]
    history = problem.sampler.history_
    made = []
    for number, path in enumerate(paths):
        table = pd.DataFrame(path.numpy(), columns=problem.assets, index=range(1, problem.horizon + 1))
        own = path[:, columns]
        made.append(
            Mode(
                table,
                float(losses[number]),
                float(cost[number].sqrt()),
                float(level[number]),
                float(plausible.log_ratio(cost[number])),
                shapley.by_asset(book, own, seed),
                shapley.by_factor(book, own, history, seed=seed),
                closest_episode(table.sum(), history, problem.horizon),
                points[number],
                np.flatnonzero(nearest_mode == number),
            )
        )
    return tuple(made)
