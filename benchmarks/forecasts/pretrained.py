r"""The pretrained filter on panels none of whose assets it saw, with 500, 1,000 and 2,000 days of history.

Both samplers get the last ``days`` days before the split, are frozen there and rolled over the test span: one day
ahead, scores of ``one_day_ahead`` (returns in per cent, 1,024 draws) and its Diebold-Mariano t against FHS with moving
correlation fitted to the same days, and to 2,000 days. Panels:

* ``us_equities``: test 2007-2022, weights trained before 2007 without any of the twenty stocks;
* ``futures``: 41 futures of all kinds under hashed names (``benchmarks/pretraining``), 2007-2022, the same weights;
* ``multi_asset``: the catalogue's set, test 2007-2018, weights trained before 2007 (assets seen, days not).

Every fourth day is scored. Finished rows wait in ``cache/``; run it again and it goes on.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.forecasts.one_day_ahead import books, score_day, t_against
from benchmarks.harness import RESULTS, folder, parser, resumed, write
from benchmarks.pretraining import panels
from workbench import data, samplers

TABLE = RESULTS / "pretrained.csv"
FOLDER = folder("pretrained")
DRAWS, EVERY, SEEDS = 1024, 4, 5
DAYS = (500, 1000, 2000)  # of history, at the most: multi_asset has 1,964 before its split, futures 1,921
UNSEEN = "until_2006_without_us_equities"
PANELS = {
    "us_equities": (lambda: data.returns("us_equities"), "2006-12-31", "2022-12-31", UNSEEN),
    "futures": (panels.futures, "2006-12-31", "2022-12-31", UNSEEN),
    "multi_asset": (lambda: data.returns("multi_asset"), "2006-12-31", "2018-12-31", "until_2006"),
}


def score(panel: str, name: str, days: int, seed: int) -> pd.DataFrame:
    """Scores (day, score) of one sampler fitted to the last ``days`` days before the split of ``panel``."""
    return resumed(_kept(panel, name, days, seed), lambda: _scored(panel, name, days, seed))


def _scored(panel: str, name: str, days: int, seed: int) -> pd.DataFrame:
    load, fitted_until, tested_until, weights = PANELS[panel]
    torch.set_num_threads(1)
    returns = load().loc[:tested_until]
    history = returns.loc[:fitted_until].iloc[-days:]
    options = {"weights": weights} if name == "pretrained" else {}
    begun = time.process_time()
    sampler = samplers.make(name, **options).fit(history, seed)
    spent = time.process_time() - begun
    weights_of_books = books(returns.shape[1])
    first, rows, dates = returns.index[returns.index > fitted_until][0], [], []
    walked = returns.loc[history.index[0] :]
    for day, draws in samplers.roll(sampler, walked, first, draws=DRAWS, seed=1, every=EVERY):
        realised = 100 * returns.loc[day].to_numpy(dtype=np.float32)
        rows.append(score_day(100 * draws[:, 0], realised, weights_of_books))
        dates.append(day)
    return pd.DataFrame(rows, index=pd.DatetimeIndex(dates)).assign(fit_seconds=spent)


def _kept(panel: str, name: str, days: int, seed: int) -> Path:
    return FOLDER / f"{panel}-{PANELS[panel][1]}-{EVERY}-{name}-{days}-{seed}.parquet"


def compared(panel: str, name: str, days: int, seed: int, references: dict[str, pd.DataFrame]) -> dict:
    """One row of the table: mean scores and t against every reference."""
    frame = score(panel, name, days, seed)
    row = {"panel": panel, "sampler": name, "days": days, "seed": seed, "tested": len(frame), **frame.mean()}
    for label, base in references.items():
        row |= {f"t_{key}_vs_{label}": t for key, t in t_against(frame, base).items()}
    return row


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--panels", nargs="*", default=list(PANELS))
    asked.add_argument("--finished", action="store_true", help="only tabulate the rows that wait in cache/")
    options = asked.parse_args(arguments or [])
    rows = []
    for panel in options.panels:
        lengths = [days for days in DAYS if _kept(panel, "fhs_moving", days, 0).exists() or not options.finished]
        bases = {days: score(panel, "fhs_moving", days, 0) for days in lengths}
        for days in lengths:
            references = {"same_days": bases[days], "longest": bases[lengths[-1]]}
            runs = [("fhs_moving", 0)] + [("pretrained", seed) for seed in range(SEEDS)]
            runs = [run for run in runs if not options.finished or _kept(panel, run[0], days, run[1]).exists()]
            rows += [compared(panel, name, days, seed, references) for name, seed in runs]
            write(pd.DataFrame(rows).round(4), TABLE)
            print(pd.DataFrame(rows[-len(runs) :]).round(3).to_string(), flush=True)
