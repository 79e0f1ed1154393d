r"""Crises held back, the equity factor's path given: ``python -m benchmarks stress_episodes [sampler ...]``.

The panel is 20 US stocks and seven currencies, and EQUITY, the stocks' mean, as a column of its own. The factor's
realised path is given day by day; scored is what a method says of the other 27 (fair energy score, in units of their
fitted volatility; mean over days, and of the whole episode's move). Samplers are fitted to the days before the episode,
to the panel of factor and residuals (:class:`workbench.stress.conditioning.FactorModel`), with their
state at the close before the episode; the three rivals know all days up to the previous close:

* *nearest 50 days*: one of the past days whose factor move was nearest, drawn anew every day;
* *entropy pooling*: past days weighted so that the factor's mean and mean square are the day's;
* *vine (skfolio)*: a vine copula centred on the factor, conditioned on its value.

Rows are written as they are measured, and rows that are there are not measured again. t: of the daily differences to
the best rival, over blocks of five days.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from skfolio.distribution import VineCopula

from benchmarks.harness import RESULTS, parser, read, upsert, write
from workbench import data, samplers, stress
from workbench.backtesting.scores import energy_score
from workbench.errors import WorkbenchError

EPISODES = {
    "2008": ("2007-12-31", "2008-08-29", "2008-09-01", "2008-11-28"),
    "2020": ("2019-12-31", "2020-01-31", "2020-02-01", "2020-04-30"),
    "2022": ("2021-12-31", "2021-12-31", "2022-01-01", "2022-12-28"),
}
CURRENCIES = ["USD", "JPY", "GBP", "CHF", "SEK", "NOK", "ZAR"]
RIVALS = ("nearest 50 days", "entropy pooling", "vine (skfolio)")
SEEDED = {"neural": 3, "neural_single": 3}  # samplers whose fit depends on a seed, and how many seeds are tried
DRAWS, BLOCK = 1200, 5
LEAST_ESS = 40.0  # of the whole move; copies of one ancestor spread too little, which makes a score worse on average


def market() -> pd.DataFrame:
    """Stocks and currencies with their equity factor as a column of its own, log returns from 1999 on."""
    rates = data.load("ecb_fx")[CURRENCIES]
    joined = data.load("us_equities").join(rates, how="inner").dropna()
    returns = np.log(joined).diff().iloc[1:]
    returns.insert(0, "EQUITY", returns.iloc[:, :20].mean(axis=1))
    return returns


def nearest(known: pd.DataFrame, path: np.ndarray) -> np.ndarray:
    """Draws (draw, day, asset) from the 50 past days nearest in the factor's move."""
    generator = np.random.default_rng(1)
    rest, factor = known.to_numpy()[:, 1:], known["EQUITY"].to_numpy()
    near = [rest[generator.choice(np.argsort(np.abs(factor - value))[:50], DRAWS)] for value in path]
    return np.stack(near, axis=1)


def pooled(known: pd.DataFrame, path: np.ndarray) -> np.ndarray:
    """Draws (draw, day, asset) of past days under entropy pooling; the mean's view alone where both cannot be met."""
    generator, moves = np.random.default_rng(2), (stress.Move("EQUITY"), stress.Move("SQUARE"))
    days, spread = known.assign(SQUARE=known["EQUITY"] ** 2), 0.1 * known["EQUITY"].std()
    drawn = []
    for value in path:
        weights = np.eye(len(days))[np.abs(known["EQUITY"].to_numpy() - value).argmin()]
        views = [stress.View(moves[0], "==", value), stress.View(moves[1], "==", value**2 + spread**2)]
        for attempt in (views, views[:1]):
            try:
                weights = stress.pool(days.to_numpy()[:, None], list(days), attempt, floor=5.0).weights
                break
            except WorkbenchError:
                continue
        drawn.append(known.to_numpy()[generator.choice(len(known), DRAWS, p=weights / weights.sum()), 1:])
    return np.stack(drawn, axis=1)


