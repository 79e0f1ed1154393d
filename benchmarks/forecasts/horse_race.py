r"""The horse race: every sampler on the same days and noise, one and ten days ahead, on two panels.

``us_equities`` (20 stocks) fitted 1990-2006 and forecast 2007-2022; ``multi_asset`` (41: stocks, indices, currencies,
bonds, oil) fitted 1999-2006 and forecast 2007-2018. Parameters frozen, states rolled
(:mod:`workbench.backtesting.tournament`). Samplers that learn run from five seeds, one row each. A forecast costs, so
``EVERY``, ``OFTENER`` and ``SELDOM`` say on which days who runs; two samplers are compared on the days that both have.

``python -m benchmarks horse_race [--panel P] [--horizon H] [--seeds N] [--samplers a,b] [--again a,b] [--tables]``.
Rows wait in ``cache/horse_race``, so that a run that was stopped goes on; ``--again`` measures a sampler anew,
``--tables`` writes the tables of what was measured and runs nothing. Tables in ``results/``: ``horse_race.csv`` (a row
a sampler and seed: mean scores, hits), ``horse_race_t.csv`` (differences to three references), ``horse_race_sets.csv``
(p-values in the model confidence set), ``horse_race_coverage.csv`` (Kupiec), ``horse_race_parts.csv`` (by regime and
class). Means in ``horse_race.csv`` are over each row's own days: read differences from the others.

The test span decides nothing: every choice in the samplers was made on folds inside the training span.
"""

from __future__ import annotations

import resource
import time

import pandas as pd
import torch

from benchmarks.harness import CACHE, RESULTS, parser, write
from workbench import data
from workbench.backtesting import tournament
from workbench.samplers import SAMPLERS

FOLDER = CACHE / "horse_race"
LAST = {"us_equities": "2022-12-28", "multi_asset": "2018-12-28"}
TRAINED_UNTIL = "2006-12-31"
EVERY = {1: 4, 10: 10}  # days between forecasts, by horizon
OFTENER = {"us_equities": 1, "multi_asset": 2}  # days between forecasts of FIRST, one day ahead
FIRST = ("neural", "neural_single", "fhs", "fhs_moving", "fhs_lead")
SELDOM = {  # decoders that take 0.2 s of processor time a day, or draw a window of days to give one
    ("gjr_vine", 1): 40, ("gjr_vine", 10): 100, ("path_flow", 1): 40, ("path_flow", 10): 100,
}  # fmt: skip
DRAWS = {1: 2048, 10: 1024}
LEFT_OUT = ("filtered",)
REFERENCES = ("fhs_moving", "fhs", "neural", "neural_single")


def course(panel: str, horizon: int, name: str) -> tournament.Design:
    """What ``name`` runs."""
    every = SELDOM.get((name, horizon), EVERY[horizon])
    every = OFTENER[panel] if name in FIRST and horizon == 1 else every
    return tournament.Design(data.returns(panel), TRAINED_UNTIL, LAST[panel], horizon, every, DRAWS[horizon])


def run(panel: str, horizon: int, names: list[str], seeds: int, again: list[str]) -> None:
    """Measure what is missing; one line a row, with processor seconds."""
    shared: dict = {}
    for name in names:
        asked = course(panel, horizon, name)
        for key in tournament.entries([name], seeds) if name in again else ():
            tournament.row_file(FOLDER / panel, *key, asked).unlink(missing_ok=True)
        begun = time.process_time()
        for (_, seed), row in tournament.rows([name], asked, seeds, store=FOLDER / panel, shared=shared):
            spent, begun = time.process_time() - begun, time.process_time()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            answer = f"{len(row)} days, {spent:.0f} CPU s, {peak:.1f} GB"
            print(panel, f"h={horizon}", name, seed, answer, tournament.means(row).round(4).to_dict(), flush=True)


def tables(names: list[str], seeds: int) -> None:
    """Write what the rows that were measured say."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for panel in LAST:
        classes = data.load(panel).attrs.get("classes")
        for horizon in EVERY:
            found = {
                key: row
                for name in names
                for key, row in tournament.stored([name], course(panel, horizon, name), seeds, FOLDER / panel).items()
            }
            for table, frame in _tables(found, horizon, classes).items():
                parts.setdefault(table, []).append(frame.assign(panel=panel, horizon=horizon))
    for table, frames in parts.items():
        whole = pd.concat(frames, ignore_index=True)
        first = ["panel", "horizon"]
        write(whole[first + [c for c in whole if c not in first]].round(4), RESULTS / f"{table}.csv")


def _tables(rows: tournament.Rows, horizon: int, classes: dict[str, str] | None) -> dict[str, pd.DataFrame]:
    """Name of the file -> its lines for one panel and horizon."""
    names = {name for name, _ in rows}
    mean = pd.DataFrame({key: {"days": len(row), **tournament.means(row)} for key, row in rows.items()}).T
    against = [tournament.compare(rows, name, horizon).assign(reference=name) for name in REFERENCES if name in names]
    often = {key: row for key, row in rows.items() if key[0] not in {name for name, _ in SELDOM}}
    inside = tournament.confidence_set(often, horizon)
    return {
        "horse_race": mean.rename_axis(["sampler", "seed"]).reset_index(),
        "horse_race_t": pd.concat(against).reset_index(),
        "horse_race_sets": inside.assign(days=inside.attrs["days"]).reset_index(),
        "horse_race_coverage": tournament.coverage(rows, horizon).reset_index(),
        "horse_race_parts": tournament.by_subsample(often, "fhs_moving", horizon, classes),
    }


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--panel", choices=LAST, action="append")
    asked.add_argument("--horizon", type=int, choices=EVERY, action="append")
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--samplers", default="", help="comma-separated; all when empty")
    asked.add_argument("--again", default="", help="comma-separated, of the samplers: measured anew")
    asked.add_argument("--tables", action="store_true", help="write the tables of what was measured, run nothing")
    options = asked.parse_args(arguments or [])
    torch.set_num_threads(1)
    known = [name for name in SAMPLERS if name not in LEFT_OUT]
    names = [name for name in options.samplers.split(",") if name] or known
    for panel in () if options.tables else options.panel or LAST:
        for horizon in options.horizon or EVERY:
            run(panel, horizon, names, options.seeds, options.again.split(","))
    if options.tables or not options.samplers:
        tables(known, options.seeds)
