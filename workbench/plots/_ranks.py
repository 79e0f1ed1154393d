"""Ranks of the chains: do independently trained seeds agree?

The draws of all chains are ranked together and each chain's ranks are counted in bins (Vehtari, Gelman, Simpson,
Carpenter and Bürkner 2021, Bayesian Analysis 16, 667-718). Chains of one distribution have flat counts; the band holds 99 % of
the counts of one bin when they are (hypergeometric), so that among 80 bins about one leaves it by chance. A slope is a
chain that lies higher or lower, a bowl one that is wider. Convergence diagnostics of draws cannot see this: within a
chain the draws are independent.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from scipy import stats

from workbench.plots._style import COLOURS, FAINT, panels, themed

BINS = 20


@themed
def rank_bars(values: xr.DataArray, bins: int = BINS, label: str = "return of the book") -> np.ndarray:
    """One panel a chain: counts of its draws by joint rank, with the uniform band. Returns the Axes, one a chain.

    values : (chain, draw), one number a scenario, such as the book's return at the horizon; lowest rank left.
    """
    chains, draws = values.shape
    bins = max(2, min(bins, chains * draws // 5))
    ranks = stats.rankdata(values.values).reshape(chains, draws)
    edges = np.linspace(0.5, chains * draws + 0.5, bins + 1)
    axes = panels(chains, 4, 1.5, 0.5, sharex=True, sharey=True)
    for chain, ax in enumerate(axes):
        counts = np.histogram(ranks[chain], edges)[0]
        _bars(ax, counts, _band(chains * draws, draws, bins))
        ax.set_title(f"chain {chain}")
    axes[0].set_ylabel("draws in bin")
    text = f"rank of the {label} among all chains, 0 = worst, 1 = best"
    axes[0].figure.supxlabel(text, fontsize=8.5, color="0.25")
    return axes


def _bars(ax: Axes, counts: np.ndarray, band: tuple[float, float]) -> None:
    width = 1 / len(counts)
    centres = (np.arange(len(counts)) + 0.5) * width
    outside = (counts < band[0]) | (counts > band[1])
    ax.axhspan(*band, color="0.88", linewidth=0)
    ax.axhline(counts.mean(), color=FAINT, linewidth=0.7)
    colours, hatches = zip(*((COLOURS[1], "////") if out else (COLOURS[0], "") for out in outside))
    ax.bar(centres, counts, width * 0.86, color=colours, hatch=hatches)
    ax.grid(False)


def _band(total: int, mine: int, bins: int) -> tuple[float, float]:
    """99 % of the counts of one bin when ``mine`` of ``total`` draws fall by chance into a bin of total / bins."""
    if total == mine:
        return mine / bins, mine / bins
    counts = stats.hypergeom(total, mine, total // bins)
    return float(counts.ppf(0.005)), float(counts.ppf(0.995))
