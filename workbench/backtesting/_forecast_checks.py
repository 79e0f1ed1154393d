"""Checks of forecasts and realised returns; each error names column, date and row, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from workbench.errors import DataError

COLUMN = re.compile(r"^(var|es)[_ ]?(\d*\.?\d+)\s*%?$", re.IGNORECASE)
ROUNDING = 1e-9
NEAREST, FARTHEST = 0.1, 30.0  # median VaR over median absolute return, outside which a unit was mistaken
LARGEST = 0.15  # median absolute return of a day, above which returns are in per cent or points


def names(columns: pd.Index, longest: int = 120) -> str:
    """Column names on one line, whatever they hold."""
    text = ", ".join(name if name.isprintable() else repr(name) for name in map(str, columns))
    return text if len(text) <= longest else text[:longest] + "..."


def checked(table: pd.DataFrame, what: str, raw: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table by increasing unique dates, every cell finite; ``attrs["rows"]`` the rows of the file."""
    if not len(table):
        raise DataError(f"{what}: the table has no rows")
    if table.columns.nlevels > 1:
        raise DataError(f"{what}: there are several fields; keep one column of returns")
    twice = table.index.duplicated()
    if twice.any():
        raise DataError(
            f"{what}: the date {table.index[twice][0].date()} appears more than once ({int(twice.sum())} repeated "
            "rows): keep one row a day"
        )
    table = table.rename(columns=lambda name: str(name).strip())
    bad = ~np.isfinite(table.to_numpy(float))
    if bad.any():
        row, place = map(int, np.argwhere(bad)[0])
        name = table.columns[place]
        value = table.iat[row, place] if raw is None or name not in raw else raw[name].iloc[row]
        shown = "empty" if pd.isna(value) or str(value).strip() == "" else repr(value)
        raise DataError(
            f"{what}: column {name!r} on {table.index[row].date()} (row {row + 1}) is {shown}, not a finite number; "
            f"{int(bad[:, place].sum())} such cells: fill them or leave out those days"
        )
    rows = pd.Series(np.arange(1, len(table) + 1), table.index)
    table = table.sort_index()
    table.attrs["rows"] = rows.sort_index()
    return table


def check_es(dates: pd.DatetimeIndex, var: np.ndarray, es: np.ndarray, level: float) -> None:
    below = es < var - ROUNDING * np.maximum(1.0, np.abs(var))
    wrong = below | (es <= 0)
    if wrong.any():
        day = int(np.argmax(wrong))
        why = f"is below VaR {var[day]:g}" if below[day] else "is not a positive loss"
        raise DataError(
            f"forecasts: es_{level:g} on {dates[day].date()} is {es[day]:g} and {why} ({int(wrong.sum())} such days); "
            "ES is the mean loss beyond VaR, so it is at least VaR; both are positive losses"
        )


def check_pit(dates: pd.DatetimeIndex, pit: np.ndarray) -> None:
    outside = (pit < 0) | (pit > 1)
    if outside.any():
        day = int(np.argmax(outside))
        raise DataError(f"forecasts: pit on {dates[day].date()} is {pit[day]:g}, outside [0, 1]")


def turned(pit: np.ndarray, loss: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The PIT of the return; one that falls when the return rises was of the loss."""
    if np.ptp(pit) == 0 or np.ptp(loss) == 0 or stats.spearmanr(pit, loss).statistic < 0.5:
        return pit, []
    return 1.0 - pit, ["pit rises with the loss, so it was read as that of the loss and turned (1 - pit)"]


def check_losses(table: pd.DataFrame) -> None:
    """VaR and ES of a file are positive losses."""
    for column in table.columns[[bool(COLUMN.match(name)) for name in table.columns]]:
        values = table[column].to_numpy()
        wrong = values <= 0
        if wrong.any():
            day = int(np.argmax(wrong))
            where = f"{column!r} on {table.index[day].date()} (row {table.attrs['rows'].iloc[day]})"
            raise DataError(
                f"forecasts: column {where} is {values[day]:g}, and {int(wrong.sum())} of {len(values)} days are not "
                "above 0: VaR and ES are positive losses; turn the sign, or leave out days without a forecast"
            )


def unit_doubt(dates: pd.DatetimeIndex, loss: np.ndarray, var: Mapping[float, np.ndarray]) -> str:
    """What shows that losses and VaR are not fractions of one unit; "" where nothing does.

    A VaR in per cent beside returns as fractions is never exceeded, whatever the count of hits says.
    """
    typical = float(np.median(np.abs(loss)))
    remedy = "give VaR, ES and returns all as fractions, 0.02 for 2 %"
    if np.ptp(loss) == 0:
        return f"realised returns: they are {-loss[0]:g} on every day, so nothing can be tested"
    for level, values in var.items():
        name, times = f"forecasts: column 'var_{level:.10g}'", float(np.median(values)) / max(typical, 1e-300)
        if typical > 0 and not NEAREST < times < FARTHEST:
            where = f"{name}, {values[0]:g} on {dates[0].date()} (row 1), is {times:.3g} times the typical return"
            return f"{where} in the median, where about 4 is usual: {remedy}"
        if np.any(values > 1):
            day, many = int(np.argmax(values > 1)), int(np.sum(values > 1))
            where = f"{name} on {dates[day].date()} is {values[day]:g}, more than everything ({many} such days)"
            return f"{where}: {remedy}"
    return (
        f"realised returns: the typical day moves {typical:.3g}, as per cent do: {remedy}" if typical > LARGEST else ""
    )
