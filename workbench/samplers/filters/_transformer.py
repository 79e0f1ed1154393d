r"""The transformer: each asset attends to its own past, then all assets of a day to each other.

A token is one asset on one day: the scale-free features of :class:`.NeuralFilter`. In a block each asset
attends to its past by linear attention that forgets (Katharopoulos et al. 2020; Sun et al. 2023),

.. math:: a_{t,i} = \frac{\sum_{s\le t}\gamma^{t-s}\,\phi(q_{t,i})\cdot\phi(k_{s,i})\;v_{s,i}}
                         {\sum_{s\le t}\gamma^{t-s}\,\phi(q_{t,i})\cdot\phi(k_{s,i})},\qquad \phi = 1 + \mathrm{elu},

one :math:`\gamma` a head, and then all assets of the day attend to each other by softmax. Weights are positive and sum
to one, so nothing grows along a path; both sums obey a recursion, so that a future is decoded day by day from a memory
of fixed size, to any length, and a longer horizon begins with the same days.

The head gives each asset a location and a scale for tomorrow, both bounded, trained on the Student-t likelihood:

.. math:: \log\sigma^2_{t+1,i} = \log h_{t+1,i} + B\tanh(f/B),\qquad m_{t+1,i} = \mu_i + \sigma_{t+1,i}\,b\tanh(g/b),

:math:`h` the GJR-GARCH variance. Joint days and tails come from the grid: moving correlation, shocks, Pareto splice.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from workbench._require import count, number
from workbench.samplers.filters._attention import HEADS, attend, heads, initialise, merged, perceptron, whole_heads
from workbench.samplers.filters._classical import FILTERS, State
from workbench.samplers.filters._neural import BOUND, NeuralFilter, decay_rate, student_constant
from workbench.samplers.training._loop import Plan, train

MEMORIES = (1.0, 4.0, 12.0, 30.0)  # half-lives of the attention to the past, days, one a head
WINDOW, BURN_IN, STRIDE = 128, 48, 8  # days of a training window, those that only fill the memory, from one to the next


@FILTERS.register("attention")
class TransformerFilter(NeuralFilter):
    """A GJR-GARCH variance, corrected by a transformer of ``blocks`` blocks and ``hidden`` columns (a multiple of 4).

    location : bound of the correction of the mean, in units of the volatility; 0 leaves the mean alone.
    """

    def __init__(
        self, hidden: int = 16, blocks: int = 1, steps: int = 400, location: float = 0.0, progress: bool = True
    ) -> None:
        self.hidden, self.blocks, self.steps = whole_heads(hidden), count("blocks", blocks, 1), count("steps", steps, 1)
        self.location, self.progress = number("location", location, least=0), progress

    def fit(self, returns: pd.DataFrame, seed: int) -> TransformerFilter:
        generator = torch.Generator().manual_seed(seed)
        tokens, surprise, known = self.learning(returns, seed)
        network = Transformer(tokens.shape[-1], self.hidden, self.blocks, self.location, generator)
        rows = tuple(_windows(part) for part in (tokens, surprise, known))
        plan = Plan(self.steps, batch=4, rate=1e-3, decay=0.1, average=0.03, gap=WINDOW // STRIDE, clip=1.0)
        name = "transformer" if self.progress else None
        self.network_, self.record_ = train(network, _negative_likelihood, rows, plan, generator, progress=name)
        self.start_["memory"] = network.blank(tokens.shape[1])
        self.start_["location"] = torch.zeros_like(self.start_["level"])
        return self

    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        mean, volatility = super().moments(state)
        return mean + state["location"] * state["volatility"], volatility

    def update(self, state: State, returns: Tensor) -> State:
        after = super().update(state, returns)
        if not isinstance(self.network_, Transformer):
            return after
        correction, after["memory"] = self.network_.step(self._scaled(self.features(after)), state["memory"])
        after["location"] = correction[..., 1]
        return after | {"volatility": after["variance"].sqrt() * (0.5 * correction[..., 0]).exp()}

    def _correction(self, state: State) -> Tensor:
        """None from the state alone: the network reads it together with its memory, in ``update``."""
        return torch.zeros(())


class Transformer(nn.Module):
    """Tokens (window, time, asset, feature) to corrections (window, time, asset, 2) of log variance and of location."""

    def __init__(self, features: int, width: int, blocks: int, location: float, generator: torch.Generator) -> None:
        super().__init__()
        self.location = location
        self.embed = nn.Linear(features, width)
        self.blocks: Any = nn.ModuleList(Block(width) for _ in range(blocks))
        last = nn.Linear(width, 2)
        self.head = nn.Sequential(nn.RMSNorm(width), last)
        self.log_dof = nn.Parameter(torch.tensor(math.log(5.0)))
        initialise(self, generator)
        last.weight.data.mul_(0.1)

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = self.embed(tokens)
        for block in self.blocks:
            hidden = block(hidden)
        return self._bounded(self.head(hidden))

    def step(self, tokens: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """One day: tokens (draw, asset, feature), memory (draw, block, head, asset, size, size + 1), both after it."""
        hidden, kept = self.embed(tokens), []
        for place, block in enumerate(self.blocks):
            hidden, after = block.step(hidden, memory[:, place])
            kept.append(after)
        return self._bounded(self.head(hidden)), torch.stack(kept, dim=1)

    def _bounded(self, out: Tensor) -> Tensor:
        scale = BOUND * torch.tanh(out[..., :1] / BOUND)
        return torch.cat([scale, self.location * torch.tanh(out[..., 1:])], dim=-1)

    def blank(self, assets: int) -> Tensor:
        """The memory before the first day, (1, block, head, asset, size, size + 1)."""
        size = self.embed.out_features // HEADS
        return torch.zeros(1, len(self.blocks), HEADS, assets, size, size + 1)


class Block(nn.Module):
    """Attention to the past, attention between assets, a perceptron; each added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.past, self.market = (nn.Sequential(nn.RMSNorm(width), nn.Linear(width, 3 * width)) for _ in range(2))
        self.from_past, self.from_market = nn.Linear(width, width), nn.Linear(width, width)
        self.perceptron = perceptron(width)

    def forward(self, hidden: Tensor) -> Tensor:
        """All days of a window at once, (window, time, asset, width)."""
        query, key, value = heads(self.past(hidden).transpose(1, 2), 3)  # (window, asset, head, time, size)
        weights = _positive(query) @ _positive(key).transpose(-1, -2) * _forgetting(hidden.shape[1])
        recalled = (weights @ value) / weights.sum(dim=-1, keepdim=True)
        return self._rest(hidden, merged(recalled).transpose(1, 2))

    def step(self, hidden: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """One day, (draw, asset, width), by recursion."""
        query, key, value = heads(self.past(hidden), 3)  # (draw, head, asset, size)
        with_one = torch.cat([value, torch.ones_like(value[..., :1])], dim=-1)
        memory = decay_rate(MEMORIES)[:, None, None, None] * memory + _positive(key)[..., None] * with_one[..., None, :]
        read = (_positive(query)[..., None, :] @ memory)[..., 0, :]
        return self._rest(hidden, merged(read[..., :-1] / read[..., -1:])), memory

    def _rest(self, hidden: Tensor, recalled: Tensor) -> Tensor:
        hidden = hidden + self.from_past(recalled)
        hidden = hidden + self.from_market(attend(*heads(self.market(hidden), 3)))
        return hidden + self.perceptron(hidden)


def _positive(values: Tensor) -> Tensor:
    return 1 + nn.functional.elu(values)


def _forgetting(days: int) -> Tensor:
    """Weights (head, time, past) of half-life ``MEMORIES``, zero for the future."""
    ago = torch.arange(days)[:, None] - torch.arange(days)
    return torch.where(ago >= 0, decay_rate(MEMORIES)[:, None, None] ** ago.clamp(min=0), 0.0)


def _windows(days: Tensor) -> Tensor:
    """Windows (window, time, ...) of (day, ...), one every ``STRIDE`` days, the last one ending with the history."""
    length = min(WINDOW, len(days))
    return days.flip(0).unfold(0, length, STRIDE).movedim(-1, 1).flip(0, 1)


def _negative_likelihood(network: nn.Module, rows: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
    """Mean negative Student-t log-likelihood of surprises after the burn-in, a few windows at once."""
    return torch.cat([_of_windows(network, *few) for few in zip(*(part.split(4) for part in rows))]).mean()


def _of_windows(network: Any, tokens: Tensor, surprise: Tensor, known: Tensor) -> Tensor:
    log_variance, location = network(tokens)[:, BURN_IN:].unbind(-1)
    dof = 2.1 + network.log_dof.exp()
    constant = student_constant(dof)
    scaled = surprise[:, BURN_IN:] * (-0.5 * log_variance).exp() - location
    loss = 0.5 * (dof + 1) * (scaled.square() / (dof - 2)).log1p() + 0.5 * log_variance - constant
    return loss[known[:, BURN_IN:]]
