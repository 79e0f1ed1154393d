"""Who was refuted by what: samplers against checks, as colour, symbol and number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from workbench.errors import ParameterError
from workbench.plots._style import COLOURS, FAINT, canvas, themed

SYMBOLS = {"pass": "", "warn": "!", "fail": "✕", "not applicable": "–"}
WANTED = ("sampler", "check", "question", "p_value", "verdict")
BLUES = sns.blend_palette(["0.97", COLOURS[0], "#012338"], as_cmap=True)
DEEPEST = 4.0  # orders of magnitude of p at which the colour is darkest


@themed
def verdict_map(findings: pd.DataFrame) -> Axes:
    """One row a check, one column a sampler; the cell tells the p-value and the verdict.

    findings : columns ``sampler, check, question, p_value, verdict``, one row a finding, in the order to draw.
    The darker the cell the smaller the p-value; ✕ fails (Holm over the sampler's checks), ! warns, – could not
    be asked.
    """
    missing = [name for name in WANTED if name not in findings]
    if missing:
        raise ParameterError(f"the findings lack the columns {missing}; found {list(findings.columns)}")
    checks = findings.drop_duplicates("check").set_index("check")["question"]
    samplers = list(findings["sampler"].drop_duplicates())
    p = findings.pivot(index="check", columns="sampler", values="p_value").loc[checks.index, samplers]
    verdicts = findings.pivot(index="check", columns="sampler", values="verdict").loc[checks.index, samplers]
    ax = canvas(height=0.75 + 0.205 * len(checks))[0, 0]
    depth = -np.log10(p.to_numpy(dtype=float).clip(10.0**-DEEPEST, 1.0))
    ax.imshow(depth, aspect="auto", vmin=0, vmax=DEEPEST, cmap=BLUES)
    for row, column in np.ndindex(p.shape):
        _cell(ax, row, column, p.iat[row, column], verdicts.iat[row, column], depth[row, column])
    counts = [(name, int((verdicts[name] == "fail").sum()), int(p[name].notna().sum())) for name in samplers]
    _frame(ax, checks, counts)
    return ax


def _cell(ax: Axes, row: int, column: int, p: float, verdict: str, depth: float) -> None:
    text = "–" if np.isnan(p) else f"{p:.2f}" if p >= 0.1 else f"{p:.3f}" if p >= 0.0005 else "<.001"
    symbol = SYMBOLS[verdict] if verdict != "not applicable" else ""
    dark = depth > 0.38 * DEEPEST
    colour, weight = "white" if dark else "0.15", "bold" if verdict == "fail" else "normal"
    ax.text(
        column, row, f"{text} {symbol}".strip(), color=colour, weight=weight, fontsize=7.5, ha="center", va="center"
    )


def _frame(ax: Axes, checks: pd.Series, samplers: list[tuple[str, int, int]]) -> None:
    ax.set_xticks(range(len(samplers)), [f"{name}\n{failed} of {asked} fail" for name, failed, asked in samplers])
    ax.set_yticks(range(len(checks)), checks.index)
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    edges = np.flatnonzero(checks.to_numpy()[1:] != checks.to_numpy()[:-1]) + 0.5
    ax.hlines(edges, -0.5, len(samplers) - 0.5, color="white", linewidth=2.5)
    ax.vlines(np.arange(len(samplers) - 1) + 0.5, -0.5, len(checks) - 0.5, color="white", linewidth=1)
    for begin, end in zip(np.r_[-0.5, edges], np.r_[edges, len(checks) - 0.5]):
        beside = {"xycoords": ("axes fraction", "data"), "xytext": (4, 0), "textcoords": "offset points"}
        ax.annotate(
            checks.iloc[int(begin + 0.5)], (1.0, (begin + end) / 2), **beside, va="center", color=FAINT, fontsize=7.5
        )
