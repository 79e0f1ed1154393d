"""The horse race: every sampler on the same days with the same noise, and who is better, by how much, how surely.

>>> learned("neural"), learned("fhs")
(True, False)
"""

from workbench.diagnostics.race.course import LEVELS, Course
from workbench.diagnostics.race.field import Kept, fit, keys, learned, row_file, rows, stored
from workbench.diagnostics.race.parts import REGIMES, by_part, first_line, regimes, where_it_loses
from workbench.diagnostics.race.standings import (
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
