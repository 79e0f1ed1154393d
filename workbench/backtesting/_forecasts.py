"""Anyone's risk forecasts beside what happened, checked and put day against day.

The forecast table has a row a day: ``date, var_<level>[, es_<level>][, pit]``, level .99 or 99 or 97.5, VaR and ES as
positive losses, the PIT of the day's return (small on bad days). The realised table has ``date`` and one column of log
returns; loss = -return.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from workbench.backtesting._tables import dated, read_table
from workbench.backtesting.backtests._sample import Sample, observed
from workbench.errors import DataError

COLUMN = re.compile(r"^(var|es)[_ ]?(\d*\.?\d+)\s*%?$", re.IGNORECASE)
FEWEST = 20
ROUNDING = 1e-9
NEAREST, FARTHEST = 0.1, 30.0  # median VaR over median absolute return, outside which a unit was mistaken


@dataclass(frozen=True)
class Forecasts:
    """Forecasts by level, each ``(day,)``, with the losses that followed and notes on what was left out."""

    dates: pd.DatetimeIndex
    loss: np.ndarray
    var: dict[float, np.ndarray]
    es: dict[float, np.ndarray] = field(default_factory=dict)
    pit: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def sample(self, level: float) -> Sample:
        """What the tests of one level look at."""
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
    return found, other


def _check_es(dates: pd.DatetimeIndex, var: np.ndarray, es: np.ndarray, level: float) -> None:
    below = es < var - ROUNDING * np.maximum(1.0, np.abs(var))
    wrong = below | (es <= 0)
    if wrong.any():
        day = int(np.argmax(wrong))
        why = f"is below VaR {var[day]:g}" if below[day] else "is not a positive loss"
        raise DataError(
            f"forecasts: es_{level:g} on {dates[day].date()} is {es[day]:g} and {why} ({int(wrong.sum())} such days); "
            "ES is the mean loss beyond VaR, so it is at least VaR; both are positive losses"
        )


def _check_pit(dates: pd.DatetimeIndex, pit: np.ndarray) -> None:
    outside = (pit < 0) | (pit > 1)
    if outside.any():
        day = int(np.argmax(outside))
        raise DataError(f"forecasts: pit on {dates[day].date()} is {pit[day]:g}, outside [0, 1]")


def _realised(returns: pd.Series | pd.DataFrame, column: str | None) -> pd.Series:
    table = dated(returns.to_frame() if isinstance(returns, pd.Series) else _only(returns, column), "realised returns")
    if table.shape[1] != 1:
        names = ", ".join(table.columns) or "none"
        raise DataError(f"realised returns: one column of returns is needed; found {names}: name one of them")
    return table.iloc[:, 0]


def _only(returns: pd.DataFrame, column: str | None) -> pd.DataFrame:
    """The table with only the chosen column (and a date column, where the dates are one)."""
    if column is None:
        return returns
    if column not in returns.columns:
        raise DataError(f"realised returns: no column {column!r}; found {', '.join(map(str, returns.columns))}")
    dates = [] if isinstance(returns.index, pd.DatetimeIndex) else [returns.columns[0]]
    return returns[[*dates, column]]


def _common(table: pd.DataFrame, realised: pd.Series) -> tuple[pd.DatetimeIndex, list[str]]:
    """The days both know, and notes about the days only one knows."""
    first, last = realised.index[0], realised.index[-1]
    missing = table.index.difference(realised.index)
    inside = missing[(missing > first) & (missing < last)]
    if len(inside):
        raise DataError(
            f"realised returns: no return on {inside[0].date()} though there is a forecast ({len(inside)} such days "
            f"up to {inside[-1].date()}); add them or leave out those forecasts"
        )
    common = table.index.intersection(realised.index)
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


def _turned(pit: np.ndarray, loss: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The PIT of the return; one that falls when the return rises was of the loss."""
    if np.ptp(pit) == 0 or np.ptp(loss) == 0 or stats.spearmanr(pit, loss).statistic < 0.5:
        return pit, []
    return 1.0 - pit, ["pit rises with the loss, so it was read as that of the loss and turned (1 - pit)"]


def align(forecasts: pd.DataFrame, realised: pd.Series | pd.DataFrame, column: str | None = None) -> Forecasts:
    """Checked forecasts and the losses of their days.

    ``column`` names the returns where the realised table has several. Raises :class:`DataError` for anything that is
    not what the table must be: an unknown level, ES below VaR (with the date), text, empty cells, repeated dates,
    forecasts without a return within the realised span, fewer than 20 common days.
    """
    table, series = dated(forecasts, "forecasts"), _realised(realised, column)
    found, other = _by_level(table)
    if not found["var"]:
        raise DataError(f"forecasts: no column var_<level>, such as var_0.99 (columns: {', '.join(table.columns)})")
    orphan = set(found["es"]) - set(found["var"])
    if orphan:
        raise DataError(f"forecasts: es_{min(orphan):g} has no var_{min(orphan):g} beside it")
    common, notes = _common(table, series)
    table, loss = table.loc[common], -series.loc[common].to_numpy()
    var = {level: table[name].to_numpy() for level, name in sorted(found["var"].items())}
    es = {level: table[name].to_numpy() for level, name in sorted(found["es"].items())}
    for level, values in var.items():
        if np.any(values < 0):
            notes.append(f"var_{level:g} is below 0 on {int(np.sum(values < 0))} days; VaR is meant as a positive loss")
    for level in es:
        _check_es(common, var[level], es[level], level)
    pit_name = next((c for c in other if c.lower() == "pit"), None)
    pit = None
    if pit_name is not None:
        _check_pit(common, table[pit_name].to_numpy())
        pit, turned = _turned(table[pit_name].to_numpy(), loss)
        notes += turned
    ignored = [c for c in other if c != pit_name]
    notes += [f"columns not used: {', '.join(ignored)}"] if ignored else []
    return Forecasts(common, loss, var, es, pit, tuple(notes))


def _check_unit(forecasts: Forecasts) -> None:
    """A VaR in per cent beside returns as fractions passes every count of hits: it is never passed."""
    typical = float(np.median(np.abs(forecasts.loss)))
    for level, var in forecasts.var.items():
        usual = float(np.median(var))
        if typical > 0 and usual > 0 and not NEAREST < usual / typical < FARTHEST:
            day = forecasts.dates[0].date()
            raise DataError(
                f"forecasts: column 'var_{level:g}', {var[0]:g} on {day} (row 1), is {usual / typical:.3g} times the "
                "typical return in the median, where about 4 is usual: give VaR, ES and returns all as fractions"
            )


def read_forecasts(path: str | Path, realised: str | Path, column: str | None = None) -> Forecasts:
    """:func:`align` from two files, CSV or Parquet; DataError too where they differ in unit, such as per cent."""
    forecasts = align(read_table(path, "forecasts"), read_table(realised, "realised returns", column), column)
    _check_unit(forecasts)
    return forecasts
