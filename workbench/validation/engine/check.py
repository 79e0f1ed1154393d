"""A check is an attempt to refute a scenario set: a function of comparison data, and what is known about it.

>>> CHECKS["volatility"].question
'facts'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterError
from workbench.registry import Registry
from workbench.validation.engine.finding import Finding, not_assessed

if TYPE_CHECKING:
    from workbench.validation.engine.comparison_data import ComparisonData

Attempt = Callable[["ComparisonData"], Finding]

CHECKS = Registry("check")

QUESTIONS = (
    "facts", "tails", "dependence", "path distribution", "copying", "conditional", "identities", "portfolio",
)  # fmt: skip
SCALES = ("asset", "pair", "portfolio", "path")


@dataclass(frozen=True)
class Check:
    """One attempt to refute; called with comparison data it returns a :class:`Finding`.

    name : as it stands in findings. question : its group, one of ``QUESTIONS``. scale : what it looks at: asset, pair,
    portfolio or path. attempt : the function. horizon, assets : the fewest days and assets that it needs; with fewer
    the finding is "not applicable". meaning, matters, remedy : short sentences on a failure: what it means, in whose
    risk number it matters, what to do.
    """

    name: str
    question: str
    scale: str
    attempt: Attempt
    horizon: int = 1
    assets: int = 1
    meaning: str = ""
    matters: str = ""
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.question not in QUESTIONS or self.scale not in SCALES:
            raise ParameterError(
                f"check {self.name!r}: the question is one of {QUESTIONS} and the scale one of {SCALES}, "
                f"found {self.question!r} and {self.scale!r}"
            )
        object.__setattr__(self, "__doc__", self.attempt.__doc__)

    @property
    def advice(self) -> dict[str, str]:
        """What a failure means, in whose risk number it matters, and what to do."""
        return {"meaning": self.meaning, "matters": self.matters, "remedy": self.remedy}

    def __call__(self, data: ComparisonData) -> Finding:
        days, assets = data.horizon, len(data.assets)
        if days < self.horizon or assets < self.assets:
            found = not_assessed(f"needs {self.horizon} days and {self.assets} assets, the set has {days} and {assets}")
        else:
            found = self.attempt(data.for_check(self.name))
        return replace(found, check=self.name, question=self.question)


def check(name: str, **about: Any) -> Callable[[Attempt], Check]:
    """Decorator: register ``function(data) -> Finding`` as the :class:`Check` ``name``; ``about`` it, the other fields of
    that class, ``question`` and ``scale`` at the least.
    """

    def register(attempt: Attempt) -> Check:
        entry = Check(name=name, attempt=attempt, **about)
        CHECKS.register(name)(entry)
        return entry

    return register
