r"""Do learned samplers copy? Nearest-neighbour distances of generated days and paths to the training span, 1990-2006.

A point is a day's 20 returns, or a path's 20 x 20, in units of each stock's volatility and divided by its norm, so that
a copy rescaled is still near (:mod:`workbench.validation.checks.copying`). Three places to look:

* ``path``: paths of 20 days from the long-run distribution, against all windows of 20 training days;
* ``day``: their first days, against all training days;
* ``shock``: what the sampler's shock model gives for one day, before correlation and volatility are put on, against the
  whitened training days. A bootstrap of ranks replays these: its distance is the jitter within a rank. A drawn day is
  such a row times another day's correlation root, so that at the level of the day it is a replay only where the matrix
  is much like it was.

Reference distances are those of training points to training points at least 20 days away (``real``), and at ``path`` and
``day`` those of the days after, 2007-2022, which no sampler saw (``held out``). Copying of a few draws does not move a
median: the minimum, the .1 %, 1 % and 5 % quantiles are compared. ``p_nearer``: chance of as many draws nearer than the
nearest real point, were they exchangeable with real ones (beta-binomial); points overlap, so the number of real ones
that counts is a ``path``'s divided by 20. ``ratio_1``: 1 % quantile over that of ``real``, with a 95 % interval from
2,000 resamples, real ones in blocks of 20 days.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import torch
from scipy import stats

from benchmarks.harness import RESULTS, measured, parser, read, upsert
from workbench import data, samplers, scenarios
from workbench.samplers import Filtered
from workbench.samplers.noise import block_noise
from workbench.validation.checks.copying import neighbours, points

KEPT = RESULTS / "copying.csv"
HORIZON, DRAWS, RESAMPLES = 20, 3000, 2000
QUANTILES = {"q_0.1": 0.001, "q_1": 0.01, "q_5": 0.05}
OTHERS = ("block_bootstrap", "fhs_moving", "gjr_t")  # two that replay the past, and one that cannot


def learned() -> list[str]:
    return [
        name
        for name in samplers.SAMPLERS
        if name.startswith("neural") or name in ("pretrained", "transformer", "path_flow")
    ]


def paths(days: np.ndarray) -> np.ndarray:
    """All windows of 20 days, (window, time, asset)."""
    return np.lib.stride_tricks.sliding_window_view(days, HORIZON, axis=0).transpose(0, 2, 1)


def nearest(who: np.ndarray, among: np.ndarray) -> np.ndarray:
    return neighbours(points(who), points(among), 2)[0][:, 0]


def among_themselves(real: np.ndarray) -> np.ndarray:
    """Distance of each to the nearest at least 20 places away."""
    return neighbours(points(real), points(real), 2, at=np.arange(len(real)), apart=HORIZON)[0][:, 0]


def whitened(sampler, returns: pd.DataFrame) -> np.ndarray | None:
    """What the sampler's shock model was fitted to, (day, asset)."""
    residuals = sampler.filter.standardise(returns)
    if getattr(sampler, "correlation", None) is None:
        return residuals.numpy()
    return sampler.correlation.whiten(sampler.correlation.filter_path(residuals), residuals).numpy()


def shocks(sampler, returns: pd.DataFrame) -> np.ndarray:
    """One day of the shock model, (draw, asset)."""
    noise = torch.from_numpy(block_noise(5, "copying", 0, 1, sampler.width)[:DRAWS])
    with torch.no_grad():
        if isinstance(sampler, Filtered):
            return sampler.shocks.decode(noise[:, 0]).numpy()
        states = sampler.states(returns)
        recent = states.rows(np.random.default_rng(5).integers(len(states.dates), size=DRAWS))["recent"]
        return sampler.margins_.quantile(sampler.transport(noise, recent)[:, 0]).numpy()


def compared(drawn: np.ndarray, real: np.ndarray, overlap: int) -> dict:
    """Low quantiles of both, and the two tests."""
    count, rng = int((drawn < real.min()).sum()), np.random.default_rng(0)
    expected = stats.betabinom(len(drawn), 1.0, max(1, len(real) // overlap))
    blocks = real[: len(real) // HORIZON * HORIZON].reshape(-1, HORIZON)
    ratios = [
        np.quantile(rng.choice(drawn, len(drawn)), 0.01)
        / np.quantile(blocks[rng.integers(len(blocks), size=len(blocks))], 0.01)
        for _ in range(RESAMPLES)
    ]
    answer = {"min": drawn.min(), **{name: np.quantile(drawn, q) for name, q in QUANTILES.items()}}
    answer |= {"real_min": real.min(), **{f"real_{name}": np.quantile(real, q) for name, q in QUANTILES.items()}}
    low, high = np.quantile(ratios, [0.025, 0.975])
    answer |= {"nearer_than_any_real": count, "p_nearer": float(expected.sf(count - 1)) if count else 1.0}
    return answer | {
        "ratio_1": np.quantile(drawn, 0.01) / np.quantile(real, 0.01),
        "ratio_low": low,
        "ratio_high": high,
    }


def rows(name: str, seed: int) -> list[dict]:
    """One row a place to look, and reference rows of the days held out."""
    returns = data.returns("us_equities").loc["1992-07":]
    train, after = returns.loc[:"2006"], (returns.loc["2007":] / returns.loc[:"2006"].std()).to_numpy()
    days = (train / train.std()).to_numpy()
    real = {"day": among_themselves(days), "path": among_themselves(paths(days))}
    if name == "held out":
        found = {"day": nearest(after, days), "path": nearest(paths(after), paths(days))}
    else:
        sampler = samplers.make(name).fit(train, seed)
        drawn = scenarios.pooled(sampler.sample(DRAWS, HORIZON, seed=11, start="long-run")) / train.std().to_numpy()
        found = {"day": nearest(drawn[:, 0], days), "path": nearest(drawn, paths(days))}
        if hasattr(sampler, "filter"):
            white = whitened(sampler, train)
            real["shock"], found["shock"] = among_themselves(white), nearest(shocks(sampler, train), white)
    overlaps = {"day": 1, "path": HORIZON, "shock": 1}
    answer = {"sampler": name, "seed": seed, "draws": DRAWS}
    return [answer | {"where": where} | compared(found[where], real[where], overlaps[where]) for where in found]


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--samplers", nargs="+", default=["held out", *OTHERS, *learned()])
    asked.add_argument("--seed", type=int, default=0)
    options = asked.parse_args(arguments or [])
    torch.set_num_threads(1)
    for name in options.samplers:
        if not measured(KEPT, sampler=name, seed=options.seed):
            begin = time.process_time()
            answer = rows(name, options.seed)
            upsert(pd.DataFrame(answer).round(4), KEPT, ["sampler", "seed"])
            print(name, f"{time.process_time() - begin:.0f} s", flush=True)
    print(read(KEPT).round(3).to_string(index=False))
