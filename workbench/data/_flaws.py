"""What a rule reports about a panel, and the registry of rules.

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

from workbench.data._frequency import frequency
from workbench.registry import Registry

RULES = Registry("data rule")
_PRICE_FIELDS = ("open", "high", "low", "close", "adj_close")


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
        numbers = self.panel.apply(pd.to_numeric, errors="coerce").astype(float)
        return numbers.set_axis([label(column) for column in self.panel.columns], axis=1)

    @cached_property
    def ordered(self) -> pd.DataFrame:
        """``numbers`` by increasing date, the first of duplicate dates kept, infinities missing."""
        return self.numbers[~self.numbers.index.duplicated()].sort_index().replace([np.inf, -np.inf], np.nan)

    @cached_property
    def values(self) -> pd.DataFrame:
        """The ordered columns of ``kind``; of several fields only the prices."""
        return self.ordered if self.panel.columns.nlevels == 1 else self._fields(*_PRICE_FIELDS)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Log returns (yields: differences) between the observed values of each column; of several fields those of
        the one that returns are taken from.
        """
        values = self.values if self.panel.columns.nlevels == 1 else self._fields(price_field(self.panel))
        if self.kind == "return":
            return values
        values = values if self.kind == "yield" else np.log(values.where(values > 0))
        return values.apply(lambda column: column.dropna().diff()).reindex(values.index)

    @cached_property
    def frequency(self) -> str:
        """How often the panel is observed."""
        return frequency(self.ordered)

    def each(self) -> Iterator[tuple[str, pd.Series]]:
        """Column label and observed changes."""
        for column in self.changes.columns:
            yield column, self.changes[column].dropna()

    def _fields(self, *wanted: str) -> pd.DataFrame:
        return self.ordered.loc[:, [str(field) in wanted for field in self.panel.columns.get_level_values(0)]]


def price_field(panel: pd.DataFrame) -> str:
    """The field of several that returns are taken from: ``adj_close`` where every asset has it, else ``close``.

    An adjusted close includes dividends and splits; a close that is not adjusted falls on every such day.
    """
    assets = {field: set(panel[field].dropna(axis=1, how="all")) for field in ("close", "adj_close") if field in panel}
    return "adj_close" if assets.get("adj_close") and assets["adj_close"] >= assets.get("close", set()) else "close"


def label(column: object) -> str:
    """Column label as text: ``AAPL``, or ``close/AAPL`` for a pair."""
    return "/".join(map(str, column)) if isinstance(column, tuple) else str(column)


def day(date: pd.Timestamp) -> str:
    """Date without the time of day, unless there is one."""
    return str(date.date()) if date == date.normalize() else str(date)
