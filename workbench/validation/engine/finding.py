"""What a check finds: one :class:`Finding`, and tables of them.

The verdict over a family of findings is Holm's step-down rule (:func:`workbench.stats.holm`): whatever the dependence
between checks, a set drawn from the true distribution is rejected with probability at most ``level``. A finding whose
p-value alone is below ``level`` and which Holm's rule spares is a *warning*. Beside it stands the false-discovery
q-value (:func:`workbench.stats.q_values`), reported and not used by the rule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.stats import holm, q_values

VERDICTS = ("pass", "warn", "fail", "not applicable")


@dataclass(frozen=True)
class Finding:
    """One attempt to refute and its result.

    check, question : the check's name and the group it belongs to.
    statistic : the value found in the scenarios, for the component that departs most.
    reference : (low, high), the range that a correct set of this size stays in, at the trial's level.
    p_value : probability under the null of departing at least this far; nan when not applicable.
    verdict : pass, warn, fail or not applicable (the history or the set cannot answer).
    columns : the assets to which the worst component belongs.
    evidence : numbers and words behind it (the component, the history's value, the reason for no answer, ...).

    Raises ParameterError for an unknown verdict or a p-value outside [0, 1].
    """

    check: str
    question: str
    statistic: float
    reference: tuple[float, float]
    p_value: float
    verdict: str = "pass"
    columns: tuple[str, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ParameterError(f"verdict {self.verdict!r} of check {self.check!r} is none of {VERDICTS}")
        if self.answered and not 0.0 <= self.p_value <= 1.0:
            raise ParameterError(f"p-value {self.p_value} of check {self.check!r} is not within [0, 1]")

    @property
    def answered(self) -> bool:
        """Whether the check could be assessed at all."""
        return self.verdict != "not applicable"

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values; numbers that are not finite become None."""
        return _plain(asdict(self))


def not_assessed(reason: str, check: str = "", question: str = "") -> Finding:
    """A finding without an answer, and why there is none."""
    return Finding(check, question, math.nan, (math.nan, math.nan), math.nan, "not applicable", (), {"reason": reason})


def judge(findings: Sequence[Finding], level: float = 0.05) -> list[Finding]:
    """Give every answered finding its verdict by Holm's rule over the family, and its q-value as evidence."""
    p = np.array([finding.p_value for finding in findings if finding.answered])
    rules = zip(holm(p, level), q_values(p))
    return [_judged(finding, level, *next(rules)) if finding.answered else finding for finding in findings]


def _judged(finding: Finding, level: float, failed: bool, q: float) -> Finding:
    word = "fail" if failed else "warn" if finding.p_value <= level else "pass"
    return replace(finding, verdict=word, evidence={**finding.evidence, "q_value": float(q)})


def verdict(findings: Iterable[Finding]) -> str:
    """``rejected`` when a finding fails, ``cannot tell`` when fewer than half were assessed, else ``accepted``.

    Monotone: a failing finding more can only lead to ``rejected``.
    """
    found = list(findings)
    if any(finding.verdict == "fail" for finding in found):
        return "rejected"
    return "accepted" if 2 * sum(finding.answered for finding in found) >= max(1, len(found)) else "cannot tell"


def table(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row a finding, plain columns that Parquet can hold; evidence is JSON text."""
    rows = [
        vars(finding) | {
            "low": float(finding.reference[0]), "high": float(finding.reference[1]), "columns": ", ".join(finding.columns),
            "evidence": json.dumps(_plain(finding.evidence), sort_keys=True),
        }
        for finding in findings
    ]  # fmt: skip
    names = ["check", "question", "statistic", "low", "high", "p_value", "verdict", "columns", "evidence"]
    return pd.DataFrame(rows, columns=names)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, int) else str(value)
