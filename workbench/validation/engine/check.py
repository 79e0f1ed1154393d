"""The registry of checks: one function, one line of registration, and what the function needs to know before it
runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING

from workbench.registry import Registry
from workbench.validation.engine.finding import Finding, cannot_tell
from workbench.validation.engine.null_width import factor

if TYPE_CHECKING:
    from workbench.validation.engine.comparison_data import ComparisonData

CHECKS = Registry("check")

QUESTIONS = (
    "facts", "tails", "dependence", "path distribution", "copying", "conditional", "identities", "portfolio",
)  # fmt: skip


def check(name: str, *, question: str, scale: str, horizon: int = 1, assets: int = 1) -> Callable[[Callable], Callable]:
    """Decorator: register ``function(data) -> Finding`` as the check ``name``.

    question : the group it belongs to, one of ``QUESTIONS``.
    scale : what it looks at: asset, pair, portfolio or path.
    horizon, assets : the least number of days and of assets it needs; below it the answer is "not applicable".
    """

    def enter(function: Callable[[ComparisonData], Finding]) -> Callable[[ComparisonData], Finding]:
        @wraps(function)
        def asked(data: ComparisonData) -> Finding:
            have = data.horizon, len(data.assets)
            if have[0] < horizon or have[1] < assets:
                found = cannot_tell(f"needs {horizon} days and {assets} assets, the set has {have[0]} and {have[1]}")
            else:
                data.factor = factor(name, data)
                found = function(data)
                data.factor = 1.0
            return replace(found, check=name, question=question)

        asked.name, asked.question, asked.scale, asked.horizon, asked.assets = name, question, scale, horizon, assets
        return CHECKS.register(name)(asked)

    return enter
