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
from workbench.stress._kernels import Kernel
from workbench.stress.conditioning import _convergence as convergence
from workbench.stress.conditioning._affine import Affine, affine, require_consistent
from workbench.stress.conditioning._convergence import LEAST_ESS
from workbench.stress.conditioning._guided import guided
from workbench.stress.events import Constraint, Move
from workbench.stress.problem import Event, Problem, Start
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
        paths, chances = zip(*(guided(problem, constraints, particles, generator) for generator in streams))
        diagnostics = convergence.diagnose(torch.stack(paths), problem.assets)
        if convergence.converged(diagnostics, least_ess):
            break
    convergence.require_converged(diagnostics, constraints, ISLANDS * particles, least_ess)
    kept, asked = torch.stack(paths)[:, :: particles // each], list(map(str, constraints))
    tree = problem.tree(kept, given=asked, method="guided particles")
    chance, notes = _chance(constraints, [math.exp(log) for log in chances]), convergence.caveats(diagnostics)
    return Conditional(tree, "guided", chance, diagnostics, ISLANDS * particles, notes)


def _by_chains(
    problem: Problem, constraints: Sequence[Constraint], draws: int, seed: int, particles: int, thin: int,
    least_ess: float,
) -> Conditional:  # fmt: skip
    event, bands, notes = _within(problem, constraints, seed)
    each = -(-draws // ISLANDS)
    paths, chances, spent = zip(*(_island(event, island, each, particles, thin) for island in range(ISLANDS)))
    evaluations, diagnostics = PILOT + sum(spent), convergence.diagnose(torch.stack(paths), problem.assets)
    convergence.require_converged(diagnostics, bands, evaluations, least_ess)
    method = "sequential Monte Carlo and MCMC in noise space"
    tree = problem.tree(torch.stack(paths), given=list(map(str, bands)), method=method)
    notes += convergence.caveats(diagnostics)
    return Conditional(tree, "mcmc", _chance(constraints, chances), diagnostics, evaluations, notes)


def _chance(constraints: Sequence[Constraint], islands: Sequence[float]) -> float:
    """Mean over the islands; a value has a density and no probability."""
    return math.nan if any(constraint.is_value for constraint in constraints) else float(np.mean(islands))


@torch.no_grad()
def _within(
    problem: Problem, constraints: Sequence[Constraint], seed: int
) -> tuple[Event, list[Constraint], tuple[str, ...]]:
    """The event that all constraints are met, scored by minus the largest violation in prior standard deviations; the
    bands; notes.
    """
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

    return Event(problem, score, 0.0, seed), bands, notes


@torch.no_grad()
def _island(event: Event, island: int, draws: int, particles: int, thin: int) -> tuple[Tensor, float, int]:
    """One population: down to the band, spread over it, then ``draws`` kept paths, particle by particle; the chance of
    the band, and the evaluations spent.
    """
    stage = f"island {island}"
    found = split(event, 4 * particles, 0.2, stage)
    generator = stream(event.seed, f"{stage} chains", 0)
    kernel = Kernel(event, generator)
    chosen = torch.as_tensor(generator.permutation(len(found.noise))[:particles])
    chosen = chosen.repeat(-(-particles // len(chosen)))[:particles]
    noise, values = kernel.run(found.noise[chosen], found.values[chosen], 2 * thin)
    kept = []
    for _ in range(-(-draws // particles)):
        noise, values = kernel.run(noise, values, thin)
        kept.append(noise)
    states = torch.stack(kept, dim=1).flatten(0, 1)[:draws]
    evaluations = found.evaluations + (2 + len(kept)) * thin * particles + len(states)
    return event.problem.decode(states), found.probability, evaluations
