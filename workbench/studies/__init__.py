"""Studies: run a notebook with checked parameters in a fresh kernel, keep the paper trail, export a report.

For scripts: ``run``, ``verify``, ``export``. For notebooks: ``show`` a figure with words, declare a ``verdict``.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.studies.figures import show, verdict
    from workbench.studies.report.html import export
    from workbench.studies.runner.record import Run, StudyBroke
    from workbench.studies.runner.reproduce import verify
    from workbench.studies.runner.runs import run

_PLACES = {
    "show": "figures", "verdict": "figures", "export": "report.html", "verify": "runner.reproduce",
    "Run": "runner.record", "StudyBroke": "runner.record", "run": "runner.runs",
}  # fmt: skip

__all__ = ["Run", "StudyBroke", "export", "run", "show", "verdict", "verify"]


def __getattr__(name: str):
    """A notebook that shows a figure need not import papermill."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
