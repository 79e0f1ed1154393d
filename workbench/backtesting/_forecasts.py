"""Anyone's risk forecasts beside the outcomes, checked and aligned day by day.

The forecast table has a row a day: ``date, var_<level>[, es_<level>][, pit]``, level .99 or 99 or 97.5, VaR and ES as
positive losses, the PIT of the day's return (small on bad days). The realised table has ``date`` and one column of log
returns, or of prices, whose log returns are taken; loss = -return. Both are read by :mod:`workbench.data`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.backtesting._forecast_checks import (
    COLUMN,
    LARGEST,
    check_es,
    check_losses,
    check_pit,
    checked,
    names,
    turned,
    unit_doubt,
)
from workbench.backtesting.backtests._sample import Sample, observed
from workbench.data import close, read_file, read_table
from workbench.errors import DataError, ParameterError

FEWEST = 20


@dataclass(frozen=True)
class Forecasts:
    """Forecasts by level, each ``(day,)``, with the losses that followed and notes on how they were read."""

    dates: pd.DatetimeIndex
    loss: np.ndarray
    var: dict[float, np.ndarray]
    es: dict[float, np.ndarray] = field(default_factory=dict)
    pit: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def sample(self, level: float) -> Sample:
        """Input of the tests at one level."""
        return observed(self.loss, self.var[level], level, self.es.get(level), self.pit)


def parse_level(text: str, column: str) -> float:
    """The confidence level in a column's name: ``0.99``, ``99`` or ``97.5``; DataError outside (.5, 1)."""
    level = float(text)
    level = round(level / 100.0 if level >= 1.0 else level, 8)
    if not 0.5 < level < 1.0:
        raise DataError(
            f"forecasts: column {column!r} has level {text}; write the confidence level, var_0.99 or var_97.5"
        )
    return level


def align(forecasts: pd.DataFrame, realised: pd.Series | pd.DataFrame, column: str | None = None) -> Forecasts:
    """Checked forecasts and the losses of their days.

    ``column`` names the returns where the realised table has several. Raises :class:`DataError` for anything that is
    not what the table must be: an unknown level, ES below VaR (with the date), text, empty cells, repeated dates,
    forecasts without a return within the realised span, fewer than 20 common days.
    """
    table = checked(_read(forecasts, "forecasts"), "forecasts", forecasts)
    one = _only(realised.to_frame() if isinstance(realised, pd.Series) else realised, column)
    return _aligned(table, _series(checked(_read(one, "realised returns"), "realised returns", one)))


def read_forecasts(
    path: str | Path, realised: str | Path, column: str | None = None, dayfirst: bool | None = None
) -> Forecasts:
    """:func:`align` from two files, CSV or Parquet, with the checks that a stranger's file needs.

    dayfirst : whether 03/04 is the third of April, where the file does not show it.

    Raises DataError naming column, date and row, also for VaR or ES that are not positive losses, for a VaR above 1,
    returns in per cent, or files that differ in unit.
    """
    table = checked(_read(path, "forecasts", dayfirst), "forecasts")
    came, notes = _realised(realised, column, dayfirst)
    check_losses(table)
    found = _aligned(table, came)
    if doubt := unit_doubt(found.dates, found.loss, found.var):
        raise DataError(doubt)
    return replace(found, notes=(*_reading(table, "forecasts"), *notes, *found.notes))


class _OfForecasts(tuple):
    """Names of forecast columns, for a file whose other columns need not be numbers."""

    def __contains__(self, name: object) -> bool:
        return bool(COLUMN.match(str(name).strip())) or str(name).strip().lower() == "pit"


def _read(source: str | Path | pd.DataFrame, what: str, dayfirst: bool | None = None) -> pd.DataFrame:
    try:
        return read_table(source, dayfirst=dayfirst)
    except DataError as found:
        wrong = found
    try:
        return read_table(source, only=_OfForecasts(), dayfirst=dayfirst)
    except DataError:
        raise DataError(f"{what}: {wrong}") from None


def _realised(path: str | Path, column: str | None, dayfirst: bool | None) -> tuple[pd.Series, list[str]]:
    """The returns in a file, of prices too, and notes."""
    what = "realised returns"
    try:
        panel = _panel(path, column, dayfirst)
    except DataError as found:
        raise DataError(f"{what}: {found}") from None
    one = _series(checked(panel, what))
    if not (one > 0).all():
        return one, _reading(panel, what)
    if one.median() < LARGEST:
        why = "is above 0 on every day, which returns are not; give signed log returns, loss = -return"
        raise DataError(f"{what}: column {one.name!r} {why}")
    rows = one.attrs["rows"]
    one = np.log(one).diff().iloc[1:]
    one.attrs["rows"] = rows
    return one, [f"column {one.name!r} was read as prices, by their size and sign; log returns were taken"]


