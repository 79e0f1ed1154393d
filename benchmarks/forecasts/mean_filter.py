r"""The mean of filters against its parts and FHS, one and ten days ahead: folds that chose it, and tests fixed before.

Choices (correlation, drift, tracking) were made on the folds inside 1990-2006; the tests were looked at after them: two
panels of the catalogue, and three of packaged data that played no part in any choice
(:mod:`benchmarks.fresh_panels`). Parameters frozen, states rolled (:mod:`workbench.backtesting.tournament`);
a fold's weights of the pretrained filter were trained on days before its split. Scored every fourth day, errors with
the memory of the horizon.

``python -m benchmarks mean_filter [--folds 1996 ...] [--seeds N]``; rows wait in ``cache/``. ``results/mean_filter.csv``:
a row a (fold, horizon, score, sampler): gain in per cent of the score of ``fhs_moving``, its t, and the range of the
seeds' own t; ``hit_975``, ``hit_990``: hits of the equal-weight book in per cent; ``ratio``, ``ratio_asset``: mean squared
error of the mean over forecast variance, of the equal-weight book and of the median asset.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks import fresh_panels
from benchmarks.harness import RESULTS, folder, parser, resumed, upsert
from workbench import data
from workbench.backtesting import tournament

FOLDS: dict[str, tuple[str | Callable[[], pd.DataFrame], str, str]] = {
    "1996": ("us_equities", "1996-12-31", "1998-12-31"),
    "1998": ("us_equities", "1998-12-31", "2002-12-31"),
    "2002": ("us_equities", "2002-12-31", "2006-12-31"),
    "test": ("us_equities", "2006-12-31", "2022-12-28"),
    "test41": ("multi_asset", "2006-12-31", "2018-12-28"),
    "philippines": (fresh_panels.philippines, "2015-12-31", "2021-12-15"),
    "other_us": (fresh_panels.other_us_stocks, "2011-12-31", "2016-12-30"),
    "etfs": (fresh_panels.exchange_traded_funds, "2016-12-31", "2023-12-29"),
}
SAMPLERS: dict[str, tuple[str, dict]] = {
    "fhs_moving": ("fhs_moving", {}),
    "neural_single": ("neural_single", {"progress": False}),
    "neural": ("neural", {"progress": False}),
    "neural, untracked": ("neural", {"progress": False, "track": 0}),
}
CHOSEN_ON = ("1996", "1998", "2002")  # folds that compare options, too
HORIZONS, EVERY, DRAWS, FEW = (1, 10), 4, 1024, 384
SCORES = ("energy", "variogram", "crps", "fz0_975", "fz0_990")
KEYS = ["fold", "horizon", "score", "sampler"]


class Design(tournament.Design):
    """Keeps the mean over assets and books of every score, and what forecast variances are judged by.

    ``var/``, ``came/``: variance of the draws and squared error of their mean over the horizon, in squared per cent: of
    the simple return of the equal-weight book (``equal``) and of each asset's log return.
    """

    def _score(self, day: pd.Timestamp, draws: np.ndarray) -> dict[str, float]:
        row = super()._score(day, draws)
        kept = {name: row[name] for name in ("energy", "variogram", "hit_975/equal", "hit_990/equal")}
        for score in ("crps", "fz0_975", "fz0_990"):
            kept[f"{score}/mean"] = float(np.mean([row[name] for name in row if name.startswith(f"{score}/")]))
        place = self.returns.index.get_loc(day)
        came = self.returns.iloc[place : place + self.horizon].to_numpy(float).sum(axis=0)
        total = draws.sum(axis=1, dtype=float)
        book, profit = 100 * np.expm1(total).mean(axis=1), 100 * np.expm1(came).mean()
        kept |= {"var/equal": book.var(), "came/equal": (profit - book.mean()) ** 2}
        squares = 1e4 * (came - total.mean(axis=0)) ** 2
        kept |= {f"var/{name}": value for name, value in zip(self.returns, 1e4 * total.var(axis=0))}
        return kept | {f"came/{name}": value for name, value in zip(self.returns, squares)}


def run(design: Design, sampler: str, seed: int) -> pd.DataFrame:
    """A row a forecast of one sampler from one seed."""
    name, options = SAMPLERS[sampler]
    return design.run(tournament.fit(name, design.training, seed, {}, **options)).rename_axis("day")


def table(fold: str, horizon: int, seeds: int) -> pd.DataFrame:
    """Gains and t of every sampler against ``fhs_moving`` on one fold."""
    source, trained_until, last = FOLDS[fold]
    returns = data.returns(source) if isinstance(source, str) else source()
    design = Design(returns, trained_until, last, horizon, EVERY, DRAWS, FEW)
    entered = [name for name in SAMPLERS if fold in CHOSEN_ON or "," not in name]
    rows = {}
    for name in entered:
        for seed in range(seeds if tournament.seeded(SAMPLERS[name][0]) else 1):
            file = folder("mean_filter") / f"{fold}-{horizon}-{name}-{seed}.parquet"
            rows[name, seed] = resumed(file, lambda name=name, seed=seed: run(design, name, seed))
    found = tournament.compare(rows, "fhs_moving", horizon, SCORES).reset_index()
    risk = pd.DataFrame({key: _risk(row) for key, row in rows.items()}).T.groupby(level=0).mean()
    found = found.join(risk, on="sampler")
    reference = {"score": "", "sampler": "fhs_moving", "seeds": 1, **risk.loc["fhs_moving"]}
    found = pd.concat([found, pd.DataFrame([reference])], ignore_index=True)
    return found.assign(fold=fold, horizon=horizon, forecasts=min(map(len, rows.values())))


def _risk(row: pd.DataFrame) -> dict[str, float]:
    """Hits of the equal-weight book in per cent, and realised over forecast variance."""
    total = row.astype(float).sum()
    assets = [name.removeprefix("var/") for name in row if name.startswith("var/") and name != "var/equal"]
    hits = {f"hit_{mark}": 100 * row[f"hit_{mark}/equal"].mean() for mark in ("975", "990")}
    ratios = [total[f"came/{name}"] / total[f"var/{name}"] for name in assets]
    return hits | {"ratio": total["came/equal"] / total["var/equal"], "ratio_asset": float(np.median(ratios))}


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--folds", nargs="*", default=list(FOLDS), choices=list(FOLDS))
    asked.add_argument("--seeds", type=int, default=3)
    options = asked.parse_args(arguments or [])
    for fold in options.folds:
        for horizon in HORIZONS:
            found = table(fold, horizon, options.seeds).round(4)
            print(found.to_string(), flush=True)
            upsert(found, RESULTS / "mean_filter.csv", KEYS)
