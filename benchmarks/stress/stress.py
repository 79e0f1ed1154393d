r"""What the stress room claims, measured: ``python -m benchmarks stress [million interventions speed
rarity]``.

*million*: P = 1e-6 of a linear functional of a normal sampler (20 stocks, 20 days), 50 seeds: by gradient, by a
regressed slope, and by subset simulation alone, which uses neither.
*interventions*: a confounded process with known answers; how often a true graph and a wrong one are refuted.
*speed*: 10,000 conditional scenarios from the neural sampler. *rarity*: a loss of about one in ten thousand, by
sampler, with the default budget.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from scipy.stats import norm

from benchmarks.harness import RESULTS, parser, write
from workbench import books, data, samplers, stress
from workbench.stress.conditioning._affine import affine
from workbench.stress.problem import Problem

RARE_LOSSES = {
    "lognormal": 0.155,
    "fhs": 0.15,
    "gjr_t": 0.16,
    "neural": 0.25,
    "neural_single": 0.25,
}  # near one in ten thousand


def equities(first: str = "1995", last: str = "2007") -> pd.DataFrame:
    """The 20 stocks over the years that most parts are fitted on."""
    return data.returns("us_equities").loc[first:last]


def million(runs: int = 50) -> pd.DataFrame:
    """Relative errors of the probability 1e-6, one row a run."""
    sampler = samplers.make("lognormal").fit(equities())
    functional = stress.Move({name: -1 / 20 for name in sampler.assets_})
    linear = affine(Problem(sampler, 20), [functional])
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
            f"{part.error.std():.3f}, stated error "
            f"{part.told.median():.3f}, bias {part.error.mean():+.3f}, at most "
            f"{part.evaluations.max():,} evaluations, {part.cpu_seconds.median():.1f} CPU s"
        )
    return table


def interventions() -> pd.DataFrame:
    """Known and estimated answers of a confounded process; refutation rates of a true and a wrong graph."""
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
    rates = pd.DataFrame({"graph": list(counts), "refuted": list(counts.values()), "panels": 400})
    write(rates, RESULTS / "stress_graphs.csv")
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


def speed(name: str = "neural") -> pd.DataFrame:
    """Clock and processor seconds, fit apart, for 10,000 conditional scenarios."""
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
        answer = found.diagnostics
        rows.append((f"10,000 given a {label}", *spent, found.probability, answer.r_hat.max(), answer.ess_bulk.min()))
        print(*rows[-1], flush=True)
    return pd.DataFrame(rows, columns=["what", "seconds", "processor", "probability", "r_hat", "ess"])


def rarity(losses: Mapping[str, float] = RARE_LOSSES) -> pd.DataFrame:
    """Processor seconds for the probability of an equal-weight loss of about one in ten thousand, by sampler."""
    returns, rows = equities(), []
    for name, loss in losses.items():
        sampler, fit = _timed(samplers.make(name).fit, returns, seed=1)
        found, spent = _timed(stress.rare, sampler, stress.Loss(books.equal_weight(returns)), loss, 20, 1)
        rows.append((name, loss, found.probability, *found.interval, found.method, found.evaluations, spent[1], fit[1]))
        print(*rows[-1], flush=True)
    columns = ["sampler", "loss", "probability", "low", "high", "method", "evaluations", "cpu_seconds", "fit_cpu"]
    return pd.DataFrame(rows, columns=columns)


def _timed(task, *arguments, **options) -> tuple:
    """What the task gives, and (seconds on the clock, seconds of processor time)."""
    clock, processor = time.perf_counter(), time.process_time()
    result = task(*arguments, **options)
    return result, (time.perf_counter() - clock, time.process_time() - processor)


PARTS = {part.__name__: part for part in (million, interventions, speed, rarity)}


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("parts", nargs="*", metavar="PART", default=list(PARTS), help=", ".join(PARTS))
    options = asked.parse_args(arguments or [])
    torch.set_num_threads(int(torch.get_num_threads()))
    for name in options.parts:
        print(f"-- {name}", flush=True)
        write(PARTS[name](), RESULTS / f"stress_{name}.csv", index=name == "interventions")
