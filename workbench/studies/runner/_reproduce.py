"""Run a finished study anew and compare its scenarios bit for bit."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.errors import ParameterError, WorkbenchError
from workbench.governance import manifest
from workbench.studies.runner import notebooks
from workbench.studies.runner._inputs import gather
from workbench.studies.runner._parameters import resolve
from workbench.studies.runner._progress import Progress
from workbench.studies.runner._runs import execute_study


def verify(
    run_dir: str | os.PathLike,
    rerun: bool = False,
    timeout: float | None = None,
    progress: bool | None = None,
) -> manifest.Report:
    """Check a run against its manifest; with ``rerun`` also run its stored notebook with its stored parameters anew.

    timeout : seconds for the second run.

    Raises ParameterError when the folder is not that of a finished run, or a rerun is asked of one without scenarios.
    """
    report = manifest.verify(run_dir)
    if rerun:
        _repeat(Path(run_dir), report, timeout, Progress(progress))
    return report


def _repeat(folder: Path, report: manifest.Report, timeout: float | None, say: Progress) -> None:
    recorded = manifest.read(folder)
    if not recorded.get("scenarios"):
        raise ParameterError(f"{str(folder)!r} wrote no scenarios, so there is nothing to reproduce bit for bit")
    study = replace(notebooks.opened(folder / "notebook.ipynb"), name=recorded["study"])
    _compare_inputs(study, recorded, report)
    output = tempfile.mkdtemp(prefix="rerun-")
    try:
        again = execute_study(study, recorded["parameters"], output, timeout, say)
    except WorkbenchError as broke:  # the message says where the partial notebook is, so it stays there
        report.reproduced = False
        report.found("notebook.ipynb", f"the second run did not finish: {broke}")
        return
    _compare(recorded["scenarios"], manifest.read(again.path)["scenarios"], report)
    shutil.rmtree(output)


def _compare_inputs(study: notebooks.Study, recorded: dict[str, Any], report: manifest.Report) -> None:
    """Report where the inputs of the second run, which is of the stored notebook, are not the recorded ones."""
    now = gather(study, resolve(study.parameters, recorded["parameters"], study.name))
    if now.notebook != recorded["notebook"]["sha256"]:
        report.found("notebook.ipynb", "its cells are not those that the manifest was written for")
    if now.data != recorded["data"]:
        report.notes.append("the data here are not those of the run")


def _compare(then: dict[str, str], now: dict[str, str], report: manifest.Report) -> None:
    report.reproduced = then == now
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            how = "gave other scenarios" if name in now else "did not write it"
            report.found(name, f"the second run {how}")
