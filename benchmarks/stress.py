r"""What the stress room claims, measured: ``python -m benchmarks.stress [million interventions episodes
reverse speed]``.

*million*: P = 1e-6 of a linear functional of a normal sampler (20 stocks, 20 days), 50 seeds: by gradient, by a
regressed slope, and by subset simulation alone, which uses neither.
*interventions*: a confounded law with known answers; how often a true graph and a wrong one are refuted.
*episodes*: the equity factor's realised path over three held-back episodes is given; energy score of the 20 stocks and
seven currencies (in units of their fitted volatility) against entropy pooling, a vine conditioned by skfolio and the 50
nearest days. Fitted before the episode, state at its eve. *reverse*: two books under every sampler, and what the trial
says of the scenarios found. *speed*: 10,000 conditional scenarios and a one in ten thousand loss from the neural
sampler.
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import norm
from skfolio.distribution import VineCopula

from workbench import books, data, samplers, stress
from workbench.diagnostics.backtests.scores import energy_score
from workbench.errors import WorkbenchError
from workbench.stress.affine import affine

RESULTS = Path(__file__).parent / "results"
EPISODES = {
    "2008": ("2007-12-31", "2008-08-29", "2008-09-01", "2008-11-28"),
    "2020": ("2019-12-31", "2020-01-31", "2020-02-01", "2020-04-30"),
    "2022": ("2021-12-31", "2021-12-31", "2022-01-01", "2022-12-28"),
}
CURRENCIES = ["USD", "JPY", "GBP", "CHF", "SEK", "NOK", "ZAR"]
DRAWS = 1200


def equities(first: str = "1995", last: str = "2007") -> pd.DataFrame:
    """The 20 stocks over the years that most parts are fitted on."""
    return data.returns("us_equities").loc[first:last]


def million(runs: int = 50) -> pd.DataFrame:
    """Relative errors of the probability 1e-6, one row a run."""
    sampler = samplers.make("lognormal").fit(equities())
    functional = stress.Move({name: -1 / 20 for name in sampler.assets_})
    linear = affine(stress.Problem(sampler, 20), [functional])
    target = float(linear.offset[0] + norm.isf(1e-6) * linear.slope[0].norm())
    rows = []
    for method in ("auto", "response", "splitting"):
        for seed in range(runs):
            begun = time.process_time()
            found = stress.rare(sampler, functional, target, 20, seed, method=method)
            rows.append(
                (
                    method,
                    seed,
                    found.probability / 1e-6 - 1,
                    found.relative_error,
                    found.evaluations,
                    time.process_time() - begun,
                )
            )
    table = pd.DataFrame(rows, columns=["method", "seed", "error", "told", "evaluations", "cpu_seconds"])
    for method, part in table.groupby("method"):
        print(
            f"{method}: within 20 % in {(part.error.abs() < 0.2).mean():.0%} of {len(part)}, sd "
            f"{part.error.std():.3f}, told "
            f"{part.told.median():.3f}, bias {part.error.mean():+.3f}, at most "
            f"{part.evaluations.max():,} evaluations, {part.cpu_seconds.median():.1f} CPU s"
        )
    return table


def interventions() -> pd.DataFrame:
    """Known and estimated answers of a confounded law; refutation rates of a true and a wrong graph."""
    truth = stress.causal_graph({"edges": [["U", "X"], ["U", "Y"], ["X", "Y"]]})
    u, x, y = np.random.default_rng(1).normal(size=(3, 20_000))
    panel = pd.DataFrame({"U": u, "X": u + x, "Y": 2 * u - 0.5 * (u + x) + y})
    table = stress.intervene(stress.fit_structural(panel, truth), {"X": 2.0}, 40_000, 2).table
    print(table.round(4).to_string(), "\ntruth: do Y -1 (variance 5), given Y +1 (variance 3)")
    chain, wrong = ({"edges": [["A", "B"], ["B", "C"]]}, {"edges": [["A", "B"], ["A", "C"]]})
    counts = {"true": 0, "wrong": 0}
    for seed in range(400):
        generator = np.random.default_rng(seed)
        shocks = generator.normal(size=(1000, 3)) * _volatility(generator, 1000)[:, None]
        a = shocks[:, 0]
        b = 0.3 * a + shocks[:, 1]
        panel = pd.DataFrame({"A": a, "B": b, "C": 0.3 * b + shocks[:, 2]})
        counts["true"] += stress.refute(panel, stress.causal_graph(chain))["refuted"].any()
        counts["wrong"] += stress.refute(panel, stress.causal_graph(wrong))["refuted"].any()
    print(
        f"400 panels of 1,000 days with clustered volatility: true graph refuted "
        f"{counts['true'] / 4:.1f} %, wrong {counts['wrong'] / 4:.1f} %"
    )
    return table


def _volatility(generator: np.random.Generator, days: int) -> np.ndarray:
    log = np.zeros(days)
    for day in range(1, days):
        log[day] = 0.97 * log[day - 1] + 0.2 * generator.normal()
    return np.exp(log)


def market() -> pd.DataFrame:
    """Stocks and currencies with their equity factor as a column of its own, log returns from 1999 on."""
    rates = data.load("ecb_fx")[CURRENCIES]
    joined = data.load("us_equities").join(rates, how="inner").dropna()
    returns = np.log(joined).diff().iloc[1:]
    returns.insert(0, "EQUITY", returns.iloc[:, :20].mean(axis=1))
    return returns


def episodes(names: tuple[str, ...] = ("fhs", "ewma", "neural")) -> pd.DataFrame:
    """Mean daily energy score, and that of the whole episode's move, by method."""
    returns, rows = market(), []
    for episode, (fitted, eve, first, last) in EPISODES.items():
        known, real = returns.loc[:eve], returns.loc[first:last]
        scale = returns.loc[:fitted].std().to_numpy()[1:]
        for method, draws, note in _answers(returns.loc[:fitted], known, real["EQUITY"].to_numpy(), names):
            gap = energy_score(real.to_numpy()[:, 1:] / scale, np.swapaxes(draws, 0, 1) / scale)
            size = scale * math.sqrt(len(real))
            whole = float(energy_score(real.to_numpy()[:, 1:].sum(axis=0) / size, draws.sum(axis=1) / size))
            rows.append((episode, method, np.mean(gap), whole, note))
            print(*rows[-1], flush=True)
    return pd.DataFrame(rows, columns=["episode", "method", "daily_energy", "whole_energy", "note"])


