r"""How wide is each check's null? Known processes against themselves, and the factors that follow.

Only the processes known to the developers of the checks are used, never those held out. Of each trial the factor that
would have put a check's p-value at exactly 5 %, r = departure / (its 5 % point), is known; quantile regression of log r
on the length of the history and on its memory (:mod:`workbench.validation.engine._null_width`) gives the factor that one
correct set in twenty passes. The constant is the largest of three: of all processes at 5 %, of all processes at 1 %, and of the
worst process at 10 %, so that no process is left to pay for the others; and a twentieth more, for processes nobody thought of.

Trials wait in ``cache/``; a run that is stopped goes on. ``--store`` writes the factors.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import product
from pathlib import Path
from time import monotonic

import numpy as np
import pandas as pd
from scipy import optimize, stats

from benchmarks.harness import CHECKS, append, folder, lines, parser
from workbench.power import SimulatedMarket, build
from workbench.power.processes import PROCESSES
from workbench.validation import trial
from workbench.validation.engine import _null_width as calibration
from workbench.validation.trial import prepare

KEPT = folder("calibration", CHECKS) / "trials.jsonl"
SHAPES = ((5, 500, 20), (2, 1000, 20), (10, 500, 20), (6, 1000, 20), (3, 1000, 10))
LENGTHS = {"unconditional": (500, 2000, 8000), "today": (1000, 4000), "unusual": (2000, 4000), "turned": (4000,)}
FIRST = 2000
MARGIN = 1.05
OWN = (
    "classifier",
)  # with a factor it rejected 9 % of correct sets in the campaign: half a history has too few blocks
RIDGE = np.array([0.0, 0.002, 0.01])


def markets(repeats: int) -> list[SimulatedMarket]:
    """Rounds over all processes, lengths and starts; the shapes of the sets change from round to round."""
    found = []
    for repeat, (start, lengths) in product(range(FIRST, FIRST + repeats), LENGTHS.items()):
        assets, draws, horizon = SHAPES[repeat % len(SHAPES)]
        found += [
            SimulatedMarket(name, n, assets, draws, horizon, start, repeat) for n in lengths for name in PROCESSES
        ]
    return found


def measure(market: SimulatedMarket) -> dict:
    """Of each check: its p-value, and the distribution it was read in."""
    truth = build(market)
    start = "unconditional" if market.start == "unconditional" else "last"
    found = trial(truth.null, truth.history, start=start, holdout=truth.holdout, seed=market.seed % 2**31)
    memory = prepare(truth.null[:50], truth.history, start=start).memory
    read = {
        finding.check: [
            finding.p_value,
            *(finding.evidence.get(name) for name in ("distribution", "blocks", "comparisons")),
        ]
        for finding in found
        if finding.answered
    }
    return asdict(market) | {"memory": memory, "read": read}


def needed(p: np.ndarray, distribution: str, freedom: np.ndarray, count: np.ndarray, level: float) -> np.ndarray:
    """Factor on the standard errors at which each p-value would have been ``level``."""
    if distribution == "F":
        return np.sqrt(stats.f.isf(p, count, freedom) / stats.f.isf(level, count, freedom))
    there, wanted = (stats.t.isf(-np.expm1(np.log1p(-share) / count) / 2, freedom) for share in (p, level))
    return there / wanted


def fit(rows: pd.DataFrame) -> list[float]:
    """a, b, c of one check from trials: p, distribution, blocks, comparisons, days, memory, truth."""
    x = calibration.regressors(rows["days"].to_numpy(float), rows["memory"].to_numpy())
    wide = {
        level: np.log(np.maximum(needed(rows["p"].clip(1e-12, 1 - 1e-9).to_numpy(), rows["distribution"].iloc[0],
                                        rows["blocks"].to_numpy(), rows["comparisons"].to_numpy(), level), 1e-3))
        for level in (0.05, 0.01)
    }  # fmt: skip

    def loss(a: np.ndarray) -> float:
        left = wide[0.05] - x @ a
        return float(np.where(left > 0, 0.95 * left, -0.05 * left).mean() + RIDGE @ a**2)

    first = optimize.minimize(loss, np.zeros(3), method="Nelder-Mead", options={"maxiter": 2000, "fatol": 1e-8}).x
    slope = x[:, 1:] @ first[1:]
    worst = max(np.quantile((wide[0.05] - slope)[rows["truth"] == process], 0.90) for process in rows["truth"].unique())
    level = max(np.quantile(wide[0.05] - slope, 0.95), np.quantile(wide[0.01] - slope, 0.99), worst)
    return [round(float(value), 4) for value in (level + np.log(MARGIN), *first[1:])]


def table(rows: list[dict]) -> pd.DataFrame:
    """One row a trial and check."""
    flat = [
        {"check": check, "p": p, "distribution": distribution, "blocks": blocks, "comparisons": count, "days": row["days"],
         "memory": row["memory"], "truth": row["process"], "start": row["start"],
         "kind": "unconditional" if row["start"] == "unconditional" else "conditional"}
        for row in rows for check, (p, distribution, blocks, count) in row["read"].items()
    ]  # fmt: skip
    return pd.DataFrame(flat)


def factors(trials: pd.DataFrame) -> dict[str, dict[str, list[float]]]:
    """a, b, c of every check whose null is a covariance, by kind of set."""
    found: dict[str, dict[str, list[float]]] = {}
    known = trials[~trials["check"].isin(OWN)].dropna(subset="distribution")
    for (kind, check), rows in known.groupby(["kind", "check"], sort=False):
        found.setdefault(kind, {})[check] = fit(rows)
    return found


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--repeats", type=int, default=30, help="rounds over all processes, lengths and starts")
    asked.add_argument("--starts", nargs="+", default=list(LENGTHS), choices=list(LENGTHS))
    asked.add_argument("--minutes", type=float, default=30.0, help="stop after so long; a later run goes on")
    asked.add_argument("--store", action="store_true", help="fit what was measured and write the factors")
    options = asked.parse_args(arguments or [])
    calibration.table.cache_clear()
    calibration.TABLE, stored = Path("nothing"), calibration.TABLE
    done = {tuple(row[name] for name in SimulatedMarket.__dataclass_fields__) for row in lines(KEPT)}
    end = monotonic() + 60 * options.minutes
    for market in markets(options.repeats):
        if market.start not in options.starts or tuple(asdict(market).values()) in done or monotonic() > end:
            continue
        append(KEPT, measure(market))
    if options.store:
        stored.write_text(json.dumps(factors(table(lines(KEPT))), indent=0) + "\n", encoding="utf-8")
