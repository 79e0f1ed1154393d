r"""The stress test of the stress tests: size of every check on the truth, power on planted faults.

*Size*: history and scenarios from one process; seven processes (two of them held out from the checks' development), histories
of 500, 2,000 and 8,000 days, 2 to 30 assets, 500 paths, sets of the long run and sets that start today.
*Power*: every fault at its documented severity and at others, on the two processes held out, 2,000 days, 6 assets, 1,000
paths of 20 days; faults of conditioning on 4,000 days after an unusual month. At the documented severity also on 8,000
days, 10 assets, 2,000 paths, nearer to what a bank audits.

Trials wait in ``cache/``, so a run can be stopped and goes on; ``--store`` packs what there is into the package, where
``workbench list checks`` and the notebook read it.
"""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from benchmarks.harness import CHECKS, folder, lines, parser
from workbench.power import HELD_OUT, Job, SimulatedMarket, documented, fingerprint, frame, run, store, tables
from workbench.power.campaign import NULL
from workbench.power.faults import FAULTS
from workbench.power.processes import PROCESSES
from workbench.power.stored import TRIALS, load
from workbench.power.tables import LONG
from workbench.validation.engine import _null_width

KEPT = folder("red_team", CHECKS, factors=_null_width.table()) / "trials.jsonl"
LENGTHS = (500, 2000, 8000)
ASSETS = (5, 2, 10, 5, 30, 2, 10)
SEVERITIES = (0.1, 0.2, 0.4, 0.7, 1.0)
NOTHING = ((NULL, 0.0),)
PARTS = ("size", "power", "large", "sweep")


def sizes(repeats: range, start: str, processes: list[str]) -> list[Job]:
    """Truth against itself: every process and length, assets in turn."""
    cells = product(repeats, LENGTHS, processes)
    markets = [
        SimulatedMarket(process, days, width(r, days, process), 500, start=start, repeat=r)
        for r, days, process in cells
    ]
    return [Job(market, NOTHING) for market in markets]


def width(repeat: int, days: int, process: str) -> int:
    """Number of assets of a market; thirty over 8,000 days takes minutes, so one process stands for all there."""
    assets = ASSETS[repeat % len(ASSETS)]
    return assets if days < max(LENGTHS) or process == "garch" else min(assets, 10)


def powers(repeats: range, severities: tuple[float, ...] | None = None, large: bool = False) -> list[Job]:
    """Every fault in every market held out, at its documented severity or at those given."""
    jobs = []
    for repeat, process in product(repeats, HELD_OUT):
        plain = (
            SimulatedMarket(process, days=LONG, assets=10, draws=2000, repeat=repeat)
            if large
            else SimulatedMarket(process, repeat=repeat)
        )
        after = replace(plain, days=LONG if large else 4000, start="unusual")
        crossed = replace(plain, cross=True)
        for market in (plain, after, crossed):
            names = [name for name in FAULTS if market == _where(name, plain, after, crossed)]
            plants = [(name, s) for name in names for s in severities or (FAULTS[name].severity,)]
            jobs.append(Job(market, (*NOTHING, *plants)))
    return jobs


def _where(name: str, plain: SimulatedMarket, after: SimulatedMarket, crossed: SimulatedMarket) -> SimulatedMarket:
    """The kind of market in which a fault is a fault."""
    return after if FAULTS[name].conditional else crossed if FAULTS[name].needs == "identities" else plain


def plan(parts: list[str]) -> list[Job]:
    """Rounds of the parts wanted, so that a campaign stopped early has measured a little of everything."""
    known, apart = list(PROCESSES), list(HELD_OUT)
    rounds = [
        ("size", sizes(range(0, 3), "unconditional", known + apart)), ("power", powers(range(0, 4))),
        ("size", sizes(range(3, 10), "unconditional", known + apart)), ("power", powers(range(4, 7))),
        ("size", sizes(range(0, 3), "today", known + apart)), ("large", powers(range(0, 7), large=True)),
        ("sweep", powers(range(0, 1), SEVERITIES)), ("power", powers(range(7, 10))),
        ("size", sizes(range(10, 14), "unconditional", known + apart)), ("sweep", powers(range(1, 4), SEVERITIES)),
    ]  # fmt: skip
    return [job for part, jobs in rounds if part in parts for job in jobs]


def pack() -> None:
    """Store what was measured, and say with which code; sweeps over other severities that were measured with earlier
    code stay until they are measured again."""
    rows = lines(KEPT)
    trials = frame(rows)
    before = load() if TRIALS.exists() else trials.iloc[:0]
    swept = before[(before["fault"] != NULL) & ~np.isclose(before["severity"], before["fault"].map(documented()))]
    again = set(zip(trials["process"], trials["fault"], trials["severity"]))
    stays = swept[[row not in again for row in zip(swept["process"], swept["fault"], swept["severity"])]]
    found = pd.concat([trials, stays], ignore_index=True)
    notes = {
        "code now": fingerprint(), "trials by code": dict(Counter(found["code"])), "trials": len(found),
        "sweeps by earlier code": len(stays), "python": platform.python_version(),
    }  # fmt: skip
    store(found, notes)


def report() -> None:
    """Tables on the screen."""
    trials = frame(lines(KEPT))
    print(tables.false_alarms(trials, ["start"]).round(3).to_string())
    print(tables.sizes(trials).round(3).to_string())
    apart = trials[trials["process"].isin(list(HELD_OUT))]
    lengths = tables.by_length(apart, documented())
    print(lengths.pivot(index="fault", columns="market", values=["hits", "n"]).to_string())
    apart = tables.short(apart)
    least = tables.least_severity(apart, documented())
    print(least.round(3).to_string())
    print("blind spots:", tables.blind_spots(least))
    print(tables.alone(apart).round(3).to_string())


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--minutes", type=float, default=60.0, help="stop after so long; a later run goes on")
    asked.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    asked.add_argument("--store", action="store_true", help="only pack what was measured into the package")
    asked.add_argument("--report", action="store_true", help="only print tables of what was measured")
    options = asked.parse_args(arguments or [])
    if not (options.store or options.report):
        print(run(plan(options.parts), KEPT, options.workers, options.minutes), "trials added", flush=True)
    if options.store:
        pack()
    report()
