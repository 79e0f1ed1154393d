"""Studies on disk: where their notebooks stand and what they declare."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ParameterError
from workbench.governance.fingerprints import PACKAGE
from workbench.registry import unknown
from workbench.studies.runner._cells import cleared, title
from workbench.studies.runner._parameters import Parameter, declared


@dataclass(frozen=True)
class Study:
    """A notebook and what it declares.

    title : its first heading.
    parameters : name -> what the parameters cell says of it, in the order of the cell.
    notebook : its cells without outputs.
    """

    name: str
    path: Path
    title: str
    parameters: dict[str, Parameter]
    notebook: Any


def root() -> Path:
    """The folder of studies: ``notebooks`` beside the package (a checkout), else the package's own copy (a wheel)."""
    beside = PACKAGE.parent / "notebooks"
    return beside if beside.is_dir() else PACKAGE / "_notebooks"


def reports() -> Path:
    """Where runs go by default: ``reports`` beside the checkout's notebooks, else in the current folder."""
    return root().parent / "reports" if root().parent != PACKAGE else Path("reports")


def names() -> list[str]:
    """Names of the studies in the folder of notebooks."""
    return sorted(path.stem for path in root().glob("*.ipynb"))


def find(study: str | os.PathLike) -> Study:
    """Open a study by its name or by the path of its notebook, and check that it is a notebook.

    Raises ParameterError for an unknown name, with the nearest known one, and for a file that is no notebook.
    """
    path = Path(study)
    if path.suffix != ".ipynb":
        path = root() / f"{study}.ipynb"
    if not path.is_file():
        raise ParameterError(f"{unknown('study', str(study), names())}; or give the path of a notebook")
    return opened(path)


def outline(name: str) -> Study:
    """Title and parameters of a study in the folder of notebooks, read as plain JSON, which takes no time."""
    path = root() / f"{name}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        content = {"cells": [{**cell, "source": "".join(cell["source"])} for cell in cells]}
        return _study(name, path, content, content["cells"])
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
    return _study(path.stem, path.resolve(), bare, bare.cells)


def _study(name: str, path: Path, notebook: Mapping, cells: list) -> Study:
    return Study(name, path, title(notebook) or name, declared(cells, name), notebook)
