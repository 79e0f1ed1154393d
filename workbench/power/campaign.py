"""The campaign: thousands of trials on worlds of known truth, two processes, every result kept as soon as it is there.

A trial is one world with one fault at one severity (or none), judged by the whole battery. Results are lines of JSON
appended to a file; what the file holds is not done again, so a campaign can be stopped at any time and goes on.
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

import pandas as pd

from workbench import validation
from workbench.power.faults import plant
from workbench.power.simulated_market import SimulatedMarket, build
from workbench.validation import trial, verdict
from workbench.validation.engine import null_width as calibration

HONEST = "none"
AT_ONCE = 8


@dataclass(frozen=True)
class Job:
    """One world and the faults to plant in it, one after the other: pairs of name and severity."""

    world: SimulatedMarket
    plants: tuple[tuple[str, float], ...]


def attempt(world: SimulatedMarket, fault: str, severity: float) -> dict:
    """Plant one fault in one world, put it on trial, and tell p-values and failures as plain values."""
    truth = build(world)
    seed = world.seed % 2**31
    draws = truth.null if fault == HONEST else plant(fault, truth.null, severity, seed, truth.context)
    start = "unconditional" if world.start == "unconditional" else "last"
    findings = trial(
        draws, truth.history, start=start, holdout=truth.holdout, identities=truth.context.identities or (), seed=seed
    )
    answered = {finding.check: round(finding.p_value, 6) for finding in findings if finding.answered}
    failed = [finding.check for finding in findings if finding.verdict == "fail"]
    told = {"fault": fault, "severity": severity, "verdict": verdict(findings), "failed": failed, "p": answered}
    return asdict(world) | told


def work(job: Job) -> list[dict]:
    """All trials of a job."""
    return [attempt(job.world, fault, severity) for fault, severity in job.plants]


def key(row: dict) -> tuple:
    """What makes a trial the same trial."""
    return tuple(row[name] for name in (*SimulatedMarket.__dataclass_fields__, "fault", "severity"))


def remaining(jobs: Iterable[Job], done: set[tuple]) -> Iterator[Job]:
    """Jobs less what is done, cut into pieces of at most eight plants."""
    for job in jobs:
        plants = [plant for plant in job.plants if (*asdict(job.world).values(), *plant) not in done]
        for at in range(0, len(plants), AT_ONCE):
            yield Job(job.world, tuple(plants[at : at + AT_ONCE]))


def run(jobs: Sequence[Job], path: Path, workers: int = 2, minutes: float = 60.0) -> int:
    """Do what is not yet done, for so many minutes, and append it to ``path``; returns how many trials were added."""
    done = {key(row) for row in lines(path)}
    todo, code, added = list(remaining(jobs, done)), fingerprint(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    _mend(path)
    end = monotonic() + 60.0 * minutes
    with ProcessPoolExecutor(workers) as pool, path.open("a", encoding="utf-8") as out:
        for finished in as_completed([pool.submit(work, job) for job in todo]):
            rows = finished.result()
            out.writelines(json.dumps(row | {"code": code}) + "\n" for row in rows)
            out.flush()
            added += len(rows)
            if monotonic() > end:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return added


def _mend(path: Path) -> None:
    """End a last line that was cut short, so that the next one begins anew."""
    if path.exists() and path.read_bytes()[-1:] not in (b"", b"\n"):
        with path.open("a", encoding="utf-8") as out:
            out.write("\n")


def lines(path: Path) -> list[dict]:
    """Trials kept so far; a line cut short by a kill is left out."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def frame(rows: Sequence[dict]) -> pd.DataFrame:
    """Trials as a table: one row a trial, failures as text separated by '|', one column ``p: <check>`` a check."""
    plain = pd.DataFrame([{name: value for name, value in row.items() if name not in ("p", "failed")} for row in rows])
    plain["failed"] = ["|".join(row["failed"]) for row in rows]
    p = pd.DataFrame([row["p"] for row in rows], dtype="float32").add_prefix("p: ")
    return pd.concat([plain, p], axis=1)


def fingerprint() -> str:
    """Hash of the code that judges: modules of checks, trial and faults, words aside, and the factors on the nulls."""
    judges = Path(validation.__file__).parent
    parts = [judges / "engine", judges / "checks", Path(__file__).parent / "faults"]
    files = sorted([judges / "trial.py", *(path for part in parts for path in part.glob("*.py"))])
    factors = json.dumps(calibration.table(), sort_keys=True)
    return sha256("\n".join([*map(_deeds, files), factors]).encode()).hexdigest()[:12]


def _deeds(path: Path) -> str:
    """A module's code without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
