"""A run on disk: what it holds, what is left of broken ones, and whether the same inputs were run before."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import xarray as xr

from workbench import scenarios
from workbench.errors import CellFailed
from workbench.governance import manifest
from workbench.studies.report import html as report
from workbench.studies.runner import status
from workbench.studies.runner.progress import Progress


@dataclass(frozen=True)
class Run:
    """One run on disk.

    state : ``completed``, ``failed``, ``killed`` or ``timed out``.
    reused : True when the same inputs had been run before.
    warnings : what the reader of the report should know, such as figures without words.
    """

    study: str
    run_id: str
    path: Path
    state: str
    reused: bool = False
    verdict: report.Verdict | None = None
    warnings: tuple[str, ...] = field(default=())

    @property
    def report(self) -> Path:
        """The exported HTML."""
        return self.path / "report.html"

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.path / "notebook.ipynb"

    @property
    def status(self) -> dict:
        """What ``status.json`` says."""
        return status.read(self.path) or {}

    def scenarios(self) -> xr.DataTree:
        """The scenario set that the study wrote; raises ScenarioError when it wrote none."""
        stored = next((path for path in scenario_files_of(self.path)), self.path / "scenarios.nc")
        return scenarios.load(stored)


class StudyBroke(CellFailed):
    """A study started and did not finish; ``run`` says where its partial notebook is."""

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run


def move(folder: Path, wished: Path) -> Path:
    """Rename a folder to the name wished for, numbered where that is taken."""
    place, number = wished, 1
    while place.exists():
        number += 1
        place = wished.with_name(f"{wished.name}-{number}")
    os.rename(folder, place)
    return place


def settle(home: Path, run_id: str, say: Progress) -> None:
    """Recognise runs of the same inputs whose process died, and mark them; one that is alive is told."""
    for folder in sorted(home.glob(f"{run_id}.running-*")):
        left = status.read(folder)
        if status.alive(left):
            say.note(
                f"process {left['process']['pid']} is running the same inputs in {folder}; the first to finish counts"
            )
            continue
        told = {**(left or {"run_id": run_id}), "state": "killed", "finished": status.now()}
        told["error"] = {"name": "Process", "message": "the process that ran the study died without a word"}
        status.write(folder, told)
        place = move(folder, home / f"{run_id}.killed")
        say.note(f"an earlier run of the same inputs was killed; what it left is in {place}")


def finished(home: Path, study: str, run_id: str, say: Progress) -> Run | None:
    """The finished run of these inputs, if it is there and every file of it is what its manifest says."""
    place = home / run_id
    if not place.exists():
        return None
    left = status.read(place) or {}
    sound = left.get("state") == "completed" and (place / manifest.NAME).is_file() and manifest.verify(place).sound
    if not sound:
        moved = move(place, home / f"{run_id}.unsound")
        say.note(f"an earlier run of the same inputs is not as its manifest says; moved to {moved}")
        return None
    verdict = report.verdict_of(nbformat.read(place / "notebook.ipynb", as_version=4))
    return Run(study, run_id, place, "completed", True, verdict, tuple(left.get("warnings", ())))


def scenario_files_of(folder: Path) -> list[Path]:
    """Scenario sets that a study wrote into its folder."""
    return sorted(path for path in folder.glob("*") if path.suffix in (".nc", ".zarr"))
