"""What no sampler can be fitted to, found before anything is trained; and what a fit leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data import clean_from
from workbench.errors import FitError

SHORTEST = 20  # days that any sampler needs
SHORTEST_FILTER = 250  # days that a volatility filter is fitted on at the least: one trading year


class ShortenedHistory(UserWarning):
    """A fit uses fewer days than it was asked for: those after the last stale run of an asset, or all there are."""


def require_panel(returns: pd.DataFrame, shortest: int = SHORTEST, constant: bool = False) -> None:
    """FitError naming the first thing (column, date, value) that makes log returns (day, asset) unfit to be learnt.

    constant : whether a column may be constant.
    """
    if not isinstance(returns, pd.DataFrame) or returns.shape[1] == 0:
        raise FitError("fit needs a DataFrame of log returns with one column an asset")
    names = returns.columns.map(str)
    if names.has_duplicates:
        raise FitError(f"column {names[names.duplicated()][0]!r} is there more than once; rename or drop one of them")
    _require_dates(returns.index)
    wrong = [name for name in returns if not pd.api.types.is_numeric_dtype(returns[name])]
    if wrong:
        raise FitError(f"column {wrong[0]!r} holds {returns[wrong[0]].dtype}, not numbers; convert or drop it")
    _require_values(returns)
    if len(returns) < shortest:
        raise FitError(f"the history has {len(returns)} days, the sampler needs {shortest}; give it a longer one")
    still = [] if constant else [name for name in returns if np.ptp(returns[name].to_numpy(dtype=float)) == 0]
    if still:
        value = returns[still[0]].iloc[0]
        raise FitError(f"{still[0]!r} returns {value:g} on every day, like cash: drop the column")


def _require_dates(index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex):
        raise FitError(f"the index of the returns is {index.dtype}, expected dates; set a DatetimeIndex")
    if index.hasnans:
        raise FitError(f"row {int(index.isna().argmax()) + 1} of the returns has no date; give it one or remove it")
    if index.has_duplicates:
        raise FitError(f"{index[index.duplicated()][0].date()} is there more than once; keep one row a day")
    if not index.is_monotonic_increasing:
        late = index[1:][np.diff(index.asi8) < 0][0]
        raise FitError(f"days are out of order: {late.date()} follows a later one; sort the returns by date")


def _require_values(returns: pd.DataFrame) -> None:
    bad = ~np.isfinite(returns.to_numpy(dtype=float))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise FitError(
            f"log return of {returns.columns[column]!r} on {returns.index[row]} is {returns.iat[row, column]}; "
            "drop or repair such rows before fitting, they are never filled silently"
        )


def live_series(returns: pd.DataFrame) -> dict[str, pd.Series]:
    """Each asset's returns after its last stale run; FitError where fewer than a year of them remain."""
    first = clean_from(returns)
    live = {name: returns[name].loc[first[name] :] if pd.notna(first[name]) else returns[name][:0] for name in returns}
    for name, series in live.items():
        if len(series) < SHORTEST_FILTER:
            raise FitError(
                f"{name!r} has {len(series)} days after its last stale run (of {len(returns)}), a volatility filter "
                f"needs {SHORTEST_FILTER}; leave the column out or give it a longer history"
            )
    return live


def live_from(returns: pd.DataFrame) -> int:
    """Position of the first day from which on every asset is live: no price stands still from there on."""
    return max(int(returns.index.get_indexer([series.index[0]])[0]) for series in live_series(returns).values())


def shortened(returns: pd.DataFrame, first: int) -> str:
    """What a joint history from position ``first`` on leaves out, and because of which asset."""
    last = next(name for name, series in live_series(returns).items() if series.index[0] == returns.index[first])
    return (
        f"joint days begin on {returns.index[first].date()}: {first:,} of {len(returns):,} days are left out, because "
        f"the price of {last!r} stood still until then; drop that column to use them"
    )
