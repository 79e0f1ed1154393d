"""What is written about a run: the head of its report and the inputs in its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.governance import fingerprints
from workbench.studies.runner import _status as status
from workbench.studies.runner._inputs import Inputs
from workbench.studies.runner.notebooks import Study

_NAMED = ("numpy", "pandas", "scipy", "torch", "arch", "arviz")


def head(study: Study, values: Mapping[str, Any], inputs: Inputs, changed: list[str]) -> dict[str, Any]:
    """``rows`` and ``parameters`` of the head of a report."""
    clean = {True: "clean", False: "with uncommitted changes", None: "no git"}[inputs.code["git_clean"]]
    machine = fingerprints.machine()
    data = [f"{entry['name']} ({entry['sha256'][:12]})" for entry in inputs.data.values()]
    rows = {
        "Study": study.name, "Run": inputs.run_id, "Data": ", ".join(data) or "none named",
        "Code": f"{(inputs.code['git_commit'] or inputs.code['sha256'])[:12]}, {clean}",
        "Notebook": inputs.notebook[:12], "Finished": status.now()[:16].replace("T", " ") + " UTC",
        "Versions": ", ".join(f"{name} {version}" for name, version in machine["libraries"].items() if name in _NAMED),
        "Machine": f"Python {machine['python']}, {machine['system']}",
    }  # fmt: skip
    if changed:
        rows["Caution"] = f"{' and '.join(changed)} changed while it ran"
    table = [(name, _worded(value), study.parameters[name].comment) for name, value in values.items()]
    return {"rows": rows, "parameters": table}


def _worded(value: object) -> str:
    """A parameter as a reader would write it, without Python's brackets and quotes."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_worded(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_worded, value)) or "none"
    if value is None or value == "":
        return "not given"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def manifest_entries(
    study: Study, inputs: Inputs, state: Mapping[str, Any], digests: dict[str, str], changed: list[str]
) -> dict[str, Any]:
    """The manifest without its outputs."""
    return {
        "schema": 1, "study": study.name, "run_id": inputs.run_id,
        "started": state["started"], "finished": state["finished"],
        "notebook": {"sha256": inputs.notebook},
        "parameters": inputs.parameters, "parameters_sha256": fingerprints.of_json(inputs.parameters),
        "seeds": {name: value for name, value in inputs.parameters.items() if "seed" in name},
        "data": inputs.data, "code": inputs.code, "constraints": inputs.constraints, "platform": fingerprints.machine(),
        "changed_during_run": changed, "scenarios": digests,
    }  # fmt: skip
