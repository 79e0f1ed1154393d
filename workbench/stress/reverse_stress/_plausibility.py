r"""How plausible a scenario is to the sampler that made it.

*Cost*: for a continuous map the squared noise norm :math:`\|n\|^2`. A bootstrap's noise is a row number, and its
norm means nothing; there the cost is :math:`\sum_t z_t^\top S^{-1} z_t` of the daily shocks the noise decodes to (for
samplers without shocks: of the daily returns), which is the same number when shocks are normal.

*Plausibility*: the share of the sampler's own draws whose horizon moves lie at least as far from their centre, in
Mahalanobis distance. For normal moves that is the :math:`\chi^2` tail at the squared distance, one degree of freedom an
asset.

*Log likelihood ratio*: :math:`-\tfrac12(\text{cost} - \text{cost of the quietest path})`, the log density of the
scenario's noise against that of unconditional noise at its mode.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.samplers import Filtered
from workbench.stress.problem import Problem

OWN_DRAWS = 4000


class Plausibility:
    """Costs and plausibility levels of one problem's scenarios; ``continuous``: the noise norm is a cost."""

    @torch.no_grad()
    def __init__(self, problem: Problem, continuous: bool, seed: int = 0) -> None:
        self.problem, self.continuous = problem, continuous
        noise = problem.prior(OWN_DRAWS, seed, "own draws")
        moves = problem.decode(noise).sum(dim=1).double()
        self.centre, spread = moves.mean(dim=0), torch.cov(moves.T)
        self.precision = torch.linalg.pinv(torch.atleast_2d(spread))
        self.own = self._distance(moves).sort().values
        if not continuous:
            days = self._days(noise).flatten(0, 1)
            self.day_precision = torch.linalg.pinv(torch.atleast_2d(torch.cov(days.T)))
        self.quietest = 0.0 if continuous else problem.horizon * float(self._by_day(noise).min())

    @torch.no_grad()
    def cost(self, noise: Tensor) -> Tensor:
        """Cost (draw,) of noise (draw, dim)."""
        if self.continuous:
            return noise.double().square().sum(dim=1)
        return self._by_day(noise).sum(dim=1)

    def _by_day(self, noise: Tensor) -> Tensor:
        days = self._days(noise)
        return ((days @ self.day_precision) * days).sum(dim=-1)

    def _days(self, noise: Tensor) -> Tensor:
        """Daily shocks, or returns, (draw, time, asset)."""
        sampler, problem = self.problem.sampler, self.problem
        if not isinstance(sampler, Filtered):
            return problem.decode(noise).double()
        days = noise[:, problem.free :].reshape(-1, sampler.width)
        return sampler.shocks.decode(days).reshape(len(noise), problem.horizon, -1).double()

    def _distance(self, moves: Tensor) -> Tensor:
        gap = moves - self.centre
        return ((gap @ self.precision) * gap).sum(dim=-1).sqrt()

    def level(self, moves: Tensor) -> Tensor:
        """Share (scenario,) of own draws at least as far out as these horizon moves (scenario, asset); never
        below 1/(n+1).
        """
        beyond = len(self.own) - torch.searchsorted(self.own, self._distance(moves.double()))
        return (1 + beyond) / (1 + len(self.own))

    def log_ratio(self, cost: Tensor) -> Tensor:
        """Log density (scenario,) against the mode of unconditional noise."""
        return -0.5 * (cost - self.quietest)