def _panel(path: str | Path, column: str | None, dayfirst: bool | None) -> pd.DataFrame:
    """Columns of a file by asset; closing prices of several fields; with ``column`` the others need not be numbers."""
    missing: ParameterError | None = None
    if column is not None:
        try:
            return read_table(path, columns={column: column}, only=[column], dayfirst=dayfirst)
        except ParameterError as absent:
            missing = absent
    panel = read_file(path, True, dayfirst=dayfirst)
    panel = close(panel) if panel.columns.nlevels == 2 else panel
    if missing is not None and column not in panel:
        raise missing
    return _only(panel, column)


def _reading(table: pd.DataFrame, what: str) -> list[str]:
    """How the dates were read, where that had to be recognised."""
    known = re.search(r"(day first|month first|Unix \w+|spreadsheet days|in UTC)", table.attrs.get("reading", ""))
    return [f"{what}: dates read as {known[1]}"] if known else []


def _only(returns: pd.DataFrame, column: str | None) -> pd.DataFrame:
    """The table with only the chosen column (and a date column, where the dates are one)."""
    if column is None:
        return returns
    if column not in returns.columns:
        raise DataError(f"realised returns: no column {column!r}; found {names(returns.columns)}")
    dates = [] if isinstance(returns.index, pd.DatetimeIndex) else [returns.columns[0]]
    return returns[[*dates, column]]


def _series(table: pd.DataFrame) -> pd.Series:
    if table.shape[1] != 1:
        found = names(table.columns) or "none"
        raise DataError(f"realised returns: one column of returns is needed; found {found}: name one of them")
    one = table.iloc[:, 0]
    one.attrs = table.attrs
    return one


def _by_level(table: pd.DataFrame) -> tuple[dict[str, dict[float, str]], list[str]]:
    """Column names by kind and level, and the columns that are neither."""
    found: dict[str, dict[float, str]] = {"var": {}, "es": {}}
    other = []
    for column in table.columns:
        match = COLUMN.match(column)
        if not match:
            other.append(column)
            continue
        kind, level = match[1].lower(), parse_level(match[2], column)
        if level in found[kind]:
            raise DataError(f"forecasts: {found[kind][level]!r} and {column!r} are the same level twice")
        found[kind][level] = column
    if not found["var"]:
        raise DataError(f"forecasts: no column var_<level>, such as var_0.99 (columns: {names(table.columns)})")
    orphan = set(found["es"]) - set(found["var"])
    if orphan:
        raise DataError(f"forecasts: es_{min(orphan):g} has no var_{min(orphan):g} beside it")
    return found, other


def _aligned(table: pd.DataFrame, series: pd.Series) -> Forecasts:
    found, other = _by_level(table)
    common, notes = _common(table, series)
    table, loss = table.loc[common], -series.loc[common].to_numpy()
    var = {level: table[name].to_numpy() for level, name in sorted(found["var"].items())}
    es = {level: table[name].to_numpy() for level, name in sorted(found["es"].items())}
    for level, values in var.items():
        if np.any(values < 0):
            notes.append(f"var_{level:g} is below 0 on {int(np.sum(values < 0))} days; VaR is meant as a positive loss")
    for level in es:
        check_es(common, var[level], es[level], level)
    pit_name = next((c for c in other if c.lower() == "pit"), None)
    pit = None
    if pit_name is not None:
        check_pit(common, table[pit_name].to_numpy())
        pit, note = turned(table[pit_name].to_numpy(), loss)
        notes += note
    ignored = [c for c in other if c != pit_name]
    notes += [f"columns not used: {names(pd.Index(ignored))}"] if ignored else []
    doubt = unit_doubt(common, loss, var)
    return Forecasts(common, loss, var, es, pit, tuple([*notes, doubt] if doubt else notes))


def _common(table: pd.DataFrame, realised: pd.Series) -> tuple[pd.DatetimeIndex, list[str]]:
    """The days of both, and notes about the days of only one."""
    first, last = realised.index[0], realised.index[-1]
    missing = table.index.difference(realised.index)
    common = pd.DatetimeIndex(table.index.intersection(realised.index))
    inside = missing[(missing > first) & (missing < last)]
    if len(inside) and len(common):
        raise DataError(
            f"realised returns: no return on {inside[0].date()} though there is a forecast ({len(inside)} such days "
            f"up to {inside[-1].date()}); add them or leave out those forecasts"
        )
    if len(common) < FEWEST:
        raise DataError(
            f"forecasts and realised returns share {len(common)} days; at least {FEWEST} are needed "
            f"(forecasts {table.index[0].date()} to {table.index[-1].date()}, returns {first.date()} to {last.date()})"
        )
    notes = [f"{len(missing)} forecasts lie outside the realised returns and were left out"] if len(missing) else []
    span = realised.loc[common[0] : common[-1]].index.difference(table.index)
    if len(span):
        notes.append(f"no forecast on {len(span)} days with a return, the first {span[0].date()}")
    return common, notes
