"""A study becomes a run: ``reports/<study>/<run id>/`` with notebook, report, scenarios, status and manifest.

The run id is a hash of the inputs (:mod:`workbench.studies.runner.inputs`), so the same inputs are the same run and a finished
one is used again. A run grows in ``<run id>.running-<token>`` and takes its place by one rename when it is complete; a
broken one moves to ``<run id>.failed``, ``.killed`` or ``.timed-out`` with its partial notebook and a truthful status.

The notebook writes ``scenarios.nc`` (or ``.zarr``) and ``findings.parquet`` into the folder that its parameter
``run_dir: str = "."`` names; declared so, it runs in JupyterLab as well.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

import nbformat

from workbench import scenarios
from workbench.errors import ParameterError
from workbench.governance import manifest
from workbench.studies.report import front_matter as papers
from workbench.studies.report import html as report
from workbench.studies.runner import notebooks, status
from workbench.studies.runner.execution import Outcome, execute
from workbench.studies.runner.inputs import Inputs, gather
from workbench.studies.runner.parameters import resolve
from workbench.studies.runner.progress import Progress
from workbench.studies.runner.record import Run, StudyBroke, finished, move, scenario_files_of, settle


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

    Raises ParameterError before anything runs, for an unknown study, an unknown or ill-typed parameter or an unknown
    data set, and :class:`StudyBroke` when a cell raised, the kernel died or time ran out.
    """
    if timeout is not None and not timeout > 0:
        raise ParameterError(f"the time limit is {timeout} seconds; expected more than 0")
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
    inputs = gather(study, values)
    home = (Path(output) if output is not None else notebooks.root() / "reports") / study.name
    settle(home, inputs.run_id, say)
    known = finished(home, study.name, inputs.run_id, say)
    if known is not None:
        say.note(f"{study.name}: the same inputs were run before; using {known.path}")
        return known
    return _fresh(study, values, inputs, home, timeout, say)


def _fresh(
    study: notebooks.Study, values: Mapping, inputs: Inputs, home: Path, timeout: float | None, say: Progress
) -> Run:
    folder = home / f"{inputs.run_id}.running-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    state = status.Status(folder, study=study.name, run_id=inputs.run_id)
    try:
        notebook = notebooks.injected(study, values, str(folder.resolve()))
        outcome = execute(notebook, folder / "notebook.ipynb", timeout, say.watch(study.name, notebook, state))
        say.close()
        if outcome.state == "completed":
            return _complete(study, values, inputs, folder, home / inputs.run_id, state, say)
    except KeyboardInterrupt:
        _aside(folder, state, Outcome("killed", None, "Stopped", "ended by an interrupt"), home, inputs.run_id)
        raise
    except Exception as wrong:
        outcome = Outcome("failed", None, type(wrong).__name__, f"after its cells: {wrong}")
        raise _broken(study, inputs, folder, home, state, outcome) from wrong
    raise _broken(study, inputs, folder, home, state, outcome)


def _complete(study, values, inputs: Inputs, folder: Path, place: Path, state: status.Status, say: Progress) -> Run:
    """Report, status, manifest, and the rename that makes the run a finished one."""
    _forget_folder(folder, study, values)
    changed = inputs.changed(gather(study, values))
    digests = {path.name: scenarios.digest(scenarios.load(path)) for path in scenario_files_of(folder)}
    head = papers.head(study, values, inputs, changed)
    written = report.export(folder / "notebook.ipynb", folder / "report.html", head)
    warnings = _warnings(written, changed)
    state.update(warnings=warnings)
    state.end("completed")
    manifest.write(folder, papers.inputs_of(study, inputs, state, digests, changed))
    for warning in warnings:
        say.note(f"{study.name}: {warning}")
    return _placed(folder, place, say) or Run(
        study.name, inputs.run_id, place, "completed", False, written.verdict, tuple(warnings)
    )


def _placed(folder: Path, place: Path, say: Progress) -> Run | None:
    """Move a finished run to its place; if another process was first and its run is sound, that one counts."""
    known = finished(place.parent, place.parent.name, place.name, say)
    if known is None:
        os.rename(folder, place)
    else:
        shutil.rmtree(folder)
    return known


def _warnings(written: report.Export, changed: list[str]) -> list[str]:
    said = []
    if written.undescribed:
        said.append(f"{written.undescribed} figure(s) have no description; show them with workbench.studies.show")
    if changed:
        said.append(f"{' and '.join(changed)} changed while it ran; run it again, this one will not be used again")
    return said


def _forget_folder(folder: Path, study: notebooks.Study, values: Mapping) -> None:
    """The stored notebook says ``run_dir = "."``: the folder it grew in is gone, and it stands in the run's own."""
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    for cell in notebook.cells:
        if notebooks.INJECTED in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(repr(str(folder.resolve())), repr("."))
    nbformat.write(notebook, folder / "notebook.ipynb")


def _broken(
    study: notebooks.Study, inputs: Inputs, folder: Path, home: Path, state: status.Status, outcome: Outcome
) -> StudyBroke:
    """Move a broken run aside and say what happened, where, and where to look."""
    place = _aside(folder, state, outcome, home, inputs.run_id)
    at = f"in cell {state['cell']} of {state['cells']} ({state['label']})" if state["cell"] else "before its first cell"
    said = f"study {study.name!r} {outcome.state} {at}: {outcome.name}: {outcome.message}; what it left is in {place}"
    return StudyBroke(said, Run(study.name, inputs.run_id, place, outcome.state))


def _aside(folder: Path, state: status.Status, outcome: Outcome, home: Path, run_id: str) -> Path:
    """Write the truth into the folder of a broken run and move it to a name that says so."""
    state.end(outcome.state, {"name": outcome.name, "message": outcome.message})
    return move(folder, home / f"{run_id}.{outcome.state.replace(' ', '-')}")
