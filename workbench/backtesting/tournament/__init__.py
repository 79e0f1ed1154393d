"""The horse race: every sampler on the same days with the same noise, and who is better, by how much, how surely.

>>> learned("neural"), learned("fhs")
(True, False)
"""

from workbench.backtesting.tournament.design import LEVELS, Course
from workbench.backtesting.tournament.fits import Kept, fit, keys, learned, row_file, rows, stored
from workbench.backtesting.tournament.standings import (
    SCORES,
    Rows,
    block_t,
    by_sampler,
    compare,
    confidence_set,
    coverage,
    means,
    scoreboard,
    seed_ts,
    series,
    t_of,
)
from workbench.backtesting.tournament.subsamples import REGIMES, by_part, first_line, regimes, where_it_loses

__all__ = [
    "LEVELS",
    "REGIMES",
    "SCORES",
    "Course",
    "Kept",
    "Rows",
    "block_t",
    "by_part",
    "by_sampler",
    "compare",
    "confidence_set",
    "coverage",
    "first_line",
    "fit",
    "keys",
    "learned",
    "means",
    "regimes",
    "row_file",
    "rows",
    "scoreboard",
    "seed_ts",
    "series",
    "stored",
    "t_of",
    "where_it_loses",
]
