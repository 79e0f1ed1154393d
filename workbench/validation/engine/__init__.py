"""What every check shares: comparison data, simulated nulls, market state, registry and findings."""

from workbench.validation.engine.check import CHECKS, QUESTIONS, Check, check
from workbench.validation.engine.comparison_data import ComparisonData
from workbench.validation.engine.finding import Finding, not_assessed, table, verdict

__all__ = ["ComparisonData", "Check", "check", "CHECKS", "QUESTIONS", "Finding", "not_assessed", "verdict", "table"]
