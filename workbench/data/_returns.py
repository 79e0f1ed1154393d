r"""From a panel to returns, without filling anything.

===========  ====================================================
kind         change from one observation to the next
===========  ====================================================
price        :math:`\log P_t - \log P_{t-1}`
level        :math:`\log L_t - \log L_{t-1}`
yield        :math:`y_t - y_{t-1}`, a fraction (0.0001 is 1 bp)
return       the panel itself (log returns already)
===========  ====================================================

A date on which no asset has a value is a closed day and is passed over: the next return spans it, as it spans
a weekend. A date on which only some have one is lost for both neighbouring returns. A return over a gap
that the calendar does not explain is no one-day return and is left out. What was left out stands in
``attrs["dropped"]``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data._flaws import price_field
from workbench.data._frequency import EXPLAINED, frequency, steps
from workbench.data._load import Source, load
from workbench.data._wording import counted
from workbench.data.catalogue import KINDS
from workbench.errors import DataError


def returns(source: Source) -> pd.DataFrame:
    """Returns of a panel, complete rows only.

    source : what :func:`workbench.data.load` takes. A DataFrame is taken as it is: prices, yields, levels or returns
        by ``attrs["kind"]`` (price when there is none). Of several fields the one of :func:`close` is used.

    Returns (date, asset) log returns as fractions (yields: differences). ``attrs``: ``kind`` is ``return``,
    ``change_of`` the kind it came from, ``dropped`` a list of sentences.

    Raises DataError for dates that do not increase, a price at or below zero (column and date), or when no
    row is left.

    >>> returns("us_equities").shape
    (8312, 20)
    """
    panel = source if isinstance(source, pd.DataFrame) else load(source)
    kind = panel.attrs.get("kind", "price")
    values = close(panel)
    _demand_increasing(values.index)
    values, dropped = _open_days(values)
    if kind != "return":
        values, more = _within_calendar(_changes(values, kind), steps(values.index))
        dropped += more
    complete, more = _complete(values)
    complete.attrs = {**panel.attrs, "kind": "return", "change_of": kind, "dropped": dropped + more}
    return complete


def close(panel: pd.DataFrame) -> pd.DataFrame:
    """One column an asset: the panel itself, or of several fields ``adj_close`` where every asset has it, else
    ``close``.
    """
    if panel.columns.nlevels == 1:
        return panel.astype(float)
    fields = list(dict.fromkeys(panel.columns.get_level_values(0)))
    if not {"close", "adj_close"} & set(fields):
        raise DataError(f"the panel has the fields {', '.join(map(str, fields))} and no 'close' to take returns of")
    return panel[price_field(panel)].astype(float)


def _changes(values: pd.DataFrame, kind: str) -> pd.DataFrame:
    if kind not in KINDS:
        raise DataError(f"attrs['kind'] of the panel is {kind!r}; expected one of {', '.join(KINDS)}")
    if kind != "yield":
        _demand_positive(values, kind)
        values = np.log(values)
    return values.diff().iloc[1:]


def _demand_increasing(index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex):
        raise DataError(f"the panel's index is {index.dtype}, expected dates; set a DatetimeIndex")
    back = np.flatnonzero(index[1:] <= index[:-1])
    if back.size:
        raise DataError(
            f"row {back[0] + 2}: {index[back[0] + 1].date()} does not come after {index[back[0]].date()}; "
            "sort the dates and keep one row a date"
        )


def _demand_positive(values: pd.DataFrame, kind: str) -> None:
    rows, columns = np.nonzero((values <= 0).to_numpy())
    if rows.size:
        where = f"column {values.columns[columns[0]]!r}, {values.index[rows[0]].date()}"
        raise DataError(
            f"{where}: {kind} {values.iloc[rows[0], columns[0]]:g} is not positive and has no log return "
            f"({counted(rows.size, 'such cell')}); leave the column out, end the panel before that date, "
            "or model differences"
        )


def _open_days(values: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    closed = values.isna().all(axis=1)
    if not closed.any():
        return values, []
    first = values.index[closed.to_numpy()][0].date()
    return values[~closed], [f"{int(closed.sum())} dates on which nothing was observed (first {first}): closed days"]


def _within_calendar(changes: pd.DataFrame, days: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    """Leave out the changes over more calendar ``days`` than the frequency of the panel explains."""
    longest = EXPLAINED[frequency(changes.index)]
    long = days > longest
    if not long.any():
        return changes, []
    dates = ", ".join(str(date.date()) for date in changes.index[long][:3])
    return changes[~long], [f"{int(long.sum())} changes over more than {longest} calendar days (to {dates}): gaps"]


def _complete(values: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    missing = values.isna()
    rows = missing.any(axis=1)
    if rows.all():
        worst = missing.sum().sort_values(ascending=False).index[:3].tolist()
        raise DataError(
            f"no date has a return for every column ({len(values)} dates); most is missing in {worst}: leave those out"
        )
    if not rows.any():
        return values.copy(), []
    first, last = values.index[rows.to_numpy()][[0, -1]].date
    counts = missing.sum()
    by = ", ".join(f"{column} {count}" for column, count in counts[counts > 0].items())
    return values[~rows], [
        f"{int(rows.sum())} dates between {first} and {last} lacking a value (missing by column: {by})"
    ]
