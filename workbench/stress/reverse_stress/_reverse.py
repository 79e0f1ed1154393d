"""Reverse stress tests: the most plausible ways to lose a given amount, with plausibility, precedent and shares.

Subset simulation first finds paths that lose as much. With a gradient, each then descends to the nearest point of least
noise norm (FORM); where the map is continuous without one, the slope is regressed (a response surface); where it jumps,
days are drawn anew and kept when the path still loses as much and costs less (:mod:`._plausibility` says what a
bootstrap's scenario costs). Solutions that move the same assets the same way are one mode; the cheapest of each is
kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from workbench._require import count, number
from workbench.books import Book
from workbench.errors import Refusal
from workbench.samplers import Sampler
from workbench.samplers.noise import stream
from workbench.stress._kernels import JUMPS, SMOOTH, Kernel, Mix
from workbench.stress._modes import alike, distinct
from workbench.stress._smoothness import regularity
from workbench.stress.events import Loss
from workbench.stress.problem import Event, Problem, Start
from workbench.stress.rare_events._design_points import form, response_surface
from workbench.stress.rare_events._splitting import Splitting, split
from workbench.stress.reverse_stress._plausibility import OWN_DRAWS, Plausibility
from workbench.stress.reverse_stress._profile import Precedent, closest_episode
from workbench.stress.reverse_stress._shapley import by_asset, by_factor

METHODS = {"smooth": "gradient", "continuous": "regressed slope", "jumps": "gradient-free"}
NARROW = 0.3  # spread of the draws from which a slope is regressed
SAMPLE, STEPS = 128, 24  # scenarios of the conditional sample, and moves that part them from each other


@dataclass(frozen=True)
class Mode:
    """One way to lose the money.

    path : log returns (day, asset). distance : root of the cost, the noise norm where there is a gradient.
    plausibility, log_likelihood_ratio : see :mod:`._plausibility`. by_asset, by_factor : Shapley shares of the loss.
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

    tree : one draw a mode. conditional : draws of the sampler given the loss, of which the modes are the most plausible.
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
    sampler: Sampler, book: Book, loss: float, horizon: int = 20, seed: int = 0, start: Start = "last",
    particles: int = 500, starts: int = 24, modes: int = 3, sweeps: int = 150,
) -> Reverse:  # fmt: skip
    """Reverse stress test: the most plausible scenarios of ``horizon`` days in which ``book`` loses ``loss``.

    loss : positive, a fraction of the notional. particles : draws a level of the first search. starts : how many of its
    finds are improved. modes : how many distinct ones to keep at the most. sweeps : attempts to improve each find,
    where there is no gradient.

    Raises Refusal when the sampler cannot lose that much.
    """
    number("loss", loss, above=0)
    count("particles", particles, 20)
    count("sweeps", sweeps, 0)
    starts, modes = count("starts", starts), count("modes", modes)
    problem = Problem(sampler, horizon, start)
    event = problem.reaching(Loss(book), loss, seed)
    kind = regularity(event)
    mix = JUMPS if kind == "jumps" else SMOOTH
    found = split(event, particles, 0.15, "reverse", mix)
    plausible = Plausibility(problem, kind != "jumps", seed)
    points, spent = _improve(event, found, kind, plausible, starts, sweeps)
    if not len(points):
        raise Refusal(f"no start reached the loss of {loss:g} by descent; the loss may jump there")
    points = distinct(problem, points, plausible.cost(points))[:modes]
    sample, paths = _conditional(event, found, mix), problem.decode(points).detach()
    spent += found.evaluations + OWN_DRAWS + (STEPS + 1) * len(sample)
    ways = _modes(event, book, points, paths, sample, plausible)
    trees = problem.tree(paths[None], reverse=loss), problem.tree(sample[None], reverse=loss)
    return Reverse(ways, loss, found.probability, found.relative_error, METHODS[kind], spent, *trees)


@torch.no_grad()
def _conditional(event: Event, found: Splitting, mix: Mix) -> Tensor:
    """Paths (draw, time, asset) of the sampler given the loss: chains from the finds, long enough to part them."""
    every = slice(None, None, max(len(found.noise) // SAMPLE, 1))
    kernel = Kernel(event, stream(event.seed, "crowd", 0), mix)
    noise, _ = kernel.run(found.noise[every][:SAMPLE], found.values[every][:SAMPLE], STEPS)
    return event.problem.decode(noise)


def _improve(
    event: Event, found: Splitting, kind: str, plausible: Plausibility, starts: int, sweeps: int
) -> tuple[Tensor, int]:
    """Noise (start, dim) of less cost that loses as much, and the evaluations that took."""
    begin = found.noise[:: max(len(found.noise) // starts, 1)][:starts]
    if kind == "smooth":
        return form(event, torch.cat([begin, -begin[: starts // 2]]))  # the other side of the market is tried too
    if kind == "continuous":
        return response_surface(event, found.noise, NARROW)
    return _redraw(event, begin, plausible, sweeps)


@torch.no_grad()
def _redraw(event: Event, noise: Tensor, plausible: Plausibility, sweeps: int) -> tuple[Tensor, int]:
    """Draw days anew; keep what costs less and still loses as much."""
    kernel = Kernel(event, stream(event.seed, "improve", 0), (0.2, 0.8, 0.0), torch.tensor([0.2, 0.1]))
    noise, cost, spent = noise.clone(), plausible.cost(noise), 0
    for _ in range(sweeps):
        proposed, _ = kernel.propose(noise)
        cheaper = plausible.cost(proposed)
        worth = (cheaper < cost).nonzero().flatten()
        if len(worth):
            enough = worth[event.values(proposed[worth]) >= event.level]
            noise[enough], cost[enough] = proposed[enough], cheaper[enough]
            spent += len(worth)
    return noise, spent


def _modes(
    event: Event, book: Book, points: Tensor, paths: Tensor, sample: Tensor, plausible: Plausibility
) -> tuple[Mode, ...]:
    problem, cost, level = event.problem, plausible.cost(points), plausible.level(paths.sum(dim=1))
    numbers = torch.stack([event.score(paths), cost.sqrt(), level, plausible.log_ratio(cost)], dim=1).double().tolist()
    closest = alike(problem, sample, paths).argmax(dim=1).numpy()
    columns, history = [problem.assets.index(name) for name in book.assets], problem.sampler.history_
    made = []
    for place, path in enumerate(paths):
        table = pd.DataFrame(path.numpy(), columns=problem.assets, index=range(1, problem.horizon + 1))
        own, near = path[:, columns], closest_episode(table.sum(), history, problem.horizon)
        shares = by_asset(book, own, event.seed), by_factor(book, own, history, seed=event.seed)
        loss, distance, chance, ratio = numbers[place]
        members = np.flatnonzero(closest == place)
        made.append(Mode(table, loss, distance, chance, ratio, *shares, near, points[place], members))
    return tuple(made)
