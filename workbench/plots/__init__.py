"""Figures: one function a question, which returns the Axes it drew on.

Here are the figures of one scenario set beside its history. Those of forecasts through time are in
:mod:`.backtests`, :mod:`.monitors` and :mod:`.tournament`, those of stress tests in :mod:`.stress`, of the checks
themselves in :mod:`.power`, of the tail splice in :mod:`.tail_guarantees`. A figure takes scenarios, comparison data or
tables, reads no file and keeps no state; its words come from :mod:`workbench.reporting`.
"""

from workbench.plots._dependence import dependence_maps
from workbench.plots._extrapolation import distance_plot
from workbench.plots._facts import stylised_facts
from workbench.plots._fan import fan_charts
from workbench.plots._findings import verdict_map
from workbench.plots._ranks import rank_bars
from workbench.plots._risk import risk_impact, risk_intervals
from workbench.plots._scores import score_plot
from workbench.plots._tails import has_splice, splice_plot, tail_plot
from workbench.plots._worst import worst_paths

__all__ = [
    "fan_charts",
    "worst_paths",
    "risk_intervals",
    "rank_bars",
    "verdict_map",
    "risk_impact",
    "tail_plot",
    "splice_plot",
    "has_splice",
    "stylised_facts",
    "dependence_maps",
    "score_plot",
    "distance_plot",
]
