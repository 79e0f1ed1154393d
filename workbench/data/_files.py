"""Files: wide or long CSV and Parquet, prices or returns, read the way they most likely are meant.

What was guessed is stated in ``attrs["reading"]``, one sentence for the user; what cannot be told is asked
back as an error that names the argument to give. Nothing is filled, and no row is dropped or moved that the
validation should see, except that a file from the newest date to the oldest is turned round.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.data._dates import YEARS, date_column, parse_dates
from workbench.data._layout import are_bars, bars, guess_returns, pivot_long, symbol_column
from workbench.data._numbers import MISSING, decimal_mark, parse_numbers
from workbench.data._text_table import read_text_table
from workbench.errors import DataError, ParameterError

WORDS = {"price": "prices", "return": "log returns as fractions"}


def read_file(
    path: str | Path, returns: bool | None = None, *, decimal: str | None = None, dayfirst: bool | None = None
) -> pd.DataFrame:
    """Panel of a CSV (also ``.csv.gz``) or Parquet file.

    path : wide (a date column and one column an asset), long (date, asset, value or several fields) or
        bars of one asset (date, open, high, low, close, volume).
    returns : True for log returns as fractions (or with % signs), False for prices, None to tell.
    decimal : ``.`` or ``,``; None to tell from the file.
    dayfirst : whether 03/04 is the third of April; None to tell from the file.

    ``attrs``: ``kind`` (``price`` or ``return``), ``reading`` (how it was read), ``source`` (file name).

    Raises DataError that names column and row (of data, the header not counted) of what cannot be read, or the
    argument that resolves a doubt.

    The panel may still have flaws, such as unordered dates: see :func:`workbench.data.require_valid`.
    """
    if decimal not in (None, ".", ","):
        raise ParameterError(f"decimal is {decimal!r}; expected '.' or ','")
    path = _existing(Path(path))
    try:
        return _read(path, returns, decimal, dayfirst)
    except DataError as found:
        where = "" if str(found).startswith(path.name) else f"{path.name}: "
        raise DataError(f"{where}{found}") from None


def _read(path: Path, returns: bool | None, decimal: str | None, dayfirst: bool | None) -> pd.DataFrame:
    parquet = path.suffix.lower() in (".parquet", ".pq")
    panel, notes = _parquet(path) if parquet else _csv(path, decimal, dayfirst)
    panel, turned = _oldest_first(panel)
    _demand_values(panel, path)
    kind, why = _kind(panel, returns)
    panel.attrs = {"kind": kind, "source": path.name}
    panel.attrs["reading"] = _sentence(path, panel, [*notes, *turned], f"{WORDS[kind]}, {why}")
    return panel


def _csv(path: Path, decimal: str | None, dayfirst: bool | None) -> tuple[pd.DataFrame, list[str]]:
    table, notes = read_text_table(path)
    date = date_column(table)
    dates, order = parse_dates(table[date], dayfirst)
    symbols = symbol_column(table, date, dates)
    cells = table.drop(columns=[date] + ([symbols] if symbols else []))
    values, read = _numbers(cells, decimal)
    notes += [f"dates in column {date!r}" + (f" ({order})" if order else ""), *read]
    if symbols:
        return pivot_long(values, table[symbols], dates), [*notes, f"long, assets in column {symbols!r}"]
    values.index = dates
    return _wide(values, path, notes)


def _numbers(cells: pd.DataFrame, decimal: str | None) -> tuple[pd.DataFrame, list[str]]:
    if not cells.shape[1]:
        raise DataError("the file holds dates and names but no column of values")
    stacked = pd.concat([cells.iloc[:, i] for i in range(cells.shape[1])], ignore_index=True)
    mark = decimal_mark(stacked[~stacked.isin(MISSING)], decimal)
    parsed = {column: parse_numbers(cells[column], mark) for column in cells.columns}
    percent = [str(column) for column, (_, flag) in parsed.items() if flag]
    notes = ["decimal comma"] if mark == "," else []
    notes += [f"percent signs divided out in {', '.join(percent[:3])}"] if percent else []
    return pd.DataFrame({column: numbers for column, (numbers, _) in parsed.items()}), notes


def _wide(values: pd.DataFrame, path: Path, notes: list[str]) -> tuple[pd.DataFrame, list[str]]:
    if are_bars([str(column) for column in values.columns]):
        asset = path.name.partition(".")[0]
        return bars(values, asset), [*notes, f"bars of one asset, named {asset!r} after the file"]
    return values, [*notes, "wide, one column an asset"]


def _parquet(path: Path) -> tuple[pd.DataFrame, list[str]]:
    try:
        table = pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as broken:
        reason = str(broken).partition("\n")[0][:120]
        raise DataError(f"{path.name} is no Parquet file that can be read ({reason})") from None
    plain = isinstance(table.index, pd.RangeIndex) and table.index.name is None
    texts = [] if table.columns.nlevels > 1 else [c for c in table if not _numeric(table[c])]
    if isinstance(table.index, pd.DatetimeIndex) and not (texts and table.index.has_duplicates):
        return _dated(table, path, ["dates in the index"])
    return _columns(table if plain else table.reset_index(), path)


def _columns(table: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Panel of a Parquet table whose dates are a column."""
    dated = [c for c in table if pd.api.types.is_datetime64_any_dtype(table[c])]
    text = _as_text(table)
    date = dated[0] if dated else date_column(text)
    dates = pd.DatetimeIndex(table[date], name="date") if dated else parse_dates(text[date], None)[0]
    symbols, notes = symbol_column(text, date, dates), [f"dates in column {date!r}"]
    if symbols:
        values = table.drop(columns=[date, symbols])
        return pivot_long(values, text[symbols], dates), [*notes, f"long, assets in column {symbols!r}"]
    return _dated(table.drop(columns=date).set_axis(dates), path, notes)


