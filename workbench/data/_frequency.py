"""How often a panel is observed, and how long a gap its calendar explains.

The frequency is read from the median step between distinct dates. Within a day it is *hourly* (steps of about an
hour) or *intraday*; a daily panel that has all seven days of the week is *7-day*.

The longest closure of the New York Stock Exchange since 1933 is 2001-09-10 to 2001-09-17, seven calendar
days; an ordinary long weekend is four or five. Some Asian exchanges rest longer (Tokyo 2019-04-26 to
2019-05-07, eleven days), so a longer gap is a question for the user, not proof of a fault.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.constants import TRADING_DAYS

EXPLAINED = {
    "intraday": 7, "hourly": 7, "7-day": 7, "daily": 7, "weekly": 14, "monthly": 45, "quarterly": 125, "annual": 500
}  # fmt: skip
"""Calendar days between two neighbouring observations that a calendar of each frequency still explains."""

UNITS = {
    "7-day": "day", "daily": "trading day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "annual": "year",
    "hourly": "hour", "intraday": "step",
}  # fmt: skip
"""What one row of a panel of each frequency is called, in every axis, caption and table."""

_PERIODS = {"7-day": 365, "daily": TRADING_DAYS, "weekly": 52, "monthly": 12, "quarterly": 4, "annual": 1}
_CEILINGS = {
    0.02: "intraday", 0.05: "hourly", 0.7: "intraday", 4.0: "daily", 10.0: "weekly", 45.0: "monthly", 125.0: "quarterly"
}  # fmt: skip
_EVERY_DAY = 0.05  # share of the dates that every day of the week has in a 7-day panel


def steps(index: pd.DatetimeIndex) -> np.ndarray:
    """Calendar days between neighbouring dates, (len(index) - 1,)."""
    return np.diff(index.as_unit("ns").asi8) / 86_400e9


def frequency(panel: pd.DataFrame | pd.DatetimeIndex) -> str:
    """``intraday``, ``hourly``, ``7-day``, ``daily``, ``weekly``, ``monthly``, ``quarterly`` or ``annual``.

    Fewer than two distinct dates count as daily.
    """
    distinct = _dates(panel)
    if len(distinct) < 2:
        return "daily"
    median = float(np.median(steps(distinct)))
    name = next((name for ceiling, name in _CEILINGS.items() if median <= ceiling), "annual")
    return "7-day" if name == "daily" and _seven_days(distinct) else name


def periods_per_year(panel: pd.DataFrame | pd.DatetimeIndex) -> int:
    """Observations a year: what a variance of one period is multiplied by to be annual.

    7-day 365, daily 252 (trading days), weekly 52, monthly 12, quarterly 4, annual 1. Within a day: the median number
    of observations on a day that has any, times 365 where all seven days of the week have some, else times 252.

    panel : (date, asset), or its dates.

    >>> periods_per_year(pd.date_range("2020-01-31", periods=24, freq="ME"))
    12
    >>> periods_per_year(pd.date_range("2020-01-01", periods=24 * 30, freq="h"))
    8760
    """
    name, distinct = frequency(panel), _dates(panel)
    if name in _PERIODS:
        return _PERIODS[name]
    a_day = float(pd.Series(1, distinct.normalize()).groupby(level=0).sum().median())
    return round(a_day * _PERIODS["7-day" if _seven_days(distinct) else "daily"])


def unit(panel: pd.DataFrame | pd.DatetimeIndex | int) -> str:
    """What one row of a panel is called: ``trading day``, ``day``, ``week``, ``month``, ``quarter``, ``year``, ``hour``,
    and ``step`` of anything else.

    panel : (date, asset), its dates, or the periods a year that :func:`periods_per_year` found.

    >>> unit(pd.date_range("2020-01-31", periods=24, freq="ME")), unit(252), unit(52), unit(1764)
    ('month', 'trading day', 'week', 'step')
    """
    if isinstance(panel, pd.DataFrame | pd.DatetimeIndex):
        return UNITS[frequency(panel)]
    return next((UNITS[name] for name, periods in _PERIODS.items() if periods == panel), "step")


def _dates(panel: pd.DataFrame | pd.DatetimeIndex) -> pd.DatetimeIndex:
    index = panel if isinstance(panel, pd.DatetimeIndex) else pd.DatetimeIndex(panel.index)
    return index.unique().sort_values()


def _seven_days(index: pd.DatetimeIndex) -> bool:
    return bool((np.bincount(index.day_of_week, minlength=7) > _EVERY_DAY * len(index)).all())
