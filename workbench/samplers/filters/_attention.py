"""What the attention layers of the path models share."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from workbench._require import count
from workbench.errors import ParameterError

HEADS = 4


def heads(together: Tensor, kinds: int) -> tuple[Tensor, ...]:
    """Each of ``kinds`` as (..., head, token, size), of (..., token, kinds x head x size)."""
    return together.unflatten(-1, (kinds, HEADS, -1)).movedim(-3, 0).transpose(-3, -2).unbind(0)


def attend(query: Tensor, key: Tensor, value: Tensor, penalty: Tensor | float = 0.0) -> Tensor:
    """Softmax attention, (..., token, head x size), of (..., head, token, size); ``penalty`` comes off the weights."""
    weights = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) - penalty
    return merged(torch.softmax(weights, dim=-1) @ value)


def merged(by_head: Tensor) -> Tensor:
    """(..., token, head x size) of (..., head, token, size)."""
    return by_head.transpose(-3, -2).flatten(-2)


def perceptron(width: int) -> nn.Sequential:
    """Two layers with a normalisation before them."""
    return nn.Sequential(nn.RMSNorm(width), nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Weights of every linear layer from the generator, of variance one over its inputs; no bias."""
    for part in network.modules():
        if isinstance(part, nn.Linear):
            part.weight.data = torch.randn(part.weight.shape, generator=generator) / math.sqrt(part.in_features)
            part.bias.data.zero_()


def whole_heads(hidden: int) -> int:
    """``hidden`` columns, which every head gets an equal share of."""
    if count("hidden", hidden, HEADS) % HEADS:
        raise ParameterError(f"hidden must be a multiple of {HEADS}, one share a head, got {hidden}")
    return int(hidden)
