"""Dates in text: which column holds them, and in which order day and month stand.

``03/04/2020`` is two dates. A number beyond the twelfth month anywhere in the column determines the order; else the
order under which the dates run in one direction, if only one does; else the user must say. A time zone is left out
and the wall-clock time kept, except where that would repeat an hour (the end of summer time): then times are in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import DataError

YEARS = (1678, 2261)
"""What 64 bits of nanoseconds can hold; a date outside is a placeholder or a slip."""
NAMES = (
    "", "date", "datetime", "time", "timestamp", "day", "month", "datum", "time_period", "observation_date", "period",
    "index", "open_time", "unix",
)  # fmt: skip
_PATTERNS = {
    "year first": re.compile(r"^\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([ T].*)?$"),
    "compact": re.compile(r"^(1[89]|20)\d{2}(0[1-9]|1[0-2])(\d{2})?$"),
    "slashed": re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})([ T].*)?$"),
    "quarters": re.compile(r"^\d{4}-?Q[1-4]$"),
    "named": re.compile(r"^(\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9}[- ]\d{1,2},? \d{4})$"),
}
_COUNTS = {  # of a column that is named as dates are: seconds, milliseconds, days of a spreadsheet
    "Unix seconds": (re.compile(r"^\d{9,10}(\.0)?$"), "s", "unix"),
    "Unix milliseconds": (re.compile(r"^\d{12,13}(\.0)?$"), "ms", "unix"),
    "spreadsheet days": (re.compile(r"^[2-6]\d{4}(\.\d+)?$"), "D", "1899-12-30"),
}
_ZONE = re.compile(r"(?<=\d:\d\d)(:\d\d(?:\.\d+)?)?\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$")


def date_column(table: pd.DataFrame, columns: Sequence[object]) -> str:
    """Name of the column of dates: one called so, else the first in which most cells look like dates.

    table : the columns that can hold dates, as text; columns : all columns.

    Raises DataError when there is none.
    """
    named = [c for c in table.columns if is_date_name(c)]
    for column in [*named, *table.columns]:
        if _style(table[column][table[column] != ""].iloc[:200], named=column in named)[1] > 0.8:
            return column
    if named:
        return named[0]
    shown = ", ".join(repr(c) for c in columns[:4])
    raise DataError(f"no column holds dates (columns {shown}); call it 'date' and write 2020-12-31")


def is_date_name(column: object) -> bool:
    """Whether a column is called as dates are."""
    return str(column).lower().strip().replace(" ", "_") in NAMES


def parse_dates(cells: pd.Series, dayfirst: bool | None) -> tuple[pd.DatetimeIndex, str]:
    """Dates of a column of text, and how they were read ("" for ISO dates).

    Raises DataError naming the row of the first cell that is no date, or when nothing shows whether the day or the
    month comes first.
    """
    distinct = cells.drop_duplicates()
    style, share = _style(distinct, is_date_name(cells.name))
    if share < 1:
        pattern = _PATTERNS[style] if style in _PATTERNS else _COUNTS[style][0]
        raise _no_date(distinct, int(np.argmin(distinct.str.match(pattern).to_numpy())))
    if style == "slashed":
        style = "day first" if (_day_first(distinct) if dayfirst is None else dayfirst) else "month first"
    dates = pd.Series(_convert(distinct, style), index=distinct.to_numpy())
    index = pd.DatetimeIndex(dates.loc[cells.to_numpy()])
    if dates.duplicated().any() and any(_ZONE.search(text) for text in distinct):
        index, style = pd.DatetimeIndex(pd.to_datetime(cells, format="mixed", utc=True)).tz_convert(None), "in UTC"
    elif style == "year first" and _ZONE.search(distinct.iloc[-1]):
        style = "time zone left out"
    return whole_days(index, style)


def whole_days(index: pd.DatetimeIndex, style: str = "") -> tuple[pd.DatetimeIndex, str]:
    """Dates without a time zone, and without the time of day where each day is there once; and how they were read."""
    note = "" if style == "year first" else style
    if index.tz is not None:
        wall = index.tz_localize(None)
        repeats = wall.nunique() < index.nunique()
        index, note = (index.tz_convert(None), "in UTC") if repeats else (wall, f"time zone {index.tz} left out")
    index = index.as_unit("ns").rename("date")
    days = index.normalize()
    return (days if days.nunique() == index.nunique() else index), note


def _style(cells: pd.Series, named: bool) -> tuple[str, float]:
    """The pattern that most filled cells match, and the share that do."""
    patterns = {**_PATTERNS, **({name: count[0] for name, count in _COUNTS.items()} if named else {})}
    filled = cells[cells != ""]
    shares = (
        {style: float(filled.str.match(pattern).mean()) for style, pattern in patterns.items()} if len(filled) else {}
    )
    best = max(shares, key=lambda style: shares[style], default="year first")
    return best, shares.get(best, 0.0) * (len(filled) / len(cells) if len(cells) else 0)


def _day_first(cells: pd.Series) -> bool:
    parts = cells.str.extract(_PATTERNS["slashed"])
    first, second = pd.to_numeric(parts[0]), pd.to_numeric(parts[1])
    if "." in cells.iloc[0] and not (second > 12).any():
        return True
    if (first > 12).any() != (second > 12).any():
        return bool((first > 12).any())
    if (first > 12).any():
        row, other = (int(np.argmax((part > 12).to_numpy())) for part in (first, second))
        raise DataError(
            f"column {cells.name!r}: row {cells.index[row] + 1} ({cells.iloc[row]}) puts the day first "
            f"and row {cells.index[other] + 1} ({cells.iloc[other]}) the month; write all dates as 2020-12-31"
        )
    day, month = (_one_way(_convert(cells, order)) for order in ("day first", "month first"))
    if day == month:
        raise DataError(
            f"column {cells.name!r}: {cells.iloc[0]} is a different date with the day first and with the month first, "
            "and no row shows which; say dayfirst=True or dayfirst=False, or write 2020-12-31"
        )
    return day


def _one_way(dates: pd.DatetimeIndex) -> bool:
    return dates.is_monotonic_increasing or dates.is_monotonic_decreasing


def _convert(cells: pd.Series, style: str) -> pd.DatetimeIndex:
    if style in _COUNTS:
        _, unit, origin = _COUNTS[style]
        dates = pd.to_datetime(cells.astype(float), unit=unit, origin=origin, errors="coerce").dt.round("ms")
    elif style == "quarters":
        quarters = pd.PeriodIndex(cells.str.replace("-", ""), freq="Q").to_timestamp(how="end").normalize()
        dates = pd.Series(quarters, cells.index)
    elif style == "compact":
        dates = pd.to_datetime(cells.where(cells.str.len() == 8, cells + "01"), format="%Y%m%d", errors="coerce")
    elif style in ("day first", "month first"):
        slashed = cells.str.replace(r"[-.]", "/", regex=True)
        dates = pd.to_datetime(slashed, dayfirst=style == "day first", format="mixed", errors="coerce")
    else:
        dates = pd.to_datetime(cells.str.replace(_ZONE, r"\1", regex=True), format="mixed", errors="coerce")
    bad = np.flatnonzero(~dates.dt.year.between(*YEARS).to_numpy())
    if bad.size:
        raise _no_date(cells, int(bad[0]))
    return pd.DatetimeIndex(dates)


def _no_date(cells: pd.Series, row: int) -> DataError:
    text = cells.iloc[row]
    what = "is not a date" if text else "is empty"
    return DataError(
        f"column {cells.name!r}, row {cells.index[row] + 1}: {text[:60]!r} {what}; write dates as 2020-12-31"
    )