def _answers(fitted: pd.DataFrame, known: pd.DataFrame, path: np.ndarray, names: tuple[str, ...]):
    generator = np.random.default_rng(1)
    rest = known.to_numpy()[:, 1:]
    factor = known["EQUITY"].to_numpy()
    near = [rest[generator.choice(np.argsort(np.abs(factor - value))[:50], DRAWS)] for value in path]
    yield "nearest 50 days", np.stack(near, axis=1), ""
    yield _pooled(known, path, generator)
    yield _vine(known, path)
    against = stress.Against.fit(fitted, "EQUITY")
    for name in names:
        begun = time.perf_counter()
        sampler = samplers.make(name).fit(against.panel(fitted), seed=1)
        try:
            found = stress.along(sampler, "EQUITY", path, DRAWS, 1, against.panel(known))
        except WorkbenchError as refused:
            print(name, "refused:", refused)
            continue
        draws = against.rebuild(found.tree)["scenarios"]["ret"].values.reshape(-1, len(path), rest.shape[1] + 1)[
            ..., 1:
        ]
        yield f"along, {name}", draws, f"{time.perf_counter() - begun:.0f} s"


def _pooled(known: pd.DataFrame, path: np.ndarray, generator: np.random.Generator):
    """Past days, weighted so that the factor's mean and mean square are the day's; the mean alone where that fails."""
    square = stress.Move("EQUITY"), stress.Move("SQUARE")
    days = known.assign(SQUARE=known["EQUITY"] ** 2)
    drawn, weak = [], 0
    for value in path:
        views = [
            stress.View(square[0], "==", value),
            stress.View(square[1], "==", value**2 + (0.1 * known["EQUITY"].std()) ** 2),
        ]
        for attempt in (views, views[:1]):
            try:
                weights = stress.pool(days.to_numpy()[:, None], list(days), attempt, floor=5.0).weights
                break
            except WorkbenchError:
                weights = np.eye(len(days))[np.abs(known["EQUITY"].to_numpy() - value).argmin()]
        weak += attempt is not views
        drawn.append(known.to_numpy()[generator.choice(len(known), DRAWS, p=weights / weights.sum()), 1:])
    return "entropy pooling", np.stack(drawn, axis=1), f"mean view alone on {weak} days"


