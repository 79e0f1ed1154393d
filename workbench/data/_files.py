"""Files and frames: wide, long or bars, prices or returns, read the way they most likely are meant.

What was recognised is stated in ``attrs["reading"]``, one sentence for the user; a doubt is asked back as an error
that names the argument to give. Nothing is filled, and no row is dropped or moved that the validation should see,
except that a file from the newest date to the oldest is turned round.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from workbench.bounded import read_by_library
from workbench.data._dates import YEARS, date_column, is_date_name, parse_dates, whole_days
from workbench.data._flaws import label, price_field
from workbench.data._frequency import frequency
from workbench.data._layout import by_field, field_name, guess_returns, pivot_long, symbol_column
from workbench.data._numbers import SPREADSHEET_ERRORS, decimal_mark, missing, parse_numbers
from workbench.data._text import read_text_table
from workbench.data._wording import check_names, counted
from workbench.errors import DataError, ParameterError, printable

_WORDS = {"price": "prices", "return": "log returns as fractions"}
Source: TypeAlias = str | os.PathLike[str] | pd.DataFrame
Columns: TypeAlias = Mapping[str, str | None]
_MOST_CELLS = 2 * 10**8  # of a Parquet file: 1.6 GB


def read_file(
    path: Source,
    returns: bool | None = None,
    *,
    columns: Columns | None = None,
    decimal: str | None = None,
    dayfirst: bool | None = None,
) -> pd.DataFrame:
    """Panel of a CSV (also ``.csv.gz``) or Parquet file, or of a frame as somebody else read it.

    path : wide (a date column and one column an asset), long (date, asset, value or several fields), bars of one
        asset (date, open, high, low, close, volume), or bars of several (stacked header, ``AAPL.Close``).
    returns : True for log returns as fractions (or with % signs), False for prices, None to recognise them.
    columns : header in the file -> name here (``date``, ``asset``, a field such as ``close``, or an asset's name);
        None leaves the column out.
    decimal : ``.`` or ``,``; None to recognise it.
    dayfirst : whether 03/04 is the third of April; None to recognise it.

    ``attrs``: ``kind`` (``price`` or ``return``), ``reading`` (how it was read), ``source`` (file name).

    Raises DataError that names column and row (of data, the header not counted) of what cannot be read, or the
    argument that resolves a doubt; ParameterError for a header in ``columns`` that is not there.

    The panel may still have flaws, such as unordered dates: :func:`workbench.data.load` also validates.
    """
    if decimal not in (None, ".", ","):
        raise ParameterError(f"decimal is {decimal!r}; expected '.' or ','")
    with _opened(path, columns) as (name, table, notes):
        index, rest, found = _dates(table, dayfirst)
        if table.columns.nlevels == 2:
            return _described(_two_levels(rest).set_axis(index), name, returns, [*notes, *found, "several fields"])
        rest = _texts(rest.reset_index(drop=True))
        symbols = symbol_column(rest, index)
        values, read = _numbers(rest.drop(columns=symbols) if symbols else rest, decimal)
        if symbols:
            panel, layout = pivot_long(values, rest[symbols], index), f"long, assets in column {symbols!r}"
        else:
            stacked = bool(table.attrs.get("stacked"))
            panel, layout = by_field(values.set_axis(index), printable(name).partition(".")[0], stacked)
        return _described(panel, name, returns, [*notes, *found, *read, layout])


def read_table(
    path: Source,
    key: str | None = None,
    *,
    only: Collection[str] | None = None,
    columns: Columns | None = None,
    decimal: str | None = None,
    dayfirst: bool | None = None,
) -> pd.DataFrame:
    """A table of numbers by date, or by the names in the column ``key``, read as :func:`read_file` reads panels.

    For what is no panel: forecasts of risk, weights of books. Nothing is recognised but dates and numbers; ``only``
    names the columns that are read, where others need not be numbers. ``attrs["reading"]`` says how it was read.
    path : a file, or a frame as somebody else read it.
    """
    with _opened(path, columns) as (name, table, notes):
        if key is None:
            index, rest, more = _dates(table, dayfirst)
        elif key in table.columns:
            index, rest, more = pd.Index(table[key], name=key), table.drop(columns=key), []
        else:
            raise DataError(f"no column {key!r} (columns {', '.join(map(repr, list(table.columns)[:6]))})")
        rest = rest[[c for c in rest if only is None or c in only]]
        values, read = _numbers(_texts(rest.reset_index(drop=True)), decimal)
        values.attrs["reading"] = f"{name}: {'; '.join([*notes, *more, *read])}"
        return values.set_axis(index)


@contextmanager
def _opened(source: Source, columns: Columns | None) -> Iterator[tuple[str, pd.DataFrame, list[str]]]:
    """Name, table under the names in ``columns``, and notes; the name is put before what is wrong with it."""
    frame = isinstance(source, pd.DataFrame)
    name = "the frame" if frame else Path(source).name
    try:
        table, notes = (source, []) if frame else _table(Path(source))
        yield name, _renamed(table, columns), notes
    except DataError as found:
        raise DataError(str(found) if name in str(found) else f"{name}: {found}") from None


def _described(panel: pd.DataFrame, name: str, returns: bool | None, notes: list[str]) -> pd.DataFrame:
    if not panel.shape[0] or not panel.shape[1]:
        raise DataError(f"{panel.shape[0]} dates and {panel.shape[1]} columns of values: nothing to read")
    if panel.columns.nlevels == 1:
        panel = panel.set_axis([str(column) for column in panel.columns], axis=1)
    check_names([label(column) for column in panel.columns])
    if len(panel) > 1 and panel.index.is_monotonic_decreasing and not panel.index.is_monotonic_increasing:
        panel, notes = panel.iloc[::-1], [*notes, "newest first, turned round"]
    kind, why = _kind(panel, returns)
    if panel.columns.nlevels == 2 and {"close", "adj_close"} <= set(panel.columns.get_level_values(0)):
        used = price_field(panel)
        notes = [*notes, f"returns are taken from {used}" + " (with dividends and splits)" * (used == "adj_close")]
    span = f"{panel.index.min().date()} to {panel.index.max().date()}"
    size = f"{panel.shape[0]} {frequency(panel)} dates {span}, {counted(panel.shape[1], 'column')}"
    reading = f"{name}: read as {'; '.join([f'{_WORDS[kind]}, {why}', *notes, size])}"
    panel.attrs = {"kind": kind, "source": name, "reading": printable(reading)}
    return panel


def _kind(panel: pd.DataFrame, returns: bool | None) -> tuple[str, str]:
    if returns is not None:
        return ("return" if returns else "price"), "as requested"
    if panel.columns.nlevels == 2:
        return "price", "because there are several fields"
    return ("return", "by their sign and size") if guess_returns(panel) else ("price", "by their smoothness")


def _table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    if path.suffix.lower() not in (".parquet", ".pq") or not os.path.isfile(path):
        return read_text_table(path)
    with read_by_library("it cannot be read as Parquet"):
        facts = pq.ParquetFile(path).metadata
        if facts.num_rows * facts.num_columns > _MOST_CELLS:
            raise DataError(f"it has {facts.num_rows:,} rows of {facts.num_columns} columns, too many for a panel")
        return pd.read_parquet(path), []


def _renamed(table: pd.DataFrame, columns: Columns | None) -> pd.DataFrame:
    """The table under text labels, with the headers in ``columns`` renamed or left out."""
    if table.columns.nlevels > 2:
        raise DataError(f"the header has {table.columns.nlevels} levels; keep field and asset")
    if table.columns.nlevels == 1:
        table = table.rename(columns=str)
    for header in columns or ():
        if header not in table.columns:
            near = difflib.get_close_matches(str(header), map(str, table.columns), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f" (columns {', '.join(map(repr, table.columns[:6]))})"
            raise ParameterError(f"columns: there is no header {header!r}{hint}")
    mapping = dict(columns or {})
    table = table.drop(columns=[c for c, name in mapping.items() if name is None]).rename(columns=mapping)
    check_names(table.columns)
    return table


def _dates(table: pd.DataFrame, dayfirst: bool | None) -> tuple[pd.DatetimeIndex, pd.DataFrame, list[str]]:
    """Dates of a table, from its index or a column; the other columns; and notes."""
    if not len(table):
        raise DataError("the table has no rows")
    if isinstance(table.index, pd.PeriodIndex):
        table = table.set_axis(table.index.to_timestamp(how="end").normalize())
    texts = [] if table.columns.nlevels > 1 else [c for c in table if not _numeric(table[c])]
    if isinstance(table.index, pd.DatetimeIndex) and not (texts and table.index.has_duplicates):
        index, note = whole_days(_in_range(table.index))
        return index, table, ["dates in the index", *([note] if note else [])]
    if not (isinstance(table.index, pd.RangeIndex) and table.index.name is None):
        table = table.reset_index()
    dated = [c for c in table if pd.api.types.is_datetime64_any_dtype(table[c])]
    if dated:
        date, (index, note) = dated[0], whole_days(_in_range(pd.DatetimeIndex(table[dated[0]])))
    else:
        named = [c for c in table if is_date_name(c)]
        text = _texts(table, named)
        date = date_column(text[[c for c in text if c in named or not _numeric(text[c])]], list(table.columns))
        index, note = parse_dates(text[date], dayfirst)
    return index, table.drop(columns=date), [f"dates in column {date!r}" + (f" ({note})" if note else "")]


def _in_range(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    far = np.flatnonzero(~index.year.isin(range(YEARS[0], YEARS[1] + 1)))
    if far.size:
        raise DataError(f"row {far[0] + 1}: the date {index[far[0]]} is empty or out of range; correct it")
    return index


def _numbers(table: pd.DataFrame, decimal: str | None) -> tuple[pd.DataFrame, list[str]]:
    """Floats of every column, text or numbers, and notes."""
    if not table.shape[1]:
        raise DataError("the table holds dates and names but no column of values")
    text = table[[c for c in table if not _numeric(table[c])]]
    filled = pd.concat([text[c][~missing(text[c])] for c in text], ignore_index=True) if text.shape[1] else None
    mark = decimal_mark(filled, decimal) if filled is not None else "."
    parsed = {c: parse_numbers(text[c], mark) for c in text}
    percent = [str(column) for column, (_, flag) in parsed.items() if flag]
    errors = int(text.isin([form for word in SPREADSHEET_ERRORS for form in (word, word.upper())]).sum().sum())
    notes = ["decimal comma"] if mark == "," else []
    notes += [f"percent signs divided out in {', '.join(percent[:3])}"] if percent else []
    notes += [f"{counted(errors, 'spreadsheet error')} such as #DIV/0! read as missing"] if errors else []
    values = {c: parsed[c][0] if c in parsed else table[c].astype(float) for c in table}
    return pd.DataFrame(values, index=table.index), notes


def _two_levels(table: pd.DataFrame) -> pd.DataFrame:
    """Columns (field, asset), in this order of levels and under the panel's names of fields."""
    fields = [all(field_name(name) for name in table.columns.get_level_values(level)) for level in (0, 1)]
    table = table.swaplevel(axis=1) if fields == [False, True] else table
    pairs = [(field_name(field) or str(field), str(asset)) for field, asset in table.columns]
    try:
        return table.astype(float).set_axis(pd.MultiIndex.from_tuples(pairs, names=["field", "asset"]), axis=1)
    except (TypeError, ValueError) as wrong:
        raise DataError(f"a column of several fields is not numeric ({wrong})") from None


def _numeric(column: pd.Series) -> bool:
    return column.dtype.kind in "iuf"


def _texts(table: pd.DataFrame, named: Collection[str] = ()) -> pd.DataFrame:
    """The table with every column that is not numeric, or is ``named``, as text; empty where it is missing."""
    columns = [c for c in table if c in named or not _numeric(table[c])]
    text = {c: table[c].astype(object).where(table[c].notna(), "").map(str).astype(object) for c in columns}
    return table.assign(**text) if columns else table
