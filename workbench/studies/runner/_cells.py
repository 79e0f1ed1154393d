"""The cells of a notebook: headings, labels, a copy without outputs, and the cell of parameters that a run adds.

``nbformat`` is imported where it is needed: it takes a second, and a list of studies does without.
"""

from __future__ import annotations

import datetime
import math
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

INJECTED = "injected-parameters"
ERROR_MARK = "papermill-error-cell-tag"


def tags(cell: Mapping) -> list[str]:
    """Tags of a cell."""
    return cell["metadata"].get("tags", [])


def heading_lines(source: str) -> list[str]:
    """Markdown headings of one cell."""
    return [line for line in source.splitlines() if line.startswith("#") and line.lstrip("#").startswith(" ")]


def title(notebook: Mapping) -> str:
    """The first heading of the first level, else of any level, else nothing."""
    prose = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    headings = [line for source in prose for line in heading_lines(source)]
    first = next((line for line in headings if line.startswith("# ")), headings[0] if headings else "")
    return first.lstrip("#").strip()


def labels(notebook: NotebookNode) -> list[str]:
    """A label a cell for progress and status: the heading above it, else the first line of its code."""
    found, heading = [], ""
    for cell in notebook.cells:
        headings = heading_lines(cell.source) if cell.cell_type == "markdown" else []
        heading = headings[-1].lstrip("#").strip() if headings else heading
        found.append(heading or cell.source.strip().partition("\n")[0][:60])
    return found


def cleared(notebook: NotebookNode) -> NotebookNode:
    """A copy as its author wrote it: without outputs, counts, marks of earlier runs and injected parameters."""
    import nbformat

    bare = nbformat.from_dict(notebook)
    bare.cells = [cell for cell in bare.cells if not {INJECTED, ERROR_MARK} & set(tags(cell))]
    bare.metadata.pop("papermill", None)
    for cell in bare.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return bare


def injected(notebook: NotebookNode, values: Mapping[str, object]) -> NotebookNode:
    """A copy with a cell that assigns ``values`` after the cell that declares them, or first of all."""
    import nbformat

    notebook = cleared(notebook)
    if values:
        cell = nbformat.v4.new_code_cell(_assignments(values), id="parameters-of-the-run")
        cell.metadata.tags = [INJECTED]
        places = [i for i, known in enumerate(notebook.cells) if "parameters" in tags(known)]
        notebook.cells.insert(places[0] + 1 if places else 0, cell)
    return notebook


def _assignments(values: Mapping[str, object]) -> str:
    lines = [f"{name} = {literal(value)}" for name, value in values.items()]
    needed = [module for module in ("datetime", "pathlib") if any(f"_{module}." in line for line in lines)]
    return "\n".join([*(f"import {module} as _{module}" for module in needed), *lines])


def literal(value: Any) -> str:
    """Python source that gives the value again, dates and paths too."""
    if isinstance(value, datetime.date | datetime.datetime):
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


def plain(value: Any) -> Any:
    """The value as JSON can hold it: dates in ISO form, paths as text, tuples as lists."""
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, pathlib.PurePath) or (isinstance(value, float) and math.isinf(value)):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    return value
