"""Tables of a report, each with the columns that a reader needs, numbers by :mod:`workbench.reporting.formats`."""

from workbench.reporting.tables._checks import (
    attempts,
    by_stratum,
    crashes,
    hardest,
    inside,
    least_severity,
    shortfalls,
    survival_errors,
    tail_indices,
    trials,
)
from workbench.reporting.tables._forecasts import (
    alarms,
    asset_hits,
    by_name,
    by_seed,
    confidence_set,
    decade,
    delays,
    forecast_span,
    hits,
    levels,
    meanings,
    overlapping,
    p_values,
    ranking,
    recalibration,
    scoreboard,
    steps,
    tests,
    tournament,
    uniformity,
)
from workbench.reporting.tables._panel import (
    closest_episodes,
    departures,
    facts,
    findings,
    flaws,
    risk_impact,
    sources,
    unanswered,
)
from workbench.reporting.tables._stress import (
    answers,
    books,
    crisis_shapes,
    independences,
    losses,
    most_typical,
    pooling,
    rare,
    ways,
)

__all__ = [
    "sources", "flaws", "facts", "findings", "departures", "unanswered", "risk_impact", "closest_episodes",
    "by_name", "by_seed", "forecast_span", "tests", "p_values", "meanings", "asset_hits", "ranking", "overlapping", "uniformity",
    "tournament", "scoreboard", "hits", "confidence_set", "alarms", "delays", "steps", "recalibration", "levels", "decade",
    "answers", "most_typical", "losses", "pooling", "rare", "books", "ways", "crisis_shapes", "independences",
    "trials", "least_severity", "hardest", "attempts", "survival_errors", "by_stratum", "inside", "tail_indices",
    "crashes", "shortfalls",
]  # fmt: skip
