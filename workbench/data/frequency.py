"""How often a panel is observed, and how long a silence its calendar explains.

The longest closure of the New York Stock Exchange since 1933 is 2001-09-10 to 2001-09-17, seven calendar
days; an ordinary long weekend is four or five. Some Asian exchanges rest longer (Tokyo 2019-04-26 to
2019-05-07, eleven days), so a longer silence is a question for the user, not proof of a fault.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

EXPLAINED = {"daily": 7, "weekly": 14, "monthly": 45, "quarterly": 125, "annual": 500}
"""Calendar days between two neighbouring observations that a calendar of each frequency still explains."""

_CEILINGS = (("daily", 4.0), ("weekly", 10.0), ("monthly", 45.0), ("quarterly", 125.0))


def steps(index: pd.DatetimeIndex) -> np.ndarray:
    """Calendar days between neighbouring dates, (len(index) - 1,)."""
    return np.diff(index.as_unit("ns").asi8) / 86_400e9


def frequency(index: pd.DatetimeIndex) -> str:
    """``daily``, ``weekly``, ``monthly``, ``quarterly`` or ``annual``, by the median step between distinct dates."""
    distinct = index.unique().sort_values()
    if len(distinct) < 2:
        return "daily"
    median = float(np.median(steps(distinct)))
    return next((name for name, ceiling in _CEILINGS if median <= ceiling), "annual")
