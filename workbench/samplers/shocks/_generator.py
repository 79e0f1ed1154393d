r"""A generator trained on the scores of forecasts, without an adversary.

.. math:: s = z + g(z, e)\,z + m(z, e), \qquad z, e\ \text{standard normal},

trained so that random books cannot distinguish generated days from real ones: for a random direction :math:`a` the
energy distance in one dimension, :math:`E|a'S-a's| - \tfrac12 E|a'S-a'S'|` (twice the CRPS of the book a), averaged
over many directions: the sliced form of the energy score that judges in the end. Proper, so the true distribution is
its minimum, and steadier than the inner game of a Wasserstein GAN. One pass through a small network gives a draw.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from workbench._require import count
from workbench.samplers.shocks._classical import SHOCKS
from workbench.samplers.shocks._learned import Field, Learned
from workbench.stats import mean_crps

DIRECTIONS = 64  # random books a step


@SHOCKS.register("generator")
class Generator(Learned):
    """One-pass generator with ``extra`` normals that say what kind of day it is."""

    rate, decay = 1e-3, 1e-1

    def __init__(self, extra: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.extra = count("extra", extra, 1)

    def _inner(self, assets: int) -> int:
        return assets + self.extra

    def network(self, assets: int, generator: torch.Generator) -> nn.Module:
        return Field(assets, self.extra, self.hidden, generator)

    def loss(self, network: Any, rows: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
        scores = self.augmented(rows[0], generator)
        assets = scores.shape[1]
        noise = torch.randn(2 * len(scores), assets + self.extra, generator=generator).to(scores.device)
        books = torch.randn(assets, DIRECTIONS, generator=generator).to(scores.device)
        books = books / books.norm(dim=0)
        return mean_crps(_generate(network, noise, assets) @ books, scores @ books).mean()

    def raw(self, noise: Tensor) -> Tensor:
        return _generate(self.network_, noise, self.scores_.shape[1])


def _generate(network: nn.Module, noise: Tensor, assets: int) -> Tensor:
    z = noise[:, :assets]
    return z + network(z, noise[:, assets:])
