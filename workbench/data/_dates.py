"""Dates in text: which column holds them, and in which order day and month stand.

``03/04/2020`` is two dates. A number beyond the twelfth month anywhere in the column determines the order; else the
order under which the dates run in one direction, if only one does; else the user must say. A time zone is left out
and the wall-clock time kept, except where that would repeat an hour (the end of summer time): then times are in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from workbench.errors import DataError

YEARS = (1678, 2261)
"""What 64 bits of nanoseconds can hold; a date outside is a placeholder or a slip."""
NAMES = (
    "", "date", "datetime", "time", "timestamp", "day", "month", "datum", "time_period", "observation_date", "period",
    "index", "open_time", "unix",
)  # fmt: skip
_ZONE = re.compile(r"(?<=\d:\d\d)(:\d\d(?:\.\d+)?)?\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$")
_SLASHED = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})([ T].*)?$")
_dates = partial(pd.to_datetime, errors="coerce")


def _mixed(cells: pd.Series) -> pd.Series:
    return _dates(cells.str.replace(_ZONE, r"\1", regex=True), format="mixed")


def _slashed(cells: pd.Series, dayfirst: bool) -> pd.Series:
    return _dates(cells.str.replace(r"[-.]", "/", regex=True), dayfirst=dayfirst, format="mixed")


def _compact(cells: pd.Series) -> pd.Series:
    return _dates((cells + "01").str[:8], format="%Y%m%d")


def _quarters(cells: pd.Series) -> pd.Series:
    ends = pd.PeriodIndex(cells.str.replace("-", ""), freq="Q").to_timestamp(how="end")
    return pd.Series(ends.normalize(), cells.index)


def _counted(cells: pd.Series, unit: str, origin: str = "unix") -> pd.Series:
    return _dates(cells.astype(float), unit=unit, origin=origin).dt.round("ms")


_STYLES: dict[str, tuple[re.Pattern, Callable[[pd.Series], pd.Series]]] = {
    "year first": (re.compile(r"^\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([ T].*)?$"), _mixed),
    "compact": (re.compile(r"^(1[89]|20)\d{2}(0[1-9]|1[0-2])(\d{2})?$"), _compact),
    "day first": (_SLASHED, partial(_slashed, dayfirst=True)),
    "month first": (_SLASHED, partial(_slashed, dayfirst=False)),
    "quarters": (re.compile(r"^\d{4}-?Q[1-4]$"), _quarters),
    "named": (re.compile(r"^(\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9}[- ]\d{1,2},? \d{4})$"), _mixed),
    "Unix seconds": (re.compile(r"^\d{9,10}(\.0)?$"), partial(_counted, unit="s")),
    "Unix milliseconds": (re.compile(r"^\d{12,13}(\.0)?$"), partial(_counted, unit="ms")),
    "spreadsheet days": (re.compile(r"^[2-6]\d{4}(\.\d+)?$"), partial(_counted, unit="D", origin="1899-12-30")),
}
_COUNTS = ("Unix seconds", "Unix milliseconds", "spreadsheet days")  # of a column that is named as dates are


def date_column(table: pd.DataFrame, columns: Sequence[object]) -> str:
    """Name of the column of dates: one called so, else the first in which most cells look like dates.

    table : the columns that can hold dates, as text; columns : all columns.

    Raises DataError when there is none.
    """
    named = [c for c in table.columns if is_date_name(c)]
    for column in [*named, *table.columns]:
        if _style(table[column][table[column] != ""].iloc[:200], named=column in named)[1].mean() > 0.8:
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
    style, fits = _style(distinct, is_date_name(cells.name))
    _demand_dates(distinct, fits)
    if style == "day first" and not (_day_first(distinct) if dayfirst is None else dayfirst):
        style = "month first"
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


def _style(cells: pd.Series, named: bool) -> tuple[str, pd.Series]:
    """The style that most cells have, and which cells do."""
    styles = [style for style in _STYLES if named or style not in _COUNTS]
    fits = {style: cells.str.match(_STYLES[style][0]).astype(bool) for style in styles}
    best = max(styles, key=lambda style: fits[style].sum())
    return best, fits[best]


def _day_first(cells: pd.Series) -> bool:
    parts = cells.str.extract(_SLASHED)
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
    dates = _STYLES[style][1](cells)
    _demand_dates(cells, dates.dt.year.between(*YEARS))
    return pd.DatetimeIndex(dates)


def _demand_dates(cells: pd.Series, good: pd.Series) -> None:
    if not good.all():
        row = int(np.argmin(good.to_numpy()))
        what = f"{cells.iloc[row][:60]!r} {'is not a date' if cells.iloc[row] else 'is empty'}"
        raise DataError(f"column {cells.name!r}, row {cells.index[row] + 1}: {what}; write dates as 2020-12-31")
