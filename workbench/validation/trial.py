"""The trial: every check put to one scenario set, and a verdict for each by Holm's rule.

``start`` says what the set claims. ``"unconditional"``: futures of the long run, compared with all windows of the
history. ``"last"`` or a date: futures from that close, compared with windows that began in a like state, in units of
the volatility forecast; the whole history given may serve for comparison, but only the days up to the close give the
state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast, overload

import numpy as np
import pandas as pd
import xarray as xr

from workbench._require import count, number
from workbench.errors import DataError
from workbench.validation._prepare import aligned, prepare
from workbench.validation.engine import CHECKS, Check, ComparisonData, Finding, Identity, SetSummary, not_assessed
from workbench.validation.engine.finding import judge, table, verdict

FEWEST_DAYS = 250
FEWEST_WINDOWS = 18


@dataclass(frozen=True)
class Trial(Sequence[Finding]):
    """What the checks found, as a sequence of findings, and the comparison data they saw.

    data : None where the history was too short to compare with.
    """

    findings: tuple[Finding, ...]
    comparison: ComparisonData | None = None

    @property
    def data(self) -> ComparisonData:
        """The comparison data; raises DataError where the history was too short for any."""
        if self.comparison is None:
            raise DataError("the history is too short to compare with")
        return self.comparison

    @property
    def verdict(self) -> str:
        """``accepted``, ``rejected`` or ``cannot tell`` (:func:`workbench.validation.verdict`)."""
        return verdict(self.findings)

    def table(self) -> pd.DataFrame:
        """One row a finding (:func:`workbench.validation.table`)."""
        return table(self.findings)

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Finding]: ...
    def __getitem__(self, at: int | slice) -> Finding | Sequence[Finding]:
        return self.findings[at]

    def __len__(self) -> int:
        return len(self.findings)


def trial(
    scenarios: np.ndarray | xr.DataTree,
    history: pd.DataFrame,
    *,
    start: str | pd.Timestamp = "unconditional",
    checks: Sequence[str] | None = None,
    books: Mapping | pd.DataFrame | None = None,
    holdout: pd.DataFrame | None = None,
    identities: Sequence[Mapping | Identity] = (),
    seed: int = 0,
    level: float = 0.05,
    summary: SetSummary | None = None,
) -> Trial:
    """Try to refute a scenario set with every check, or with those named.

    scenarios : log returns (draw, time, asset) in the history's column order, or a scenario tree (columns by name).
    history : log returns, one row a day, one column an asset.
    start : "unconditional", "last" (the history's last close), or the date of the close the scenarios start from.
    books : portfolios to judge too, one row a book, one column an asset (weights).
    holdout : log returns of days that the model must not have seen; a set that copies them has a leak.
    identities : relations that must hold exactly (:mod:`workbench.validation.checks.identities`).
    summary : what was seen in all draws, where ``scenarios`` is a sample of them.
    seed : of the redraws; level : family-wise false-alarm rate of the verdict.

    Raises ScenarioError, DataError or ParameterError for input that cannot be tried.
    """
    seed, level = count("seed", seed, least=0), number("level", level, above=0, most=0.5)
    values = aligned(scenarios, history)
    chosen = [cast(Check, CHECKS[name]) for name in (CHECKS if checks is None else checks)]
    if len(history) < fewest_days(values.shape[1]):
        reason = f"a history of {len(history)} days is too short for paths of {values.shape[1]} days"
        return Trial(tuple(not_assessed(reason, check.name, check.question) for check in chosen))
    data = prepare(
        values, history, start=start, books=books, holdout=holdout, identities=identities, seed=seed, level=level,
        summary=summary,
    )  # fmt: skip
    return Trial(tuple(judge([check(data) for check in chosen], level)), data)


def fewest_days(horizon: int) -> int:
    """Days of history below which paths of ``horizon`` days cannot be compared with it."""
    return max(FEWEST_DAYS, FEWEST_WINDOWS * horizon)
