r"""The audit of anybody's scenarios: a file of scenarios, a file of history, and a verdict that can be filed.

Columns are matched by name. The trial looks at no more than 10,000 draws, evenly spaced; what only the whole set can
show (draws equal to the bit, values that are not finite, the largest return of each asset) is gathered over all of it,
block by block, so a large netCDF or Zarr set never stands in memory. Beside the verdict stands what a difference does
to a risk number, in basis points (:mod:`workbench.validation.risk_impact`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from workbench import data
from workbench._require import number
from workbench.books import read_books
from workbench.errors import DataError, ParameterError
from workbench.validation._gather import gather, match, read_history
from workbench.validation.checks.identities import read_identities
from workbench.validation.engine import Finding, Identity
from workbench.validation.preflight import PREFLIGHT, preflight
from workbench.validation.risk_impact import counterfactuals, risk_impact
from workbench.validation.trial import Trial, trial


@dataclass(frozen=True)
class Audit:
    """A trial with notes on how the input was read, and risk numbers beside the history's.

    risk : :func:`risk_impact` of each book; counterfactuals : of what failed.
    """

    trial: Trial
    notes: list[str]
    risk: pd.DataFrame
    counterfactuals: pd.DataFrame
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """``accepted``, ``rejected`` or ``cannot tell``."""
        return self.trial.verdict

    @property
    def findings(self) -> list[Finding]:
        """Findings of the trial."""
        return list(self.trial)


def audit(
    scenarios: str | Path | xr.DataTree,
    history: str | Path | pd.DataFrame,
    *,
    returns: bool | None = None,
    start: str | None = None,
    books: str | Path | pd.DataFrame | None = None,
    identities: str | Path | Sequence[Mapping | Identity] = (),
    holdout: str | Path | pd.DataFrame | None = None,
    common: bool = False,
    clean: bool = False,
    allow: Collection[str] = (),
    seed: int = 0,
    level: float = 0.05,
) -> Audit:
    """Test a scenario file against a history.

    scenarios : netCDF, Zarr, wide Parquet or CSV, a folder of CSV files, or a scenario tree; log returns as fractions.
    history : CSV or Parquet of prices or returns (``returns=True``: log returns), the name of a set in the catalogue,
        or a DataFrame of log returns.
    start : "unconditional", "last" or a date; None takes what the set's own attributes say, else "unconditional".
    books : CSV with a column ``book`` and one column an asset; identities : YAML
        (:mod:`workbench.validation.checks.identities`).
    holdout : days that the model must not have seen, read as the history is.
    common : try the assets that both have; otherwise scenarios of assets that the history lacks are refused.
    clean : compare only with the days after the last stale run of any asset.
    allow : rules of :mod:`workbench.validation.preflight` and :func:`workbench.data.validate` whose refusals somebody
        has looked at.
    seed : of the redraws; level : family-wise false-alarm rate.

    Raises WorkbenchError for input that cannot be read, matched or tried.
    """
    number("level", level, above=0, most=0.5)
    unknown = sorted(set(allow) - {*PREFLIGHT, *data.RULES})
    if unknown:
        raise ParameterError(f"no rule {unknown[0]!r} to allow; known: {', '.join({**PREFLIGHT, **dict(data.RULES)})}")
    past = read_history(history, returns, allow)
    named = f"history: the data set {past.attrs['dataset']}" if "dataset" in past.attrs else ""
    readings = [past.attrs.get("reading", named), *past.attrs.get("dropped", [])]
    given, past, unmatched = match(gather(scenarios), past, common)
    notes = [str(note) for note in (given.attributes.get("reading", ""), *readings) if note] + unmatched
    past, stale = _live(past, clean)
    start = start or given.attributes.get("start")
    notes += stale + preflight(given.values, past, start, allow)
    start = str(start or "unconditional")
    unseen = None if holdout is None else _unseen(read_history(holdout, returns, allow).rename(columns=str), past)
    held = None if books is None else read_books(books)
    tried = trial(
        given.values, past, start=start, books=held, holdout=unseen, seed=seed,
        identities=read_identities(identities), level=level, summary=given.summary,
    )  # fmt: skip
    draws, horizon = given.summary.draws, given.values.shape[1]
    notes.append(
        f"{draws} draws of {horizon} days, {len(given.values)} of them tried; {len(past)} days of history; "
        f"start: {start}"
    )
    about = {"draws": draws, "horizon": horizon, "assets": list(past.columns), "start": start, "level": level}
    return Audit(tried, notes, risk_impact(tried.data), counterfactuals(tried.data, tried), about)


def _live(past: pd.DataFrame, clean: bool) -> tuple[pd.DataFrame, list[str]]:
    """The days after the last stale run of any asset where that is asked, and a note where it matters."""
    first = data.clean_from(past).max()
    if first <= past.index[0]:
        return past, []
    before = int((past.index < first).sum())
    if clean:
        return past.loc[first:], [f"{before} days before {first:%Y-%m-%d} left out, in which a price stood still"]
    return past, [f"a price stood still until {first:%Y-%m-%d}; --clean compares only with the days from there"]


def _unseen(unseen: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """The hold-out; raises DataError where it lacks columns of the history or overlaps it."""
    missing = [name for name in past.columns if name not in unseen]
    if missing:
        raise DataError(f"the hold-out lacks the columns {missing[:5]}; give the same assets as in the history")
    both = unseen.index.intersection(past.index)
    if len(both):
        raise DataError(
            f"{len(both)} days of the hold-out are in the history too, the first {both[0]:%Y-%m-%d}: a hold-out holds "
            "days that the model has not seen; end the history before them"
        )
    return unseen
