"""A study becomes a run: ``reports/<study>/<run id>/`` with notebook, report, scenarios, status and manifest.

The run id is a hash of the inputs (:mod:`workbench.studies.runner._inputs`), so the same inputs are the same run and a
finished one is used again. A run grows in ``<run id>.running-<token>`` and takes its place by one rename when it is
complete; a broken one moves to ``<run id>.failed``, ``.killed`` or ``.timed-out`` with its partial notebook and a true
status.

The notebook writes ``scenarios.nc`` (or ``.zarr``) and ``findings.parquet`` into the folder that its parameter
``run_dir: str = "."`` names; declared so, it runs in JupyterLab as well.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench import scenarios
from workbench.errors import CellFailed, ParameterError
from workbench.governance import manifest
from workbench.studies.report import _front_matter as front_matter
from workbench.studies.report._html import export
from workbench.studies.runner import notebooks
from workbench.studies.runner._cells import injected
from workbench.studies.runner._execution import Outcome, execute
from workbench.studies.runner._inputs import Inputs, gather, require_usable
from workbench.studies.runner._parameters import RESERVED, resolve, takes_run_dir
from workbench.studies.runner._preconditions import require_folder, require_possible
from workbench.studies.runner._progress import Progress
from workbench.studies.runner._record import Run, finished, move, settle, stored_sets
from workbench.studies.runner._status import Status


def run(
    study: str | os.PathLike,
    parameters: Mapping[str, object] | None = None,
    output: str | os.PathLike | None = None,
    timeout: float | None = None,
    progress: bool | None = None,
) -> Run:
    """Run a study, or find the finished run of the same inputs.

    study : name of a notebook in ``notebooks``, or the path of one.
    parameters : name -> value; text is converted to the type that the notebook declares.
    output : the folder of reports, ``reports`` beside ``notebooks`` by default.
    timeout : seconds for the whole study.
    progress : lines on standard error; None is only on a terminal.

    Raises ParameterError before anything runs, for an unknown study and an unknown or ill-typed parameter, DataError
    for data that cannot be used, and :class:`~workbench.errors.CellFailed` when a cell raised, the kernel died or time
    ran out.
    """
    if timeout is not None and not timeout > 0:
        raise ParameterError(f"the time limit (--timeout) is {timeout} seconds; expected more than 0")
    return execute_study(notebooks.find(study), parameters or {}, output, timeout, Progress(progress))


def execute_study(
    study: notebooks.Study,
    parameters: Mapping[str, object],
    output: str | os.PathLike | None,
    timeout: float | None,
    say: Progress,
) -> Run:
    """:func:`run` for a study that is opened already."""
    values = resolve(study.parameters, parameters, study.name)
    require_usable(values)
    if study.name in notebooks.names():
        require_possible(study, values, parameters)
    home = (Path(output) if output is not None else notebooks.reports()) / study.name
    require_folder(f"the folder of reports (--output) {str(home)!r}", home)
    inputs = gather(study, values)
    settle(home, inputs.run_id, say)
    known = finished(home, study.name, inputs.run_id, say)
    if known is not None:
        say.note(f"{study.name}: the same inputs were run before; using {known.path}")
        return known
    folder = home / f"{inputs.run_id}.running-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    return _Attempt(study, values, inputs, folder, home / inputs.run_id, say).run(timeout)


class _Attempt:
    """One execution in a folder of its own, until it takes its place among the finished runs or is moved aside."""

    def __init__(
        self, study: notebooks.Study, values: dict[str, Any], inputs: Inputs, folder: Path, place: Path, say: Progress
    ) -> None:
        self.study, self.values, self.inputs, self.say = study, values, inputs, say
        self.folder, self.place = folder, place
        self.status = Status(folder, study=study.name, run_id=inputs.run_id)

    def run(self, timeout: float | None) -> Run:
        """Execute the notebook; write report and manifest, or say truthfully how it broke."""
        cells = self.study.notebook.cells
        values = self.values | ({RESERVED: str(self.folder.resolve())} if takes_run_dir(cells, self.study.name) else {})
        notebook = injected(self.study.notebook, values)
        try:
            watch = self.say.watch(self.study.name, notebook, self.status)
            outcome = execute(notebook, self.folder / "notebook.ipynb", timeout, watch)
            self.say.close()
            if outcome.state == "completed":
                return self._complete()
        except KeyboardInterrupt:
            self._aside(Outcome("killed", None, "Stopped", "ended by an interrupt"))
            raise
        except Exception as wrong:
            raise self._broken(Outcome("failed", None, type(wrong).__name__, f"after its cells: {wrong}")) from wrong
        raise self._broken(outcome)

    def _complete(self) -> Run:
        """Report, status, manifest, and the rename that makes the run a finished one."""
        changed = self.inputs.changed(gather(self.study, self.values))
        digests = {path.name: scenarios.digest(scenarios.load(path)) for path in stored_sets(self.folder)}
        head = front_matter.head(self.study, self.values, self.inputs, changed)
        written = export(self.folder / "notebook.ipynb", self.folder / "report.html", head)
        warnings = _warnings(written.undescribed, changed)
        self.status.change(warnings=warnings)
        self.status.end("completed")
        facts = front_matter.manifest_entries(self.study, self.inputs, self.status, digests, changed)
        manifest.write(self.folder, facts)
        for warning in warnings:
            self.say.note(f"{self.study.name}: {warning}")
        known = finished(self.place.parent, self.study.name, self.place.name, self.say)
        if known is not None:  # another process was first
            shutil.rmtree(self.folder)
            return known
        os.rename(self.folder, self.place)
        return Run(self.study.name, self.place.name, self.place, "completed", False, written.verdict, tuple(warnings))

    def _broken(self, outcome: Outcome) -> CellFailed:
        """Move a broken run aside and say what happened, where, and where to look."""
        place, state = self._aside(outcome), self.status
        where = (
            f"in cell {state['cell']} of {state['cells']} ({state['label']})"
            if state["cell"]
            else "before its first cell"
        )
        return CellFailed(
            f"study {self.study.name!r} {outcome.state} {where}: {outcome.name}: {outcome.message}; "
            f"what it left is in {place}",
            Run(self.study.name, self.place.name, place, outcome.state),
        )

    def _aside(self, outcome: Outcome) -> Path:
        """Write the outcome into the folder of a broken run and move it to a name that says so."""
        self.status.end(outcome.state, {"name": outcome.name, "message": outcome.message})
        return move(self.folder, self.place.with_name(f"{self.place.name}.{outcome.state.replace(' ', '-')}"))


def _warnings(undescribed: int, changed: list[str]) -> list[str]:
    found = []
    if undescribed:
        found.append(f"{undescribed} figure(s) have no description; show them with workbench.studies.show")
    if changed:
        found.append(f"{' and '.join(changed)} changed while it ran; run it again, this run will not be used again")
    return found
