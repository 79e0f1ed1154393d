r"""Who forecast better on days nobody had seen: score differences against one reference, with their intervals.

For every forecast day :math:`d_t = s_t - s^{ref}_t` of a proper score (lower is better). Shown is
:math:`100\,\bar d/\bar s^{ref}` with 95 % of its error; the error comes from means over runs of consecutive days
(20 trading days), because a bad week is bad for everybody on several days.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from workbench.errors import ParameterError
from workbench.plots.style import FAINT, canvas, look, themed

BLOCK = 20  # trading days


def score_gains(scores: Mapping[str, pd.DataFrame], reference: str, block: int = BLOCK) -> pd.DataFrame:
    """Mean score differences to ``reference``: one row a (score, sampler), gains in per cent of the reference's score.

    scores : score name -> frame (day, sampler), lower is better; ``block`` in trading days of the index.
    Columns ``gain`` (negative is better), ``low, high`` (95 %, t law over blocks), ``t``, ``days``.
    """
    rows = {}
    for score, frame in scores.items():
        if reference not in frame:
            raise ParameterError(f"no scores of the reference {reference!r}; found {list(frame.columns)}")
        scale = abs(frame[reference].mean()) / 100
        for sampler in frame.columns.drop(reference):
            rows[score, sampler] = _gain((frame[sampler] - frame[reference]) / scale, block)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(index=["score", "sampler"])


def _gain(difference: pd.Series, block: int) -> dict[str, float]:
    runs = np.arange(len(difference)) // max(1, min(block, len(difference) // 8))
    means = difference.groupby(runs).mean()
    error = means.std(ddof=1) / np.sqrt(len(means))
    reach = stats.t.ppf(0.975, len(means) - 1) * error
    mean = difference.mean()
    return {"gain": mean, "low": mean - reach, "high": mean + reach, "t": mean / error if error else 0.0, "days": len(difference)}


@themed
def score_plot(gains: pd.DataFrame, reference: str) -> np.ndarray:
    """One panel a score, one row a sampler, zero is the reference; Axes, one a score. ``gains`` of :func:`score_gains`."""
    names = list(gains.index.get_level_values("score").unique())
    samplers = list(gains.index.get_level_values("sampler").unique())
    axes = canvas(1, len(names), 0.9 + 0.27 * len(samplers), sharey=True)[0]
    for ax, score in zip(axes, names):
        for place, sampler in enumerate(samplers):
            _dot(ax, place, sampler, gains.loc[score, sampler])
        ax.axvline(0, color=FAINT, linewidth=0.9)
        ax.set(title=score, xlabel=f"% of {reference}'s score", yticks=range(len(samplers)), yticklabels=samplers)
        ax.set_ylim(len(samplers) - 0.5, -0.5)
        ax.grid(False, axis="y")
        ax.tick_params(axis="y", length=0)
    axes[0].annotate("better", (0.02, 0.02), xycoords="axes fraction", color=FAINT, fontsize=7.5)
    axes[0].annotate("worse", (0.98, 0.02), xycoords="axes fraction", ha="right", color=FAINT, fontsize=7.5)
    return axes


def _dot(ax: Axes, place: int, sampler: str, row: pd.Series) -> None:
    style = look(sampler)
    ax.plot([row["low"], row["high"]], [place, place], color=style["color"], linewidth=2.2)
    ax.plot(row["gain"], place, style["marker"], color=style["color"], markersize=6, markeredgecolor="white", markeredgewidth=0.6)
    ax.annotate(f"t {row['t']:+.1f}".replace("-", "−"), (row["high"], place), xytext=(5, 0), textcoords="offset points", va="center",
                fontsize=7, color=FAINT)  # fmt: skip
