"""Frozen 2006 models through 2008-09 and on to 2022: when the monitors raised alarms, what online recalibration bought.

``drift_alarms.csv``: for each sampler fitted to US equities of 1990-2006 and never again, the days on which each
monitor raised an alarm in 2007-2009 (one false alarm in ten years each; equal-weight book, VaR and ES 97.5 %) and its
alarms in 2007-2022. ``drift_recalibrated.csv``: coverage of the first sampler over 2007-2022 before and after recalibration,
beside what coverage can't show. Steps were chosen on 1997-2006, forecast by a model frozen in 1996, by the quantile
score among those that promise the count over as many forecasts (``chosen by`` promise), and without it (``score``);
the promise is arithmetic of the recursion and no outcome of the test span enters it. A row a seed of fit and draws; the
monitors read the first seed.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd

from benchmarks.harness import RESULTS, parser, upsert, write
from workbench import data
from workbench.backtesting import recalibration as conformal
from workbench.backtesting.monitors import replay
from workbench.backtesting.walk_forward import ForecastSpec, Schedule, equal_book, of_book, walk_forward

SAMPLERS = ["neural", "fhs", "historical_window", "lognormal"]
TEST, TRAINING = ("2007-01-01", "2022-12-31"), ("1997-01-01", "2006-12-31")
LEVELS = (0.99, 0.975)


def frozen(sampler: str, span: tuple[str, str], seed: int, store: Path | None, draws: int) -> pd.DataFrame:
    """Forecasts of the equal-weight book by a model fitted to the days before ``span``."""
    returns = data.returns("us_equities")
    given = {"schedule": Schedule(None), "spec": ForecastSpec(draws=draws, levels=LEVELS, seed=seed), "store": store}
    return of_book(walk_forward(sampler, returns, {"equal": equal_book(returns.columns)}, *span, **given), "equal")


def alarms(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for sampler, table in tables.items():
        seen = replay.monitor_book(table)
        for monitor in seen.level:
            days = seen.alarms.loc[seen.alarms["monitor"] == monitor, "date"]
            crisis = days[days < "2010"]
            row = {"sampler": sampler, "monitor": monitor, "first": crisis.min(), "alarms_2007_2022": len(days)}
            row |= {"after_lehman": days[days >= "2008-09-15"].min(), "alarms_2007_2009": len(crisis)}
            row |= {"refuted": seen.evidence.index[(seen.evidence[monitor] >= 1.3010)].min()}
            rows.append(row | {"days": " ".join(f"{day:%Y-%m-%d}" for day in crisis)})
    return pd.DataFrame(rows)


def recalibrated(training: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for level in LEVELS:
        arms, steps = {"frozen by -": test}, [0.0]
        for method in conformal.METHODS:
            for rule, held in {"score": None, "promise": len(test)}.items():
                chosen = conformal.tune(training, level, method, keep=held)
                arms[f"{method} by {rule}"] = conformal.recalibrate(test, [level], chosen)
                steps.append(chosen.rate)
        answer = conformal.compare(arms, level)
        answer.index = pd.MultiIndex.from_tuples(
            [name.split(" by ") for name in answer.index], names=["method", "chosen by"]
        )
        answer.insert(0, "step", steps)
        answer["within_one_error"] = answer["z"].abs() <= 1
        parts.append(answer.reset_index().assign(level=level))
    return pd.concat(parts, ignore_index=True).set_index("level").reset_index()


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--samplers", nargs="+", default=SAMPLERS)
    asked.add_argument("--draws", type=int, default=2048)
    asked.add_argument("--seeds", nargs="+", type=int, default=[0], help="of the recalibrated sampler's fits and draws")
    asked.add_argument("--store", type=Path, help="keep finished forecasts here")
    options = asked.parse_args(arguments or [])
    names, others, seeds = options.samplers, len(options.samplers) - 1, options.seeds
    work = [(names[0], span, seed) for seed in seeds for span in (TEST, TRAINING)]
    work += [(name, TEST, seeds[0]) for name in names[1:]]
    with ProcessPoolExecutor(2) as executor:
        done = list(executor.map(partial(frozen, store=options.store, draws=options.draws), *zip(*work)))
    raised = alarms(dict(zip(names, [done[0], *done[len(done) - others :]])))
    raised = upsert(raised, RESULTS / "drift_alarms.csv", ["sampler", "monitor"], SAMPLERS)
    print(raised.drop(columns="days").to_string(index=False))
    parts = [recalibrated(done[2 * k + 1], done[2 * k]).assign(seed=seed) for k, seed in enumerate(seeds)]
    bought = pd.concat(parts, ignore_index=True).round(6)
    write(bought, RESULTS / "drift_recalibrated.csv")
    print(bought.to_string(index=False))
