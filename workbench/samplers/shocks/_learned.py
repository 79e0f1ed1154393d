r"""Learned joint shocks: what the five networks share.

Residuals become Gaussian scores of their ranks, so that a network learns nothing but dependence, and these are made
white by the symmetric root of their correlation, which colours what is drawn. White scores are nearly independent
normals, and that distribution (a Gaussian copula) is where every model starts: its last layer begins at zero, and
training only corrects what the history clearly shows. Against the little data stand

* symmetry: each day of a batch is reflected, :math:`s\to -s`, with probability 1/2 (the joint distribution of the
scores is
  taken as symmetric; each margin keeps its own skewness, which the margins add last);
* smoothing: :math:`s\to\sqrt{1-h^2}\,s+h\varepsilon`, which keeps standard normal scores standard normal;
* averaged weights, early stopping on the embargoed last fifth of the days, then the same number of steps on all days.

Generated scores are calibrated (:class:`.Calibration`) and the margins map them to residuals.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from workbench._require import count, number
from workbench.samplers.shocks._calibration import Calibration
from workbench.samplers.shocks._classical import Margins, Shocks
from workbench.samplers.training._loop import Plan, Record, train
from workbench.stats import normal_scores


class Learned(Shocks):
    """Base of the learned shock models: a subclass gives ``network``, ``loss``, ``raw`` and ``inner``.

    hidden : units a layer. steps : of training, at the most. smoothing : h. reflect : probability of reflection.
    mixture : degrees of freedom of a scale mixture beyond the ``beyond`` quantiles, which gives tail dependence;
    None is none. sample : draws that the calibration is learnt from. checkpoint : folder in which a fit that was
    killed finds what it had done. device : "auto", "cpu" or "cuda".
    """

    inner: int
    rate: float  # of AdamW
    decay: float

    def __init__(
        self,
        hidden: int = 64,
        steps: int = 2000,
        smoothing: float = 0.3,
        reflect: float = 0.5,
        mixture: float | None = None,
        beyond: float = 1e-3,
        sample: int = 2**18,
        checkpoint: str | None = None,
        device: str = "auto",
        progress: bool = True,
    ) -> None:
        self.hidden, self.steps = count("hidden", hidden, 1), count("steps", steps, 1)
        self.smoothing = number("smoothing", smoothing, least=0, most=1)
        self.reflect = number("reflect", reflect, least=0, most=1)
        ends = Calibration(beyond, mixture, sample)
        self.mixture, self.beyond, self.sample = ends.mixture, ends.beyond, ends.sample
        self.checkpoint, self.device, self.progress = checkpoint, device, progress

    def fit(self, residuals: np.ndarray, margins: Margins, seed: int, assets: list[str]) -> Learned:
        self.margins = margins
        scores = torch.as_tensor(normal_scores(residuals))
        self.root_ = _root(scores).float()
        self.scores_ = torch.linalg.solve(self.root_.double(), scores.T).T.float()
        self.inner = self._inner(len(assets))
        generator = torch.Generator().manual_seed(seed)
        self.network_: Any
        self.network_, self.record_ = self._train(Plan(self.steps, patience=20, clip=1.0), generator)
        whole = Plan(max(self.record_.best), validation=0.0, clip=1.0)
        self.network_, again = self._train(whole, generator.manual_seed(seed))
        self.record_.seconds += again.seconds
        self._prepare()
        self.calibration_ = Calibration(self.beyond, self.mixture, self.sample).fit(self._coloured, self.inner)
        self.width = self.inner + self.calibration_.width
        return self

    def _train(self, plan: Plan, generator: torch.Generator) -> tuple[nn.Module, Record]:
        options = {name: value for name, value in vars(self).items() if isinstance(value, (int, float, str))}
        return train(
            self.network(self.scores_.shape[1], generator),
            self.loss,
            (self.scores_,),
            replace(plan, rate=self.rate, decay=self.decay),
            generator,
            options=options,
            checkpoint=self.checkpoint,
            device=self.device,
            progress=f"{type(self).__name__.lower()} shocks" if self.progress else None,
        )

    def scores(self, noise: Tensor) -> Tensor:
        """Calibrated Gaussian scores (draw, asset) from normals (draw, width)."""
        return self.calibration_.scores(self._coloured(noise[:, : self.inner]), noise[:, self.inner :])

    def _coloured(self, noise: Tensor) -> Tensor:
        return self.raw(noise) @ self.root_

    def decode(self, noise: Tensor) -> Tensor:
        return self.margins.quantile(self.scores(noise))

    def _prepare(self) -> None:
        """What a trained network needs before it draws."""

    @abstractmethod
    def _inner(self, assets: int) -> int:
        """Columns of noise of the network itself."""

    @abstractmethod
    def network(self, assets: int, generator: torch.Generator) -> nn.Module:
        """The network before training."""

    @abstractmethod
    def loss(self, network: Any, rows: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
        """Mean loss of a batch of white scores (day, asset)."""

    @abstractmethod
    def raw(self, noise: Tensor) -> Tensor:
        """White scores (draw, asset) from normals (draw, inner)."""

    def augmented(self, scores: Tensor, generator: torch.Generator) -> Tensor:
        """A batch of days (day, asset), some reflected, all smoothed."""
        drawn = torch.rand(len(scores), 1, generator=generator).to(scores.device)
        noise = torch.randn(scores.shape, generator=generator).to(scores.device)
        kept = torch.where(drawn < self.reflect, -scores, scores)
        return math.sqrt(1 - self.smoothing**2) * kept + self.smoothing * noise


def _root(scores: Tensor) -> Tensor:
    """Symmetric root of the correlation of scores (day, asset)."""
    values, vectors = torch.linalg.eigh(torch.corrcoef(scores.T).reshape(scores.shape[1], -1))
    return (vectors * values.clamp(min=1e-4).sqrt()) @ vectors.T


def perceptron(sizes: list[int], generator: torch.Generator, last: float = 0.0) -> nn.Sequential:
    """Layers with SiLU between them; weights from the generator, those of the last layer scaled by ``last``."""
    layers: list[Any] = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layer = nn.utils.skip_init(nn.Linear, inputs, outputs)
        nn.init.zeros_(layer.bias)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(outputs, inputs, generator=generator) / math.sqrt(inputs))
        layers += [layer, nn.SiLU()]
    with torch.no_grad():
        layers[-2].weight.mul_(last)
    return nn.Sequential(*layers[:-1])


class Field(nn.Module):
    r"""A vector field :math:`f(x, c) = g(x, c)\,x + m(x, c)` of scores x and a condition c, zero at the start.

    The scalar g sees how large the day is (:math:`|x|`): the common scale of all assets, the one thing that every
    market shows, is learnt at once; m is the rest.
    """

    def __init__(self, assets: int, condition: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.body = perceptron([assets + 1 + condition, hidden, hidden, assets + 1], generator)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        size = x.square().mean(dim=-1, keepdim=True).sqrt()
        out = self.body(torch.cat([x, size, condition], dim=-1))
        return out[..., :1] * x + out[..., 1:]
