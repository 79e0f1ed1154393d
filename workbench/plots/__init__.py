"""Figures: one function a figure, which returns the Axes it drew on.

Every function takes scenarios, cases before the trial or tables, and no file; none keeps state. Captions, alternative
texts and the notebook decide what is said about a figure.
"""

from workbench.plots.backtests import hit_band, pit_ecdf, traffic_calendar
from workbench.plots.dependence import dependence_maps
from workbench.plots.extrapolation import support_plot
from workbench.plots.facts import stylised_facts
from workbench.plots.fan import around, fan_chart, fan_charts
from workbench.plots.monitors import delay_curves, evidence_paths, factor_paths
from workbench.plots.ranks import rank_bars
from workbench.plots.risk import risk_intervals
from workbench.plots.risk_impact import effect_plot
from workbench.plots.scores import score_plot
from workbench.plots.tail_guarantees import crash_plot, index_plot, shortfall_plot
from workbench.plots.tails import has_splice, splice_plot, tail_plot
from workbench.plots.tournament import coverage_plot, lead_plot, race_map, seed_plot
from workbench.plots.verdict import verdict_map
from workbench.plots.worst import closest_episodes, worst_paths
from workbench.reporting.headline import best_baseline, headline

__all__ = [
    "around",
    "best_baseline",
    "closest_episodes",
    "coverage_plot",
    "crash_plot",
    "delay_curves",
    "dependence_maps",
    "effect_plot",
    "evidence_paths",
    "factor_paths",
    "fan_chart",
    "fan_charts",
    "has_splice",
    "headline",
    "hit_band",
    "index_plot",
    "lead_plot",
    "pit_ecdf",
    "race_map",
    "rank_bars",
    "risk_intervals",
    "score_plot",
    "seed_plot",
    "shortfall_plot",
    "splice_plot",
    "stylised_facts",
    "support_plot",
    "tail_plot",
    "traffic_calendar",
    "verdict_map",
    "worst_paths",
]
