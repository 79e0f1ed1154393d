"""Figures of the stress room: conditions, interventions, rare losses, ways to lose, registered questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from workbench import scenarios
from workbench.plots._style import COLOURS, FAINT, REAL, canvas, legend_below, themed
from workbench.stress.preregistered import Verdict
from workbench.stress.reverse_stress import Reverse
from workbench.validation.crisis_shape import CrisisShape


@themed
def conditional_moves(free: xr.DataTree, given: Mapping[str, xr.DataTree], most: int = 20) -> Axes:
    """Median and 90 % interval of each asset's move over the horizon, without and with the condition(s)."""
    sets = {"unconditional": free, **given}
    tables = {name: _quantiles(tree) for name, tree in sets.items()}
    order = tables[list(sets)[-1]][0.5].sort_values().index[:most]
    ax = canvas(height=0.9 + 0.24 * len(order))[0, 0]
    for place, (name, table) in enumerate(tables.items()):
        colour, shift = (FAINT if not place else COLOURS[place - 1]), 0.26 * (place - (len(sets) - 1) / 2)
        rows = np.arange(len(order)) + shift
        ax.hlines(rows, table.loc[order, 0.05], table.loc[order, 0.95], color=colour, linewidth=2.2)
        ax.plot(table.loc[order, 0.5], rows, "osD^"[place % 4], color=colour, markersize=4, label=name)
    ax.set(yticks=range(len(order)), yticklabels=order, xlabel="log return over the horizon (median, 90 % of draws)")
    ax.xaxis.set_major_formatter(PercentFormatter(1, 0))
    ax.axvline(0, color=REAL, linewidth=0.7)
    legend_below(ax)
    return ax


def _quantiles(tree: xr.DataTree) -> pd.DataFrame:
    moves = scenarios.pooled(tree).sum(axis=1)
    levels = (0.05, 0.5, 0.95)
    return pd.DataFrame(np.quantile(moves, levels, axis=0).T, scenarios.returns(tree).asset.values, levels)