def _vine(known: pd.DataFrame, path: np.ndarray):
    begun = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vine = VineCopula(central_assets=["EQUITY"], max_depth=3, n_jobs=1, random_state=1).fit(known)
        drawn = [np.asarray(vine.sample(DRAWS, conditioning={"EQUITY": float(value)}))[:, 1:] for value in path]
    return "vine (skfolio)", np.stack(drawn, axis=1), f"{time.perf_counter() - begun:.0f} s"


def reverse(names: tuple[str, ...] = tuple(samplers.SAMPLERS)) -> pd.DataFrame:
    """The cheapest way to lose 15 % (equal weight) and 6 % (short volatility) in 20 days, by sampler."""
    returns, rows = equities(), []
    pair = {
        "equal_weight": (books.equal_weight(returns), 0.15),
        "short_volatility": (books.short_volatility(returns), 0.06),
    }
    for name in names:
        if name in ("filtered",):
            continue
        sampler = samplers.make(name).fit(returns, seed=1)
        for label, (book, loss) in pair.items():
            begun = time.perf_counter()
            try:
                found = stress.reverse(sampler, book, loss, 20, seed=1, sweeps=100)
                best = found.modes[0]
                rows.append(
                    (
                        name,
                        label,
                        found.method,
                        found.probability,
                        found.relative_error,
                        len(found.modes),
                        best.distance,
                        best.plausibility,
                        str(best.precedent),
                        time.perf_counter() - begun,
                    )
                )
            except WorkbenchError as refused:
                rows.append((name, label, f"refused: {refused}", *[np.nan] * 5, "", time.perf_counter() - begun))
            print(*rows[-1], flush=True)
    columns = [
        "sampler",
        "book",
        "method",
        "probability",
        "relative_error",
        "modes",
        "distance",
        "plausibility",
        "precedent",
        "seconds",
    ]
    return pd.DataFrame(rows, columns=columns)


def speed(name: str = "neural") -> pd.DataFrame:
    """Clock and processor seconds, fit apart, for 10,000 conditional scenarios and a loss of about 1e-4."""
    returns, rows = equities(), []
    sampler, spent = _timed(samplers.make(name).fit, returns, seed=1)
    rows.append(("fit", *spent, np.nan, np.nan, np.nan))
    market_move = stress.Move({asset: 1 / 20 for asset in sampler.assets_})
    asked = {
        "band": stress.Constraint(market_move, -0.15, -0.10),
        "value": stress.Constraint(market_move, -0.10, -0.10),
    }
    for label, constraint in asked.items():
        found, spent = _timed(stress.given, sampler, [constraint], 10_000, 20, seed=1)
        told = found.diagnostics
        rows.append((f"10,000 given a {label}", *spent, found.probability, told.r_hat.max(), told.ess_bulk.min()))
        print(*rows[-1], flush=True)
    found, spent = _timed(stress.rare, sampler, stress.Loss(books.equal_weight(returns)), 0.17, 20, 1, budget=12_000)
    rows.append((f"rare: {found}", *spent, found.probability, np.nan, np.nan))
    print(*rows[-1], flush=True)
    return pd.DataFrame(rows, columns=["what", "seconds", "processor", "probability", "r_hat", "ess"])


def _timed(task, *arguments, **options) -> tuple:
    """What the task gives, and (seconds on the clock, seconds of processor time)."""
    clock, processor = time.perf_counter(), time.process_time()
    result = task(*arguments, **options)
    return result, (time.perf_counter() - clock, time.process_time() - processor)


PARTS = {part.__name__: part for part in (million, interventions, episodes, reverse, speed)}


def main(names: list[str] | None = None) -> None:
    torch.set_num_threads(int(torch.get_num_threads()))
    RESULTS.mkdir(exist_ok=True)
    for name in names or list(PARTS):
        print(f"-- {name}", flush=True)
        PARTS[name]().to_csv(RESULTS / f"stress_{name}.csv", index=name == "interventions")


if __name__ == "__main__":
    main(sys.argv[1:])
