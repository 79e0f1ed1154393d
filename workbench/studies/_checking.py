"""Parameters that papermill, nbconvert or a reader set in a notebook, read as ``workbench run`` reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.studies.runner._parameters import RESERVED, Parameter, declared


def check(scope: MutableMapping[str, Any]) -> None:
    """Read the annotated parameters in ``scope``, whoever set them: papermill passes a list as text and a date too.

    Each is converted to its declared type and held within the bounds that end its comment, as ``workbench run`` does,
    and ``run_dir`` is made. The comments come from the cell that the kernel ran (``In``). Raises ParameterError that
    names the parameter.
    """
    known = _declared_in(scope.get("In", ()))
    for name, kind in scope.get("__annotations__", {}).items():
        line = known.get(name) or Parameter(name, kind, None, comment="")
        scope[name] = replace(line, kind=kind).read(scope[name])
    Path(scope.get("run_dir", ".")).mkdir(parents=True, exist_ok=True)


def _declared_in(sources: Sequence[str]) -> Mapping[str, Parameter]:
    """Parameters as the first of these cells declares them that has a ``run_dir``; none outside a notebook."""
    cell = next((source for source in sources if re.search(rf"^{RESERVED}\s*:", source, re.MULTILINE)), "")
    return declared([{"source": cell, "metadata": {"tags": ["parameters"]}}], "this notebook")
