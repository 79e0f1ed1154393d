r"""What a tail guarantees by construction, and what a sample of it can only show.

Four questions to a fitted shock model with spliced margins (:class:`workbench.samplers.shocks.SplicedMargins`):

* is the map from scores to residuals the inverse of the survival function? (arithmetic, no sample);
* is the index that a sample shows the index that was fitted? Beyond a level :math:`x_c` the numbers
  :math:`Y = 1 + \xi(x-u)/\beta` are Pareto with index :math:`1/\xi`, so that Hill's (1975) mean of k logarithms
  :math:`\log(Y/Y_c)` is exactly Gamma with mean :math:`\xi` and shape k, whatever the sample's size;
* do assets crash together ever further out? :math:`\lambda(q) = P(S_j < \Phi^{-1}(q)\mid S_i < \Phi^{-1}(q))`;
* is the expected shortfall finite? :math:`\int_p^{\tau} x(v)\,dv` as p falls to 0: it converges if and only if
  :math:`\xi < 1`, to :math:`\tau\,(u + \beta/(1-\xi))`.
"""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import torch
from scipy import integrate, special, stats

from workbench.samplers.noise import BLOCK, block_noise, blocks
from workbench.samplers.shocks import Learned, SplicedMargins, joint_tail

SIDES = ("lower", "upper")
SMALLEST = 1e-150  # least probability that the shortfall's integral reaches


def survival_errors(margins: SplicedMargins, smallest: float = 1e-15, points: int = 400) -> pd.DataFrame:
    """Largest relative error of survival(quantile(probability)), one row an asset, one column a side."""
    beyond = np.geomspace(smallest, margins.tail * (1 - 1e-9), points)
    assets = margins.threshold_.shape[1]
    out = {}
    for side, sign in zip(SIDES, (-1.0, 1.0)):
        scores = torch.as_tensor(-sign * special.ndtri(beyond))[:, None].expand(-1, assets)
        values = sign * margins.quantile(scores).numpy()
        survival = [margins.survival(values[:, asset], asset, side) for asset in range(assets)]
        out[side] = np.abs(np.stack(survival) / beyond - 1).max(1)
    return pd.DataFrame(out)


def draw_scores(shocks: Learned, draws: int, seed: int) -> torch.Tensor:
    """Calibrated scores (draw, asset) of one day, from counter-based noise."""
    with torch.no_grad():
        noise = (torch.from_numpy(block_noise(seed, "proof", block, 1, shocks.width))[:, 0] for block in blocks(draws))
        return torch.cat([shocks.scores(part) for block in noise for part in block.split(BLOCK // 8)])[:draws]


def hill(margins: SplicedMargins, residuals: np.ndarray, beyond: float, level: float) -> pd.DataFrame:
    """Index of residuals (draw, asset) past the probability ``beyond``: side, asset, k, fitted, index, low, high.

    ``low`` and ``high`` bound, with probability ``level``, what a sample of k from the fitted distribution shows.
    """
    rows = []
    for number, (side, sign) in enumerate(zip(SIDES, (-1.0, 1.0))):
        shape = margins.shape_[number]
        cut = (beyond / margins.tail) ** -shape
        for asset in range(residuals.shape[1]):
            excess = sign * residuals[:, asset].astype(np.float64) - margins.threshold_[number, asset]
            pareto = 1 + shape * excess / margins.scale_[number, asset]
            logs = np.log(pareto[pareto > cut] / cut)
            count = max(1, len(logs))
            low, high = shape * stats.gamma.ppf([(1 - level) / 2, (1 + level) / 2], count) / count
            rows.append((side, asset, len(logs), shape, logs.mean() if len(logs) else np.nan, low, high))
    table = pd.DataFrame(rows, columns=["side", "asset", "k", "fitted", "index", "low", "high"])
    return table.assign(inside=table["index"].between(table["low"], table["high"]))


def crashing_together(scores: torch.Tensor, levels: list[float], beyond: float, dof: float | None) -> pd.DataFrame:
    """Mean lambda(q) over pairs of assets: level, measured, its standard error, implied, expected, z.

    scores : (draw, asset). beyond, dof : of the calibration. ``implied`` is measured at ``beyond`` itself and follows
    from there by the distribution inside the last stratum; ``expected`` is the number of pairs that it lets one see past the
    level together, ``z`` the distance of the two in standard errors. All three are missing for levels above ``beyond``.
    """
    draws, assets = scores.shape
    pairs, rows = assets * (assets - 1), []
    for level in [beyond, *levels]:
        together = (scores < float(special.ndtri(level))).sum(dim=1).double()
        chance = together * (together - 1) / (pairs * level)
        rows.append((level, float(chance.mean()), float(chance.std()) / np.sqrt(draws)))
    table = pd.DataFrame(rows, columns=["level", "measured", "error"])
    inside = (table["level"] / beyond).where(table["level"] <= beyond)
    within = np.where(inside.notna(), joint_tail(dof, inside.fillna(1.0).to_numpy()), np.nan)
    table["implied"] = table["measured"][0] * within / within[0]
    one = 2 / (pairs * table["level"] * draws)  # what one pair on one day adds
    table["expected"] = table["implied"] / one
    known = table["error"][0] * within / within[0]
    error = np.sqrt(np.maximum(table["error"] ** 2, table["implied"] * one) + known**2)
    table["z"] = (table["measured"] - table["implied"]) / error
    return table.iloc[1:].reset_index(drop=True)


def tail_dependence(curve: pd.DataFrame, beyond: float, dof: float | None) -> float:
    """The limit of lambda(q) as q goes to 0, from the implied values of :func:`crashing_together`."""
    last = curve.iloc[-1]
    return float(last["implied"] / joint_tail(dof, last["level"] / beyond) * joint_tail(dof))


def partial_shortfall(
    margins: SplicedMargins, shapes: list[float], asset: int = 0, side: str = "lower"
) -> pd.DataFrame:
    """Mean loss beyond the splice that outcomes likelier than p contribute: a row a p, a column an index of the tail.

    The map from scores to residuals is integrated as it is, with each index put in place of the fitted one.
    """
    number, sign = (0, -1.0) if side == "lower" else (1, 1.0)
    log_p = np.linspace(np.log(margins.tail), np.log(SMALLEST), 40_001)
    scores = torch.as_tensor(-sign * special.ndtri(np.exp(log_p)))
    out = pd.DataFrame(index=pd.Index(np.exp(log_p), name="p"))
    for shape in shapes:
        bent = copy.deepcopy(margins)
        bent.shape_[number] = shape
        wide = scores[:, None].expand(-1, margins.threshold_.shape[1])
        mass = sign * bent.quantile(wide).numpy()[:, asset] * np.exp(log_p) / margins.tail
        out[shape] = integrate.cumulative_trapezoid(mass, -log_p, initial=0)
    return out


def shortfall(margins: SplicedMargins, shape: float, asset: int = 0, side: str = "lower") -> float:
    """Expected shortfall beyond the splice in closed form; infinite from index 1 on."""
    number = SIDES.index(side)
    return (
        float(margins.threshold_[number, asset] + margins.scale_[number, asset] / (1 - shape)) if shape < 1 else np.inf
    )
