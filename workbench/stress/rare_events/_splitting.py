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
from workbench.stress._kernels import JUMPS, Kernel, Mix, step
from workbench.stress.problem import Problem, Score


@dataclass(frozen=True)
class Splitting:
    """How the target was reached. ``noise`` and ``values``: the draws of the last level that reach it."""

    probability: float
    relative_error: float
    levels: tuple[float, ...]
    noise: Tensor
    values: Tensor
    evaluations: int


@torch.no_grad()
def split(
    problem: Problem, score: Score, target: float, particles: int = 2000, keep: float = 0.1, seed: int = 0,
    stage: str = "split", mix: Mix = JUMPS, deepest: int = 40,
) -> Splitting:  # fmt: skip
    """Push ``particles`` draws up the score until ``target`` is reached; ``mix`` are the shares of the kernel's moves.

    Raises Refusal when the score no longer rises (the target lies beyond what the sampler can produce).
    """
    kernel = Kernel(problem, stream(seed, f"{stage} moves", 0), mix)
    noise = problem.prior(particles, seed, stage)
    values, ancestor = score(problem.decode(noise)), torch.arange(particles)
    levels: list[float] = []
    log_p, evaluations = 0.0, particles
    while True:
        level = min(float(values.topk(max(int(keep * particles), 1)).values[-1]), target)
        inside = values >= level
        log_p += float(inside.double().mean().log())
        if level >= target:
            break
        if len(levels) >= deepest or (levels and level <= levels[-1]):
            raise Refusal(
                f"after {evaluations} evaluations no draw of the sampler passes {float(values.max()):.4g}, {target:.4g} "
                "was asked: the sampler cannot produce it over this horizon; ask for less, or use a sampler with a tail"
            )
        levels.append(level)
        noise, values, lines = _climb(kernel, noise[inside], values[inside], score, level, particles)
        ancestor = ancestor[inside][lines]
        evaluations += particles - int(inside.sum())
    error = _genealogy(ancestor[inside])
    return Splitting(math.exp(log_p), error, (*levels, target), noise[inside], values[inside], evaluations)


def _climb(
    kernel: Kernel, noise: Tensor, values: Tensor, score: Score, level: float, particles: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Chains from the survivors, inside their level, every state of which is kept: ``particles`` in all; noise, scores,
    and the chain that each belongs to.
    """
    chains = [(noise, values)]
    for _ in range(-(-particles // len(noise)) - 1):
        chains.append(step(kernel, *chains[-1], score, level))
    states, scores = (torch.cat(parts)[:particles] for parts in zip(*chains))
    return states, scores, torch.arange(particles) % len(noise)


def _genealogy(ancestor: Tensor) -> float:
    """Relative error of the probability, from the shares of the first-level ancestors among what is left."""
    shares = torch.unique(ancestor, return_counts=True)[1].double() / len(ancestor)
    return float(shares.square().sum().sqrt())
