"""Rules on a panel as a table (its dates, its cells, its length), and on its values: what a price, a yield, a return or
a volume can not be, and what looks like an accident.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench._text import percent
from workbench.constants import TRADING_DAYS
from workbench.data._flaws import RULES, Flaw, FlawCase, day, label
from workbench.data._frequency import EXPLAINED, periods_per_year, steps
from workbench.data._jumps import decimal_shifts, split_like
from workbench.data._layout import SMOOTH, roughness
from workbench.data._stale import stale_runs
from workbench.data._wording import counted

_BAR = ("open", "high", "low", "close", "volume")
_FRACTIONS = {"return": 0.15, "yield": 0.5}
"""Median size beyond which daily returns, or yields, cannot be fractions."""


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


@RULES.register("non-positive prices")
def non_positive_prices(case: FlawCase) -> Iterator[Flaw]:
    """A price or a level at or below zero has no logarithm."""
    if case.kind not in ("price", "level"):
        return
    for column, values in case.values.items():
        low = values[values <= 0]
        if len(low):
            text = f"column {column!r}, {day(low.index[0])}: {case.kind} {low.iloc[0]:g} ({len(low)} at or below zero)"
            remedy = "correct the cell, or end the panel before that date: log returns do not exist there"
            yield Flaw("error", column, low.index[0], low.index[-1], text, remedy)


@RULES.register("constant columns")
def constant_columns(case: FlawCase) -> Iterator[Flaw]:
    """A column that never changes has no risk to model."""
    for column in case.values:
        values = case.values[column].dropna()
        if len(values) > 1 and values.nunique() == 1:
            text = f"column {column!r} is {values.iloc[0]:g} on all of its {len(values)} dates"
            yield Flaw("error", column, values.index[0], values.index[-1], text, "leave the column out")


@RULES.register("stale prices")
def stale_prices(case: FlawCase) -> Iterator[Flaw]:
    """Long runs of zero returns; an error when most returns are zero."""
    for column, changes in case.each():
        runs, zeros = stale_runs(changes.to_frame(column)), float((changes == 0).mean())
        mostly = zeros > 0.5 and case.kind != "yield" and changes.nunique() > 1
        if len(runs) and changes.nunique() > 1:
            longest = runs.loc[runs["length"].idxmax()]
            text = (
                f"column {column!r}: {len(runs)} stale runs, the longest {longest['length']} dates from "
                f"{day(longest['first'])}, the last to {day(runs['last'].max())}; {percent(zeros, 0)} of returns are zero"
            )
            remedy = "leave the column out" if mostly else "use the column from clean_from() on"
            severity = "error" if mostly else "warning"
            yield Flaw(severity, column, runs["first"].min(), runs["last"].max(), text, remedy)


@RULES.register("units")
def units(case: FlawCase) -> Iterator[Flaw]:
    """Returns or yields that must be percent or basis points, and returns that must be prices."""
    if case.kind not in _FRACTIONS:
        return
    scale = np.sqrt(TRADING_DAYS / periods_per_year(case.ordered)) if case.kind == "return" else 1.0
    for column, values in case.values.items():
        typical = float(values.abs().median())
        if not typical > _FRACTIONS[case.kind] * scale:
            continue
        text = f"column {column!r}: half of the {case.kind}s exceed {typical:.3g} in size, too much for fractions"
        remedy = "divide percent by 100 (basis points by 10,000), or write the cells with a % sign"
        if case.kind == "return" and roughness(values) < SMOOTH and bool((values.dropna() > 0).all()):
            text = f"column {column!r}: its values look like prices ({values.dropna().iloc[0]:g} at the start)"
            remedy = "they are read as returns: say returns=False (--prices)"
        yield Flaw("error", str(column), case.values.index[0], case.values.index[-1], text, remedy)


@RULES.register("decimal shifts")
def decimal_shift(case: FlawCase) -> Iterator[Flaw]:
    """A change by a factor of 10, 100 or 1,000 from one observation to the next."""
    if case.kind == "yield" or any(units(case)):
        return
    noun = "cumulated return" if case.kind == "return" else case.kind
    for column, changes in case.each():
        for first, last, factor in decimal_shifts(changes):
            until = f"until {day(last)}" if last is not None else "and stays there"
            text = f"column {column!r}, {day(first)}: the {noun} jumps by a factor of {factor:g} {until}"
            remedy = "a decimal shift, a change of unit, or a split that was not adjusted for: correct the prices"
            yield Flaw("error", column, first, last if last is not None else first, text, remedy)


@RULES.register("missed splits")
def missed_split(case: FlawCase) -> Iterator[Flaw]:
    """A change by the ratio of a split after which nothing else changed; a real crash is only a warning, and so is
    any such change in a panel that is observed once a week or less.
    """
    if case.kind not in ("price", "return") or any(units(case)):
        return
    slow = case.frequency in ("weekly", "monthly", "quarterly", "annual")
    for column, changes in case.each():
        for jump in split_like(changes, _others(case, column), _volume(case, column)):
            text = f"column {column!r}, {day(jump.date)}: log return {jump.change:+.3f} fits {jump.ratio}"
            if jump.real:
                text, remedy = f"{text}, but {jump.real}: read as a real move", "look it up; nothing is changed"
            else:
                text = f"{text}, and nothing beside it supports a real move"
                remedy = "adjust the prices before that date"
            yield Flaw("warning" if jump.real or slow else "error", column, jump.date, jump.date, text, remedy)


@RULES.register("open, high, low, close")
def bars(case: FlawCase) -> Iterator[Flaw]:
    """A bar whose low exceeds its open, close or high, whose high is below them, or whose volume is negative."""
    if case.panel.columns.nlevels == 1:
        return
    for asset in dict.fromkeys(case.panel.columns.get_level_values(1)):
        fields = {f: case.ordered[f"{f}/{asset}"] for f in _BAR if f"{f}/{asset}" in case.ordered}
        for field, wrong, what in _impossible(fields):
            dates = wrong.index[wrong.to_numpy()]
            if len(dates):
                text = f"column '{field}/{asset}', {day(dates[0])}: {what} ({counted(len(dates), 'bar')} like it)"
                yield Flaw("error", f"{field}/{asset}", dates[0], dates[-1], text, "correct or leave out these bars")


def _impossible(fields: dict[str, pd.Series]) -> Iterator[tuple[str, pd.Series, str]]:
    rounding = 1 + 1e-9
    for inner in ("open", "close", "low"):
        if inner in fields and "high" in fields:
            yield "high", fields["high"] * rounding < fields[inner], f"high below {inner}"
        if inner in fields and "low" in fields and inner != "low":
            yield "low", fields["low"] > fields[inner] * rounding, f"low above {inner}"
    if "volume" in fields:
        yield "volume", fields["volume"] < 0, "negative volume"


def _others(case: FlawCase, column: str) -> pd.DataFrame:
    return case.changes.drop(columns=column) if case.panel.columns.nlevels == 1 else case.changes.iloc[:, :0]


def _volume(case: FlawCase, column: str) -> pd.Series | None:
    name = f"volume/{column.partition('/')[2]}"
    return case.ordered[name].replace(0, np.nan) if name in case.ordered else None
