r"""The audit of anybody's scenarios: a file of scenarios, a file of history, and a verdict that can be filed.

Columns are matched by name. The trial looks at no more than 10,000 draws, evenly spaced; what only the whole set can
show (draws equal to the bit, values that are not finite, the largest return of each asset) is gathered over all of it,
block by block, so a large netCDF or Zarr set never stands in memory. Beside the verdict stands what a difference does
to a risk number, in basis points (:mod:`workbench.validation.risk_impact`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from workbench import data, scenarios
from workbench.errors import ParameterError, ScenarioError
from workbench.validation.checks.identities import read_identities
from workbench.validation.engine.comparison_data import ComparisonData, Whole
from workbench.validation.engine.finding import Finding, verdict
from workbench.validation.risk_impact import counterfactuals, risk_impact, sentences, unattributed
from workbench.validation.trial import MOST_DRAWS, prepare, trial

BLOCK = 4096


@dataclass(frozen=True)
class Gathered:
    """A scenario set as the audit holds it: an even sample (draw, time, asset), and what was seen in all draws."""

    values: np.ndarray
    assets: list[str]
    attributes: dict
    whole: Whole


@dataclass(frozen=True)
class Audit:
    """Verdict, findings, notes on how the input was read, and risk numbers beside the history's.

    risk : :func:`risk_impact` of each book; mends : :func:`counterfactuals` to what failed; case : what the checks saw, for
    figures.
    """

    verdict: str
    findings: list[Finding]
    notes: list[str]
    risk: pd.DataFrame
    mends: pd.DataFrame
    about: dict = field(default_factory=dict)
    case: ComparisonData | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict:
        """The audit as plain JSON values."""
        findings = [finding.to_json() for finding in self.findings]
        risk, mends = (json.loads(table.to_json(orient="records")) for table in (self.risk, self.mends))
        told = {"verdict": self.verdict, "findings": findings, "notes": self.notes, "risk": risk, "mends": mends}
        return {**told, "effects": self.effects(), **self.about}

    def effects(self) -> list[str]:
        """In plain words what the set, and each refuted property that can be mended alone, does to a risk number."""
        lost = unattributed(self.findings)
        rest = [f"no share of these numbers is attributed to: {', '.join(lost)}"] if lost else []
        return sentences(self.risk, self.mends) + rest

    def text(self) -> str:
        """What a validator reads first: the verdict, every refutation in words, and the risk table."""
        lines = [f"{self.verdict}: {_count(self.findings)}", *self.notes]
        for finding in sorted(self.findings, key=lambda found: found.p_value):
            if finding.verdict in ("fail", "warn"):
                low, high = finding.reference
                where = finding.evidence.get("component", "")
                lines.append(
                    f"  {finding.verdict}  {finding.check}: {where} is {finding.statistic:.4g}, honest sets lie in "
                    f"{low:.4g} to {high:.4g} (p = {finding.p_value:.2g})"
                )
        unanswered = [finding.check for finding in self.findings if not finding.answered]
        lines += [f"no answer: {', '.join(unanswered)}"] if unanswered else []
        return "\n".join([*lines, "", *self.effects(), "", _risk_text(self.risk)])


def _risk_text(risk: pd.DataFrame) -> str:
    words = risk.assign(level=[f"{level:.0%}" for level in risk["level"]])
    return "in basis points\n" + words.to_string(index=False, float_format=lambda value: f"{value:.1f}")


def _count(findings: list[Finding]) -> str:
    total = {name: sum(finding.verdict == name for finding in findings) for name in ("fail", "warn", "pass")}
    return f"{total['fail']} of {sum(total.values())} checks refute the set, {total['warn']} warn, {total['pass']} pass"


def audit(
    scenarios: str | Path | xr.DataTree,
    history: str | Path | pd.DataFrame,
    *,
    returns: bool | None = None,
    start: str | None = None,
    books: str | Path | pd.DataFrame | None = None,
    identities: str | Path | list[Mapping] = (),
    seed: int = 0,
    level: float = 0.05,
) -> Audit:
    """Put a scenario file on trial against a history.

    scenarios : netCDF, Zarr, wide Parquet or CSV, a folder of CSV files, or a scenario tree; log returns as fractions.
    history : CSV or Parquet of prices or returns (``returns=True``: log returns), the name of a set in the catalogue,
        or a DataFrame of log returns.
    start : "unconditional", "last" or a date; None takes what the set's own attributes say, else "unconditional".
    books : CSV with a column ``book`` and one column an asset; identities : YAML (:mod:`workbench.validation.checks.identities`).

    Raises WorkbenchError for input that cannot be read, matched or tried.
    """
    past = read_history(history, returns)
    named = f"history: the data set {past.attrs['dataset']}" if "dataset" in past.attrs else ""
    readings = [past.attrs.get("reading", named), *past.attrs.get("dropped", [])]
    given, past, notes = match(gather(scenarios), past)
    notes = [note for note in (str(given.attributes.get("reading", "")), *map(str, readings)) if note] + notes
    values, whole = given.values, given.whole
    start = start or str(given.attributes.get("start", "unconditional"))
    books = read_books(books)
    laws = read_identities(identities) if isinstance(identities, (str, Path)) else identities
    found = trial(values, past, start=start, books=books, identities=laws, seed=seed, level=level, whole=whole)
    read = f"{whole.draws} draws of {values.shape[1]} days, {len(values)} of them tried"
    notes.append(f"{read}; {len(past)} days of history; start: {start}")
    about = {
        "draws": whole.draws,
        "horizon": values.shape[1],
        "assets": list(past.columns),
        "start": start,
        "level": level,
    }
    case = prepare(values, past, start=start, books=books, seed=seed, level=level)
    return Audit(verdict(found), found, notes, risk_impact(case), counterfactuals(case, found), about, case)


def gather(source: str | Path | xr.DataTree) -> Gathered:
    """Walk through all draws once, block by block, keeping an even sample."""
    if isinstance(source, xr.DataTree):
        return _walk(scenarios.dataset(source), dict(source.attrs))
    path = Path(source)
    if path.suffix not in (".nc", ".zarr"):
        tree = scenarios.load(path)
        return _walk(scenarios.dataset(tree), dict(tree.attrs))
    with scenarios.opened(path) as tree:
        return _walk(scenarios.dataset(tree), dict(tree.attrs))


def _walk(draws: xr.Dataset, attributes: dict) -> Gathered:
    if "ret" not in draws or set(draws["ret"].dims) != set(scenarios.DIMS):
        raise ScenarioError(
            f"no field 'ret' with dims {scenarios.DIMS}; found {dict((n, f.dims) for n, f in draws.items())}"
        )
    field_, assets = draws["ret"], [str(name) for name in draws.asset.values]
    total, seen, repeats = field_.sizes["chain"] * field_.sizes["draw"], set(), 0
    step, place, kept, largest = max(1, -(-total // MOST_DRAWS)), 0, [], np.zeros(len(assets))
    for chain in range(field_.sizes["chain"]):
        for begin in range(0, field_.sizes["draw"], BLOCK):
            block = field_.isel(chain=chain, draw=slice(begin, begin + BLOCK)).transpose("draw", "time", "asset").values
            if not np.isfinite(block).all():
                row, day, column = np.argwhere(~np.isfinite(block))[0]
                raise ScenarioError(
                    f"the value at chain {chain}, draw {begin + row}, time {day + 1}, asset "
                    f"{assets[column]!r} is not finite"
                )
            largest = np.maximum(largest, np.abs(block).max((0, 1)))
            marks = [hash(row.tobytes()) for row in np.ascontiguousarray(block)]
            before = len(seen)
            seen.update(marks)
            repeats += len(marks) - (len(seen) - before)
            kept.append(block[-place % step :: step].astype(np.float32))
            place += len(block)
    return Gathered(np.concatenate(kept), assets, attributes, Whole(total, repeats, largest))


def read_history(source: str | Path | pd.DataFrame, returns: bool | None) -> pd.DataFrame:
    """Log returns, one row a day; prices are turned into returns. A name of the catalogue serves where no file does."""
    if isinstance(source, pd.DataFrame):
        return source
    if str(source) in data.DATASETS and not Path(source).exists():
        return data.returns(str(source))
    return data.returns(data.read_file(source, returns=returns or None))


def match(given: Gathered, history: pd.DataFrame) -> tuple[Gathered, pd.DataFrame, list[str]]:
    """The assets both have, in the history's order, and words on what only one of them has."""
    history = history.rename(columns=str)
    common = [name for name in history.columns if name in set(given.assets)]
    if not common:
        raise ScenarioError(
            f"no column in common: the scenarios have {given.assets[:8]}, the history {list(history.columns[:8])}"
        )
    only = [n for n in given.assets if n not in common], [n for n in history.columns if n not in common]
    notes = [
        f"not tried, only in the {place}: {', '.join(names)}"
        for place, names in zip(("scenarios", "history"), only)
        if names
    ]
    chosen = [given.assets.index(name) for name in common]
    given = replace(
        given,
        values=given.values[:, :, chosen],
        assets=common,
        whole=replace(given.whole, largest=given.whole.largest[chosen]),
    )
    return given, history[common].dropna(), notes


def read_books(source: str | Path | pd.DataFrame | None) -> pd.DataFrame | None:
    """Books, one row each and one column an asset."""
    if source is None or isinstance(source, pd.DataFrame):
        return source
    try:
        frame = pd.read_csv(source)
        return frame.set_index("book").astype(float)
    except (OSError, KeyError, ValueError) as wrong:
        raise ParameterError(
            f"{source}: expected a CSV with a column 'book' and one column of weights an asset ({wrong})"
        ) from None
