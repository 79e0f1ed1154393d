"""Conditional scenarios: part of the future is known, by value, within a band, or day by day."""

from workbench.stress.conditioning._condition import Conditional, given
from workbench.stress.conditioning._factor_path import FactorModel, factor_path

__all__ = ["given", "Conditional", "factor_path", "FactorModel"]
