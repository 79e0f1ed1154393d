"""Studies: run a notebook with checked parameters in a fresh kernel, document every input, export a report.

For scripts: ``run``, ``verify``, ``export``. For notebooks: ``show`` a figure with words, declare a ``verdict``.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.studies.figures import show, verdict
    from workbench.studies.report._html import export
    from workbench.studies.runner._record import Run
    from workbench.studies.runner._reproduce import verify
    from workbench.studies.runner._runs import run

_PLACES = {
    "show": "figures", "verdict": "figures", "export": "report._html", "verify": "runner._reproduce",
    "Run": "runner._record", "run": "runner._runs",
}  # fmt: skip

__all__ = ["run", "Run", "verify", "export", "show", "verdict"]


def __getattr__(name: str) -> Any:
    """A notebook that shows a figure need not import papermill."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
