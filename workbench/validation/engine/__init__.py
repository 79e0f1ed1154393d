"""What every check shares: comparison data, simulated nulls, market state, registry and findings."""

from workbench.validation.engine.check import CHECKS, QUESTIONS, Check, check
from workbench.validation.engine.comparison_data import CHUNK, ComparisonData, Features, Labels, SetSummary
from workbench.validation.engine.finding import Finding, not_assessed
from workbench.validation.engine.identity import Identity

__all__ = [
    "check", "Check", "CHECKS", "QUESTIONS", "ComparisonData", "SetSummary", "Features", "Labels", "CHUNK", "Finding",
    "not_assessed", "Identity",
]  # fmt: skip
