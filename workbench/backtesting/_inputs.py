"""Returns, dates and forecast tables that a backtest of a sampler is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import DataError, FitError, ParameterError
from workbench.samplers._panel import require_panel

LARGEST = 0.15  # median absolute daily return, above which returns are in per cent or points


def require_returns(returns: pd.DataFrame) -> pd.DataFrame:
    """Log returns (day, asset) as they are; DataError naming the first column, date and value that are not.

    Dates increase without repetition, columns have different names, values are finite fractions.
    """
    try:
        require_panel(returns, shortest=1, constant=True)
    except FitError as wrong:
        raise DataError(str(wrong)) from None
    typical = returns.abs().median()
    if (typical > LARGEST).any():
        name = (typical > LARGEST).idxmax()
        raise DataError(f"{name!r} moves {typical[name]:.3g} on a typical day, as per cent do: give fractions")
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


def columns(table: pd.DataFrame, names: Sequence[str], what: str) -> list[np.ndarray]:
    """Columns of a forecast table as floats; DataError naming those that it lacks and ``what`` it was that needs them."""
    missing = [name for name in names if name not in table]
    if missing:
        raise DataError(f"{what} the columns {missing}; found {list(table.columns)}")
    return [table[name].to_numpy(float) for name in names]
