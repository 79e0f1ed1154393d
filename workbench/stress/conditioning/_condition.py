r"""Given: what the sampler says when part of the future is known.

* Values of linear functionals are met exactly where the sampler is affine in its noise (:mod:`.affine`).
* Moves, in bands or at values, under a sampler of the grid: guided particles (:mod:`.guided`).
* Anything else (a book's loss, realised volatility, another sampler, many starts): subset simulation down to the band
  (:mod:`.splitting`), then Markov chains inside it (:mod:`.kernels`).

The last two run in four islands that share nothing, and ArviZ judges them: R-hat over the islands sees one that found
another region, ESS sees chains that do not move and particles that share an ancestor. When they fail, no answer is
given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from workbench import scenarios
from workbench.errors import ParameterError, Refusal
from workbench.samplers import Filtered, Sampler
from workbench.samplers.noise import stream
from workbench.stress._kernels import Kernel, step
from workbench.stress.conditioning._affine import affine, demand_consistent
from workbench.stress.conditioning._guided import guided
from workbench.stress.events import Constraint, Move
from workbench.stress.problem import Problem
from workbench.stress.rare_events._splitting import split

ISLANDS = 4
GUIDED = (1536, 12_288)  # least particles of a guided island, and those of a second try when the first is refused
VALUE_BAND = 0.05  # half-width, in prior standard deviations, of the band that stands for a value
WORST_RHAT, LEAST_ESS = 1.05, 200.0


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
    sampler: Sampler,
    constraints: Sequence[Constraint],
    draws: int = 10_000,
    horizon: int = 20,
    seed: int = 0,
    start="last",
    particles: int = 256,
    thin: int = 4,
    least_ess: float = LEAST_ESS,
) -> Conditional:
    """Draw ``draws`` scenarios of ``horizon`` days from the sampler's law given all constraints.

    start : as in :class:`Problem`. particles : chains an island. thin : moves between two kept draws.
    least_ess : months of days at given values leave few ancestors; whoever asks for less than 200 effective draws gets
    an answer that says so.

    Raises Refusal when constraints contradict each other, when the sampler cannot meet them, or when the chains fail
    (R-hat above 1.05 or ESS below ``least_ess`` for the move of any asset).
    """
    if not constraints:
        raise ParameterError("given needs at least one constraint; without any, use the sampler's own sample()")
    problem = Problem(sampler, horizon, start)
    if all(constraint.is_value for constraint in constraints):
        linear = affine(problem, [constraint.of for constraint in constraints], seed)
        if linear is not None:
            return _exact(problem, linear, constraints, draws, seed)
    if isinstance(sampler, Filtered) and not problem.free and all(isinstance(c.of, Move) for c in constraints):
        return _by_guide(problem, constraints, draws, seed, least_ess)
    return _islands(problem, constraints, draws, seed, particles, thin, least_ess)


def _by_guide(
    problem: Problem, constraints: Sequence[Constraint], draws: int, seed: int, least_ess: float
) -> Conditional:
    """Of more particles than were asked for, every n-th is kept; they are judged before."""
    _demand_moves(problem, constraints)
    each = -(-draws // ISLANDS)
    for particles in dict.fromkeys(each * -(-least // each) for least in GUIDED):
        runs = [_guided_island(problem, constraints, particles, seed, island) for island in range(ISLANDS)]
        paths = torch.stack([path for path, _ in runs])
        diagnostics = diagnose(paths, problem.assets)
        if _converged(diagnostics, least_ess):
            break
    _demand_converged(diagnostics, constraints, ISLANDS * particles, least_ess)
    value = any(constraint.is_value for constraint in constraints)
    probability = float("nan") if value else float(np.mean(np.exp([log for _, log in runs])))
    tree = _tree(problem, paths[:, :: particles // each], constraints, "guided particles")
    return Conditional(tree, "guided", probability, diagnostics, ISLANDS * particles, _few(diagnostics))


def _guided_island(
    problem: Problem, constraints: Sequence[Constraint], particles: int, seed: int, island: int
) -> tuple[Tensor, float]:
    generator = stream(seed, f"guide {island}", 0)
    return guided(problem.sampler, problem.start, list(constraints), problem.horizon, particles, generator)


def _demand_moves(problem: Problem, constraints: Sequence[Constraint]) -> None:
    """Evaluate once on quiet paths, so that a wrong name or day is told before anything is drawn."""
    quiet = torch.zeros(1, problem.horizon, len(problem.assets))
    for constraint in constraints:
        constraint.of(quiet, problem.assets)


def _exact(problem: Problem, linear, constraints: Sequence[Constraint], draws: int, seed: int) -> Conditional:
    values = torch.tensor([constraint.low for constraint in constraints], dtype=torch.float64)
    demand_consistent(linear, values)
    noise = linear.conditional(values, problem.prior(draws, seed, "given"))
    paths = problem.decode(noise.float())[None]
    return Conditional(_tree(problem, paths, constraints, "exact"), "exact", float("nan"), pd.DataFrame(), draws, ())


def _islands(
    problem: Problem, constraints: Sequence[Constraint], draws: int, seed: int, particles: int, thin: int,
    least_ess: float,
) -> Conditional:  # fmt: skip
    score, bands, notes = _score(problem, constraints, seed)
    each = -(-draws // ISLANDS)
    runs = [_island(problem, score, each, seed, island, particles, thin) for island in range(ISLANDS)]
    paths = torch.stack([run[0] for run in runs])  # (island, draw, time, asset)
    diagnostics = diagnose(paths, problem.assets)
    evaluations = 1000 + sum(run[2] for run in runs)
    _demand_converged(diagnostics, bands, evaluations, least_ess)
    value = any(constraint.is_value for constraint in constraints)
    probability = float("nan") if value else float(np.mean([run[1] for run in runs]))
    tree = _tree(problem, paths, bands, "sequential Monte Carlo and MCMC in noise space")
    return Conditional(tree, "mcmc", probability, diagnostics, evaluations, notes + _few(diagnostics))


@torch.no_grad()
def _score(problem: Problem, constraints: Sequence[Constraint], seed: int):
    """Minus the largest violation in prior standard deviations, 0 when all constraints are met."""
    paths = problem.decode(problem.prior(1000, seed, "scale"))
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
    problem: Problem, score, draws: int, seed: int, island: int, particles: int, thin: int
) -> tuple[Tensor, float, int]:
    """One population: down to the band, spread over it, then ``draws`` kept states, particle by particle."""
    stage = f"island {island}"
    found = split(problem, score, 0.0, 4 * particles, 0.2, seed, stage)
    generator = stream(seed, f"{stage} chains", 0)
    kernel = Kernel(problem, generator)
    chosen = torch.as_tensor(generator.permutation(len(found.noise))[:particles])
    chosen = chosen.repeat(-(-particles // len(chosen)))[:particles]
    noise, values = found.noise[chosen], found.values[chosen]
    keep = -(-draws // particles)
    kept = []
    for number in range(2 * thin + keep * thin):
        noise, values, _ = step(kernel, noise, values, score, 0.0)
        if number >= 2 * thin and (number + 1) % thin == 0:
            kept.append(noise)
    states = torch.stack(kept, dim=1).flatten(0, 1)[:draws]
    evaluations = found.evaluations + (2 + keep) * thin * particles + len(states)
    return problem.decode(states), found.probability, evaluations


def diagnose(paths: Tensor, assets: Sequence[str]) -> pd.DataFrame:
    """Rank-normalised split R-hat, bulk and tail ESS of each asset's cumulative move; paths (island, draw,
    time, asset).
    """
    values = paths.sum(dim=2).double().numpy()
    free = values.std(axis=(0, 1)) > 1e-6  # what is held at a value does not vary, and has nothing to converge
    assets = [name for name, varies in zip(assets, free) if varies]
    moves = xr.Dataset({"move": (("chain", "draw", "asset"), values[..., free])}, {"asset": assets})
    columns = {
        "r_hat": az.rhat(moves),
        "ess_bulk": az.ess(moves),
        "ess_tail": az.ess(moves, method="tail"),
    }
    return pd.DataFrame({name: value["move"].values for name, value in columns.items()}, index=list(assets))


def _least(diagnostics: pd.DataFrame) -> pd.Series:
    return diagnostics[["ess_bulk", "ess_tail"]].min(axis=1)


def _few(diagnostics: pd.DataFrame) -> tuple[str, ...]:
    """What must be said of an answer that rests on few draws."""
    least = _least(diagnostics)
    few = f"rests on {least.min():.0f} effective draws for the move of {least.idxmin()!r}, fewer than {LEAST_ESS:.0f}"
    return (few,) if least.min() < LEAST_ESS else ()


def _converged(diagnostics: pd.DataFrame, least_ess: float) -> bool:
    return bool(diagnostics["r_hat"].max() <= WORST_RHAT and _least(diagnostics).min() >= least_ess)


def _demand_converged(
    diagnostics: pd.DataFrame, bands: Sequence[Constraint], evaluations: int, least_ess: float
) -> None:
    rhat, ess = diagnostics["r_hat"], _least(diagnostics)
    if not _converged(diagnostics, least_ess):
        raise Refusal(
            f"the chains did not agree on {_named(bands)}: R-hat {rhat.max():.3f} "
            f"({rhat.idxmax()!r}, at most "
            f"{WORST_RHAT}), ESS {ess.min():.0f} ({ess.idxmin()!r}, at least {least_ess:.0f}) after {evaluations} "
            "evaluations; widen the bands, ask for more draws, or for an answer of fewer effective ones (least_ess)"
        )


def _tree(problem: Problem, paths: Tensor, constraints: Sequence[Constraint], method: str) -> xr.DataTree:
    return scenarios.assemble(
        paths.numpy(),
        problem.assets,
        given=[str(constraint) for constraint in constraints],
        method=method,
        horizon=problem.horizon,
    )


def _named(bands: Sequence[Constraint]) -> str:
    more = f" and {len(bands) - 2} more" if len(bands) > 2 else ""
    return "; ".join(map(str, bands[:2])) + more
