r"""A factor on each check's standard errors, measured on known processes against themselves.

Blocks show too little of what remembers the level of volatility, and the widening that corrects it on the most
persistent process is too much for others: most checks would err on the safe side and lose their power. So each check's
standard errors are multiplied by

    exp(a + b log(days / 2000) + c (memory - 1/2)),

with *memory* of the history at hand (:attr:`ComparisonData.memory`), a, b and c fitted by quantile regression (Koenker
and Bassett 1978, Econometrica 46, 33-50) to trials of known processes against themselves (``python -m benchmarks
calibration``), so that one correct set in twenty passes the 5 % point. Sets of the long run and sets that start today
have factors of their own. A check that is not in the table keeps its own null.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.validation.engine.comparison_data import ComparisonData

TABLE = Path(__file__).with_suffix(".json")
LEAST, MOST = 0.4, 3.0
USUAL_DAYS, USUAL_MEMORY = 2000, 0.5


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, list[float]]]:
    """a, b, c of each check, by kind of set."""
    return json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}


def regressors(days: float | np.ndarray, memory: float | np.ndarray) -> np.ndarray:
    """What a, b and c multiply: (..., 3)."""
    days, memory = np.broadcast_arrays(days, memory)
    return np.stack([np.ones(days.shape), np.log(days / USUAL_DAYS), memory - USUAL_MEMORY], axis=-1)


def factor(check: str, data: ComparisonData) -> float:
    """Factor on the standard errors of ``check`` for this kind of set and this history."""
    known = table().get("conditional" if data.conditional else "unconditional", {}).get(check)
    if known is None:
        return 1.0
    return float(np.clip(np.exp(regressors(len(data.days), data.memory) @ np.array(known)), LEAST, MOST))
