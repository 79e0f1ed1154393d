r"""The neural filter: one small network, shared by all assets, that corrects a law of motion.

.. math:: \log v_{t+1,i} = \log h_{t+1,i} + f_\theta(x_{t,i}), \qquad
          \log\sigma^2_{t+1,i} = \log v_{t+1,i} + \kappa\log m_{t,i},

with :math:`h` the GJR-GARCH variance and :math:`x` scale-free features of what has been seen: logarithms of
exponentially weighted variances over ``h``, smoothed signed surprises (leverage), the last surprise, and the
cross-section means of all of them (is it this asset, or the market?). :math:`f` is bounded, so that a decoded path can
not run away from the law of motion it corrects. The level :math:`m` is a slow exponentially weighted mean of
:math:`\varepsilon^2/v`: parameters fitted once are wrong by a factor some years later, and this part of the error can
be seen as it builds up. Trained on the Student-t likelihood of one day ahead, in torch, with
early stopping on the last part of the training span; ``members`` networks, trained side by side from their own seeds,
are averaged.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from workbench.samplers.filters._classical import FILTERS, Filter, Gjr, live_series
from workbench.samplers.training._loop import Plan, train

HALF_LIVES = (2.0, 6.0, 20.0, 60.0, 250.0)  # days, of the exponentially weighted variances
LEVERAGE_HALF_LIVES = (3.0, 15.0, 60.0)  # days, of the smoothed signed surprises
WARM_UP = 120  # days before the features have seen enough to be trained on
BOUND = 1.0  # the correction of the log variance stays within this
CEILING = 4.0  # drawn days leave the law of motion's variance below this times the largest of the history
LEVEL_HALF_LIFE, LEVEL_SHARE = 200.0, 0.8  # days; share of the level's error that is passed on (kappa)


@FILTERS.register("neural")
class NeuralFilter(Filter):
    """A GJR-GARCH variance, corrected by an average of ``members`` networks of ``hidden`` units.

    validation : share of the training span, at its end, on which training stops. steps : at the most. checkpoint :
    folder in which a fit that was killed finds what it had done. device : "auto", "cpu" or "cuda".
    """

    def __init__(
        self,
        members: int = 5,
        hidden: int = 16,
        steps: int = 1500,
        validation: float = 0.2,
        progress: bool = False,
        checkpoint: str | None = None,
        device: str = "auto",
    ) -> None:
        self.members, self.hidden, self.steps = members, hidden, steps
        self.validation, self.progress, self.checkpoint, self.device = validation, progress, checkpoint, device

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
        """Fit the law of motion; what there is to learn of its errors.

        Gives standardised features (day, asset, feature) of the evening before, surprises (day, asset), and whether a
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
        self.ceiling_ = CEILING * states["variance"].amax(dim=0, keepdim=True)
        self.centre_ = features[known].mean(dim=0)
        self.spread_ = features[known].std(dim=0).clamp(min=1e-3)
        surprise = self.garch_.surprise(states, torch.tensor(returns.to_numpy(dtype=np.float32)))
        return (features - self.centre_) / self.spread_, surprise, known

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
        return self.garch_.mu_, state["volatility"] * state["level"] ** (LEVEL_SHARE / 2)

    def update(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        shock = returns - self.garch_.mu_
        surprise = self.garch_.surprise(state, returns).clamp(-6, 6)[..., None]
        slow, signed = decay_rate(HALF_LIVES), decay_rate(LEVERAGE_HALF_LIVES)
        squares = slow * state["squares"] + (1 - slow) * shock.square()[..., None]
        smoothed = signed * state["surprises"][..., 1:] + (1 - signed) * surprise
        after = {
            **self.garch_.update(state, returns),
            "squares": squares.clamp(min=self.garch_.floor_[..., None]),
            "surprises": torch.cat([surprise, smoothed], dim=-1),
        }
        keep = decay_rate([LEVEL_HALF_LIFE])
        unexpected = (shock / state["volatility"]).clamp(-6, 6).square()
        after["level"] = keep * state["level"] + (1 - keep) * unexpected
        after["volatility"] = after["variance"].sqrt() * (0.5 * self._correction(after)).exp()
        return after

    def simulate_step(self, state: dict[str, Tensor], returns: Tensor) -> dict[str, Tensor]:
        """As ``update``, but drawn days are no news of the level, which goes back to one; the variance has a ceiling.

        Fed with its own draws the level would widen what is drawn next, and a history of years run away. Where the
        variance was above the ceiling already, it may not rise.
        """
        after, keep = self.update(state, returns), decay_rate([LEVEL_HALF_LIFE])
        after["level"] = keep * state["level"] + (1 - keep)
        variance = after["variance"].minimum(state["variance"].maximum(self.ceiling_))
        after["volatility"] = after["volatility"] * (variance / after["variance"]).sqrt()
        return after | {"variance": variance}

    def _correction(self, state: dict[str, Tensor]) -> Tensor:
        """Average correction of the log variance, (draw, asset)."""
        if self.network_ is None:
            return torch.zeros(())
        return self.network_((self.features(state) - self.centre_) / self.spread_).mean(dim=0)


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


def decay_rate(half_lives) -> Tensor:
    """What is kept a day, for half-lives in days."""
    return 0.5 ** (1 / torch.tensor(half_lives))


def _known(returns: pd.DataFrame) -> Tensor:
    """(day, asset): True where the asset's price is live and the features have warmed up."""
    live = np.stack([returns.index >= series.index[0] for series in live_series(returns).values()], axis=1)
    live[:WARM_UP] = False
    return torch.as_tensor(live)


def _known_likelihood(networks: Networks, days: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
    """Loss of the days' known surprises (day, asset) given their inputs, one number a member."""
    inputs, surprise, known = days
    return negative_likelihood(networks, inputs[known], surprise[known])


def negative_likelihood(networks: Networks, inputs: Tensor, surprise: Tensor) -> Tensor:
    """Mean negative Student-t log-likelihood a member of surprises (row,) given inputs (row, feature)."""
    log_scale = 0.5 * networks(inputs)  # of the surprise, as a standard deviation
    dof = 2.1 + networks.log_dof.exp()
    unit = surprise.square() * (-2 * log_scale).exp() / (dof - 2)
    constant = torch.lgamma((dof + 1) / 2) - torch.lgamma(dof / 2) - 0.5 * (dof - 2).log()
    return (0.5 * (dof + 1) * unit.log1p() + log_scale - constant).mean(dim=1)
