"""A run on disk: what it holds, what is left of broken ones, and whether the same inputs were run before."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import xarray as xr

from workbench import scenarios
from workbench._text import html_rows
from workbench.governance import manifest
from workbench.studies.report._html import Verdict, verdict_of
from workbench.studies.report._pdf import print_pdf
from workbench.studies.runner import _status as status
from workbench.studies.runner._progress import Progress


@dataclass(frozen=True)
class Run:
    """One run on disk.

    state : ``completed``, ``failed``, ``killed`` or ``timed out``.
    reused : True when the same inputs had been run before.
    warnings : what the reader of the report should know, such as figures without a description.
    """

    study: str
    run_id: str
    path: Path
    state: str
    reused: bool = False
    verdict: Verdict | None = None
    warnings: tuple[str, ...] = ()

    @property
    def report(self) -> Path:
        """The exported HTML."""
        return self.path / "report.html"

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.path / "notebook.ipynb"

    @property
    def status(self) -> dict[str, Any]:
        """The content of ``status.json``."""
        return status.read(self.path)

    def print_pdf(self) -> Path:
        """Print the report to ``<run id>.pdf`` beside the run's folder, which stays as its manifest says."""
        return print_pdf(self.report, self.path.with_name(f"{self.run_id}.pdf"))

    def _repr_html_(self) -> str:
        """What was run, how it ended, and links to what it left."""
        how = self.state + (f", reused ({self.status.get('finished', '')[:16]} UTC)" if self.reused else "")
        verdict = f"{self.verdict.outcome}: {self.verdict.plain}" if self.verdict else ""
        files = [self.report, self.notebook] if self.state == "completed" else [self.notebook]
        links = ", ".join(f'<a href="{html.escape(path.resolve().as_uri())}">{path.name}</a>' for path in files)
        rows = {"study": self.study, "run": self.run_id, "state": how, "verdict": verdict}
        rows |= {"warnings": "; ".join(self.warnings)}
        shown = html_rows({name: text for name, text in rows.items() if text})
        return f"<table><tbody>{shown}<tr><th>files</th><td>{links}</td></tr></tbody></table>"

    def scenarios(self) -> xr.DataTree:
        """The scenario set that the study wrote; raises ScenarioError when it wrote none."""
        return scenarios.load(next(iter(stored_sets(self.path)), self.path / "scenarios.nc"))


def move(folder: Path, wished: Path) -> Path:
    """Rename a folder to the name wished for, numbered where that is taken."""
    place, number = wished, 1
    while place.exists():
        number += 1
        place = wished.with_name(f"{wished.name}-{number}")
    os.rename(folder, place)
    return place


def settle(home: Path, run_id: str, say: Progress) -> None:
    """Mark runs of the same inputs whose process died as killed; one whose process is alive is reported and kept."""
    for folder in sorted(home.glob(f"{run_id}.running-*")):
        left = status.read(folder)
        if status.alive(left):
            number = left["process"]["pid"]
            say.note(f"process {number} is running the same inputs in {folder}; the first to finish counts")
            continue
        error = {"name": "Process", "message": "the process that ran the study died unexpectedly"}
        status.write(folder, {"run_id": run_id} | left | {"state": "killed", "finished": status.now(), "error": error})
        place = move(folder, home / f"{run_id}.killed")
        say.note(f"an earlier run of the same inputs was killed; what it left is in {place}")


def finished(home: Path, study: str, run_id: str, say: Progress) -> Run | None:
    """The finished run of these inputs, if it is there and every file of it is what its manifest says."""
    place = home / run_id
    if not place.exists():
        return None
    left = status.read(place)
    if left.get("state") != "completed" or not (place / manifest.NAME).is_file() or not manifest.verify(place).sound:
        moved = move(place, home / f"{run_id}.unsound")
        say.note(f"an earlier run of the same inputs does not match its manifest; moved to {moved}")
        return None
    verdict = verdict_of(nbformat.read(place / "notebook.ipynb", as_version=4))
    return Run(study, run_id, place, "completed", True, verdict, tuple(left.get("warnings", ())))


def stored_sets(folder: Path) -> list[Path]:
    """Scenario sets that a study wrote into its folder."""
    return sorted(path for path in folder.glob("*") if path.suffix in (".nc", ".zarr"))
