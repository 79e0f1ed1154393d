r"""Variational autoencoder of joint scores (Kingma & Welling 2014): a few latent numbers describe the kind of day.

.. math:: h\sim N(0, I),\qquad s = \mu(h) + \sigma(h)\odot\varepsilon,

trained on :math:`-E_q\log p(s\mid h) + \mathrm{KL}(q(h\mid s)\,\|\,N(0,I))`. It starts near :math:`\mu = 0`,
:math:`\sigma = 1`, the independent normal distribution; :math:`\sigma(h)` can give all assets a large day at once,
:math:`\mu(h)` factors.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from workbench._require import count
from workbench.samplers.shocks._classical import SHOCKS
from workbench.samplers.shocks._learned import Learned, perceptron


@SHOCKS.register("vae")
class Vae(Learned):
    """Autoencoder with ``latent`` numbers a day."""

    rate, decay = 2e-3, 1e-2

    def __init__(self, latent: int = 4, **options: Any) -> None:
        super().__init__(**options)
        self.latent = count("latent", latent, 1)

    def _inner(self, assets: int) -> int:
        return self.latent + assets

    def network(self, assets: int, generator: torch.Generator) -> nn.Module:
        return Autoencoder(assets, self.latent, self.hidden, generator)

    def loss(self, network: Any, rows: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
        scores = self.augmented(rows[0], generator)
        noise = torch.randn(len(scores), self.latent, generator=generator).to(scores.device)
        mean, log_scale = network.encode(scores)
        centre, log_width = network.decode(mean + log_scale.exp() * noise)
        missed = (0.5 * ((scores - centre) * (-log_width).exp()).square() + log_width).sum(dim=1)
        information = (0.5 * (mean.square() + (2 * log_scale).exp() - 1) - log_scale).sum(dim=1)
        return (missed + information).mean() / scores.shape[1]

    def raw(self, noise: Tensor) -> Tensor:
        centre, log_width = self.network_.decode(noise[:, : self.latent])
        return centre + log_width.exp() * noise[:, self.latent :]


class Autoencoder(nn.Module):
    """Encoder to mean and log scale of the latent numbers, decoder to mean and log scale of the scores."""

    def __init__(self, assets: int, latent: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.encoder = perceptron([assets + 1, hidden, hidden, 2 * latent], generator, last=0.1)
        self.decoder = perceptron([latent, hidden, hidden, 2 * assets + 1], generator, last=0.1)

    def encode(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        size = scores.square().mean(dim=1, keepdim=True).log()
        mean, log_scale = self.encoder(torch.cat([scores, size], dim=1)).chunk(2, dim=1)
        return mean, log_scale.clamp(-5, 2)

    def decode(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log scale; one of the outputs is a scale common to all assets."""
        out = self.decoder(hidden)
        centre, log_width = out[:, 1:].chunk(2, dim=1)
        return centre, (log_width + out[:, :1]).clamp(-3, 2)
