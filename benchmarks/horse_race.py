r"""The horse race: every sampler on the same days and noise, one and ten days ahead, on two panels.

``us_equities`` (20 stocks) fitted 1990-2006 and forecast 2007-2022; ``multi_asset`` (41: stocks, indices, currencies,
bonds, oil) fitted 1999-2006 and forecast 2007-2018. Parameters frozen, states rolled
(:mod:`workbench.diagnostics.race`). Samplers that learn run from five seeds, one row each. ``PLAN`` says on which days
who runs: every forecast costs, the comparison of two samplers uses the days that both have.

``python -m benchmarks.horse_race [run|tables] [--panel P] [--horizon H] [--seeds N] [--samplers a,b] [--again a,b]``.
Rows wait in ``cache/horse_race``, so that a run that was stopped goes on; ``--again`` measures a sampler anew.

The test span decides nothing: every choice in the samplers was made on folds inside the training span.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import torch

from workbench import data
from workbench.diagnostics import race
from workbench.samplers import SAMPLERS

RESULTS = Path(__file__).parent / "results"
CACHE = Path(__file__).parent.parent / "cache" / "horse_race"
LAST = {"us_equities": "2022-12-28", "multi_asset": "2018-12-28"}
TRAINED_UNTIL = "2006-12-31"
EVERY = {1: 4, 10: 10}  # days between forecasts, by horizon
OFTENER = {("neural", 1): 2, ("fhs", 1): 2, ("fhs_moving", 1): 2}
SELDOM = {("gjr_vine", 1): 40, ("gjr_vine", 10): 100}
DRAWS = {1: 2048, 10: 1024}
LEFT_OUT = ("filtered",)


def course(panel: str, horizon: int, name: str) -> race.Course:
    """What ``name`` runs."""
    every = OFTENER.get((name, horizon)) or SELDOM.get((name, horizon)) or EVERY[horizon]
    returns = data.returns(panel)
    return race.Course(returns, TRAINED_UNTIL, LAST[panel], horizon, every, DRAWS[horizon])


def run(panel: str, horizon: int, names: list[str], seeds: int, again: list[str]) -> None:
    """Measure what is missing; one line a row, with processor seconds."""
    shared = race.Kept(CACHE / "fitted", panel)
    for name in names:
        for old in (CACHE / panel).glob(f"{name}-*.parquet") if name in again else ():
            old.unlink()
        begun = time.process_time()
        for (sampler, seed), row in race.rows(
            [name], course(panel, horizon, name), seeds, store=CACHE / panel, shared=shared
        ):
            spent, begun = time.process_time() - begun, time.process_time()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            means = race.means(row).round(4).to_dict()
            print(
                panel,
                f"h={horizon}",
                sampler,
                seed,
                f"{len(row)} days, {spent:.0f} CPU s, {peak:.1f} GB",
                means,
                flush=True,
            )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--panel", choices=LAST, action="append")
    parser.add_argument("--horizon", type=int, choices=EVERY, action="append")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--samplers", default="", help="comma-separated; all when empty")
    parser.add_argument("--again", default="", help="comma-separated, of the samplers: measured anew")
    options = parser.parse_args(arguments or [])
    torch.set_num_threads(1)
    names = [name for name in options.samplers.split(",") if name] or [n for n in SAMPLERS if n not in LEFT_OUT]
    for panel in options.panel or LAST:
        for horizon in options.horizon or EVERY:
            run(panel, horizon, names, options.seeds, options.again.split(","))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
