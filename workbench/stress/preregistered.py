"""Preregistered questions: asked and sealed before they are answered, and answered with every scenario.

Anyone can find the one scenario in ten thousand that makes a point. A registered question names the event, the book and
the answer that its author expects; the answer counts every scenario that meets the event, those that support the thesis
and those that do not. A selection of them can be shown only together with what it leaves out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from scipy.stats import binomtest

from workbench import scenarios
from workbench._require import number
from workbench._text import percent
from workbench.errors import ParameterError, Refusal
from workbench.stress.events import Constraint

FEWEST = 20  # scenarios that must meet the event
WIDEST = 0.2  # width of the 95 % interval of a share, beyond which it says little


@dataclass(frozen=True)
class Question:
    """What is asked, of which scenarios, and what its author expects.

    event : constraints that pick the scenarios the question is about. thesis : constraint that the author expects them
    to meet. share : the share of them that the author expects to meet it.
    """

    text: str
    event: tuple[Constraint, ...]
    thesis: Constraint
    share: float
    author: str = ""

    def __post_init__(self) -> None:
        if not self.event:
            raise ParameterError("a question needs an event, at least one constraint that picks its scenarios")
        number("the expected share", self.share, above=0, most=1)

    @property
    def seal(self) -> str:
        """SHA-256 of the question: write it down before the run, and nobody can move the thesis afterwards."""
        content = [self.text, [str(c) for c in self.event], str(self.thesis), self.share, self.author]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """All scenarios that meet the event. ``meeting``, ``supporting``: positions among the pooled draws."""

    question: Question
    seal: str
    draws: int
    meeting: np.ndarray
    supporting: np.ndarray
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        """Share of the scenarios that meet the event and support the thesis."""
        return len(self.supporting) / len(self.meeting)

    @property
    def word(self) -> str:
        """*holds* when the expected share lies in the interval, *too bold* above it, *too cautious* below it; *cannot
        tell* when an interval that holds it is wider than a fifth.
        """
        low, high = self.interval
        if not low <= self.question.share <= high:
            return "too bold" if self.question.share > high else "too cautious"
        return "holds" if high - low <= WIDEST else "cannot tell"

    @property
    def opposing(self) -> np.ndarray:
        """Positions of those that meet the event and do not support the thesis."""
        return np.setdiff1d(self.meeting, self.supporting)

    def select(self, positions: Sequence[int], left_out: str = "") -> str:
        """The caption under which a selection may be shown.

        Raises Refusal for a selection that does not say what it leaves out, or that is not among the scenarios asked
        for.
        """
        chosen = np.unique(np.asarray(positions, dtype=int))
        strangers = np.setdiff1d(chosen, self.meeting)
        if len(strangers):
            raise Refusal(f"draws {strangers[:5].tolist()} do not meet the event and cannot illustrate it")
        omitted = len(self.meeting) - len(chosen)
        if omitted and not left_out.strip():
            raise Refusal(
                f"{len(chosen)} of {len(self.meeting)} scenarios that meet the event were picked by hand; say in "
                f"left_out what the other {omitted} are, or show all of them"
            )
        support = len(np.intersect1d(chosen, self.supporting))
        rest = len(self.supporting) - support
        return (
            f"{len(chosen)} of {len(self.meeting)} scenarios shown ({support} support the thesis, "
            f"{len(chosen) - support} do not); left out: {omitted} ({rest} support it, {omitted - rest} do not): {left_out or 'none'}"
        )

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.question.text} Of {self.draws:,} scenarios {len(self.meeting):,} meet the event; "
            f"{len(self.supporting):,} support the thesis ({percent(self.share)}, 95 % interval {percent(low)} to {percent(high)}) and "
            f"{len(self.opposing):,} do not. Expected: {percent(self.question.share, 0)}: {self.word}. Seal {self.seal[:12]}."
        )


def answer(question: Question, tree: xr.DataTree, seal: str) -> Verdict:
    """Put a registered question to a scenario set.

    seal : what :attr:`Question.seal` was when the question was registered.

    Raises Refusal when the question has been changed since, or when fewer than 20 scenarios meet its event.
    """
    if seal != question.seal:
        raise Refusal(f"the question is not the one that was registered (seal {seal[:12]}, now {question.seal[:12]})")
    paths, assets = torch.as_tensor(scenarios.pooled(tree)), list(scenarios.returns(tree).asset.values)
    inside = np.ones(len(paths), bool)
    for constraint in question.event:
        inside &= (constraint.violation(constraint.of(paths, assets)) == 0).numpy()
    meeting = np.flatnonzero(inside)
    if len(meeting) < FEWEST:
        raise Refusal(
            f"only {len(meeting)} of {len(paths)} scenarios meet the event, too few to support anything; draw more, or "
            "draw them with given()"
        )
    agrees = (question.thesis.violation(question.thesis.of(paths, assets)) == 0).numpy()
    supporting = meeting[agrees[meeting]]
    exact = binomtest(len(supporting), len(meeting)).proportion_ci(0.95, "exact")  # Clopper-Pearson
    return Verdict(question, seal, len(paths), meeting, supporting, (float(exact.low), float(exact.high)))
