"""A tournament of samplers: all on the same days with the same noise, and who is better, by how much, how surely.

>>> seeded("neural"), seeded("fhs")
(True, False)
"""

from workbench.backtesting.tournament._comparison import (
    REGIMES,
    SCORES,
    Rows,
    by_sampler,
    by_subsample,
    compare,
    confidence_set,
    coverage,
    means,
    regimes,
    scoreboard,
    seed_ts,
    series,
)
from workbench.backtesting.tournament._design import Design
from workbench.backtesting.tournament._fits import entries, fit, row_file, rows, seeded, stored

__all__ = [
    "Design", "rows", "stored", "scoreboard", "compare", "confidence_set", "by_subsample", "by_sampler", "coverage",
    "seed_ts", "series", "means", "SCORES", "REGIMES", "regimes", "Rows", "fit", "seeded", "entries", "row_file",
]  # fmt: skip
