r"""Subset simulation (Au & Beck 2001), also adaptive multilevel splitting, in noise space.

.. math:: P(s \ge c) = P(s\ge c_1)\,\prod_{k} P(s\ge c_{k+1}\mid s\ge c_k),

each level the value that a share ``keep`` of the draws exceeds; the survivors are the seeds of Markov chains inside
their level. Works with any sampler: it asks for no gradient.

Draws of a level descend from few ancestors, and the usual formula for the error, which looks at one level's chains
alone, is three times too small after six levels. The genealogy gives it (Lee & Whiteley 2018): with :math:`w_e` the
share of the draws that reach the target and descend from first-level draw :math:`e`, the squared relative error is
:math:`\sum_e w_e^2`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.errors import Refusal
from workbench.samplers.noise import stream
from workbench.stress._kernels import JUMPS, Kernel, Mix
from workbench.stress.problem import Event

DEEPEST = 40  # levels


@dataclass(frozen=True)
class Splitting:
    """How the target was reached. ``noise`` and ``values``: the draws of the last level that reach it."""

    probability: float
    relative_error: float
    noise: Tensor
    values: Tensor
    evaluations: int


@torch.no_grad()
def split(event: Event, particles: int = 2000, keep: float = 0.1, stage: str = "split", mix: Mix = JUMPS) -> Splitting:
    """Push ``particles`` draws up the score until the event is reached; ``mix`` are the shares of the kernel's moves.

    Raises Refusal when the score no longer rises (the target lies beyond what the sampler can produce).
    """
    kernel = Kernel(event, stream(event.seed, f"{stage} moves", 0), mix)
    noise = event.problem.prior(particles, event.seed, stage)
    values, ancestor = event.values(noise), torch.arange(particles)
    log_p, evaluations, below, depth = 0.0, particles, -math.inf, 0
    while True:
        level = min(float(values.topk(max(int(keep * particles), 1)).values[-1]), event.level)
        inside = values >= level
        log_p += float(inside.double().mean().log())
        if level >= event.level:
            break
        if depth >= DEEPEST or level <= below:
            raise Refusal(
                f"after {evaluations} evaluations no draw of the sampler passes {float(values.max()):.4g}, "
                f"{event.level:.4g} was asked: the sampler cannot produce it over this horizon; ask for less, or use a "
                "sampler with a tail"
            )
        below, depth = level, depth + 1
        noise, values, lines = _climb(kernel, noise[inside], values[inside], level, particles)
        ancestor = ancestor[inside][lines]
        evaluations += particles - int(inside.sum())
    return Splitting(math.exp(log_p), _genealogy(ancestor[inside]), noise[inside], values[inside], evaluations)


def _climb(
    kernel: Kernel, noise: Tensor, values: Tensor, level: float, particles: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Chains from the survivors, inside their level, every state of which is kept: ``particles`` in all; noise, scores,
    and the chain that each belongs to.
    """
    chains = [(noise, values)]
    for _ in range(-(-particles // len(noise)) - 1):
        chains.append(kernel.step(*chains[-1], level))
    states, scores = (torch.cat(parts)[:particles] for parts in zip(*chains))
    return states, scores, torch.arange(particles) % len(noise)


def _genealogy(ancestor: Tensor) -> float:
    """Relative error of the probability, from the shares of the first-level ancestors among what is left."""
    shares = torch.unique(ancestor, return_counts=True)[1].double() / len(ancestor)
    return float(shares.square().sum().sqrt())