def _numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column)


def _dated(table: pd.DataFrame, path: Path, notes: list[str]) -> tuple[pd.DataFrame, list[str]]:
    table = table.copy()
    far = np.flatnonzero(~table.index.year.isin(range(YEARS[0], YEARS[1] + 1)))
    if far.size:
        raise DataError(
            f"{path.name}, row {far[0] + 1}: the date {table.index[far[0]]} is empty or out of range; mend it"
        )
    table.index = table.index.tz_localize(None).as_unit("ns").rename("date")
    if table.columns.nlevels == 2:
        table.columns = table.columns.set_names(["field", "asset"])
        return table, [*notes, "several fields"]
    return _wide(table, path, notes)


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(object).where(table.notna(), "").astype(str)


def _oldest_first(panel: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    backwards = len(panel) > 1 and panel.index.is_monotonic_decreasing and not panel.index.is_monotonic_increasing
    return (panel.iloc[::-1], ["newest first, turned round"]) if backwards else (panel, [])


def _kind(panel: pd.DataFrame, returns: bool | None) -> tuple[str, str]:
    if returns is not None:
        return ("return" if returns else "price"), "as told"
    if panel.columns.nlevels == 2:
        return "price", "because there are several fields"
    numeric = panel.select_dtypes("number")
    return ("return", "by their sign and size") if guess_returns(numeric) else ("price", "by their smoothness")


def _existing(path: Path) -> Path:
    if not path.exists():
        raise DataError(f"there is no file {path}; check the name")
    if path.is_dir():
        raise DataError(f"{path} is a folder; name the file in it")
    return path


def _demand_values(panel: pd.DataFrame, path: Path) -> None:
    if not panel.shape[0] or not panel.shape[1]:
        raise DataError(
            f"{path.name} holds {panel.shape[0]} dates and {panel.shape[1]} columns of values: nothing to read"
        )


def _sentence(path: Path, panel: pd.DataFrame, notes: list[str], kind: str) -> str:
    span = f"{panel.index.min().date()} to {panel.index.max().date()}"
    return f"{path.name}: read as {kind}; {'; '.join(notes)}; {panel.shape[0]} dates {span}, {panel.shape[1]} columns"
