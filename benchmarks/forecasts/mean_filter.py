r"""The mean of filters against its parts and FHS, one and ten days ahead: folds that chose it, and a test fixed before.

Choices (correlation, drift, tracking) were made on the folds inside 1990-2006; ``test`` was looked at once, after them.
Parameters frozen, states rolled (:mod:`workbench.backtesting.tournament`); a fold's weights of the pretrained filter
were trained on days before its split. Scored every fourth day, errors with the memory of the horizon.

``python -m benchmarks mean_filter [--folds 1996 ...] [--seeds N]``; rows wait in ``cache/``. ``results/mean_filter.csv``:
a row a (fold, horizon, score, sampler), gain in per cent of the score of ``fhs_moving`` and its t; ``hit_975``,
``hit_990``: hits of the equal-weight book in per cent.
"""

from __future__ import annotations

import pandas as pd

from benchmarks.harness import CACHE, RESULTS, parser, write
from workbench import data
from workbench.backtesting import tournament

FOLDER = CACHE / "mean_filter"
FOLDS = {
    "1996": ("us_equities", "1996-12-31", "1998-12-31"),
    "1998": ("us_equities", "1998-12-31", "2002-12-31"),
    "2002": ("us_equities", "2002-12-31", "2006-12-31"),
    "test": ("us_equities", "2006-12-31", "2022-12-28"),
    "test, 41 assets": ("multi_asset", "2006-12-31", "2018-12-28"),
}
SAMPLERS = ("fhs_moving", "neural", "neural_mean")
HORIZONS, EVERY, DRAWS, FEW = (1, 10), 4, 1024, 384
SCORES = ("energy", "variogram", "crps", "fz0_975", "fz0_990")


def table(fold: str, horizon: int, seeds: int) -> pd.DataFrame:
    """Gains and t of every sampler against ``fhs_moving`` on one fold."""
    panel, trained_until, last = FOLDS[fold]
    design = tournament.Design(data.returns(panel), trained_until, last, horizon, EVERY, DRAWS, FEW)
    rows = dict(tournament.rows(SAMPLERS, design, seeds, {}, FOLDER))
    found = tournament.compare(rows, "fhs_moving", horizon, SCORES).reset_index()
    hits = {
        mark: pd.Series({key: 100 * row[f"hit_{mark}/equal"].mean() for key, row in rows.items()})
        .groupby(level=0)
        .mean()
        for mark in ("975", "990")
    }
    found = found.assign(**{f"hit_{mark}": found["sampler"].map(rates) for mark, rates in hits.items()})
    return found.assign(fold=fold, horizon=horizon, forecasts=min(map(len, rows.values())))


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--folds", nargs="*", default=list(FOLDS), choices=list(FOLDS))
    asked.add_argument("--seeds", type=int, default=3)
    options = asked.parse_args(arguments or [])
    tables = []
    for fold in options.folds:
        for horizon in HORIZONS:
            tables.append(table(fold, horizon, options.seeds))
            print(tables[-1].round(3).to_string(), flush=True)
    write(pd.concat(tables).round(4), RESULTS / "mean_filter.csv")
