"""Figures of stress tests: conditions, interventions, rare losses, ways to lose, registered questions.

A per cent is a simple return: a move :math:`r` in log returns is drawn as :math:`e^r - 1`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
import xarray as xr
from matplotlib.axes import Axes

from workbench import data, scenarios
from workbench.plots._style import (
    COLOURS,
    FAINT,
    REAL,
    canvas,
    legend_below,
    name_key,
    named,
    per_cent,
    powers,
    remark,
    rows_down,
    short,
    themed,
)
from workbench.reporting.formats import percent, simple
from workbench.stress.events import Move
from workbench.stress.preregistered import Verdict
from workbench.stress.reverse_stress import Reverse
from workbench.validation.crisis_shape import CrisisShape


@themed
def conditional_moves(free: xr.DataTree, given: Mapping[str, xr.DataTree], most: int = 20) -> Axes:
    """Median and 90 % interval of each asset's return over the horizon, without and with the condition(s)."""
    sets = {"unconditional": free, **given}
    tables = {name: _quantiles(tree) for name, tree in sets.items()}
    order = tables[list(sets)[-1]][0.5].sort_values(ascending=False).index
    order = order if len(order) <= most else order[:: -(-len(order) // most)]
    ax = canvas(height=0.9 + 0.155 * len(order))[0, 0]
    for place, (name, table) in enumerate(tables.items()):
        colour, shift = (FAINT if not place else COLOURS[place - 1]), 0.26 * (place - (len(sets) - 1) / 2)
        rows = np.arange(len(order)) + shift
        ax.hlines(rows, table.loc[order, 0.05], table.loc[order, 0.95], color=colour, linewidth=2.2)
        ax.plot(table.loc[order, 0.5], rows, "osD^"[place % 4], color=colour, markersize=4, label=named(name))
    rows_down(ax, order, xlabel="return over the horizon (median, 90 % of draws)")
    _zero(ax)
    return ax


def _quantiles(tree: xr.DataTree) -> pd.DataFrame:
    moves, levels = simple(scenarios.pooled(tree).sum(axis=1)), (0.05, 0.5, 0.95)
    return pd.DataFrame(np.quantile(moves, levels, axis=0).T, scenarios.returns(tree).asset.values, levels)


def _zero(ax: Axes, digits: int = 0) -> None:
    """Per cent along x, a line at zero, one legend."""
    per_cent(ax, digits)
    ax.axvline(0, color=REAL, linewidth=0.7)
    legend_below(ax)


@themed
def do_beside_given(table: pd.DataFrame) -> Axes:
    """Interventional and observational means of each node, as simple returns, with their difference written beside."""
    ax = canvas(height=0.9 + 0.27 * len(table))[0, 0]
    rows, given, do = np.arange(len(table)), simple(table["given"]), simple(table["do"])
    ax.hlines(rows, given, do, color="0.8", linewidth=2)
    ax.plot(given, rows, "s", color=COLOURS[1], label="given: merely seen")
    ax.plot(do, rows, "o", color=COLOURS[0], label="do: imposed")
    for row, (gap, error) in enumerate(zip(do - given, table["standard_error"])):
        text = f"{percent(gap, 2, sign=True)} ± {percent(1.96 * error, 3)}"
        remark(ax, text, (1, row), (4, 0), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=REAL)
    rows_down(ax, table.index, xlabel="mean return of that date; right: do minus given, 95 %")
    _zero(ax, 1)
    return ax


@themed
def independence_tests(table: pd.DataFrame) -> Axes:
    """t statistics of the independences that a graph implies; rejected ones are filled."""
    ax = canvas(height=0.9 + 0.24 * max(len(table), 1))[0, 0]
    names = [f"{row.node} ⊥ {row.other}" + (f" | {row.given}" if row.given else "") for row in table.itertuples()]
    rows, failed = np.arange(len(table)), table["refuted"].to_numpy(dtype=bool)
    ax.hlines(rows, 0, table["t"], color="0.8")
    ax.plot(table["t"][failed], rows[failed], "X", color=COLOURS[3], markersize=8, label="rejected (Holm, 5 % in all)")
    ax.plot(table["t"][~failed], rows[~failed], "o", color=COLOURS[0], fillstyle="none", label="not rejected")
    ax.axvspan(-1.96, 1.96, color="0.93", zorder=0)
    rows_down(ax, names, xlabel="t of the partial correlation (Newey-West); grey: 95 % of one true test")
    legend_below(ax)
    return ax


@themed
def edge_sensitivity(table: pd.DataFrame, declared: float) -> Axes:
    """Total effect when one edge is dropped or turned round, beside that of the declared graph."""
    edges = list(dict.fromkeys(table["edge"]))
    ax = canvas(height=0.9 + 0.24 * len(edges))[0, 0]
    for place, change in enumerate(("dropped", "reversed")):
        part = table[table["change"] == change]
        rows = [edges.index(edge) for edge in part["edge"]]
        ax.plot(part["effect"], rows, "oD"[place], color=COLOURS[place], label=change, alpha=0.9)
    ax.axvline(declared, color=REAL, linewidth=1, linestyle="--", label="as declared")
    rows_down(ax, edges, xlabel="total effect (log return per unit log return)")
    legend_below(ax)
    return ax


@themed
def rare_curve(table: pd.DataFrame, observed: np.ndarray | None = None) -> Axes:
    """Probability against loss, with 95 % intervals; ``table`` has loss, probability, low, high.

    observed : losses of plain draws, whose survival function is drawn as far as it goes.
    """
    ax = canvas()[0, 0]
    if observed is not None:
        losses = np.sort(observed)[::-1]
        shares, label = (np.arange(len(losses)) + 1) / len(losses), f"{len(losses):,} plain draws"
        ax.plot(losses, shares, color=FAINT, drawstyle="steps-post", label=label)
    spread = [table["probability"] - table["low"], table["high"] - table["probability"]]
    ax.errorbar(table["loss"], table["probability"], spread, fmt="o", color=COLOURS[0], capsize=3,
                label="rare-event estimate, 95 %")  # fmt: skip
    ax.set(yscale="log", xlim=(0, float(table["loss"].max()) * 1.08), xlabel="loss over the horizon")
    ax.set_ylabel("probability")
    powers(ax.yaxis)
    per_cent(ax)
    legend_below(ax)
    return ax


@themed
def ways_to_lose(answers: Mapping[str, Reverse], history: pd.DataFrame) -> np.ndarray:
    """Returns of all assets in the modes of each answer (a row), their mean, and the real precedent's."""
    most = max(len(answer.modes) for answer in answers.values())
    axes = canvas(len(answers), most, 0.6 + 1.6 * len(answers), sharex=True, sharey="row")
    for row, (name, answer) in zip(axes, answers.items()):
        for ax, mode in zip(row, answer.modes):
            _way(ax, mode.path, history.loc[mode.precedent.first : mode.precedent.last])
            near = f"like {mode.precedent.first:%b %Y} ({mode.precedent.distance:.1f})"
            ax.set_title(f"loss {percent(mode.loss, 0)}, distance {mode.distance:.1f}\n{near}", fontsize=8)
        for ax in row[len(answer.modes) :]:
            ax.set_axis_off()
        row[0].set_ylabel(f"{name}\nreturn, %")
    for ax in axes[-1]:
        ax.set_xlabel(data.unit(history))
    legend_below(axes[0, 0])
    return axes


def _way(ax: Axes, path: pd.DataFrame, real: pd.DataFrame) -> None:
    days, total = np.arange(1, len(path) + 1), 100 * simple(path.cumsum())
    came = 100 * simple(real[path.columns].cumsum()).mean(axis=1)
    ax.plot(days, total, color="0.8", linewidth=0.6)
    ax.plot(days, total.mean(axis=1), color=COLOURS[0], linewidth=2, label="mean of the assets")
    ax.plot(days, came, color=REAL, linestyle="--", linewidth=1.2, label="the real precedent")
    ax.axhline(0, color=REAL, linewidth=0.5)


@themed
def crisis_shapes(placed: Mapping[str, CrisisShape]) -> Axes:
    """Shapes of one path each, over the range that holds 90 % of the real crises; what fails is filled."""
    tables = {name: shape.table for name, shape in placed.items()}
    first = next(iter(tables.values()))
    ax = canvas(height=0.9 + 0.4 * len(first))[0, 0]
    rows = np.arange(len(first))
    ax.hlines(rows, first["real_low"], first["real_high"], color="0.85", linewidth=11, label="90 % of real crises")
    for place, (name, table) in enumerate(tables.items()):
        at, fails = rows + 0.22 * ((len(tables) - 1) / 2 - place), table["fails"].to_numpy(bool)
        colour, mark = COLOURS[place % len(COLOURS)], "osD^vP"[place % 6]
        ax.plot(table["value"], at, mark, color=colour, fillstyle="none", markersize=5, label=named(name))
        ax.plot(table["value"][fails], at[fails], mark, color=colour, markersize=5)
    rows_down(ax, first.index, xlabel="shape, 0 to 1; filled: fails the path", xlim=(-0.03, 1.03))
    legend_below(ax)
    return ax


@themed
def loss_shares(shares: Mapping[str, pd.DataFrame], loss: float, most: int = 8) -> np.ndarray:
    """Shapley shares of the loss, largest first, one panel a table of ``share`` and ``standard_error``.

    Both are in the unit of ``loss``; bars are shares of it and add to one. What no table has is the passing of time.
    """
    axes, long = canvas(1, len(shares), 0.9 + 0.2 * (most + 2)), dict[str, str]()
    for ax, (name, table) in zip(axes[0], shares.items()):
        bars = _largest(table[["share", "standard_error"]] / loss, most)
        colours = [COLOURS[1] if share > 0 else COLOURS[0] for share in bars["share"]]
        ax.barh(range(len(bars)), bars["share"], xerr=1.96 * bars["standard_error"], color=colours, height=0.7)
        ax.axvline(0, color=REAL, linewidth=0.7)
        long |= dict(zip(bars.index, short(bars.index, 32)))
        rows_down(ax, [long[name] for name in bars.index], title=name, xlabel="share of the loss")
        per_cent(ax)
    name_key(axes[0, 0].figure, long, long.values())
    return axes


def _largest(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """The ``most`` largest shares, the sum of the others, and what is missing to one."""
    ordered = table.sort_values("share", key=abs, ascending=False)
    shown, rest, time = ordered.iloc[:most].copy(), ordered.iloc[most:], 1 - table["share"].sum()
    if len(rest):
        shown.loc[f"other {len(rest)}"] = [rest["share"].sum(), 0.0]
    if abs(time) > 0.005:
        shown.loc["passing of time"] = [time, 0.0]
    return shown


@themed
def question_split(verdict: Verdict, tree: xr.DataTree, bins: int = 40) -> Axes:
    """All scenarios that meet a registered question's event, by the number its thesis is about."""
    thesis = verdict.question.thesis
    paths, assets = torch.as_tensor(scenarios.pooled(tree)), list(scenarios.returns(tree).asset.values)
    values, move = thesis.of(paths, assets).numpy(), isinstance(thesis.of, Move)
    values = simple(values) if move else values
    edges = np.histogram_bin_edges(values[verdict.meeting], bins)
    ax = canvas()[0, 0]
    groups = (("supports the thesis", verdict.supporting, ""), ("does not", verdict.opposing, "///"))
    for place, (name, rows, hatch) in enumerate(groups):
        label = f"{name} ({len(rows):,})"
        ax.hist(values[rows], edges, color=COLOURS[place], hatch=hatch, edgecolor="white", label=label)
    ax.set(xlabel=str(thesis.of), ylabel="scenarios that meet the event")
    if move:
        per_cent(ax)
    legend_below(ax)
    return ax