@themed
def do_beside_given(table: pd.DataFrame) -> Axes:
    """Interventional and observational means of each node, with their difference written beside."""
    ax = canvas(height=0.9 + 0.34 * len(table))[0, 0]
    rows = np.arange(len(table))
    ax.hlines(rows, table["given"], table["do"], color="0.8", linewidth=2)
    ax.plot(table["given"], rows, "s", color=COLOURS[1], label="given: merely seen")
    ax.plot(table["do"], rows, "o", color=COLOURS[0], label="do: imposed")
    for row, (gap, error) in enumerate(zip(table["difference"], table["standard_error"])):
        ax.annotate(f"{gap:+.2%} ± {1.96 * error:.2%}", (1, row), xycoords=("axes fraction", "data"),
                    xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    ax.set(yticks=rows, yticklabels=table.index, xlabel="mean log return of the day; right: do minus given, 95 %")
    ax.xaxis.set_major_formatter(PercentFormatter(1, 1))
    ax.axvline(0, color=REAL, linewidth=0.7)
    legend_below(ax)
    return ax


@themed
def independence_tests(table: pd.DataFrame) -> Axes:
    """t statistics of the independences that a graph implies; refuted ones are filled."""
    ax = canvas(height=0.9 + 0.28 * max(len(table), 1))[0, 0]
    names = [f"{row.node} ⊥ {row.other}" + (f" | {row.given}" if row.given else "") for row in table.itertuples()]
    rows = np.arange(len(table))
    refuted = table["refuted"].to_numpy(dtype=bool)
    ax.hlines(rows, 0, table["t"], color="0.8")
    ax.plot(table["t"][refuted], rows[refuted], "X", color=COLOURS[3], markersize=8, label="refuted (Holm, 5 % in all)")
    ax.plot(table["t"][~refuted], rows[~refuted], "o", color=COLOURS[0], fillstyle="none", label="not refuted")
    ax.axvspan(-1.96, 1.96, color="0.93", zorder=0)
    ax.set(
        yticks=rows, yticklabels=names, xlabel="t of the partial correlation (Newey-West); grey: 95 % of one true test"
    )
    legend_below(ax)
    return ax


@themed
def edge_sensitivity(table: pd.DataFrame, declared: float) -> Axes:
    """Total effect when one edge is dropped or turned round, beside that of the declared graph."""
    edges = list(dict.fromkeys(table["edge"]))
    ax = canvas(height=0.9 + 0.28 * len(edges))[0, 0]
    for place, change in enumerate(("dropped", "reversed")):
        part = table[table["change"] == change]
        rows = [edges.index(edge) for edge in part["edge"]]
        ax.plot(part["effect"], rows, "oD"[place], color=COLOURS[place], label=change, alpha=0.9)
    ax.axvline(declared, color=REAL, linewidth=1, linestyle="--", label="as declared")
    ax.set(yticks=range(len(edges)), yticklabels=edges, xlabel="total effect (log return per unit log return)")
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
        ax.plot(losses, (np.arange(len(losses)) + 1) / len(losses), color=FAINT, drawstyle="steps-post",
                label=f"{len(losses):,} plain draws")  # fmt: skip
    spread = [table["probability"] - table["low"], table["high"] - table["probability"]]
    ax.errorbar(
        table["loss"],
        table["probability"],
        spread,
        fmt="o",
        color=COLOURS[0],
        capsize=3,
        label="rare-event estimate, 95 %",
    )
    ax.set(
        yscale="log", xlim=(0, float(table["loss"].max()) * 1.08), xlabel="loss over the horizon", ylabel="probability"
    )
    ax.xaxis.set_major_formatter(PercentFormatter(1, 0))
    legend_below(ax)
    return ax


@themed
def ways_to_lose(answers: Mapping[str, Reverse], history: pd.DataFrame) -> np.ndarray:
    """Cumulative log returns of all assets in the modes of each answer (a row), their mean, and the real
    precedent's.
    """
    most = max(len(answer.modes) for answer in answers.values())
    axes = canvas(len(answers), most, 0.6 + 1.9 * len(answers), sharex=True, sharey="row")
    for row, (name, answer) in zip(axes, answers.items()):
        for ax, mode in zip(row, answer.modes):
            _way(ax, mode.path, history.loc[mode.precedent.first : mode.precedent.last])
            said = f"loss {mode.loss:.0%}, distance {mode.distance:.1f}"
            like = f"like {mode.precedent.first:%b %Y} ({mode.precedent.distance:.1f})"
            ax.set_title(f"{said}\n{like}", fontsize=8)
        for ax in row[len(answer.modes) :]:
            ax.set_axis_off()
        row[0].set_ylabel(f"{name.replace('_', ' ')}\ncumulative log return")
        row[0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    for ax in axes[-1]:
        ax.set_xlabel("trading day")
    legend_below(axes[0, 0])
    return axes


def _way(ax: Axes, path: pd.DataFrame, real: pd.DataFrame) -> None:
    total = path.cumsum()
    days = np.arange(1, len(path) + 1)
    ax.plot(days, total, color="0.8", linewidth=0.6)
    ax.plot(days, total.mean(axis=1), color=COLOURS[0], linewidth=2, label="mean of the assets")
    ax.plot(
        days,
        real[path.columns].cumsum().mean(axis=1),
        color=REAL,
        linestyle="--",
        linewidth=1.2,
        label="the real precedent",
    )
    ax.axhline(0, color=REAL, linewidth=0.5)


@themed
def crisis_shapes(placed: Mapping[str, CrisisShape]) -> Axes:
    """Shapes of one path each, over the range that holds 90 % of the real crises; what fails is filled."""
    tables = {name: likeness.table for name, likeness in placed.items()}
    first = next(iter(tables.values()))
    ax = canvas(height=0.9 + 0.4 * len(first))[0, 0]
    rows = np.arange(len(first))[::-1]
    ax.hlines(rows, first["real_low"], first["real_high"], color="0.85", linewidth=11, label="90 % of real crises")
    for place, (name, table) in enumerate(tables.items()):
        at, fails = rows + 0.22 * (place - (len(tables) - 1) / 2), table["fails"].to_numpy(bool)
        colour, mark = COLOURS[place % len(COLOURS)], "osD^vP"[place % 6]
        ax.plot(table["value"], at, mark, color=colour, fillstyle="none", markersize=5, label=name)
        ax.plot(table["value"][fails], at[fails], mark, color=colour, markersize=5)
    ax.set(yticks=rows, yticklabels=first.index, xlabel="shape, 0 to 1; filled: fails", xlim=(-0.03, 1.03))
    legend_below(ax)
    return ax


@themed
def loss_shares(shares: Mapping[str, pd.DataFrame], most: int = 8) -> np.ndarray:
    """Shapley shares of the loss, which add up to one, largest first; one panel a table of ``share`` (money) and
    ``standard_error``.
    """
    axes = canvas(1, len(shares), 0.9 + 0.24 * most)
    for ax, (name, table) in zip(axes[0], shares.items()):
        parts = (table / table["share"].sum()).sort_values("share", key=abs, ascending=False)
        shown, rest = parts.iloc[:most].copy(), parts.iloc[most:]
        if len(rest):
            shown.loc[f"other {len(rest)}"] = [rest["share"].sum(), 0.0]
        shown = shown.iloc[::-1]
        colours = [COLOURS[1] if share > 0 else COLOURS[0] for share in shown["share"]]
        ax.barh(shown.index, shown["share"], xerr=1.96 * shown["standard_error"], color=colours, height=0.7)
        ax.axvline(0, color=REAL, linewidth=0.7)
        ax.set(title=name, xlabel="share of the loss")
        ax.xaxis.set_major_formatter(PercentFormatter(1, 0))
    return axes


@themed
def question_split(verdict: Verdict, tree: xr.DataTree, bins: int = 40) -> Axes:
    """All scenarios that meet a registered question's event, by the number its thesis is about."""
    thesis = verdict.question.thesis
    paths, assets = torch.as_tensor(scenarios.pooled(tree)), list(scenarios.returns(tree).asset.values)
    values = thesis.of(paths, assets).numpy()
    edges = np.histogram_bin_edges(values[verdict.meeting], bins)
    ax = canvas()[0, 0]
    groups: Sequence[tuple[str, np.ndarray]] = (
        ("supports the thesis", verdict.supporting),
        ("does not", verdict.opposing),
    )
    for place, (name, rows) in enumerate(groups):
        ax.hist(values[rows], edges, color=COLOURS[place], hatch=("", "///")[place], edgecolor="white",
                label=f"{name} ({len(rows):,})")  # fmt: skip
    ax.set(xlabel=str(thesis.of), ylabel="scenarios that meet the event")
    legend_below(ax)
    return ax
