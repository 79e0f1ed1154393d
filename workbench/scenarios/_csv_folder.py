"""A folder of CSV files as one scenario set: its header determines what a file is.

=====================================  ================================================================
header of every file                   understood as
=====================================  ================================================================
``draw, 1, 2, 3, ...``                 one file an asset, named by the file; a row is a draw
``time, 0, 1, 2, ...``                 one file an asset, named by the file; a column is a draw
``draw, time, <one column>``           one file an asset, named by the file; a row is a draw and a day
``[time,] <asset>, <asset>, ...``      one file a draw; a row is a day
``draw, time, <asset>, <asset>, ...``  parts of one wide table (:mod:`workbench.scenarios._wide_table`)
=====================================  ================================================================

``scenario``, ``path`` and ``simulation`` stand for ``draw``; ``day``, ``step`` and ``date`` for ``time``. Numbered
columns without a key beside them could be draws or days and are refused. Values are log returns as fractions. What was
understood stands in the attribute ``reading`` of the tree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from workbench.errors import ScenarioError
from workbench.scenarios._container import check_names, wrap
from workbench.scenarios._wide_table import cast, finite, fold, read_csv, row, whole

_DRAW = ("draw", "scenario", "path", "simulation")
_TIME = ("time", "day", "step", "date")
_KEYS, _PLACE = ("draw", "time"), ("file", "row")
_NUMBERED = re.compile(r"(?:draw|scenario|path|simulation|time|day|step|t|d)?[ _-]*(\d{1,15})", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """What one file is (asset, draw or part), its key columns as ``(draw, time)``, and that in words."""

    file: str
    draw: str | None
    time: str | None
    words: str


def read_folder(folder: Path) -> xr.DataTree:
    """Read all CSV files of a folder as one scenario set; raises ScenarioError naming file, column and row."""
    files = sorted((path for path in folder.glob("*.csv") if path.is_file()), key=_natural)
    if not files:
        raise ScenarioError(f"the folder {folder.name} holds no .csv file: expected one an asset, or one a draw")
    header = list(read_csv(files[0], least=1))
    layout = understand(header, files[0])
    labels = _labels(files)
    parts = [_part(path, layout, header, label) for path, label in zip(files, labels)]
    table = _beside(parts, files) if layout.file == "asset" else _below(parts)
    check_names(list(table))
    keys = table.index.to_frame(index=False).assign(field="ret", chain=0)
    values = fold(keys, table.to_numpy(), list(table), folder, spelled=_KEYS)
    sizes = f"{values.sizes['draw']} draws of {values.sizes['time']} days, {values.sizes['asset']} assets"
    return wrap(values, {"reading": f"{folder.name}: {len(files)} CSV files, {layout.words}; {sizes}"})


def understand(header: Sequence[str], path: Path) -> Layout:
    """What the files of a folder are, by the header of one; raises ScenarioError where it leaves a doubt."""
    draw = next((name for name in header if name.strip().lower() in _DRAW), None)
    time = next((name for name in header if name.strip().lower() in _TIME), None)
    rest = [name for name in header if name not in (draw, time)]
    numbered = bool(rest) and all(_NUMBERED.fullmatch(name.strip()) for name in rest)
    if not rest:
        raise ScenarioError(f"{path.name} has no column of returns beside {list(header)}")
    if draw and time:
        one = Layout("asset", draw, time, "one an asset, a row is a draw and a day")
        return one if len(rest) == 1 else Layout("part", draw, time, "parts of one wide table")
    if draw and numbered:
        return Layout("asset", draw, None, "one an asset, a row is a draw, a column is a day")
    if time and numbered:
        return Layout("asset", None, time, "one an asset, a row is a day, a column is a draw")
    if draw or numbered:
        wanted = "number the columns by day" if draw else "name the first column 'draw' or 'time'"
        raise ScenarioError(
            f"{path.name}: columns {list(header[:6])} leave open whether rows are draws or days; {wanted}"
        )
    return Layout("draw", None, time, "one a draw, a row is a day")


def _part(path: Path, layout: Layout, header: list[str], label: int) -> pd.DataFrame:
    """One file with the index (draw, time, file, row) and its assets as columns."""
    table = read_csv(path, least=1)
    _demand_columns(table, layout, header, path)
    if table.empty:
        raise ScenarioError(f"{path.name} holds no rows of scenarios")
    rest = [name for name in table if name not in (layout.draw, layout.time)]
    draws = whole(table[layout.draw], path) if layout.draw else np.full(len(table), label)
    times = _times(table[layout.time], path, layout) if layout.time else np.arange(1, len(table) + 1)
    values = np.column_stack([finite(table[name], path) for name in rest])
    if layout.file == "asset" and not (layout.draw and layout.time):
        numbers = [int(match[1]) for match in map(_NUMBERED.fullmatch, map(str.strip, rest)) if match]
        other = np.repeat(draws if layout.draw else times, len(rest))
        draws, times = [other, np.tile(numbers, len(table))][:: 1 if layout.draw else -1]
    names = [path.stem] if layout.file == "asset" else rest
    rows = np.repeat(np.arange(len(table)), len(draws) // len(table))
    index = pd.MultiIndex.from_arrays([draws, times, np.full(len(rows), path.name), rows], names=[*_KEYS, *_PLACE])
    _demand_once(index)
    return pd.DataFrame(cast(values.reshape(len(index), -1), "float32", path), index, names)


def _demand_columns(table: pd.DataFrame, layout: Layout, header: list[str], path: Path) -> None:
    named_alone = layout.draw and layout.time and layout.file == "asset"
    same = len(table.columns) == len(header) and {layout.draw, layout.time} <= set(table.columns) | {None}
    if set(table.columns) != set(header) and not (named_alone and same):
        missing, extra = sorted(set(header) - set(table)), sorted(set(table) - set(header))
        raise ScenarioError(f"{path.name} has other columns than the first file: lacks {missing[:6]}, has {extra[:6]}")


def _times(column: pd.Series, path: Path, layout: Layout) -> np.ndarray:
    """Numbers of days as they are; dates, which must increase within a draw, as 1, 2, 3, ..."""
    if (pd.to_numeric(column, errors="coerce").notna() | (column == "")).all():
        return whole(column, path)
    dates = pd.to_datetime(column, format="ISO8601", errors="coerce")
    bad = np.flatnonzero(dates.isna())
    if bad.size:
        raise ScenarioError(
            f"{path.name}: column {column.name!r}, row {row(bad[0])}: {column.iloc[bad[0]]!r} is neither a number "
            "nor a date such as 2024-03-28"
        )
    if layout.draw:
        return dates.rank(method="dense").astype(int).to_numpy()
    back = np.flatnonzero(np.diff(dates.to_numpy()).astype(np.int64) <= 0)
    if back.size:
        raise ScenarioError(f"{path.name}: column {column.name!r}, row {row(back[0] + 1)}: the date does not increase")
    return np.arange(1, len(column) + 1)


def _demand_once(index: pd.MultiIndex, where: str = "") -> None:
    repeated = np.flatnonzero(index.droplevel(_PLACE).duplicated())
    if repeated.size:
        draw, time, file, place = index[repeated[0]]
        raise ScenarioError(f"{file}: row {row(place)} repeats draw {draw}, time {time}{where}")


def _beside(parts: list[pd.DataFrame], files: list[Path]) -> pd.DataFrame:
    """Assets side by side; each must have the draws and days of the first."""
    parts = [part.droplevel(_PLACE) for part in parts]
    first = parts[0].index.sort_values()
    for part, path in zip(parts, files):
        odd = first.symmetric_difference(part.index)
        if len(odd):
            draw, time = odd[0]
            lacks, has = (path, files[0]) if odd[0] not in part.index else (files[0], path)
            raise ScenarioError(
                f"{lacks.name} lacks draw {draw}, time {time}, which {has.name} has ({len(odd)} values differ)"
            )
    return pd.concat([part.reindex(first) for part in parts], axis=1)


def _below(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Draws one below the other; no draw and day may come twice."""
    table = pd.concat([part[list(parts[0])] for part in parts])
    _demand_once(table.index, " of an earlier file")
    return table.droplevel(_PLACE)


def _labels(files: list[Path]) -> list[int]:
    """The number at the end of each file's name where each has one of its own, else the place in the order of names."""
    found = [re.search(r"(\d{1,18})$", path.stem) for path in files]
    numbers = [int(match[1]) for match in found if match]
    return numbers if len(set(numbers)) == len(files) else list(range(len(files)))


def _natural(path: Path) -> list:
    return [(0, int(word), "") if word.isdecimal() else (1, 0, word) for word in re.split(r"(\d+)", path.stem)]
