"""Studies on disk: where their notebooks stand, what they declare, and the notebook that is sent to the kernel.

``nbformat`` is imported where it is needed: it takes a second or more, and a list of studies does without.
"""

from __future__ import annotations

import datetime
import difflib
import json
import math
import os
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ParameterError
from workbench.governance.fingerprints import PACKAGE
from workbench.studies.runner.parameters import RESERVED, Parameter, declared, takes_run_dir

if TYPE_CHECKING:
    from nbformat import NotebookNode

INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Study:
    """A notebook and what it declares. ``title`` is its first heading, ``parameters`` are in the order of the cell."""

    name: str
    path: Path
    notebook: NotebookNode
    title: str
    parameters: dict[str, Parameter]


@dataclass(frozen=True)
class Outline:
    """What a list of studies says of one."""

    name: str
    title: str
    parameters: dict[str, Parameter]


def root() -> Path:
    """The folder that holds ``notebooks``: the one above the package, else the current one."""
    return PACKAGE.parent if (PACKAGE.parent / "notebooks").is_dir() else Path.cwd()


def names() -> list[str]:
    """Names of the studies in the folder of notebooks."""
    return sorted(path.stem for path in (root() / "notebooks").glob("*.ipynb"))


def find(study: str | os.PathLike) -> Study:
    """Open a study by its name or by the path of its notebook.

    Raises ParameterError for an unknown name (told with the nearest) and a file that is no notebook.
    """
    path = Path(study)
    if path.suffix != ".ipynb":
        path = root() / "notebooks" / f"{study}.ipynb"
    if not path.is_file():
        raise ParameterError(_unknown(str(study)))
    return opened(path)


def outline(name: str) -> Outline:
    """Title and parameters of a study in the folder of notebooks, read as plain JSON."""
    path = root() / "notebooks" / f"{name}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cells = [{**cell, "source": "".join(cell["source"])} for cell in cells]
        return Outline(name, title({"cells": cells}) or name, declared(cells, name))
    except (ValueError, KeyError, TypeError, OSError) as wrong:
        raise ParameterError(f"{path.name} is not a notebook that can be read: {wrong}") from None


def opened(path: Path) -> Study:
    """Read one notebook, without its outputs."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as wrong:  # nbformat raises nearly every kind for what is no notebook
        first = str(wrong).strip().partition("\n")[0]
        raise ParameterError(f"{path.name} is not a notebook that can be read: {first}") from None
    bare = cleared(notebook)
    return Study(path.stem, path.resolve(), bare, title(bare) or path.stem, declared(bare.cells, path.stem))


def _unknown(study: str) -> str:
    known = names()
    near = difflib.get_close_matches(Path(study).stem, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    place = "no notebook at that path" if study.endswith(".ipynb") else f"known: {', '.join(known) or 'none'}"
    return f"unknown study {study!r}; {hint}{place}"


def cleared(notebook: NotebookNode) -> NotebookNode:
    """A copy as its author wrote it: without outputs, counts, marks of earlier runs and injected parameters."""
    import nbformat

    bare = nbformat.from_dict(notebook)
    kept = [
        cell for cell in bare.cells if not {INJECTED, "papermill-error-cell-tag"} & set(cell.metadata.get("tags", []))
    ]
    bare.cells = [_cleared(cell) for cell in kept]
    bare.metadata.pop("papermill", None)
    return bare


def _cleared(cell: NotebookNode) -> NotebookNode:
    cell.metadata.pop("papermill", None)
    cell.metadata.pop("execution", None)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def title(notebook: Mapping) -> str:
    """The first heading of the first level, else of any level, else nothing."""
    prose = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    headings = [line for source in prose for line in heading_lines(source)]
    first = next((line for line in headings if line.startswith("# ")), headings[0] if headings else "")
    return first.lstrip("#").strip()


def heading_lines(source: str) -> list[str]:
    """Markdown headings of one cell."""
    return [line for line in source.splitlines() if line.startswith("#") and line.lstrip("#").startswith(" ")]


def labels(notebook: NotebookNode) -> list[str]:
    """A label a cell for progress and status: the heading above it, else the first line of its code."""
    said, heading = [], ""
    for cell in notebook.cells:
        found = heading_lines(cell.source) if cell.cell_type == "markdown" else []
        heading = found[-1].lstrip("#").strip() if found else heading
        said.append(heading or cell.source.strip().partition("\n")[0][:60])
    return said


def injected(study: Study, parameters: Mapping[str, object], run_dir: str) -> NotebookNode:
    """The notebook to run: a cell with all parameters after the one that declares them, or first of all.

    ``run_dir`` is set where the notebook declares it.
    """
    import nbformat

    notebook = cleared(study.notebook)
    values = dict(parameters)
    if takes_run_dir(notebook.cells, study.name):
        values[RESERVED] = run_dir
    if values:
        cell = nbformat.v4.new_code_cell(_assignments(values), id="parameters-of-the-run")
        cell.metadata.tags = [INJECTED]
        notebook.cells.insert(_after_parameters(notebook), cell)
    return notebook


def _after_parameters(notebook: NotebookNode) -> int:
    places = [i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    return places[0] + 1 if places else 0


def _assignments(values: Mapping[str, object]) -> str:
    lines = [f"{name} = {literal(value)}" for name, value in values.items()]
    text = "\n".join(lines)
    needed = [module for module in ("datetime", "pathlib") if f"_{module}." in text]
    return "\n".join([*(f"import {module} as _{module}" for module in needed), *lines])


def literal(value: object) -> str:
    """Python source that gives the value again, dates and paths too."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return f"_{value!r}"
    if isinstance(value, pathlib.PurePath):
        return f"_pathlib.Path({str(value)!r})"
    if isinstance(value, float) and math.isinf(value):
        return f'float("{value}")'
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    return repr(value)


def plain(value: object) -> object:
    """The value as JSON can hold it: dates in ISO form, paths as text, tuples as lists."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    return value
