r"""Conditional scenarios: the sampler's distribution when part of the future is known.

* Values of linear functionals are met exactly where the sampler is affine in its noise (:mod:`._affine`).
* Moves, in bands or at values, under a composed sampler: guided particles (:mod:`._guided`).
* Anything else (a book's loss, realised volatility, another sampler, many starts): subset simulation down to the band
  (:mod:`workbench.stress.rare_events`), then Markov chains inside it.

The last two run in four islands that share nothing, and ArviZ judges them (:mod:`._convergence`): R-hat over the
islands sees one that found another region, ESS sees chains that do not move and particles that share an ancestor. When
they fail, the question is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from workbench._require import count, number
from workbench.errors import ParameterError
from workbench.samplers import Filtered, Sampler
from workbench.samplers.noise import stream
from workbench.stress._kernels import Kernel, run
from workbench.stress.conditioning import _convergence as convergence
from workbench.stress.conditioning._affine import Affine, affine, require_consistent
from workbench.stress.conditioning._convergence import LEAST_ESS
from workbench.stress.conditioning._guided import guided
from workbench.stress.events import Constraint, Move
from workbench.stress.problem import Problem, Score, Start
from workbench.stress.rare_events._splitting import split

ISLANDS = 4
GUIDED = (1536, 12_288)  # least particles of a guided island, and those of a second try when the first is refused
VALUE_BAND = 0.05  # half-width, in prior standard deviations, of the band that stands for a value
PILOT = 1000  # draws from which those standard deviations are taken


@dataclass(frozen=True)
class Conditional:
    """Scenarios that meet the constraints. ``probability`` is that of meeting them (nan for a value: it has none).

    diagnostics : R-hat and ESS of each asset's move (empty when exact). notes : what was done to the question.
    """

    tree: xr.DataTree
    method: str
    probability: float
    diagnostics: pd.DataFrame
    evaluations: int
    notes: tuple[str, ...]


def given(
    sampler: Sampler, constraints: Sequence[Constraint], draws: int = 10_000, horizon: int = 20, seed: int = 0,
    start: Start = "last", particles: int = 256, thin: int = 4, least_ess: float = LEAST_ESS,
) -> Conditional:  # fmt: skip
    """Conditional scenarios: ``draws`` paths of ``horizon`` days from the sampler's distribution given all constraints.

    start : as in :class:`~workbench.stress.problem.Problem`. particles : chains an island. thin : moves between two
    kept draws. least_ess : months of days at given values leave few ancestors; whoever asks for less than 200 effective
    draws gets an answer with that caveat.

    Raises Refusal when constraints contradict each other, when the sampler cannot meet them, or when the chains fail
    (R-hat above 1.05 or ESS below ``least_ess`` for the move of any asset).
    """
    if not constraints:
        raise ParameterError("given needs at least one constraint; without any, use the sampler's own sample()")
    for name, value in {"draws": draws, "particles": particles, "thin": thin}.items():
        count(name, value)
    number("least_ess", least_ess, above=0)
    problem = Problem(sampler, horizon, start)
    if all(constraint.is_value for constraint in constraints):
        linear = affine(problem, [constraint.of for constraint in constraints], seed)
        if linear is not None:
            return _exact(problem, linear, constraints, draws, seed)
    moves = [constraint for constraint in constraints if isinstance(constraint.of, Move)]
    if isinstance(sampler, Filtered) and not problem.free and len(moves) == len(constraints):
        return _by_guide(problem, moves, draws, seed, least_ess)
    return _by_chains(problem, constraints, draws, seed, particles, thin, least_ess)


def _exact(problem: Problem, linear: Affine, constraints: Sequence[Constraint], draws: int, seed: int) -> Conditional:
    values = torch.tensor([constraint.low for constraint in constraints], dtype=torch.float64)
    require_consistent(linear, values)
    noise = linear.conditional(values, problem.prior(draws, seed, "given"))
    tree = problem.tree(problem.decode(noise.float())[None], given=list(map(str, constraints)), method="exact")
    return Conditional(tree, "exact", math.nan, pd.DataFrame(), draws, ())


def _by_guide(problem: Problem, constraints: list[Constraint], draws: int, seed: int, least_ess: float) -> Conditional:
    """Of more particles than were asked for, every n-th is kept; they are judged before."""
    quiet = torch.zeros(1, problem.horizon, len(problem.assets))
    for constraint in constraints:  # refuses a wrong name or day before anything is drawn
        constraint.of(quiet, problem.assets)
    each = -(-draws // ISLANDS)
    for particles in dict.fromkeys(each * -(-least // each) for least in GUIDED):
        streams = [stream(seed, f"guide {island}", 0) for island in range(ISLANDS)]
        runs = [guided(problem, constraints, particles, generator) for generator in streams]
        paths = torch.stack([path for path, _ in runs])
        diagnostics = convergence.diagnose(paths, problem.assets)
        if convergence.converged(diagnostics, least_ess):
            break
    convergence.require_converged(diagnostics, constraints, ISLANDS * particles, least_ess)
    chance, notes = _chance(constraints, [math.exp(log) for _, log in runs]), convergence.caveats(diagnostics)
    tree = problem.tree(paths[:, :: particles // each], given=list(map(str, constraints)), method="guided particles")
    return Conditional(tree, "guided", chance, diagnostics, ISLANDS * particles, notes)


def _by_chains(
    problem: Problem, constraints: Sequence[Constraint], draws: int, seed: int, particles: int, thin: int,
    least_ess: float,
) -> Conditional:  # fmt: skip
    score, bands, notes = _score(problem, constraints, seed)
    each = -(-draws // ISLANDS)
    runs = [_island(problem, score, each, seed, island, particles, thin) for island in range(ISLANDS)]
    paths, spent = torch.stack([path for path, _, _ in runs]), PILOT + sum(evaluations for _, _, evaluations in runs)
    diagnostics = convergence.diagnose(paths, problem.assets)
    convergence.require_converged(diagnostics, bands, spent, least_ess)
    chance, notes = _chance(constraints, [p for _, p, _ in runs]), notes + convergence.caveats(diagnostics)
    tree = problem.tree(paths, given=list(map(str, bands)), method="sequential Monte Carlo and MCMC in noise space")
    return Conditional(tree, "mcmc", chance, diagnostics, spent, notes)


def _chance(constraints: Sequence[Constraint], islands: list[float]) -> float:
    """Mean over the islands; a value has a density and no probability."""
    return math.nan if any(constraint.is_value for constraint in constraints) else float(np.mean(islands))


@torch.no_grad()
def _score(
    problem: Problem, constraints: Sequence[Constraint], seed: int
) -> tuple[Score, list[Constraint], tuple[str, ...]]:
    """Minus the largest violation in prior standard deviations, 0 when all constraints are met; the bands; notes."""
    paths = problem.decode(problem.prior(PILOT, seed, "scale"))
    scales = [float(constraint.of(paths, problem.assets).std()) for constraint in constraints]
    bands = [constraint.widened(VALUE_BAND * scale) for constraint, scale in zip(constraints, scales)]
    notes = tuple(
        f"{constraint} was asked of a sampler that is not linear, and is held within +-{VALUE_BAND * scale:.3g}"
        for constraint, scale in zip(constraints, scales)
        if constraint.is_value
    )

    def score(path: Tensor) -> Tensor:
        missed = [band.violation(band.of(path, problem.assets)) / scale for band, scale in zip(bands, scales)]
        return -torch.stack(missed).max(dim=0).values

    return score, bands, notes


@torch.no_grad()
def _island(
    problem: Problem, score: Score, draws: int, seed: int, island: int, particles: int, thin: int
) -> tuple[Tensor, float, int]:
    """One population: down to the band, spread over it, then ``draws`` kept paths, particle by particle; the chance of
    the band, and the evaluations spent.
    """
    stage = f"island {island}"
    found = split(problem, score, 0.0, 4 * particles, 0.2, seed, stage)
    generator = stream(seed, f"{stage} chains", 0)
    kernel = Kernel(problem, generator)
    chosen = torch.as_tensor(generator.permutation(len(found.noise))[:particles])
    chosen = chosen.repeat(-(-particles // len(chosen)))[:particles]
    noise, values = run(kernel, found.noise[chosen], found.values[chosen], score, 0.0, 2 * thin)
    kept = []
    for _ in range(-(-draws // particles)):
        noise, values = run(kernel, noise, values, score, 0.0, thin)
        kept.append(noise)
    states = torch.stack(kept, dim=1).flatten(0, 1)[:draws]
    evaluations = found.evaluations + (2 + len(kept)) * thin * particles + len(states)
    return problem.decode(states), found.probability, evaluations
