r"""Markov moves in noise space that leave the standard normal distribution as it is; they need only the map.

* preconditioned Crank-Nicolson (Cotter et al. 2013): :math:`n' = \sqrt{1-s^2}\,n + s\,\xi`, for smooth maps;
* refresh: the noise of a few random days is drawn anew, for maps that jump (a bootstrap's index);
* swap: two days change places, which keeps the distribution and whatever depends on their sum.

A chain takes one of the three at random and accepts if it stays in its set (Metropolis on a truncated normal). The two
scales are tuned towards the acceptance rate that is best for such chains, .44 (Papaioannou et al. 2015).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from workbench.stress.problem import Event

WANTED = 0.44
Mix = tuple[float, float, float]
SMOOTH: Mix = (0.85, 0.15, 0.0)  # shares of the three moves for maps with a gradient
JUMPS: Mix = (0.2, 0.65, 0.15)  # and for maps without


@dataclass
class Kernel:
    """Moves of chains in the noise of one event's problem, with scales that adapt."""

    event: Event
    generator: np.random.Generator
    mix: Mix = JUMPS
    scales: Tensor = field(default_factory=lambda: torch.tensor([0.5, 0.3]))

    def propose(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """New noise (draw, dim), and which move made each (draw,): 0 Crank-Nicolson, 1 refresh, 2 swap."""
        fresh = torch.as_tensor(self.generator.standard_normal(noise.shape, dtype=np.float32))
        kind = torch.as_tensor(self.generator.choice(3, size=len(noise), p=self.mix))
        size = float(self.scales[0])
        moved = (1 - size**2) ** 0.5 * noise + size * fresh
        moved = torch.where((kind == 1)[:, None], torch.where(self._mask(len(noise)), fresh, noise), moved)
        moved[kind == 2] = self._swapped(noise[kind == 2])
        return moved, kind

    def _mask(self, draws: int) -> Tensor:
        """Which coordinates a refresh draws anew: whole days, one at the least."""
        problem = self.event.problem
        days = torch.as_tensor(self.generator.random((draws, problem.horizon)) < float(self.scales[1]) ** 2)
        days[torch.arange(draws), torch.as_tensor(self.generator.integers(problem.horizon, size=draws))] = True
        start = torch.as_tensor(self.generator.random((draws, problem.free)) < 0.2)
        return torch.cat([start, days.repeat_interleave(problem.sampler.width, dim=1)], dim=1)

    def _swapped(self, noise: Tensor) -> Tensor:
        problem = self.event.problem
        free, horizon = problem.free, problem.horizon
        days = noise[:, free:].reshape(len(noise), horizon, problem.sampler.width)
        pair = torch.as_tensor(self.generator.integers(horizon, size=(2, len(noise))))
        order = torch.arange(horizon).repeat(len(noise), 1)
        rows = torch.arange(len(noise))
        order[rows, pair[0]], order[rows, pair[1]] = pair[1], pair[0]
        return torch.cat([noise[:, :free], days[rows[:, None], order].flatten(1)], dim=1)

    def adapt(self, kind: Tensor, accepted: Tensor) -> None:
        """Move each scale a little towards the wanted rate; larger when too much is accepted."""
        for move in range(2):
            if (kind == move).any():
                rate = float(accepted[kind == move].float().mean())
                size = float(self.scales[move]) * np.exp(0.7 * (rate - WANTED))
                self.scales[move] = float(np.clip(size, 0.02, 0.98))

    def step(self, noise: Tensor, values: Tensor, floor: float) -> tuple[Tensor, Tensor]:
        """One move of every chain: new noise (draw, dim) and scores (draw,). A chain stays where its score would fall
        below ``floor``.
        """
        proposed, kind = self.propose(noise)
        scores = self.event.values(proposed)
        accepted = scores >= floor
        self.adapt(kind, accepted)
        return torch.where(accepted[:, None], proposed, noise), torch.where(accepted, scores, values)

    @torch.no_grad()
    def run(self, noise: Tensor, values: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Noise and scores after ``steps`` moves of every chain within the event."""
        for _ in range(steps):
            noise, values = self.step(noise, values, self.event.level)
        return noise, values
