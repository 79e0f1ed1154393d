"""Checks that try to refute a scenario set, each with a simulated null, and the verdict over all of them.

>>> sorted({check.question for check in CHECKS.values()} - set(QUESTIONS))
[]
"""

from workbench.diagnostics import (  # noqa: F401  (they register their checks)
    conditional,
    copying,
    dependence,
    edges,
    extremes,
    facts,
    motion,
    portfolio,
    tails,
    whole_law,
)
from workbench.diagnostics.check import CHECKS, QUESTIONS, check
from workbench.diagnostics.finding import Finding, table, verdict
from workbench.diagnostics.risk import risk_table
from workbench.diagnostics.trial import trial

__all__ = ["CHECKS", "QUESTIONS", "Finding", "check", "risk_table", "table", "trial", "verdict"]
