"""What a rule says about a panel, and the registry of rules.

A rule is a function from a :class:`FlawCase` to any number of :class:`Flaw`; the decorator
``@RULES.register(name)`` is all that a new one needs. An *error* makes fitting wrong; a *warning* asks for a
look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.registry import Registry

RULES = Registry("data rule")
PRICE_FIELDS = ("open", "high", "low", "close", "adj_close")


class Flaw(NamedTuple):
    """One thing wrong with a panel: where (column, first and last date) and what to do about it."""

    severity: str
    column: str
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    message: str
    remedy: str


@dataclass(frozen=True)
class FlawCase:
    """A panel under examination, with the views of it that several rules need."""

    panel: pd.DataFrame
    kind: str
    minimum_rows: int

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """Every column as floats under a text label, in file order; what is no number is missing."""
        columns = [pd.to_numeric(self.panel.iloc[:, i], errors="coerce") for i in range(self.panel.shape[1])]
        table = pd.concat(columns, axis=1).astype(float) if columns else self.panel.astype(float)
        table.columns = [label(column) for column in self.panel.columns]
        return table

    @cached_property
    def ordered(self) -> pd.DataFrame:
        """``numbers`` by increasing date, the first of duplicate dates kept, infinities missing."""
        return self.numbers[~self.numbers.index.duplicated()].sort_index().replace([np.inf, -np.inf], np.nan)

    @cached_property
    def values(self) -> pd.DataFrame:
        """The ordered columns that hold what ``kind`` says; of several fields only the prices."""
        if self.panel.columns.nlevels == 1:
            return self.ordered
        fields = [str(column[0]) for column in self.panel.columns]
        return self.ordered.loc[:, [field in PRICE_FIELDS for field in fields]]

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Log returns (yields: differences) between the observed values of each column."""
        if self.kind == "return":
            return self.values
        values = self.values if self.kind == "yield" else np.log(self.values.where(self.values > 0))
        return values.apply(lambda column: column.dropna().diff()).reindex(values.index)

    def each(self) -> Iterator[tuple[str, pd.Series]]:
        """Column label and observed changes."""
        for column in self.changes.columns:
            yield column, self.changes[column].dropna()


def label(column: object) -> str:
    """Column label as text: ``AAPL``, or ``close/AAPL`` for a pair."""
    return "/".join(map(str, column)) if isinstance(column, tuple) else str(column)


def day(date: pd.Timestamp) -> str:
    """Date without the time of day, unless there is one."""
    return str(date.date()) if date == date.normalize() else str(date)
