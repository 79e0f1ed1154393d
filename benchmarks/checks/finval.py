r"""The battery beside ``finval`` 0.6.1 (MIT) on the same clean and faulty sets: who finds what, at which rate of false alarms.

Markets of the two processes held out, 2,000 days, 6 assets, paths of 20 days; finval is given the history as separate
windows of 20 days. Its rules: *gates*, one of its seven hard gates is poor; *any poor*, one of its metrics is poor.
finval is no dependency: it is installed into a virtual environment of its own under ``cache/``, where rows
wait too; a run that is stopped goes on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness import CACHE, CHECKS, RESULTS, append, folder, lines, parser, write
from workbench.power import HELD_OUT, SimulatedMarket, attempt, build, tables
from workbench.power.campaign import NULL
from workbench.power.faults import FAULTS, plant
from workbench.validation.engine import _null_width

VERSION, PATHS = "0.6.1", (100, 400, 2000)
KEPT = folder("finval", CHECKS, factors=_null_width.table(), finval=VERSION) / "rows.jsonl"
RULES = ("workbench", "gates", "any poor")
CHOSEN = (
    "clipped tails", "thin tails", "wrong skew sign", "volatility too small", "drift", "independent days",
    "reversed time", "reversed leverage", "return autocorrelation", "broken joint crashes",
    "tail independence with right correlation", "swapped columns", "memorised windows", "partial copying", "few modes",
    "repeated draws", "antithetic twins", "calm paths only", "one asset copies another", "horizon variance not growing",
    "percent for fraction", "discretised prices", "survivorship", "one asset lagged by a day",
    "volatility drifts over the horizon", "crisis paths dropped",
)  # fmt: skip
JUDGE = """
import json, sys, warnings
import finval, numpy
warnings.simplefilter("ignore")
sets = numpy.load(sys.argv[1])
report = finval.validate_full(sets["fake"], sets["real"])
poor = [name for name, metric in report.metrics.items() if metric.applicable and metric.quality == "poor"]
print(json.dumps({"gates": list(report.failing_gates), "poor": poor, "score": report.overall_score}))
"""


def interpreter() -> Path:
    """Python of an environment that holds finval, made when there is none."""
    place = CACHE / "finval-venv"
    if not (place / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([place / "bin" / "pip", "install", "--quiet", f"finval=={VERSION}"], check=True)
    return place / "bin" / "python"


def judge(python: Path, fake: np.ndarray, real: np.ndarray) -> dict:
    """finval's opinion of one set."""
    sets = CACHE / "finval-sets.npz"
    np.savez(sets, fake=fake.astype(float), real=real)
    done = subprocess.run([python, "-c", JUDGE, sets], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def row(python: Path, market: SimulatedMarket, fault: str) -> dict:
    """Both opinions of one set."""
    truth, severity = build(market), 0.0 if fault == NULL else FAULTS[fault].severity
    seed = market.seed % 2**31
    fake = truth.null if fault == NULL else plant(fault, truth.null, severity, seed, truth.context)
    days = truth.history.to_numpy()
    real = days[: len(days) // market.horizon * market.horizon].reshape(-1, market.horizon, market.assets)
    ours, theirs = attempt(market, fault, severity), judge(python, fake, real)
    refuted = dict(zip(RULES, (ours["verdict"] == "rejected", bool(theirs["gates"]), bool(theirs["poor"]))))
    found = {"fault": fault, "severity": severity, "score": theirs["score"], "why": theirs["gates"]}
    return asdict(market) | found | refuted


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """By number of paths: false alarms on the truth and detections of faults, with Wilson's intervals."""
    kinds = np.where(rows["fault"] == NULL, "false alarms", "faults found")
    parts = [tables.shares(rows.assign(kind=kinds), rows[rule], ["kind", "draws"]).assign(rule=rule) for rule in RULES]
    return pd.concat(parts).set_index(["kind", "draws", "rule"]).sort_index()


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--paths", type=int, nargs="+", default=PATHS)
    asked.add_argument("--processes", nargs="+", default=list(HELD_OUT))
    asked.add_argument("--null", type=int, default=10, help="correct sets of each number of paths, processes in turn")
    options = asked.parse_args(arguments or [])
    python = interpreter()
    done = {(kept["process"], kept["draws"], kept["repeat"], kept["fault"]) for kept in lines(KEPT)}
    asked = [(NULL, 500 + k) for k in range(options.null)] + [(fault, 500) for fault in CHOSEN]
    turns = [
        (options.processes[k % len(options.processes)], *asked[k])
        for k in np.random.default_rng(1).permutation(len(asked))
    ]
    todo = [(process, paths, repeat, fault) for process, fault, repeat in turns for paths in options.paths]
    for name, paths, repeat, fault in sorted(set(todo) - done, key=todo.index):
        append(KEPT, row(python, SimulatedMarket(name, draws=paths, repeat=repeat), fault))
    found = pd.DataFrame(lines(KEPT))
    write(table(found).round(4), RESULTS / "finval.csv", index=True)
    print(table(found).round(3).to_string())
