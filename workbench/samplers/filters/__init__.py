"""Filters: the recursion for each asset's mean and volatility, and how assets move together."""

from workbench.samplers.filters._classical import FILTERS, Constant, Ewma, Filter, Gjr, live_from
from workbench.samplers.filters._correlation import MovingCorrelation, colour
from workbench.samplers.filters._lead_lag import LeadLag
from workbench.samplers.filters._mean import MeanFilter
from workbench.samplers.filters._neural import NeuralFilter
from workbench.samplers.filters._pretrained import PretrainedFilter
from workbench.samplers.filters._tracking import QuantileTracking
from workbench.samplers.filters._transformer import TransformerFilter

__all__ = [
    "FILTERS", "Filter", "Constant", "Ewma", "Gjr", "NeuralFilter", "PretrainedFilter", "TransformerFilter", "LeadLag",
    "MeanFilter", "MovingCorrelation", "QuantileTracking", "colour", "live_from",
]  # fmt: skip
