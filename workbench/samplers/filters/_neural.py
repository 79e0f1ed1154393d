r"""The neural filter: one small network, shared by all assets, that corrects a GJR-GARCH variance.

.. math:: \log v_{t+1,i} = \log h_{t+1,i} + f_\theta(x_{t,i}), \qquad
          \log\sigma^2_{t+1,i} = \log v_{t+1,i} + \kappa\log m_{t,i},

with :math:`h` the GJR-GARCH variance and :math:`x` scale-free features of the past: logarithms of exponentially
weighted variances over ``h``, smoothed signed surprises (leverage), the last surprise, and the cross-section means of
all of them (is it this asset, or the market?). :math:`f` is bounded, so that a simulated path cannot run away from the
recursion it corrects. The level :math:`m` is a slow exponentially weighted mean of :math:`\varepsilon^2/v`: parameters
fitted once are wrong by a factor some years later, and this part of the error can be seen as it builds up. Trained on
the Student-t likelihood of one day ahead, in torch, with early stopping on the last part of the training span;
``members`` networks, trained side by side from their own seeds, are averaged.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from workbench._require import count, number
from workbench.samplers._panel import live_series
from workbench.samplers.filters._classical import FILTERS, Filter, Gjr, State, held, tensor
from workbench.samplers.training._loop import Plan, train

HALF_LIVES = (2.0, 6.0, 20.0, 60.0, 250.0)  # days, of the exponentially weighted variances
LEVERAGE_HALF_LIVES = (3.0, 15.0, 60.0)  # days, of the smoothed signed surprises
WARM_UP = 120  # days before the features have seen enough to be trained on
BOUND = 1.0  # the correction of the log variance stays within this
LEVEL_HALF_LIFE, LEVEL_SHARE = 200.0, 0.8  # days; share of the level's error that is passed on (kappa)


class Levelled(Filter):
    """A filter with a corrected volatility and its slow level: state ``variance``, ``volatility``, ``level``."""

    mu_: Tensor

    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        return self.mu_, state["volatility"] * state["level"] ** (LEVEL_SHARE / 2)

    @staticmethod
    def level_after(state: State, unexpected: Tensor | float) -> Tensor:
        """The level after a day whose squared standardised return was ``unexpected``, one where it was as forecast."""
        keep = decay_rate([LEVEL_HALF_LIFE])
        return keep * state["level"] + (1 - keep) * unexpected

    def simulate_step(self, state: State, returns: Tensor) -> State:
        """As ``update``, but the level goes back to one, and the variance has a ceiling.

        Fed with its own draws the level would widen what is drawn next, and a history of years run away. Where the
        variance was above the ceiling already, it may not rise.
        """
        after = self.update(state, returns)
        after["level"] = self.level_after(state, 1.0)
        variance = held(after["variance"], state["variance"], self.ceiling(state))
        after["volatility"] = after["volatility"] * (variance / after["variance"]).sqrt()
        return after | {"variance": variance}

    @abstractmethod
    def ceiling(self, state: State) -> Tensor:
        """Largest variance (draw or 1, asset) that simulated days lead to."""


@FILTERS.register("neural")
class NeuralFilter(Levelled):
    """A GJR-GARCH variance, corrected by an average of ``members`` networks of ``hidden`` units.

    steps : of training, at the most. validation : share of the training span, at its end, on which training stops.
    progress : False hides the bar. checkpoint : folder in which a fit that was killed finds what it had done.
    device : "auto", "cpu" or "cuda".
    """

    network_: nn.Module | None = None

    def __init__(
        self,
        members: int = 5,
        hidden: int = 16,
        steps: int = 1500,
        validation: float = 0.2,
        progress: bool = True,
        checkpoint: str | None = None,
        device: str = "auto",
    ) -> None:
        self.members, self.hidden, self.steps = (
            count(name, value, 1) for name, value in (("members", members), ("hidden", hidden), ("steps", steps))
        )
        self.validation = number("validation", validation, least=0, most=0.5)
        self.progress, self.checkpoint, self.device = progress, checkpoint, device

    def fit(self, returns: pd.DataFrame, seed: int) -> NeuralFilter:
        rows, generator = self.learning(returns, seed), torch.Generator().manual_seed(seed)
        self.network_, self.record_ = train(
            Networks(self.members, rows[0].shape[-1], self.hidden, generator),
            _known_likelihood,
            rows,
            Plan(self.steps, validation=self.validation),
            generator,
            checkpoint=self.checkpoint,
            device=self.device,
            progress="neural filter" if self.progress else None,
        )
        return self

    def learning(self, returns: pd.DataFrame, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        """Fit the GJR-GARCH recursion; what there is to learn of its errors.

        Gives standardised features (day, asset, feature) at the previous close, surprises (day, asset), and whether a
        surprise is to be learnt from.
        """
        self.garch_ = Gjr().fit(returns, seed)
        variance = self.garch_.start_["variance"]
        self.start_ = {
            "variance": variance,
            "squares": variance[..., None].repeat(1, 1, len(HALF_LIVES)),
            "surprises": torch.zeros(*variance.shape, len(LEVERAGE_HALF_LIVES) + 1),
            "volatility": variance.sqrt(),
            "level": torch.ones_like(variance),
        }
        self.network_ = None
        states = {name: value[:-1] for name, value in self.filter_path(returns).items()}
        features, known = self.features(states), _known(returns)
        self.ceiling_ = self.garch_.ceiling_
        self.centre_ = features[known].mean(dim=0)
        self.spread_ = features[known].std(dim=0).clamp(min=1e-3)
        return self._scaled(features), self.garch_.surprise(states, tensor(returns)), known

    @property
    def mu_(self) -> Tensor:  # type: ignore[override]
        return self.garch_.mu_

    def ceiling(self, state: State) -> Tensor:
        return self.ceiling_

    def features(self, state: State) -> Tensor:
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

    def _scaled(self, features: Tensor) -> Tensor:
        return (features - self.centre_) / self.spread_

    def update(self, state: State, returns: Tensor) -> State:
        shock = returns - self.mu_
        surprise = self.garch_.surprise(state, returns).clamp(-6, 6)[..., None]
        slow, signed = decay_rate(HALF_LIVES), decay_rate(LEVERAGE_HALF_LIVES)
        squares = slow * state["squares"] + (1 - slow) * shock.square()[..., None]
        smoothed = signed * state["surprises"][..., 1:] + (1 - signed) * surprise
        after = {
            **self.garch_.update(state, returns),
            "squares": squares.clamp(min=self.garch_.floor_[..., None]),
            "surprises": torch.cat([surprise, smoothed], dim=-1),
            "level": self.level_after(state, (shock / state["volatility"]).clamp(-6, 6).square()),
        }
        return after | {"volatility": after["variance"].sqrt() * (0.5 * self._correction(after)).exp()}

    def _correction(self, state: State) -> Tensor:
        """Average correction of the log variance, (draw, asset)."""
        if self.network_ is None:
            return torch.zeros(())
        return self.network_(self._scaled(self.features(state))).mean(dim=0)


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


def decay_rate(half_lives: Sequence[float]) -> Tensor:
    """What is kept a day, for half-lives in days."""
    return 0.5 ** (1 / torch.tensor(half_lives))


def _known(returns: pd.DataFrame) -> Tensor:
    """(day, asset): True where the asset's price is live and the features have warmed up."""
    live = np.stack([returns.index >= series.index[0] for series in live_series(returns).values()], axis=1)
    live[:WARM_UP] = False
    return torch.as_tensor(live)


def _known_likelihood(networks: nn.Module, days: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
    """Loss of the days' known surprises (day, asset) given their inputs, one number a member."""
    inputs, surprise, known = days
    return negative_likelihood(networks, inputs[known], surprise[known])


def negative_likelihood(networks: Any, inputs: Tensor, surprise: Tensor) -> Tensor:
    """Mean negative Student-t log-likelihood a member of surprises (row,) given inputs (row, feature)."""
    log_scale = 0.5 * networks(inputs)  # of the surprise, as a standard deviation
    dof = 2.1 + networks.log_dof.exp()
    unit = surprise.square() * (-2 * log_scale).exp() / (dof - 2)
    constant = student_constant(dof)
    return (0.5 * (dof + 1) * unit.log1p() + log_scale - constant).mean(dim=1)


def student_constant(dof: Tensor) -> Tensor:
    """Log of the density at zero of the Student-t distribution with unit variance, up to that of its square root pi."""
    return torch.lgamma((dof + 1) / 2) - torch.lgamma(dof / 2) - 0.5 * (dof - 2).log()
