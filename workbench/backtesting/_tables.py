"""Tables of dates and numbers as other people write them: CSV or Parquet, checked cell by cell.

Every complaint names the column, the date or row, and what to do.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workbench import data
from workbench.errors import DataError

DATE_NAMES = ("date", "day", "timestamp", "time", "index")
ZONE = r"(:\d{2}(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d{2}:?\d{2})$"  # of a time of day; the date is that of the place
LONGEST = 120  # characters of column names that are shown


def read_table(path: str | Path, what: str, column: str | None = None) -> pd.DataFrame:
    """Numbers by date in a ``.csv``, ``.csv.gz`` or ``.parquet`` file, read as panels are; all columns or one."""
    if not str(path).lower().endswith((".parquet", ".pq", ".csv", ".csv.gz", ".txt")):
        raise DataError(f"{what}: {Path(path).name} is neither .csv nor .parquet")
    try:
        return data.read_table(path, only=None if column is None else [column])
    except DataError as wrong:
        raise DataError(f"{what}: {wrong}") from None


def _shown(names: pd.Index) -> str:
    """Column names on one line, whatever stands in them."""
    text = ", ".join(name if name.isprintable() else repr(name) for name in map(str, names))
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def _date_column(frame: pd.DataFrame, what: str) -> tuple[pd.Index, pd.DataFrame]:
    """The dates, from the column or index that holds them, and the other columns."""
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame.index, frame
    for column in frame.columns:
        if str(column).strip().lower() in DATE_NAMES:
            return pd.Index(frame[column]), frame.drop(columns=column)
    first = str(frame.columns[0]) if len(frame.columns) else ""
    if first.startswith("Unnamed") or first == "":
        return pd.Index(frame.iloc[:, 0]), frame.iloc[:, 1:]
    raise DataError(f"{what}: no column named 'date' (columns: {_shown(frame.columns)})")


def _parse_dates(raw: pd.Index, what: str) -> pd.DatetimeIndex:
    if pd.api.types.is_numeric_dtype(raw):
        raise DataError(f"{what}: dates are numbers (first: {raw[0] if len(raw) else None}); write them as 2020-03-16")
    if isinstance(raw, pd.DatetimeIndex):
        return raw.tz_localize(None).normalize()
    text = pd.Series(raw).astype(str).str.replace(ZONE, r"\1", regex=True)
    parsed = pd.to_datetime(text.where(pd.notna(raw)), errors="coerce", format="mixed", utc=True)
    if parsed.isna().any():
        row = int(np.argmax(parsed.isna().to_numpy()))
        raise DataError(f"{what}: {raw[row]!r} in row {row + 1} is not a date; write it as 2020-03-16")
    return pd.DatetimeIndex(parsed).tz_localize(None).normalize()


def _numbers(values: pd.Series, dates: pd.DatetimeIndex, what: str) -> np.ndarray:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
    bad = ~np.isfinite(numbers)
    if bad.any():
        row = int(np.argmax(bad))
        cell = values.iloc[row]
        shown = "empty" if pd.isna(cell) or str(cell).strip() == "" else repr(cell)
        raise DataError(
            f"{what}: column {values.name!r} on {dates[row].date()} (row {row + 1}) is {shown}, not a finite number; "
            f"{int(bad.sum())} such cells: fill them or leave out those days"
        )
    return numbers


def dated(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """A table of floats with increasing unique dates; DataError for duplicates, gaps in cells and text."""
    raw, columns = _date_column(frame, what)
    if len(raw) == 0:
        raise DataError(f"{what}: the table has no rows")
    dates = _parse_dates(raw, what)
    twice = dates.duplicated()
    if twice.any():
        raise DataError(
            f"{what}: the date {dates[twice][0].date()} appears more than once ({int(twice.sum())} repeated rows): "
            "keep one row a day"
        )
    if len({str(c) for c in columns.columns}) < len(columns.columns):
        raise DataError(f"{what}: two columns have one name (columns: {', '.join(map(str, columns.columns))})")
    values = {str(c).strip(): _numbers(columns[c], dates, what) for c in columns.columns}
    return pd.DataFrame(values, index=dates).sort_index()
