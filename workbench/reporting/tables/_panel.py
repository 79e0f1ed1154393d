"""Tables of data and of findings: where a panel comes from, what is wrong with it, which checks failed by how much."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pandas.io.formats.style import Styler

from workbench import data, scenarios, validation
from workbench.errors import ParameterError
from workbench.reporting import formats
from workbench.stress.reverse_stress import closest_episode
from workbench.validation import Finding


def facts(rows: Mapping[str, Any]) -> Styler:
    """Two columns, what and which; rows without a value are left out."""
    shown = {name: value for name, value in rows.items() if value not in ("", None)}
    return pd.Series(shown, dtype=object).to_frame("").style.hide(axis="columns")


def sources(panel: pd.DataFrame, known: pd.DataFrame, later: pd.DataFrame, clean: pd.DataFrame) -> Styler:
    """Where a panel comes from, what may be done with it, and how it was split."""
    name = panel.attrs.get("dataset", "")
    entry = data.describe(name) if name in data.DATASETS else None
    pace = data.frequency(panel.index)
    named = {} if entry is None else {"what": entry.title, "origin": entry.origin, "licence": entry.licence}
    return facts(
        named
        | {"read as": panel.attrs.get("reading"), "SHA-256": panel.attrs.get("sha256")}
        | {"known": f"{formats.rows(known)} of {known.shape[1]} assets, {span(known.index)}"}
        | {"compared with": f"{formats.rows(clean)} from {formats.date(clean.index[0])}, after the last stale run"}
        | {"held out": f"{formats.in_units(len(later), known)} after the start"}
        | {"rows": None if pace == "daily" else f"{pace}, one a {data.unit(panel.index)}"}
        | {"known traps": "; ".join(entry.traps) if entry else None}
    )


def span(days: pd.Index) -> str:
    """The first and the last of some days."""
    return f"{formats.date(days[0])} to {formats.date(days[-1])}"


def closest_episodes(
    tree: xr.DataTree, history: pd.DataFrame, weights: Mapping[str, float] | None = None, worst: int = 10
) -> pd.DataFrame:
    """The ``worst`` draws of the book at the horizon, worst first, and the nearest real episode of each.

    history : log returns (day, asset). Returns one row a draw: ``chain, draw, loss`` (of the book, fraction), ``first,
    last`` (dates of the episode) and ``distance``, the root mean square over assets of the difference between their
    cumulative log returns, each in units of its volatility over the horizon. ``attrs["typical"]`` is the median
    distance of a real window from its own nearest.
    """
    draws = scenarios.returns(tree).sum("time")
    horizon = scenarios.returns(tree).sizes["time"]
    if len(history) < 3 * horizon:
        raise ParameterError(f"{len(history)} dates have no episodes to compare scenarios of {horizon} dates with")
    profit = scenarios.pnl(tree, weights).isel(time=-1)
    at = np.argsort(profit.values.ravel(), kind="stable")[:worst]
    rows = []
    for chain, draw in zip(*np.unravel_index(at, profit.shape)):
        near = closest_episode(draws.isel(chain=chain, draw=draw).to_series(), history, horizon)
        which = {"chain": int(draws.chain[chain]), "draw": int(draws.draw[draw]), "loss": -float(profit[chain, draw])}
        rows.append(which | {"first": near.first, "last": near.last, "distance": near.distance})
    table = pd.DataFrame(rows)
    table.attrs["typical"] = near.typical
    return table


def findings(trials: Mapping[str, Sequence[Finding]]) -> pd.DataFrame:
    """The findings of several samplers in one table, with a column ``sampler``."""
    tables = [validation.table(found).assign(sampler=name) for name, found in trials.items()]
    return pd.concat(tables, ignore_index=True)


def departures(found: pd.DataFrame) -> Styler:
    """What failed or came close, the smallest p-value first, with the component that departs most from the history."""
    close = found[found["verdict"].isin(["fail", "warn"])].sort_values("p_value")
    departs = [json.loads(evidence).get("component", "") for evidence in close["evidence"]]
    columns = ["check", "question", "verdict", "departs most", "statistic", "low", "high", "p_value"]
    table = close.assign(**{"departs most": departs})[columns].rename(columns={"p_value": "p"})
    style = table.style.hide(axis="index").format("{:.4g}", subset=["statistic", "low", "high"], na_rep=formats.MISSING)
    return style.format(formats.p_value, subset=["p"])


def unanswered(found: pd.DataFrame) -> pd.DataFrame:
    """Checks without an answer, and why."""
    silent = found[found["verdict"] == "not applicable"]
    reasons = {row.check: json.loads(row.evidence).get("reason", "") for row in silent.itertuples()}
    return pd.Series(reasons, dtype=object).to_frame("why it has no answer")


def flaws(found: pd.DataFrame) -> pd.DataFrame:
    """What validation found, counted by severity, rule and column."""
    counted = {"times": ("rule", "size"), "first": ("first", "min"), "last": ("last", "max")}
    return found.groupby(["severity", "rule", "column"], sort=False).agg(**counted)


def risk_impact(risk: pd.DataFrame) -> Styler:
    """VaR and ES of each book in the scenarios and in the history, basis points, levels in full."""
    units = {name: f"{name}, bp" for name in ("scenarios", "history", "difference", "low", "high")}
    style = risk.rename(columns=units).style.hide(axis="index")
    return style.format({"level": formats.level}, precision=1, na_rep=formats.MISSING)
