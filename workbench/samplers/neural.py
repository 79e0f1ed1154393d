r"""The neural filter: one small network, shared by all assets, that corrects a law of motion.

.. math:: \log\sigma^2_{t+1,i} = \log h_{t+1,i} + f_\theta(x_{t,i}),

with :math:`h` the GJR-GARCH variance and :math:`x` scale-free features of what has been seen: logarithms of
exponentially weighted variances over ``h``, smoothed signed surprises (leverage), the last surprise, and the
cross-section means of all of them (is it this asset, or the market?). :math:`f` is bounded, so that a decoded path can
not run away from the law of motion it corrects. Trained on the Student-t likelihood of one day ahead, in torch, with
early stopping on the last part of the training span; ``members`` networks, trained side by side from their own seeds,
are averaged.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from workbench.data import clean_from
from workbench.samplers.filters import FILTERS, Filter, Gjr

HALF_LIVES = (2.0, 6.0, 20.0, 60.0, 250.0)  # days, of the exponentially weighted variances
LEVERAGE_HALF_LIVES = (3.0, 15.0, 60.0)  # days, of the smoothed signed surprises
WARM_UP = 120  # days before the features have seen enough to be trained on
BOUND = 1.0  # the correction of the log variance stays within this


@FILTERS.register("neural")
class NeuralFilter(Filter):
    """A GJR-GARCH variance, corrected by an average of ``members`` networks of ``hidden`` units.

    validation : share of the training span, at its end, on which training stops. steps : at the most.
    """

    def __init__(
        self, members: int = 5, hidden: int = 32, steps: int = 1500, validation: float = 0.2, progress: bool = False
    ) -> None:
        self.members, self.hidden, self.steps = members, hidden, steps
        self.validation, self.progress = validation, progress

    def fit(self, returns: pd.DataFrame, seed: int) -> NeuralFilter:
        self.motion_ = Gjr().fit(returns, seed)
        day_returns = torch.as_tensor(returns.to_numpy(dtype=np.float32))
        variance = self.motion_.start_["variance"]
        self.start_ = {
            "variance": variance,
            "squares": variance[..., None].repeat(1, 1, len(HALF_LIVES)),
            "surprises": torch.zeros(*variance.shape, len(LEVERAGE_HALF_LIVES) + 1),
        }
        states = {name: value[:-1] for name, value in self.walk(returns).items()}
        features = self.features(states)
        known = _known(returns)
        self.centre_ = features[known].mean(dim=0)
        self.spread_ = features[known].std(dim=0).clamp(min=1e-3)
        inputs = (features - self.centre_) / self.spread_
        surprise = (day_returns - self.motion_.mu_) / states["variance"].sqrt()
        self.network_ = _train(self, inputs, surprise, known, seed)
        return self

    def features(self, state: dict[str, Tensor]) -> Tensor:
        """Scale-free features (draw, asset, feature) of a state."""
        own = torch.cat(
            [
                (state["squares"] / state["variance"][..., None]).log().clamp(-6, 6),
                state["surprises"],
                state["surprises"][..., :1].abs(),
                (state["variance"] / self.start_["variance"]).log()[..., None],
            ],
            dim=-1,
        )
        return torch.cat([own, own.mean(dim=-2, keepdim=True).expand_as(own)], dim=-1)

    def moments(self, state: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        inputs = (self.features(state) - self.centre_) / self.spread_
        correction = self.network_(inputs).mean(dim=0)
        return self.motion_.mu_, state["variance"].sqrt() * (0.5 * correction).exp()

    def update(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        shock = (returns - self.motion_.mu_)[..., None]
        surprise = (shock / state["variance"].sqrt()[..., None]).clamp(-6, 6)
        slow = 0.5 ** (1 / torch.tensor(HALF_LIVES))
        signed = 0.5 ** (1 / torch.tensor(LEVERAGE_HALF_LIVES))
        floor = self.motion_.floor_[..., None]
        smoothed = signed * state["surprises"][..., 1:] + (1 - signed) * surprise
        return {
            **self.motion_.update(state, returns),
            "squares": (slow * state["squares"] + (1 - slow) * shock.square()).clamp(min=floor),
            "surprises": torch.cat([surprise, smoothed], dim=-1),
        }


class Networks(nn.Module):
    """``members`` perceptrons side by side: (row..., feature) to (member, row...)."""

    def __init__(self, members: int, features: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        sizes = [features, hidden, hidden, 1]
        self.weights = nn.ParameterList(
            torch.randn(members, a, b, generator=generator) / math.sqrt(a) for a, b in zip(sizes, sizes[1:])
        )
        self.biases = nn.ParameterList(torch.zeros(members, 1, b) for b in sizes[1:])
        self.weights[-1].data *= 0.1
        self.log_dof = nn.Parameter(torch.full((members, 1), math.log(5.0)))

    def forward(self, inputs: Tensor) -> Tensor:
        rows = inputs.reshape(1, -1, inputs.shape[-1])
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            rows = torch.baddbmm(bias, rows.expand(len(weight), -1, -1), weight)
            rows = nn.functional.silu(rows) if layer < len(self.weights) - 1 else BOUND * torch.tanh(rows / BOUND)
        return rows[..., 0].reshape(-1, *inputs.shape[:-1])


def _known(returns: pd.DataFrame) -> Tensor:
    """(day, asset): True where the asset's price is live and the features have warmed up."""
    first = clean_from(returns)
    live = np.stack([returns.index >= first[name] for name in returns.columns], axis=1)
    live[:WARM_UP] = False
    return torch.as_tensor(live)


def _negative_likelihood(networks: Networks, inputs: Tensor, surprise: Tensor) -> Tensor:
    """Mean negative Student-t log-likelihood a member, up to constants, of surprises (row,) given inputs (row, feature)."""
    log_scale = 0.5 * networks(inputs)  # of the surprise, as a standard deviation
    dof = 2.1 + networks.log_dof.exp()
    unit = surprise.square() * (-2 * log_scale).exp() / (dof - 2)
    constant = torch.lgamma((dof + 1) / 2) - torch.lgamma(dof / 2) - 0.5 * (dof - 2).log()
    return (0.5 * (dof + 1) * unit.log1p() + log_scale - constant).mean(dim=1)


def _train(settings: NeuralFilter, inputs: Tensor, surprise: Tensor, known: Tensor, seed: int) -> Networks:
    """Adam with averaged weights; each member keeps the average that did best on the validation days."""
    generator = torch.Generator().manual_seed(seed)
    days = len(inputs)
    cut = int(days * (1 - settings.validation))
    networks = Networks(settings.members, inputs.shape[-1], settings.hidden, generator)
    average, best = copy.deepcopy(networks), copy.deepcopy(networks)
    best_loss = torch.full((settings.members,), math.inf)
    optimiser = torch.optim.AdamW(networks.parameters(), lr=3e-3, weight_decay=1e-2)
    valid = known[cut:]
    for step in tqdm(range(settings.steps), desc="neural filter", disable=not settings.progress):
        chosen = torch.randint(cut, (256,), generator=generator)
        rows = known[chosen]
        loss = _negative_likelihood(networks, inputs[chosen][rows], surprise[chosen][rows]).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            for mean, value in zip(average.parameters(), networks.parameters()):
                mean.lerp_(value, 0.02)
            if step % 25 == 24:
                scores = _negative_likelihood(average, inputs[cut:][valid], surprise[cut:][valid])
                better = scores < best_loss
                best_loss = torch.where(better, scores, best_loss)
                for kept, value in zip(best.parameters(), average.parameters()):
                    kept[better] = value[better]
    return best.requires_grad_(False)
