r"""Along: scenarios in which one linear factor follows a path that is given day by day.

A value for every day cannot be met by waiting for it. For samplers of the grid, :math:`r = \mu_i + \sigma_i\odot z` with
state :math:`i` and shock :math:`z`, an auxiliary particle filter (Pitt & Shephard 1999) chooses: of many candidate
shocks each particle takes one whose factor return is near the day's value :math:`v` (Gaussian kernel), particles are
resampled by how likely their state made the value, and what is left is closed by regression,

.. math:: r \leftarrow r + \frac{\Sigma_i w}{w^\top\Sigma_i w}\,(v - w^\top r),

exact when shocks are normal (Beaumont, Zhang & Balding 2002 for the general idea). Volatility then follows the path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from workbench import scenarios
from workbench.errors import ParameterError, Refusal
from workbench.samplers.grid import Filtered
from workbench.samplers.noise import stream
from workbench.stress.problem import Problem

CANDIDATES = 2048  # shocks that every particle may choose from, a day
WIDTH = 0.1  # of the factor's daily standard deviation: the kernel where candidates are plenty
ENOUGH = 30.0  # candidates that must share the choice, or the kernel widens
LEAST_STATES = 0.02  # share of the particles that must survive a day


@dataclass(frozen=True)
class Along:
    """Paths that follow the factor. log_likelihood : of the path under the sampler, up to a constant. surprise : by day,
    the given value in standard deviations of its forecast. effective : the smallest share of particles that survived.
    """

    tree: xr.DataTree
    log_likelihood: float
    surprise: np.ndarray
    effective: float


@torch.no_grad()
def along(
    sampler: Filtered, weights: Mapping[str, float], values: Sequence[float], draws: int = 2000, seed: int = 0, start="last"
) -> Along:
    """Draw ``draws`` scenarios whose factor ``sum_i w_i r_i`` takes ``values`` (one a day) exactly.

    Raises ParameterError for a sampler outside the grid, Refusal when hardly any state could have made a day's value.
    """
    if not isinstance(sampler, Filtered):
        raise ParameterError(f"along needs a sampler of the grid (filter x shocks x tails), got {type(sampler).__name__}; "
                             "use given() with bands")
    unknown = sorted(set(weights) - set(sampler.assets_))
    if unknown or not len(values):
        raise ParameterError(f"weights name {unknown}, which the sampler does not have, or no values were given")
    factor = torch.tensor([weights.get(name, 0.0) for name in sampler.assets_])
    generator = stream(seed, "along", 0)
    state = dict(Problem(sampler, 1, start)._state(torch.zeros(draws, 1)))
    root = state.pop("root", None)
    state = {name: value.expand(draws, *value.shape[1:]) for name, value in state.items()}
    paths, told, surprise, least = torch.empty(draws, 0, len(factor)), 0.0, [], 1.0
    for value in values:
        shocks = _candidates(sampler, root, generator)
        mean, scale = sampler.filter.moments(state)
        mean, scale = mean.expand(draws, len(factor)), scale.expand(draws, len(factor))
        today, likelihood, gap = _choose(mean, scale, shocks, factor, float(value), generator)
        chosen, share = _resample(likelihood, generator, value)
        paths = torch.cat([paths[chosen], today[chosen][:, None]], dim=1)
        state = sampler.filter.update({name: part[chosen] for name, part in state.items()}, today[chosen])
        told, least = told + float(likelihood.mean().log()), min(least, share)
        surprise.append(gap)
    tree = scenarios.assemble(paths.numpy()[None], sampler.assets_, method="along a given factor path")
    return Along(tree, told, np.array(surprise), least)


def _candidates(sampler: Filtered, root: Tensor | None, generator: np.random.Generator) -> Tensor:
    noise = torch.as_tensor(generator.standard_normal((CANDIDATES, sampler.width), dtype=np.float32))
    shocks = sampler.shocks.decode(noise)
    return shocks if root is None else shocks @ root[0]


def _choose(
    mean: Tensor, scale: Tensor, shocks: Tensor, factor: Tensor, value: float, generator: np.random.Generator
) -> tuple[Tensor, Tensor, float]:
    """One day's returns (draw, asset) on the value, the value's likelihood (draw,), and how far out it was."""
    exposure = scale * factor  # (draw, asset)
    made = (mean @ factor)[:, None] + exposure @ shocks.T  # (draw, candidate)
    spread = made.std(dim=1, keepdim=True)
    miss = (made - value) / spread
    likelihood = (-0.5 * (miss / WIDTH).square()).exp().mean(dim=1) / spread[:, 0] + 1e-12
    kernel = _kernel(miss)
    picked = torch.multinomial(kernel, 1, generator=_torch(generator))[:, 0]
    covariance = torch.cov(shocks.T)
    loading = scale * (exposure @ covariance)
    loading = loading / (loading @ factor)[:, None]
    returns = mean + scale * shocks[picked]
    returns = returns + loading * (value - returns @ factor)[:, None]
    forecast = float((value - made.mean()) / made.std())
    return returns, likelihood, forecast


def _kernel(miss: Tensor) -> Tensor:
    """Gaussian weights (draw, candidate), widened row by row until enough candidates share them."""
    width = torch.full((len(miss), 1), WIDTH)
    nearest = miss.abs().min(dim=1, keepdim=True).values
    for _ in range(12):
        weights = (-0.5 * ((miss.abs() - nearest) / width).square()).exp()
        few = weights.sum(dim=1, keepdim=True).square() / weights.square().sum(dim=1, keepdim=True) < ENOUGH
        if not few.any():
            break
        width = torch.where(few, 1.5 * width, width)
    return weights


def _resample(likelihood: Tensor, generator: np.random.Generator, value: float) -> tuple[Tensor, float]:
    """Systematic resampling; refuse when the day's value rests on too few states."""
    weights = (likelihood / likelihood.sum()).double()
    share = float(1 / weights.square().sum()) / len(weights)
    if share < LEAST_STATES:
        raise Refusal(
            f"hardly any path could have led to a factor return of {value:.3g}: {share:.1%} of the particles carry it; "
            "raise draws or use a sampler with heavier tails"
        )
    comb = (torch.arange(len(weights)) + generator.random()) / len(weights)
    return torch.searchsorted(weights.cumsum(0), comb).clamp(max=len(weights) - 1), share


def _torch(generator: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(generator.integers(2**62)))
