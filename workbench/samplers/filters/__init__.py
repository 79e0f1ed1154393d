"""Filters: the recursion for each asset's mean and volatility, and how assets move together."""

from workbench.samplers.filters.classical import FILTERS, Constant, Ewma, Filter, Gjr

__all__ = ["FILTERS", "Constant", "Ewma", "Filter", "Gjr"]
