"""The campaign: thousands of trials on simulated markets, in several processes, every result kept as soon as it is there.

A trial is one market with one fault at one severity (or none), judged by all checks. Results are lines of JSON appended
to a file; what the file holds is not done again, so a campaign can be stopped at any time and goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import pandas as pd

from workbench._cache import Cache, append, lines
from workbench.power.faults import plant
from workbench.power.simulated_market import SimulatedMarket, build
from workbench.validation import trial
from workbench.validation.engine import _null_width

NULL = "none"
AT_ONCE = 8
JUDGES = ("validation.engine", "validation.checks", "validation.trial", "validation._prepare", "power.faults")
Row = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One market and the faults to plant in it, one after the other: pairs of name and severity."""

    market: SimulatedMarket
    plants: tuple[tuple[str, float], ...]


def attempt(market: SimulatedMarket, fault: str, severity: float) -> Row:
    """Plant one fault in one market and try the set: verdict, failed checks and p-values as plain values."""
    truth = build(market)
    seed = market.seed % 2**31
    draws = truth.null if fault == NULL else plant(fault, truth.null, severity, seed, truth.context)
    start = "unconditional" if market.start == "unconditional" else "last"
    tried = trial(
        draws, truth.history, start=start, holdout=truth.holdout, identities=truth.context.identities, seed=seed
    )
    p = {finding.check: round(finding.p_value, 6) for finding in tried if finding.answered}
    failed = [finding.check for finding in tried if finding.verdict == "fail"]
    result = {"fault": fault, "severity": severity, "verdict": tried.verdict, "failed": failed, "p": p}
    return asdict(market) | result


def _work(job: Job) -> list[Row]:
    """All trials of a job."""
    return [attempt(job.market, fault, severity) for fault, severity in job.plants]


def _remaining(jobs: Iterable[Job], done: set[tuple]) -> Iterator[Job]:
    """Jobs less what is done, cut into pieces of at most eight plants."""
    for job in jobs:
        plants = [plant for plant in job.plants if (*asdict(job.market).values(), *plant) not in done]
        for at in range(0, len(plants), AT_ONCE):
            yield Job(job.market, tuple(plants[at : at + AT_ONCE]))


def run(jobs: Sequence[Job], path: Path, workers: int = 2, minutes: float = 60.0) -> int:
    """Do what is not yet done, for so many minutes, and append it to ``path``; returns how many trials were added."""
    names = (*SimulatedMarket.__dataclass_fields__, "fault", "severity")
    done = {tuple(row[name] for name in names) for row in lines(path)}
    code, added, end = fingerprint(), 0, monotonic() + 60.0 * minutes
    with ProcessPoolExecutor(workers) as pool:
        for finished in as_completed([pool.submit(_work, job) for job in _remaining(jobs, done)]):
            rows = finished.result()
            append(path, *(row | {"code": code} for row in rows))
            added += len(rows)
            if monotonic() > end:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return added


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Trials as a table: one row a trial, failures as text separated by '|', one column ``p: <check>`` a check."""
    plain = pd.DataFrame([{name: value for name, value in row.items() if name not in ("p", "failed")} for row in rows])
    plain["failed"] = ["|".join(row["failed"]) for row in rows]
    p = pd.DataFrame([row["p"] for row in rows], dtype="float32").add_prefix("p: ")
    return pd.concat([plain, p], axis=1)


def fingerprint() -> str:
    """Hash of the code that judges (engine, checks, trial, faults), of its libraries, and of the factors on the nulls."""
    return Cache(None, *(f"workbench.{part}" for part in JUDGES)).key(factors=_null_width.table())
