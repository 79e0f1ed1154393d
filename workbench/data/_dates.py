"""Dates in text: which column holds them, and in which order day and month stand.

``03/04/2020`` is two dates. A number beyond the twelfth month anywhere in the column decides; else the
reading under which the dates run in one direction decides, if only one does; else the user must. A time zone
is left out and the date of the wall clock kept.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from workbench.errors import DataError

YEARS = (1678, 2261)
"""What 64 bits of nanoseconds can hold; a date outside is a placeholder or a slip."""
NAMES = ("date", "datetime", "time", "timestamp", "day", "month", "datum", "time_period", "observation_date", "period")
_YEAR_FIRST = re.compile(r"^\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([ T].*)?$")
_COMPACT = re.compile(r"^(1[89]|20)\d{2}(0[1-9]|1[0-2])(\d{2})?$")
_SLASHED = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})([ T].*)?$")
_ZONE = re.compile(r"(?<=\d:\d\d)(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)$")
_NAMED = re.compile(r"^(\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9}[- ]\d{1,2},? \d{4})$")


def date_column(table: pd.DataFrame) -> str:
    """Name of the column of dates: one called so, else the first in which most cells look like dates.

    Raises DataError when there is none.
    """
    named = [c for c in table.columns if str(c).lower().replace(" ", "_") in NAMES or str(c) == ""]
    for column in [*named, *table.columns]:
        if _looks_like_dates(table[column]):
            return column
    if named:
        return named[0]
    shown = ", ".join(repr(c) for c in list(table.columns)[:4])
    raise DataError(f"no column holds dates (columns {shown}); call it 'date' and write 2020-12-31")


def parse_dates(cells: pd.Series, dayfirst: bool | None) -> tuple[pd.DatetimeIndex, str]:
    """Dates of a column of text, and how they were read.

    Raises DataError naming the row of the first cell that is no date, or when day and month cannot be told
    apart.
    """
    distinct = cells.drop_duplicates()
    style = _style(distinct)
    if style == "slashed":
        style = "day first" if (_day_first(distinct) if dayfirst is None else dayfirst) else "month first"
    dates = pd.Series(_convert(distinct, style), index=distinct.to_numpy())
    index = pd.DatetimeIndex(dates.loc[cells.to_numpy()], name="date").as_unit("ns")
    days = index.normalize()
    same = days.nunique() == index.nunique()
    return days if same else index, "" if style == "year first" else style


def _looks_like_dates(cells: pd.Series) -> bool:
    sample = cells[cells != ""].iloc[:200]
    patterns = (_YEAR_FIRST, _COMPACT, _SLASHED, _NAMED)
    return len(sample) > 0 and max(sample.str.match(p).mean() for p in patterns) > 0.8


def _style(cells: pd.Series) -> str:
    styles = {"year first": _YEAR_FIRST, "compact": _COMPACT, "slashed": _SLASHED, "named": _NAMED}
    shares = {style: cells.str.match(pattern).mean() for style, pattern in styles.items()}
    best = max(shares, key=shares.get)
    bad = np.flatnonzero(~cells.str.match(styles[best]).to_numpy())
    if bad.size:
        raise _no_date(cells, bad[0])
    return best


def _day_first(cells: pd.Series) -> bool:
    parts = cells.str.extract(_SLASHED)
    first, second = pd.to_numeric(parts[0]), pd.to_numeric(parts[1])
    if "." in cells.iloc[0] and not (second > 12).any():
        return True
    if (first > 12).any() != (second > 12).any():
        return bool((first > 12).any())
    if (first > 12).any():
        row = int(np.flatnonzero((first > 12).to_numpy())[0])
        other = int(np.flatnonzero((second > 12).to_numpy())[0])
        raise DataError(
            f"column {cells.name!r}: row {cells.index[row] + 1} ({cells.iloc[row]}) puts the day first "
            f"and row {cells.index[other] + 1} ({cells.iloc[other]}) the month; write all dates as 2020-12-31"
        )
    runs = {order: _one_way(_convert(cells, "day first" if order else "month first")) for order in (True, False)}
    if runs[True] == runs[False]:
        raise DataError(
            f"column {cells.name!r}: {cells.iloc[0]} is a different date with the day first and with the month first, "
            "and no row decides; say dayfirst=True or dayfirst=False, or write 2020-12-31"
        )
    return runs[True]


def _one_way(dates: pd.DatetimeIndex) -> bool:
    return dates.is_monotonic_increasing or dates.is_monotonic_decreasing


def _convert(cells: pd.Series, style: str) -> pd.DatetimeIndex:
    if style == "compact":
        dates = pd.to_datetime(cells.where(cells.str.len() == 8, cells + "01"), format="%Y%m%d", errors="coerce")
    elif style in ("day first", "month first"):
        mended = cells.str.replace(r"[-.]", "/", regex=True)
        dates = pd.to_datetime(mended, dayfirst=style == "day first", format="mixed", errors="coerce")
    else:
        dates = pd.to_datetime(cells.str.replace(_ZONE, "", regex=True), format="mixed", errors="coerce")
    bad = np.flatnonzero(~dates.dt.year.between(*YEARS).to_numpy())
    if bad.size:
        raise _no_date(cells, bad[0])
    return pd.DatetimeIndex(dates)


def _no_date(cells: pd.Series, row: int) -> DataError:
    text = cells.iloc[row]
    what = "is not a date" if text else "is empty"
    return DataError(f"column {cells.name!r}, row {cells.index[row] + 1}: {text!r} {what}; write dates as 2020-12-31")
