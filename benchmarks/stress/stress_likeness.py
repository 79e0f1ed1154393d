"""How often crises from the true process fail by their shape: ``python -m benchmarks stress_likeness``.

A known process (three samplers, fitted to 20 US stocks of 1994-2008) makes 150 histories of 3,600 days. The process itself is
then compared with each (its long-run draws), and single paths of it are placed among the history's worst windows: paths
that lost as much as these, and paths that lost 12 % or more, which is more than nearly all of them. Everything true, so
every refutation is a false alarm.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from benchmarks.harness import RESULTS, parser, write
from workbench import books, data, samplers, scenarios
from workbench.samplers.noise import stream
from workbench.validation.crisis_shape import Crises

SAMPLERS, HISTORIES, DAYS, HORIZON, DEEP = ("fhs", "gjr_t", "lognormal"), 150, 3600, 20, 0.12


def histories(sampler: samplers.Sampler) -> list[pd.DataFrame]:
    """Long histories drawn from a sampler, each starting on some fitted day."""
    states, generator = sampler.states(sampler.history_), stream(3, "histories", 0)
    starts = states.rows(generator.integers(len(states.dates), size=HISTORIES))
    noise = torch.as_tensor(generator.standard_normal((HISTORIES, DAYS, sampler.width), dtype=np.float32))
    with torch.no_grad():
        drawn = sampler.decode(noise, starts, DAYS).double().numpy()
    days = pd.bdate_range("1990-01-01", periods=DAYS)
    return [pd.DataFrame(values, days, sampler.assets_) for values in drawn]


def measure(name: str) -> pd.DataFrame:
    """One row a history: the p-value of the sampler itself, and the share of single paths refuted."""
    returns = data.returns("us_equities").loc["1994-06":"2008-09-12"]
    sampler, book = samplers.make(name).fit(returns, 1), books.equal_weight(returns)
    pool = scenarios.pooled(sampler.sample(30_000, HORIZON, 5, "long-run"))
    losses = book.loss(torch.as_tensor(pool)).numpy()
    rows = []
    for number, history in enumerate(histories(sampler)):
        crises, generator = Crises(history, book, HORIZON), np.random.default_rng(number)
        alike = generator.choice(np.flatnonzero((losses >= crises.losses[0]) & (losses <= crises.losses[1])), 10)
        deep = generator.choice(np.flatnonzero(losses >= DEEP), 10)
        shares = [np.mean([crises.rank(pd.DataFrame(pool[k], columns=history.columns)).failed for k in which])
                  for which in (alike, deep)]  # fmt: skip
        whole = crises.compare(pool[generator.permutation(len(pool))[:3000]]).p_value
        rows.append((name, number, *crises.losses, whole, *shares))
    return pd.DataFrame(rows, columns=["sampler", "history", "least_loss", "worst_loss", "p_sampler", "alike", "deep"])


def main(arguments: list[str] | None = None) -> None:
    parser(__doc__).parse_args(arguments or [])
    torch.set_num_threads(1)
    table = pd.concat([measure(name) for name in SAMPLERS])
    write(table.round(4), RESULTS / "stress_likeness.csv")
    answer = table.assign(at_5=table["p_sampler"] <= 0.05, at_3=table["p_sampler"] <= 0.03)
    print(answer.groupby("sampler")[["at_5", "at_3", "alike", "deep"]].mean())
    print(answer[["at_5", "at_3", "alike", "deep"]].mean())
