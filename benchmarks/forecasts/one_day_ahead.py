r"""One day ahead on US equities: every sampler of the grid fitted to 1990-2006, frozen, rolled over 2007-2022.

Scores, lower is better, on returns in per cent: energy score of the 20 stocks (768 draws), mean CRPS of the stocks, FZ0
of VaR and ES at 99 % and 97.5 % averaged over 51 books (equal weight, each stock, 30 random long-short).
Diebold-Mariano t statistics are those of :mod:`workbench.backtesting.comparison`, with its one error; negative: ahead of
the reference. The learned sampler is trained from five seeds, one row each; the printed table holds their median. The
vine, whose decoder takes .4 s a day, is scored on every eighth day, and compared with the references on those days. Finished rows wait in
``cache/``, so that a run that was stopped goes on with ``--resume``.

:mod:`benchmarks.forecasts.horse_race` asks the same of more samplers, on two panels and two horizons; this table is the
record of issue 2. The test span decides nothing: every choice in the samplers was made on folds inside 1990-2006.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np
import pandas as pd
import torch

from benchmarks.harness import RESULTS, folder, parser, resumed, write
from workbench import data, samplers
from workbench.backtesting.comparison import difference_t, memory_lags
from workbench.backtesting.scores import crps, energy_score, fz0_score
from workbench.books import random_books
from workbench.stats import var_es

FOLDER = folder("one_day_ahead")
DRAWS, ENERGY_DRAWS, SEEDS = 2048, 768, 5
DETERMINISTIC = [
    "historical",
    "historical_window",
    "lognormal",
    "factor",
    "ewma",
    "fhs",
    "fhs_gpd",
    "fhs_moving",
    "gjr_gaussian",
    "gjr_t",
    "gjr_vine",
]
LEARNED = ["neural"]
SPARSE = {"gjr_vine": 8}
REFERENCES = ["fhs", "fhs_moving"]
SCORES = ["energy", "crps", "fz0_990", "fz0_975"]


def books(assets: int) -> np.ndarray:
    """Weights (book, asset): equal weight, each asset, 30 random long-short books of gross weight 2."""
    random = 2 * random_books(np.ones(assets), 30, np.random.default_rng(20), "risk")
    return np.vstack([np.full(assets, 1 / assets), np.eye(assets), random]).astype(np.float32)


def score_day(draws: np.ndarray, realised: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Scores of one day: draws (draw, asset) and realised (asset,) in per cent."""
    out = {"energy": float(energy_score(realised, draws[:ENERGY_DRAWS]))}
    out["crps"] = float(crps(realised, draws.T).mean())
    losses, loss = -weights @ draws.T, -realised @ weights.T
    for level in (0.99, 0.975):
        var, es = var_es(losses, level)
        out[f"fz0_{level * 1000:.0f}"] = float(fz0_score(loss, var, np.maximum(es, 1e-3), level).mean())
        out[f"hits_{level * 1000:.0f}"] = float((loss > var).mean())
        out[f"book_{level * 1000:.0f}"] = float(loss[0] > var[0])
    return out


def run(name: str, seed: int, every: int, resume: bool) -> tuple[str, int, pd.DataFrame]:
    """Fit ``name`` to 2006 and score 2007-2022: one row a day."""
    kept = FOLDER / f"{name}-{seed}-{every}.parquet"
    return name, seed, resumed(kept, lambda: scored(name, seed, every), resume)


def scored(name: str, seed: int, every: int) -> pd.DataFrame:
    """Scores (day, score) of a sampler fitted anew."""
    torch.set_num_threads(1)
    returns = data.returns("us_equities")
    weights = books(returns.shape[1])
    sampler = samplers.make(name).fit(returns.loc[:"2006"], seed)
    days, rows = [], []
    for day, draws in samplers.roll(sampler, returns, "2007-01-01", draws=DRAWS, seed=1, every=every):
        realised = 100 * returns.loc[day].to_numpy(dtype=np.float32)
        rows.append(score_day(100 * draws[:, 0], realised, weights))
        days.append(day)
    return pd.DataFrame(rows, index=days)


def t_against(frame: pd.DataFrame, base: pd.DataFrame) -> dict[str, float]:
    """t of the mean difference of every score to ``base`` on the days of ``frame``, negative: ahead of it."""
    lags = memory_lags(frame.index, 1)
    difference = frame[SCORES] - base.loc[frame.index, SCORES]
    return {score: difference_t(difference[score].to_numpy(float), lags) for score in SCORES}


def table(scored: dict[tuple[str, int], pd.DataFrame]) -> pd.DataFrame:
    """One row a sampler and seed: days, mean scores, hit rates, t against the references."""
    rows = []
    for (name, seed), frame in scored.items():
        row = {"sampler": name, "seed": seed, "days": len(frame), **frame.mean()}
        for reference in REFERENCES:
            against = t_against(frame, scored[reference, 0])
            row |= {f"t_{score}_vs_{reference}": t for score, t in against.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--every", type=int, default=1, help="score every n-th day")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--resume", action="store_true", help="take finished rows from cache/")
    options = asked.parse_args(arguments or [])
    work = [(name, seed) for name in LEARNED for seed in range(SEEDS)] + [(name, 0) for name in DETERMINISTIC]
    found = {}
    with ProcessPoolExecutor(options.workers) as executor:
        started = [
            executor.submit(run, name, seed, options.every * SPARSE.get(name, 1), options.resume) for name, seed in work
        ]
        for done in as_completed(started):
            name, seed, frame = done.result()
            found[name, seed] = frame
            print(name, seed, frame.mean().round(4).to_dict(), flush=True)
    rows = table({key: found[key] for key in work})
    write(rows.round(4), RESULTS / "one_day_ahead.csv")
    median = rows.drop(columns="seed").groupby("sampler", sort=False).median().sort_values("energy")
    print(median.round(3).to_string())
