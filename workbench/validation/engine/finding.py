"""What a check says: one :class:`Finding`, and tables of them.

The verdict over a family of findings is Holm's step-down rule (Holm 1979, Scand. J. Statist. 6, 65-70): with the m
p-values in increasing order, p_(1) <= ... <= p_(m), finding (i) *fails* when p_(j) <= level / (m - j + 1) for every
j <= i. Whatever the dependence between checks, an honest set is rejected with probability at most ``level``. A finding
whose p-value alone is below ``level`` and which Holm spares is a *warning*. Beside it stands the false-discovery
q-value of Benjamini and Hochberg (1995, JRSS B 57, 289-300), reported and not used by the rule.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from workbench.errors import ParameterError

VERDICTS = ("pass", "warn", "fail", "not applicable")


@dataclass(frozen=True)
class Finding:
    """One attempt to refute and how it went.

    check, question : the check's name and the group it belongs to.
    statistic : the value found in the scenarios, for the component that departs most.
    reference : (low, high), the range in which two honest samples of these sizes stay at the trial's level.
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
    evidence: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ParameterError(f"verdict {self.verdict!r} of check {self.check!r} is none of {VERDICTS}")
        answered = self.verdict != "not applicable"
        if answered and not 0.0 <= self.p_value <= 1.0:
            raise ParameterError(f"p-value {self.p_value} of check {self.check!r} is not within [0, 1]")

    @property
    def answered(self) -> bool:
        """Whether the check could say anything at all."""
        return self.verdict != "not applicable"

    def to_json(self) -> dict:
        """The finding as plain JSON values; numbers that are not finite become None."""
        return _plain(asdict(self))


def cannot_tell(reason: str, check: str = "", question: str = "") -> Finding:
    """A finding without an answer, and why there is none."""
    return Finding(check, question, math.nan, (math.nan, math.nan), math.nan, "not applicable", (), {"reason": reason})


def judge(findings: Sequence[Finding], level: float = 0.05) -> list[Finding]:
    """Give every answered finding its verdict by Holm's rule over the family, and its q-value as evidence."""
    answered = [finding for finding in findings if finding.answered]
    p = np.array([finding.p_value for finding in answered])
    failed, q = holm(p, level), q_values(p)
    judged = iter(
        replace(
            finding,
            verdict="fail" if bad else "warn" if finding.p_value <= level else "pass",
            evidence={**finding.evidence, "q_value": float(share)},
        )
        for finding, bad, share in zip(answered, failed, q)
    )
    return [next(judged) if finding.answered else finding for finding in findings]


def holm(p: np.ndarray, level: float) -> np.ndarray:
    """Which of the p-values Holm's step-down rule rejects, family-wise error ``level``."""
    order = np.argsort(p, kind="stable")
    kept = p[order] > level / np.arange(len(p), 0, -1)
    rejected = np.zeros(len(p), dtype=bool)
    rejected[order] = ~np.logical_or.accumulate(kept)
    return rejected


def q_values(p: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg q-values: the smallest false-discovery rate at which each would be called."""
    order = np.argsort(p, kind="stable")
    raw = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(raw[::-1])[::-1].clip(max=1.0)
    return q


def verdict(findings: Iterable[Finding]) -> str:
    """``rejected`` when a finding fails, ``cannot tell`` when fewer than half had an answer, else ``accepted``.

    Monotone: a failing finding more can only lead to ``rejected``.
    """
    found = list(findings)
    if any(finding.verdict == "fail" for finding in found):
        return "rejected"
    return "accepted" if 2 * sum(finding.answered for finding in found) >= max(1, len(found)) else "cannot tell"


def table(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row a finding, plain columns that Parquet can hold; evidence is JSON text."""
    rows = [
        {
            "check": finding.check,
            "question": finding.question,
            "statistic": float(finding.statistic),
            "low": float(finding.reference[0]),
            "high": float(finding.reference[1]),
            "p_value": float(finding.p_value),
            "verdict": finding.verdict,
            "columns": ", ".join(finding.columns),
            "evidence": json.dumps(_plain(finding.evidence), sort_keys=True),
        }
        for finding in findings
    ]
    names = ["check", "question", "statistic", "low", "high", "p_value", "verdict", "columns", "evidence"]
    return pd.DataFrame(rows, columns=names)


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value if value is None else str(value)
