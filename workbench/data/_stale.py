"""Stale prices: runs of returns that are exactly zero for longer than a coarse tick explains.

A stock quoted in coarse ticks has zero returns by chance, at a rate p that can be counted; n days then hold
about n (1 - p) p^m runs of m or more. In ``us_equities`` before 1995, with its ticks of eighths, p is .04 to
.15 for nineteen stocks, whose longest run in 33 years is 5 days (JPM, 1991), and .32 for RRC between June
1992 and 1994. Runs of 8 or more are then expected .0004 times in the nineteen together and .05 times in RRC;
RRC has nineteen of them, up to 68 days, all before 1992-06-12. A minimum of 5 would start JPM and CHF at
chance runs, and DKK at its peg; 8 leaves them and finds, among the other sets, the Czech koruna at its floor
(38 days) and bills near zero yield.

A stale run harms twice: the volatility of a filter dies down during it, and the return that ends it carries
the news of weeks. So a series is clean only from the second observation after its last run.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MINIMUM = 8


def stale_runs(returns: pd.DataFrame, minimum: int = MINIMUM) -> pd.DataFrame:
    """Runs of at least ``minimum`` zero returns.

    returns : (date, asset) log returns; a missing value ends a run.

    Returns a table ``column, first, last, length``; ``first`` and ``last`` are dates of zero returns.
    """
    found = [
        (column, returns.index[start], returns.index[stop - 1], stop - start)
        for column in returns.columns
        for start, stop in _runs(returns[column].to_numpy() == 0)
        if stop - start >= minimum
    ]
    return pd.DataFrame(found, columns=["column", "first", "last", "length"])


def clean_from(returns: pd.DataFrame, minimum: int = MINIMUM) -> pd.Series:
    """For every asset the first date from which no return is stale or catches up with a stale run.

    Without a stale run that is the first date of the table; NaT where a run reaches the end.

    >>> from workbench.data import returns
    >>> str(clean_from(returns("us_equities"))["RRC"].date())
    '1992-06-12'
    """
    runs = stale_runs(returns, minimum)
    last = runs.groupby("column")["last"].max()
    ends = {column: returns.index.get_loc(date) + 2 for column, date in last.items()}
    dates = {column: _date(returns.index, ends.get(column, 0)) for column in returns.columns}
    return pd.Series(dates, name="clean_from", dtype="datetime64[ns]").reindex(returns.columns)


def _date(index: pd.DatetimeIndex, position: int) -> pd.Timestamp:
    return index[position] if position < len(index) else pd.NaT


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Half-open positions of the runs of True."""
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(np.int8), 0]))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))