def vine(known: pd.DataFrame, path: np.ndarray) -> np.ndarray:
    """Draws (draw, day, asset) from a vine conditioned on the factor's value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vine = VineCopula(central_assets=["EQUITY"], max_depth=3, n_jobs=1, random_state=1).fit(known)
        drawn = [np.asarray(vine.sample(DRAWS, conditioning={"EQUITY": float(value)}))[:, 1:] for value in path]
    return np.stack(drawn, axis=1)


def conditioned(
    name: str, seed: int, fitted: pd.DataFrame, known: pd.DataFrame, path: np.ndarray
) -> tuple[np.ndarray, str]:
    """Draws (draw, day, asset) of a sampler in which the factor follows ``path``, and what must be said of them."""
    against = stress.conditioning.FactorModel.fit(fitted, "EQUITY")
    sampler = samplers.make(name).fit(against.panel(fitted), seed=seed)
    found = stress.factor_path(sampler, "EQUITY", path, DRAWS, seed, against.panel(known), LEAST_ESS)
    draws = against.rebuild(found.tree)["scenarios"]["ret"].values
    return draws.reshape(-1, len(path), draws.shape[-1])[..., 1:], "; ".join(found.notes)


def measure(names: list[str], results: Path = RESULTS) -> pd.DataFrame:
    """Daily scores, one row an episode, method, seed and day; what is stored already is not measured again."""
    returns, file = market(), results / "stress_episodes_daily.csv"
    table = read(file, dtype={"episode": str})
    done = set(zip(table["episode"], table["method"], table["seed"])) if len(table) else set()
    for episode, method, seed in _wanted(names):
        if (episode, method, seed) in done:
            continue
        begun, note = time.process_time(), ""
        last_fitted, close, first, last = EPISODES[episode]
        fitted, known, real = returns.loc[:last_fitted], returns.loc[:close], returns.loc[first:last]
        scale = fitted.std().to_numpy()[1:]
        try:
            draws, note = _draws(method, seed, fitted, known, real["EQUITY"].to_numpy())
            came = real.to_numpy()[:, 1:] / scale
            daily = energy_score(came, np.swapaxes(draws, 0, 1) / scale)
            root = math.sqrt(len(real))
            whole = float(energy_score(came.sum(axis=0) / root, draws.sum(axis=1) / scale / root))
        except WorkbenchError as refused:
            daily, whole, note = np.full(1, np.nan), np.nan, f"refused: {refused}"
        rows = pd.DataFrame({"episode": episode, "method": method, "seed": seed, "day": np.arange(1, len(daily) + 1),
                             "energy": daily.round(4), "whole": round(whole, 4),
                             "cpu_seconds": round(time.process_time() - begun, 1), "note": note})  # fmt: skip
        upsert(rows, file, ["episode", "method", "seed"])
        print(episode, method, seed, rows["energy"].mean(), whole, rows["cpu_seconds"].iloc[0], note, flush=True)
    return pd.read_csv(file, dtype={"episode": str})


def _wanted(names: list[str]) -> Iterator[tuple[str, str, int]]:
    for name in [known for known in names if known in RIVALS]:
        yield from ((episode, name, 1) for episode in EPISODES)
    for name in [name for name in names if name not in RIVALS]:
        for seed in range(1, SEEDED.get(name, 1) + 1):
            yield from ((episode, name, seed) for episode in EPISODES)


def _draws(
    method: str, seed: int, fitted: pd.DataFrame, known: pd.DataFrame, path: np.ndarray
) -> tuple[np.ndarray, str]:
    rivals = dict(zip(RIVALS, (nearest, pooled, vine)))
    if method in rivals:
        return rivals[method](known, path), ""
    return conditioned(method, seed, fitted, known, path)


def summarise(daily: pd.DataFrame) -> pd.DataFrame:
    """By episode and method: mean daily energy, that of the whole move, and t against the best rival (negative: ahead).

    Methods with several seeds: the median seed of each number, and the worst and best t.
    """
    by_day = daily.pivot_table(index=["episode", "day"], columns=["method", "seed"], values="energy")
    rows = []
    for (episode, method, seed), part in daily.groupby(["episode", "method", "seed"]):
        own = by_day.loc[episode]
        rival = own[list(RIVALS)].mean().idxmin()
        answered = part["energy"].notna().all() and method != rival[0]
        t = _t(own[(method, seed)] - own[rival]) if answered else np.nan
        ahead = part["energy"].mean() < own[list(RIVALS)].mean().min()
        rows.append((episode, method, seed, part["energy"].mean(), part["whole"].iloc[0], rival[0], t, ahead,
                     part["cpu_seconds"].iloc[0], part["note"].fillna("").iloc[0]))  # fmt: skip
    names = ["episode", "method", "seed", "energy", "whole", "best_rival", "t", "ahead", "cpu_seconds", "note"]
    table = pd.DataFrame(rows, columns=names).groupby(["episode", "method"], sort=False)
    spread = table.agg(
        seeds=("seed", "size"), ahead=("ahead", "sum"), energy=("energy", "median"), whole=("whole", "median"),
        best_rival=("best_rival", "first"), t=("t", "median"), worst_t=("t", "max"), best_t=("t", "min"),
        cpu_seconds=("cpu_seconds", "median"), note=("note", "first"),
    )  # fmt: skip
    return spread.sort_values(["episode", "energy"]).round(3)


def _t(difference: pd.Series) -> float:
    days = difference.dropna().to_numpy()
    blocks = np.array([part.mean() for part in np.array_split(days, max(len(days) // BLOCK, 2))])
    return float(blocks.mean() / (blocks.std(ddof=1) / math.sqrt(len(blocks))))


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("methods", nargs="*", default=[*RIVALS, *(n for n in samplers.SAMPLERS if n != "filtered")])
    options = asked.parse_args(arguments or [])
    torch.set_num_threads(1)
    daily = measure(options.methods)
    if set(RIVALS) <= set(daily["method"]):
        table = summarise(daily)
        write(table, RESULTS / "stress_episodes.csv", index=True)
        print(table.to_string())
