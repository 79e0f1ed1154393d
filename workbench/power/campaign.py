"""The campaign: thousands of trials on simulated markets, in several processes, every result kept as soon as it is there.

A trial is one market with one fault at one severity (or none), judged by all checks. Results are lines of JSON appended
to a file; what the file holds is not done again, so a campaign can be stopped at any time and goes on.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import pandas as pd

from workbench import validation
from workbench.power.faults import plant
from workbench.power.simulated_market import SimulatedMarket, build
from workbench.validation import trial
from workbench.validation.engine import _null_width

NULL = "none"
AT_ONCE = 8
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
    code, added = fingerprint(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    _end_last_line(path)
    end = monotonic() + 60.0 * minutes
    with ProcessPoolExecutor(workers) as pool, path.open("a", encoding="utf-8") as out:
        for finished in as_completed([pool.submit(_work, job) for job in _remaining(jobs, done)]):
            rows = finished.result()
            out.writelines(json.dumps(row | {"code": code}) + "\n" for row in rows)
            out.flush()
            added += len(rows)
            if monotonic() > end:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return added


def _end_last_line(path: Path) -> None:
    """End a last line that was cut short, so that the next one begins anew."""
    if path.exists() and path.read_bytes()[-1:] not in (b"", b"\n"):
        with path.open("a", encoding="utf-8") as out:
            out.write("\n")


def lines(path: Path) -> list[Row]:
    """Trials kept so far; a line cut short by a kill is left out."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Trials as a table: one row a trial, failures as text separated by '|', one column ``p: <check>`` a check."""
    plain = pd.DataFrame([{name: value for name, value in row.items() if name not in ("p", "failed")} for row in rows])
    plain["failed"] = ["|".join(row["failed"]) for row in rows]
    p = pd.DataFrame([row["p"] for row in rows], dtype="float32").add_prefix("p: ")
    return pd.concat([plain, p], axis=1)


def fingerprint() -> str:
    """Hash of the code that judges: engine, checks, trial and faults, words aside, and the factors on the nulls."""
    judges = Path(validation.__file__).parent
    parts = [judges / "engine", judges / "checks", Path(__file__).parent / "faults"]
    alone = [judges / "trial.py", judges / "_prepare.py"]
    files = sorted([*alone, *(path for part in parts for path in part.glob("*.py"))])
    factors = json.dumps(_null_width.table(), sort_keys=True)
    return sha256("\n".join([*map(_without_words, files), factors]).encode()).hexdigest()[:12]


def _without_words(path: Path) -> str:
    """A module's code without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
