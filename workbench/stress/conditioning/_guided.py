r"""Guided particles: sequential Monte Carlo with a look ahead to the constraints, for composed samplers.

Composed samplers say :math:`r = \mu_i + \sigma_i\odot z` in state :math:`i`. A linear functional with :math:`g` to
go and :math:`k` days left is met with a chance of about :math:`\psi_t = P(N(k\,w^\top\mu_i,\; k\,c\,w^\top\Sigma_i w)
\in g)`, so every day each particle chooses among many candidate shocks with chances proportional to :math:`\psi_t`
and is weighted by :math:`\bar\psi_t/\psi_{t-1}` (an auxiliary particle filter, Pitt & Shephard 1999; twisted by a
look ahead, Guarniero, Johansen & Lee 2017). On its last day a band is an indicator, so that the distribution is the
conditional one whatever the guess; a value is a narrow kernel and what is left is closed by regression, exact for
normal shocks,

.. math:: r \leftarrow r + \Sigma_i W\,(W^\top\Sigma_i W)^{-1}(v - W^\top r).

The product of mean weights estimates the probability of the bands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import torch
from torch import Tensor

from workbench.errors import Refusal
from workbench.samplers import Filtered
from workbench.samplers.filters import QuantileTracking
from workbench.stress.events import Constraint, Move
from workbench.stress.problem import Problem

CANDIDATES = (512, 4096)  # shocks that the particles choose from, a day: all share them, so few particles get more
CELLS = 1_200_000  # particles times candidates, when that lies between
KERNEL = 0.1  # width, in the functional's daily standard deviations, of the kernel that stands for a value
LOOK_AHEAD = 2.0  # c above: the guess is wider than normal, because volatility moves and shocks have tails
ENOUGH = 30.0  # candidates that must share a choice at a value
FIXED = ("root", "edge", "stretch")  # parts of a state that stay as they are over the horizon
RARE, NEVER = -80.0, -1e4  # logs of the smallest guess ahead, and of what cannot be on the last day


@dataclass
class Guide:
    """The constraints as arrays, and what each particle has so far, (draw, constraint)."""

    weights: Tensor  # (constraint, asset)
    first: list[int]
    last: list[int]
    low: Tensor
    high: Tensor
    so_far: Tensor
    log_psi: Tensor  # (draw,)

    @classmethod
    def of(cls, constraints: Sequence[Constraint], assets: list[str], horizon: int, draws: int) -> Guide:
        """Constraints on moves, over a horizon, for this many particles."""
        moves = [cast(Move, constraint.of) for constraint in constraints]
        weights = torch.tensor([[float(move.by_asset.get(name, 0.0)) for name in assets] for move in moves])
        low, high = torch.tensor([(constraint.low, constraint.high) for constraint in constraints]).T
        first, last = [move.first for move in moves], [move.last or horizon for move in moves]
        return cls(weights, first, last, low, high, torch.zeros(draws, len(first)), torch.zeros(draws))

    def active(self, day: int) -> list[int]:
        """Constraints that this day counts for; days are numbered from 1."""
        return [row for row in range(len(self.first)) if self.first[row] <= day <= self.last[row]]

    def ends(self, day: int) -> list[int]:
        """Constraints on a value that end today."""
        return [row for row in self.active(day) if self.last[row] == day and self.low[row] == self.high[row]]


@torch.no_grad()
def guided(
    problem: Problem, constraints: Sequence[Constraint], draws: int, generator: np.random.Generator
) -> tuple[Tensor, float]:
    """Paths (draw, time, asset) that meet constraints on moves, and the log of the chance of meeting them (for values:
    of their density, up to a constant). The problem has a composed sampler and a single start.

    Particles of one ancestor stand side by side, so that the autocorrelation along draws shows how few there were.
    Raises Refusal when no particle can meet a day's constraints.
    """
    sampler, horizon = cast(Filtered, problem.sampler), problem.horizon
    fixed = {name: problem.state[name] for name in FIXED if name in problem.state}
    moving = {name: value for name, value in problem.state.items() if name not in fixed}
    state = {name: value.expand(draws, *value.shape[1:]) for name, value in moving.items()}
    guide = Guide.of(constraints, sampler.assets_, horizon, draws)
    paths, log_weight, log_chance = torch.empty(draws, 0, len(sampler.assets_)), torch.zeros(draws), 0.0
    for day in range(1, horizon + 1):
        today, news, gain = _day(sampler, state, fixed, guide, day, generator)
        log_weight = log_weight + gain
        paths = torch.cat([paths, today[:, None]], dim=1)
        state = sampler.filter.simulate_step(state, news)
        if day == horizon or not float(1 / torch.softmax(log_weight, 0).square().sum()) > 0.5 * draws:
            chosen = _resample(log_weight, generator, day)
            log_chance += float(torch.logsumexp(log_weight, 0)) - math.log(draws)
            paths, log_weight = paths[chosen], torch.zeros(draws)
            state = {name: value[chosen] for name, value in state.items()}
            guide.so_far, guide.log_psi = guide.so_far[chosen], guide.log_psi[chosen]
    return paths, log_chance


def _day(
    sampler: Filtered, state: dict[str, Tensor], fixed: dict[str, Tensor], guide: Guide, day: int,
    generator: np.random.Generator,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """One day's returns (draw, asset), those without a book's stretch, and what the log weights (draw,) gain."""
    draws, least, most = len(guide.log_psi), *CANDIDATES
    candidates = min(max(CELLS // draws, least), most)
    noise = torch.as_tensor(generator.standard_normal((candidates, sampler.width), dtype=np.float32))
    shocks = sampler.day_shocks(noise, fixed)
    mean, scale = sampler.filter.moments(state)
    assets = shocks.shape[1]
    mean, scale = mean.expand(draws, assets), scale.expand(draws, assets)
    rows = guide.active(day)
    covariance = torch.atleast_2d(torch.cov(shocks.T))
    excess, beta = _stretch(shocks, scale, fixed)
    ahead = partial(_look_ahead, guide, day, mean, scale, covariance)
    made = [
        (mean @ weight)[:, None] + (scale * weight) @ shocks.T + (scale * beta @ weight)[:, None] * excess
        for weight in guide.weights[rows]
    ]  # (draw, candidate) each
    moves = torch.stack(made, dim=-1) if rows else torch.zeros(draws, candidates, 0)
    log_psi = ahead(rows, moves)
    log_psi = _widened(log_psi) if guide.ends(day) else log_psi
    gain = torch.logsumexp(log_psi, dim=1) - math.log(candidates) - guide.log_psi
    chances = (log_psi - log_psi.max(dim=1, keepdim=True).values).exp()
    random = torch.Generator().manual_seed(int(generator.integers(2**62)))
    picked = torch.multinomial(chances, 1, generator=random)[:, 0]
    stretch = scale * excess.expand(draws, candidates).gather(1, picked[:, None]) * beta
    returns = _close(guide, guide.ends(day), mean + scale * shocks[picked] + stretch, scale, covariance)
    guide.so_far[:, rows] += returns @ guide.weights[rows].T
    going = [row for row in rows if guide.last[row] > day]
    guide.log_psi = ahead(going, torch.zeros(draws, 1, len(going)))[:, 0] if going else torch.zeros(draws)
    return returns, returns - stretch, gain


def _stretch(shocks: Tensor, scale: Tensor, fixed: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """How much farther a tracked book goes with each shock, (draw or 1, candidate), and its loadings (draw, asset)."""
    if "stretch" not in fixed:
        return torch.zeros(1, len(shocks)), torch.zeros_like(scale)
    norm, beta = QuantileTracking.book(scale, fixed["root"])
    return QuantileTracking.excess((scale / norm) @ shocks.T, fixed["edge"], fixed["stretch"]), beta


def _look_ahead(
    guide: Guide, day: int, mean: Tensor, scale: Tensor, covariance: Tensor, rows: list[int], moves: Tensor
) -> Tensor:
    """log psi (draw, candidate) of the constraints ``rows`` after moves (draw, candidate, constraint) of today."""
    if not rows:
        return torch.zeros(moves.shape[:2])
    exposure = scale[:, None] * guide.weights[rows]  # (draw, constraint, asset)
    spread = exposure @ covariance @ exposure.transpose(1, 2)
    left = torch.tensor([float(guide.last[row] - day) for row in rows])
    reached = guide.so_far[:, None, rows] + moves + left * (mean @ guide.weights[rows].T)[:, None]
    variance = spread.diagonal(dim1=1, dim2=2)
    log_psi = torch.zeros(moves.shape[:2])
    values = [place for place, row in enumerate(rows) if guide.low[row] == guide.high[row]]
    if values:
        wide = LOOK_AHEAD * torch.minimum(left[values, None], left[values]) * spread[:, values][:, :, values]
        wide = wide + KERNEL**2 * torch.diag_embed(variance[:, values])
        log_psi += _log_normal(reached[..., values] - guide.low[[rows[place] for place in values]], wide)
    for place, row in enumerate(rows):
        if place not in values:
            width = (LOOK_AHEAD * left[place] * variance[:, place, None]).sqrt()
            log_psi += _log_within(guide.low[row], guide.high[row], reached[..., place], width)
    return log_psi.clamp(min=RARE if float(left.max()) > 0 else NEVER)


def _log_normal(gap: Tensor, covariance: Tensor) -> Tensor:
    """Log density at gaps (draw, candidate, constraint) of normals with covariance (draw, constraint, constraint)."""
    root = torch.linalg.cholesky(covariance)
    white = torch.linalg.solve_triangular(root, gap.transpose(1, 2), upper=False)
    return -0.5 * white.square().sum(dim=1) - root.diagonal(dim1=1, dim2=2).log().sum(dim=1, keepdim=True)


def _log_within(low: Tensor, high: Tensor, reached: Tensor, width: Tensor) -> Tensor:
    """log P(low <= reached + width N(0, 1) <= high), (draw, candidate); width 0 asks whether it is within."""
    if not float(width.max()) > 0:
        return torch.where((reached >= low) & (reached <= high), 0.0, NEVER)
    return _log_between((low - reached) / width, (high - reached) / width)


def _widened(log_psi: Tensor) -> Tensor:
    """Tempered log psi (draw, candidate), by one factor for all particles, so that in most of them enough candidates
    share the choice: the kernel widens on days where few are near.
    """
    heat = 1.0
    for _ in range(14):
        chances = torch.softmax(heat * log_psi, dim=1)
        if float((1 / chances.square().sum(dim=1)).median()) >= ENOUGH:
            break
        heat *= 0.5
    return heat * log_psi


def _log_between(low: Tensor, high: Tensor) -> Tensor:
    """log(Phi(high) - Phi(low)), from whichever side keeps its digits."""
    flip = low > 0
    low, high = torch.where(flip, -high, low), torch.where(flip, -low, high)
    above, below = torch.special.log_ndtr(high), torch.special.log_ndtr(low)
    return above + torch.log1p(-(below - above).exp().clamp(max=1 - 1e-7))


def _close(guide: Guide, rows: list[int], returns: Tensor, scale: Tensor, covariance: Tensor) -> Tensor:
    """Move returns onto the values that end today, along the covariance (draw by draw)."""
    if not rows:
        return returns
    weights = guide.weights[rows]  # (value, asset)
    loading = scale[:, None] * ((weights * scale[:, None]) @ covariance)  # (draw, value, asset)
    system = loading @ weights.T
    gap = guide.low[rows] - guide.so_far[:, rows] - returns @ weights.T
    size = torch.linalg.lstsq(system, gap[..., None]).solution
    return returns + (size * loading).sum(dim=1)


def _resample(log_weight: Tensor, generator: np.random.Generator, day: int) -> Tensor:
    """Systematic resampling, in order."""
    if not float(log_weight.max()) > 0.5 * NEVER:
        raise Refusal(
            f"on day {day} no particle can meet the constraints; widen them, or use a sampler with heavier tails"
        )
    weights = torch.softmax(log_weight.double(), 0)
    comb = (torch.arange(len(weights)) + generator.random()) / len(weights)
    return torch.searchsorted(weights.cumsum(0), comb).clamp(max=len(weights) - 1)
