"""Checks that try to refute a scenario set, each with a simulated null, and the verdict over all of them.

>>> sorted({check.question for check in CHECKS.values()} - set(QUESTIONS))
[]
"""

from workbench.registry import discover
from workbench.validation.engine import CHECKS, QUESTIONS, Check, ComparisonData, Finding, check
from workbench.validation.engine.finding import table, verdict
from workbench.validation.risk import risk_table
from workbench.validation.trial import Trial, trial

discover("workbench.validation.checks")

__all__ = [
    "trial",
    "Trial",
    "Finding",
    "table",
    "verdict",
    "risk_table",
    "CHECKS",
    "QUESTIONS",
    "Check",
    "check",
    "ComparisonData",
]
