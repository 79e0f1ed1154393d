"""Returns and dates that a backtest of a sampler is given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import DataError, ParameterError

LARGEST = 0.15  # median absolute daily return, above which returns are in per cent or points


def require_returns(returns: pd.DataFrame) -> pd.DataFrame:
    """Log returns (day, asset) as they are; DataError naming the first column, date and value that are not.

    Dates increase without repetition, columns have different names, values are finite fractions.
    """
    if not isinstance(returns, pd.DataFrame) or not returns.shape[1]:
        raise DataError("returns must be a DataFrame of log returns, one column an asset")
    if not isinstance(returns.index, pd.DatetimeIndex):
        raise DataError(f"the index of the returns is {returns.index.dtype}, expected dates; set a DatetimeIndex")
    names = returns.columns.map(str)
    if names.has_duplicates:
        raise DataError(f"column {names[names.duplicated()][0]!r} is there more than once; rename or drop one of them")
    wrong = np.flatnonzero(np.diff(returns.index.asi8) <= 0)
    if len(wrong):
        day = returns.index[wrong[0] + 1]
        raise DataError(
            f"dates must increase without repetition, but {day.date()} does not follow; sort, one row a day"
        )
    values = returns.to_numpy(float)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise DataError(
            f"the return of {names[column]!r} on {returns.index[row].date()} is {values[row, column]}; drop or repair "
            "such days, they are never filled silently"
        )
    typical = np.median(np.abs(values), axis=0)
    if (typical > LARGEST).any():
        column = int(np.argmax(typical > LARGEST))
        raise DataError(
            f"{names[column]!r} moves {typical[column]:.3g} on a typical day, as per cent do: give fractions"
        )
    return returns


def date(name: str, value: object) -> pd.Timestamp:
    """A date; ParameterError naming the argument where it is none."""
    try:
        found = pd.Timestamp(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = pd.NaT
    if found is pd.NaT:
        raise ParameterError(f"{name} must be a date such as 2020-12-31, got {value!r}")
    return found.tz_localize(None)
