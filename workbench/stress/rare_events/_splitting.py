r"""Subset simulation (Au & Beck 2001), also adaptive multilevel splitting, in noise space.

.. math:: P(s \ge c) = P(s\ge c_1)\,\prod_{k} P(s\ge c_{k+1}\mid s\ge c_k),

each level the value that a share ``keep`` of the draws exceeds; the survivors are the seeds of Markov chains inside
their level. Works with any sampler: it asks for no gradient.

Draws of a level descend from few ancestors, and the usual formula for the error, which looks at one level's chains
alone, is three times too small after six levels. The genealogy tells it (Lee & Whiteley 2018): with :math:`w_e` the
share of the draws that reach the target and descend from first-level draw :math:`e`, the squared relative error is
:math:`\sum_e w_e^2`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.errors import Refusal
from workbench.samplers.noise import stream
from workbench.stress._kernels import JUMPS, Kernel, step
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
    problem: Problem,
    score: Score,
    target: float,
    particles: int = 2000,
    keep: float = 0.1,
    seed: int = 0,
    stage: str = "split",
    mix: tuple[float, float, float] = JUMPS,
    deepest: int = 40,
) -> Splitting:
    """Push ``particles`` draws up the score until ``target`` is reached; ``mix`` are the shares of the kernel's moves.

    Raises Refusal when the score no longer rises (the target lies beyond what the sampler can produce).
    """
    kernel = Kernel(problem, stream(seed, f"{stage} moves", 0), mix)
    noise = problem.prior(particles, seed, stage)
    values, ancestor = score(problem.decode(noise)), torch.arange(particles)
    log_p, levels, evaluations = 0.0, [], particles
    while True:
        level = min(float(values.topk(max(int(keep * particles), 1)).values[-1]), target)
        inside = values >= level
        log_p += float(inside.double().mean().log())
        if level >= target:
            break
        if len(levels) >= deepest or (levels and level <= levels[-1]):
            raise _beyond(values, target, evaluations)
        levels.append(level)
        climbed = _climb(kernel, noise[inside], values[inside], ancestor[inside], score, level, particles)
        noise, values, ancestor = climbed
        evaluations += particles - int(inside.sum())
    error = _genealogy(ancestor[inside])
    probability = float(torch.tensor(log_p, dtype=torch.float64).exp())
    return Splitting(probability, error, (*levels, target), noise[inside], values[inside], evaluations)


def _beyond(values: Tensor, target: float, evaluations: int) -> Refusal:
    return Refusal(
        f"after {evaluations} evaluations no draw of the sampler passes {float(values.max()):.4g}, "
        f"{target:.4g} was asked: "
        "the sampler cannot produce it over this horizon; ask for less, or use a sampler with a tail"
    )


def _climb(
    kernel: Kernel, noise: Tensor, values: Tensor, ancestor: Tensor, score: Score, level: float, particles: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Chains from the survivors, inside their level, every state of which is kept: ``particles`` in all."""
    states, scores, lines = [noise], [values], [ancestor]
    while sum(map(len, states)) < particles:
        noise, values, _ = step(kernel, noise, values, score, level)
        states.append(noise)
        scores.append(values)
        lines.append(ancestor)
    return torch.cat(states)[:particles], torch.cat(scores)[:particles], torch.cat(lines)[:particles]


def _genealogy(ancestor: Tensor) -> float:
    """Relative error of the probability, from the shares of the first-level ancestors among what is left."""
    shares = torch.unique(ancestor, return_counts=True)[1].double() / len(ancestor)
    return float(shares.square().sum().sqrt())
