"""Everything a run rests on, and the id that stands for it: the same inputs are the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.governance import fingerprints
from workbench.studies.runner._cells import plain
from workbench.studies.runner.notebooks import Study

if TYPE_CHECKING:
    import pandas as pd

_DATA = ("dataset", "history", "datasets")


@dataclass(frozen=True)
class Inputs:
    """Hashes of a study's inputs.

    data : parameter name -> ``{"name": ..., "sha256": ...}``, the content of a named set or of a file.
    code : see :func:`workbench.governance.fingerprints.code`.
    """

    notebook: str
    parameters: dict[str, Any]
    data: dict[str, dict[str, str]]
    code: dict[str, Any]
    constraints: str | None

    @property
    def run_id(self) -> str:
        """16 hexadecimal digits of SHA-256 over notebook, parameters, data, code and lock."""
        return fingerprints.of_json(self._parts())[:16]

    def _parts(self) -> dict[str, object]:
        data = {name: entry["sha256"] for name, entry in self.data.items()}
        return {
            "notebook": self.notebook, "parameters": self.parameters, "data": data, "code": self.code["sha256"],
            "constraints": self.constraints,
        }  # fmt: skip

    def changed(self, later: Inputs) -> list[str]:
        """Names of the inputs that are not what they were."""
        return [name for name, value in self._parts().items() if later._parts()[name] != value]


def gather(study: Study, parameters: Mapping[str, object]) -> Inputs:
    """Hash what the study would read: its notebook, its data, the package and the lock.

    Raises WorkbenchError when ``dataset``, ``datasets`` or ``history`` names neither a data set nor a file of usable data.
    """
    return Inputs(
        fingerprints.of_notebook(study.notebook.cells), plain(parameters), data_of(parameters), fingerprints.code(),
        fingerprints.constraints(),
    )  # fmt: skip


def require_usable(parameters: Mapping[str, Any]) -> None:
    """Read the file that ``dataset``, ``datasets`` or ``history`` names as the study will, before a kernel starts.

    Raises WorkbenchError, with the remedy, for a file that is not there, cannot be read or fails the validation.
    """
    from workbench import data

    for source in (item for name in _DATA for item in items(parameters.get(name))):
        named = str(source) in data.DATASETS
        if isinstance(source, str | Path) and str(source) and (parameters.get("columns") or not named):
            _load(source, parameters)


def returns_of(source: str | Path, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """Log returns (day, asset) of a data set or a file, read as ``columns``, ``returns`` and ``allow`` say."""
    from workbench import data

    return data.returns(_load(source, parameters))


def _load(source: str | Path, parameters: Mapping[str, Any]) -> pd.DataFrame:
    from workbench import data

    kind = "return" if parameters.get("returns") is True and str(source) not in data.DATASETS else None
    accepted = [rule for rule in parameters.get("allow") or () if rule in data.RULES]
    return data.load(source, kind, columns=parameters.get("columns") or None, accept=accepted)


def items(value: Any) -> Sequence[Any]:
    """The items of a list, or the one value that is none."""
    return value if isinstance(value, list | tuple) else [value]


def data_of(parameters: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Content hashes of the named data set and of every parameter, or item of one, that is the path of a file."""
    found = {}
    for name, value in parameters.items():
        several = {f"{name}[{i}]": item for i, item in enumerate(value)} if isinstance(value, list | tuple) else {}
        for label, item in (several or {name: value}).items():
            if isinstance(item, str | Path) and str(item) and (digest := _digest(name, item)):
                found[label] = {"name": str(item), "sha256": digest}
    return found


def _digest(name: str, value: str | Path) -> str | None:
    from workbench import data

    path = Path(value)
    if name in _DATA and str(value) in data.DATASETS:
        return data.load(str(value)).attrs["sha256"]
    if path.is_file() or (path.is_dir() and (path.suffix == ".zarr" or name == "scenarios")):
        beside = data.options_beside(path)
        found = fingerprints.of_path(path)
        return fingerprints.of_json([found, fingerprints.of_file(beside)]) if beside else found
    return None
