"""Which sampler failed which check: samplers against checks, as colour, symbol and number."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from workbench.plots._style import BLUES, bare, canvas, demand, labels_on_top, remark, themed
from workbench.reporting.formats import p_value

SYMBOLS = {"pass": "", "warn": "!", "fail": "✕", "not applicable": ""}
DEEPEST = 4.0  # orders of magnitude of p at which the colour is darkest


@themed
def verdict_map(findings: pd.DataFrame) -> np.ndarray:
    """One row a check, one column a sampler; a cell holds the p-value and the verdict. Returns the Axes.

    findings : columns ``sampler, check, question, p_value, verdict``, one row a finding, in the order to draw.
    The darker the cell the smaller the p-value; ✕ fails (Holm over the sampler's checks), ! warns, – was not assessed.
    """
    demand(findings, ("sampler", "check", "question", "p_value", "verdict"), "the table of findings")
    checks = findings.drop_duplicates("check").set_index("check")["question"]
    samplers = list(findings["sampler"].drop_duplicates())
    p, verdicts = (
        findings.pivot(index="check", columns="sampler", values=value).loc[checks.index, samplers]
        for value in ("p_value", "verdict")
    )
    panels = 2 if len(samplers) <= 2 and len(checks) > 12 else 1
    axes = canvas(1, panels, 0.75 + 0.14 * -(-len(checks) // panels))[0]
    for ax, part in zip(axes, np.array_split(np.arange(len(checks)), panels)):
        _cells(ax, p.iloc[part], verdicts.iloc[part])
        heads = [f"{name}\n{(verdicts[name] == 'fail').sum()} of {p[name].notna().sum()} failed" for name in samplers]
        ax.set_xticks(range(len(samplers)), heads)
        ax.set_yticks(range(len(part)), checks.index[part])
        _questions(ax, checks.iloc[part], len(samplers))
    return axes


def _cells(ax: Axes, p: pd.DataFrame, verdicts: pd.DataFrame) -> None:
    depth = -np.log10(p.to_numpy(dtype=float).clip(10.0**-DEEPEST, 1.0))
    ax.imshow(depth, aspect="auto", vmin=0, vmax=DEEPEST, cmap=BLUES)
    for row, column in np.ndindex(p.shape):
        verdict = verdicts.iat[row, column]
        text = f"{p_value(p.iat[row, column])} {SYMBOLS[verdict]}".strip()
        weight, colour = "bold" if verdict == "fail" else "normal", "white" if depth[row, column] > 1.5 else "0.15"
        ax.text(column, row, text, color=colour, weight=weight, fontsize=8, ha="center", va="center")


def _questions(ax: Axes, checks: pd.Series, columns: int) -> None:
    """White lines between the groups of checks, and each group's question at the right."""
    bare(ax)
    labels_on_top(ax)
    edges = np.flatnonzero(checks.to_numpy()[1:] != checks.to_numpy()[:-1]) + 0.5
    ax.hlines(edges, -0.5, columns - 0.5, color="white", linewidth=2.5)
    ax.vlines(np.arange(columns - 1) + 0.5, -0.5, len(checks) - 0.5, color="white", linewidth=1)
    for begin, end in zip(np.r_[-0.5, edges], np.r_[edges, len(checks) - 0.5]):
        middle = (1.0, (begin + end) / 2)
        question = str(checks.iloc[int(begin + 0.5)])
        text = question.replace(" ", "\n") if end - begin > 1 else question
        remark(ax, text, middle, (4, 0), xycoords=("axes fraction", "data"), va="center")
