"""Rules on a panel as a table: its dates, its cells, its length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.data._flaws import RULES, Flaw, FlawCase, day, label
from workbench.data._frequency import EXPLAINED, steps
from workbench.data._wording import counted


@RULES.register("unordered dates")
def unordered_dates(case: FlawCase) -> Iterator[Flaw]:
    """A date that comes before the one above it."""
    index = case.panel.index
    back = np.flatnonzero(index[1:] < index[:-1])
    if back.size:
        late, early = index[back[0]], index[back[0] + 1]
        text = f"row {back[0] + 2}: {day(early)} comes after {day(late)} ({counted(back.size, 'such row')})"
        yield Flaw("error", "", early, early, text, "sort the rows by date")


@RULES.register("duplicate dates")
def duplicate_dates(case: FlawCase) -> Iterator[Flaw]:
    """A date with more than one row."""
    index = case.panel.index
    twice = np.flatnonzero(index.duplicated())
    if twice.size:
        date = index[twice[0]]
        text = f"row {twice[0] + 1}: {day(date)} is there more than once ({counted(twice.size, 'surplus row')})"
        yield Flaw("error", "", date, index[twice[-1]], text, "keep one row a date")


@RULES.register("gaps")
def gaps(case: FlawCase) -> Iterator[Flaw]:
    """No row for longer than the calendar of the panel's frequency explains; an error beyond four times that."""
    index, days = case.ordered.index, steps(case.ordered.index)
    for position in np.flatnonzero(days > EXPLAINED[case.frequency]):
        first, last = index[position], index[position + 1]
        severity = "error" if days[position] > 4 * EXPLAINED[case.frequency] else "warning"
        text = f"nothing between {day(first)} and {day(last)}, {days[position]:.0f} days in a {case.frequency} panel"
        yield Flaw(severity, "", first, last, text, "add the missing rows, or use the panel from one side of the gap")


@RULES.register("cells")
def cells(case: FlawCase) -> Iterator[Flaw]:
    """A cell that holds something, but no number."""
    for position, column in enumerate(case.panel.columns):
        raw = case.panel.iloc[:, position]
        bad = np.flatnonzero(raw.notna().to_numpy() & case.numbers.iloc[:, position].isna().to_numpy())
        if bad.size:
            date = case.panel.index[bad[0]]
            text = f"column {label(column)!r}, {day(date)} (row {bad[0] + 1}): {raw.iloc[bad[0]]!r} is not a number"
            yield Flaw("error", label(column), date, case.panel.index[bad[-1]], text, "correct the cell or empty it")


@RULES.register("infinite values")
def infinite_values(case: FlawCase) -> Iterator[Flaw]:
    """A value that is not finite."""
    for column in case.numbers:
        dates = case.numbers.index[np.isinf(case.numbers[column].to_numpy())]
        if len(dates):
            text = f"column {column!r}, {day(dates[0])}: the value is infinite ({counted(len(dates), 'such cell')})"
            yield Flaw("error", column, dates[0], dates[-1], text, "find the division by zero that made it")


@RULES.register("missing values")
def missing_values(case: FlawCase) -> Iterator[Flaw]:
    """Empty cells: reported by column, never filled; an error when a column holds nothing."""
    for column in case.ordered:
        values = case.ordered[column]
        dates = values.index[values.isna().to_numpy()]
        if len(dates):
            empty = len(dates) == len(values)
            text = f"column {column!r}: {'no value at all' if empty else _extent(values, dates)}"
            remedy = "leave the column out" if empty else "nothing is filled; rows without a value are left out"
            yield Flaw("error" if empty else "warning", column, dates[0], dates[-1], text, remedy)


def _extent(values: pd.Series, dates: pd.DatetimeIndex) -> str:
    start, end = values.first_valid_index(), values.last_valid_index()
    inside = dates[(dates > start) & (dates < end)]
    parts = [f"{len(inside)} of {len(values)} values missing inside, first {day(inside[0])}"] if len(inside) else []
    parts += [f"begins on {day(start)}"] if dates[0] < start else []
    return ", ".join(parts + ([f"ends on {day(end)}"] if dates[-1] > end else []))


@RULES.register("too few rows")
def too_few_rows(case: FlawCase) -> Iterator[Flaw]:
    """Fewer complete returns than the sampler needs."""
    changes, dates = case.changes.dropna(how="all"), case.ordered.index
    count = int(changes.notna().all(axis=1).sum())
    if count < case.minimum_rows:
        scarce = str(changes.notna().sum().idxmin()) if changes.shape[1] else ""
        text = f"{count} dates have a return in every column, {case.minimum_rows} are needed; shortest: {scarce!r}"
        remedy = "bring a longer history, leave out the shortest columns, or use a model that needs fewer rows"
        yield Flaw("error", scarce, dates.min(), dates.max(), text, remedy)
