"""Tables of a report, each with the columns that a reader needs and numbers as :mod:`.formats` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pandas.io.formats.style import Styler

from workbench import data, scenarios, stress, validation
from workbench.books import Book
from workbench.errors import ParameterError, Refusal
from workbench.reporting import formats
from workbench.stress.rare_events import RareEvent
from workbench.stress.reverse_stress import Reverse, closest_episode
from workbench.validation import Finding
from workbench.validation.crisis_shape import Crises


def facts(rows: Mapping[str, Any]) -> Styler:
    """Two columns, what and which; rows without a value are left out."""
    shown = {name: value for name, value in rows.items() if value not in ("", None)}
    return pd.Series(shown, dtype=object).to_frame("").style.hide(axis="columns")


def sources(panel: pd.DataFrame, known: pd.DataFrame, later: pd.DataFrame, clean: pd.DataFrame) -> Styler:
    """Where a panel comes from, what may be done with it, and how it was split."""
    name = panel.attrs.get("dataset", "")
    entry = data.describe(name) if name in data.DATASETS else None
    named = {} if entry is None else {"what": entry.title, "origin": entry.origin, "licence": entry.licence}
    return facts(
        named
        | {"read as": panel.attrs.get("reading"), "SHA-256": panel.attrs.get("sha256")}
        | {"known": f"{len(known):,} days of {known.shape[1]} assets, {_span(known)}"}
        | {"compared with": f"{len(clean):,} days from {formats.date(clean.index[0])}, after the last stale run"}
        | {"held out": f"{len(later):,} days after the start"}
        | {"known traps": "; ".join(entry.traps) if entry else None}
    )


def _span(table: pd.DataFrame) -> str:
    return f"{formats.date(table.index[0])} to {formats.date(table.index[-1])}"


def closest_episodes(
    tree: xr.DataTree, history: pd.DataFrame, weights: Mapping[str, float] | None = None, worst: int = 10
) -> pd.DataFrame:
    """The ``worst`` draws of the book at the horizon, worst first, and the nearest real episode of each.

    history : log returns (day, asset). Returns one row a draw: ``chain, draw, loss`` (of the book, fraction), ``first,
    last`` (dates of the episode) and ``distance``, the root mean square over assets of the difference between their
    cumulative log returns, each in units of its volatility over the horizon. ``attrs["typical"]`` is the median distance
    of a real window from its own nearest.
    """
    draws = scenarios.returns(tree).sum("time")
    horizon = scenarios.returns(tree).sizes["time"]
    if len(history) < 3 * horizon:
        raise ParameterError(f"{len(history)} days have no episodes to compare {horizon}-day scenarios with")
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
    return table.style.hide(axis="index").format(precision=4).format(formats.p_value, subset=["p"])


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
    return risk.style.hide(axis="index").format(precision=1).format(formats.level, subset=["level"])


def independences(tests: pd.DataFrame) -> Styler:
    """The tests of a graph's independences."""
    table = tests.rename(columns={"refuted": "rejected", "p_value": "p"})
    return table.style.hide(axis="index").format(precision=4).format(formats.p_value, subset=["p"])


def most_typical(tree: xr.DataTree) -> pd.DataFrame:
    """The path (day, asset) whose asset moves lie closest to their medians over all draws."""
    paths = scenarios.pooled(tree)
    moves = paths.sum(axis=1)
    middle = int(np.abs(moves - np.median(moves, axis=0)).sum(axis=1).argmin())
    return pd.DataFrame(paths[middle], columns=scenarios.returns(tree).asset.values)


def losses(tree: xr.DataTree) -> np.ndarray:
    """Loss of the equal-weight book, bought and held, of every draw at the horizon, a fraction."""
    return -scenarios.pnl(tree).isel(time=-1).values.ravel()


def pooling(free: xr.DataTree, functional: stress.Move, targets: Sequence[float]) -> Styler:
    """Entropy pooling of unconditional scenarios to each mean of ``functional``: how far it goes, or why it is refused."""
    columns = ["effective scenarios", "divergence (nats)", "residual (sd)", "answer"]
    paths, assets = scenarios.pooled(free), list(scenarios.returns(free).asset.values)
    rows = {}
    for target in targets:
        try:
            pooled = stress.pool(paths, assets, [stress.View(functional, "==", target)])
            residual = pooled.residuals["residual"].max()
            row = [pooled.effective, pooled.divergence, residual, "answered"]
        except Refusal as refused:
            row = [np.nan, np.nan, np.nan, str(refused)]
        rows[formats.percent(formats.simple(target))] = row
    table = pd.DataFrame(rows, columns).T.rename_axis("mean move of the market")
    return table.style.format(precision=3, na_rep=formats.MISSING)


def rare(answers: Mapping[float, RareEvent]) -> pd.DataFrame:
    """Probability of each loss, with its 95 % interval."""
    rows = [(loss, answer.probability, *answer.interval) for loss, answer in answers.items()]
    return pd.DataFrame(rows, columns=["loss", "probability", "low", "high"])


def ways(found: Mapping[tuple[str, str], Reverse]) -> pd.DataFrame:
    """The most plausible way of each (book, sampler): how likely such a loss is, how far out, like which episode."""
    rows = {}
    for key, answer in found.items():
        best = answer.modes[0]
        rows[key] = {
            "search": answer.method, "P(loss)": answer.probability, "relative error": answer.relative_error,
            "ways": len(answer.modes), "distance": best.distance, "plausibility": best.plausibility,
            "log likelihood ratio": best.log_likelihood_ratio, "precedent": formats.date(best.precedent.first),
            "its distance": best.precedent.distance,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(index=["book", "sampler"])


def crisis_shapes(
    found: Mapping[tuple[str, str], Reverse], crises: Mapping[str, Crises], long_run: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Each way beside the real crises of its book: its share of the conditional scenarios, p, what fails it.

    crises : by book. long_run : sampler -> scenarios (draw, time, asset) from its long run, by whose worst windows the
    sampler itself is judged. *typical* is the share of the sampler's own scenarios of this loss that fail.
    """
    rows = {}
    for (book, name), answer in found.items():
        if book not in crises:
            continue
        real = crises[book]
        assets = answer.modes[0].path.columns
        conditional = [pd.DataFrame(path, columns=assets) for path in scenarios.pooled(answer.conditional)]
        typical = np.mean([real.rank(path).refuted for path in conditional])
        own = real.compare(long_run[name]).by or "nothing"
        for number, mode in enumerate(answer.modes, 1):
            way = real.rank(mode.path)
            rows[book, name, number] = {
                "share of the scenarios": len(mode.members) / len(conditional), "p": way.p_value,
                "the way fails by": way.by or "nothing", "typical": typical, "the sampler fails by": own,
            }  # fmt: skip
    names = ["share of the scenarios", "p", "the way fails by", "typical", "the sampler fails by"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    return table if table.empty else table.rename_axis(index=["book", "sampler", "way"])


def books(desk: Mapping[str, Book], asked: Mapping[str, float]) -> pd.DataFrame:
    """The books of a reverse stress test and the loss that each is asked to lose."""
    rows = {
        name: {"positions": len(book.positions), "value today": round(book.today(), 3), "loss asked for": asked[name]}
        for name, book in desk.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")
