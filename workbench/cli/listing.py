"""What is there: the entries of every registry and the studies, as rows of plain text.

A room is imported only when it is asked for, because some of them load torch.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable

from workbench.errors import ParameterError

Row = dict[str, object]


def rooms() -> tuple[str, ...]:
    """Names of what can be listed."""
    return tuple(_ROOMS)


def listing(room: str) -> list[Row]:
    """Rows of one room, each with ``name`` and ``summary``; raises ParameterError for an unknown room."""
    if room not in _ROOMS:
        near = difflib.get_close_matches(room, _ROOMS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ParameterError(f"nothing to list under {room!r}; {hint}known: {', '.join(_ROOMS)}")
    return _ROOMS[room]()


def _datasets() -> list[Row]:
    from workbench import data

    return [_dataset(data.describe(name)) for name in data.DATASETS]


def _dataset(entry) -> Row:
    return {
        "name": entry.name, "summary": entry.title, "span": f"{entry.span[0]} to {entry.span[1]}",
        "shape": list(entry.shape), "frequency": entry.frequency, "licence": entry.licence,
    }  # fmt: skip


def _entries(module: str, registry: str) -> list[Row]:
    known = getattr(importlib.import_module(module), registry)
    return [{"name": name, "summary": known.summary(name)} for name in known]


def _samplers() -> list[Row]:
    return _entries("workbench.samplers", "SAMPLERS")


def _checks() -> list[Row]:
    rows = _entries("workbench.validation", "CHECKS")
    known = importlib.import_module("workbench.validation").CHECKS
    measured = importlib.import_module("workbench.power").reliability()
    return [
        row | {"question": getattr(known[row["name"]], "question", "")} | _measured(measured.get(row["name"]))
        for row in rows
    ]


def _measured(told: dict[str, float] | None) -> Row:
    """Size and power of a check as words and as numbers; a check that was never measured says so."""
    if told is None:
        return {"measured": "size and power not measured", "reliability": {}}
    size = f"size {told['size']:.1%} ({told['size_low']:.1%} to {told['size_high']:.1%}, n = {told['trials']})"
    return {"measured": f"{size}, refutes {told['faults_found']} of {told['faults']} faults", "reliability": told}


def _faults() -> list[Row]:
    rows = _entries("workbench.power.faults", "FAULTS")
    known = importlib.import_module("workbench.power.faults").FAULTS
    return [
        row | {"question": known[row["name"]].group, "documented": f"severity {known[row['name']].severity:g}"}
        for row in rows
    ]


def _studies() -> list[Row]:
    from workbench.studies.runner import notebooks

    return [_study(notebooks.outline(name)) for name in notebooks.names()]


def _study(study) -> Row:
    from workbench.studies.runner.notebooks import plain

    parameters = [
        {
            "name": known.name,
            "type": known.type_name,
            "default": plain(known.default),
            "meaning": known.comment,
        }
        for known in study.parameters.values()
    ]
    return {"name": study.name, "summary": study.title, "parameters": parameters}


_ROOMS: dict[str, Callable[[], list[Row]]] = {
    "datasets": _datasets, "samplers": _samplers, "checks": _checks, "faults": _faults, "studies": _studies,
}  # fmt: skip


_APART = ("name", "summary", "parameters", "reliability")


def text(row: Row, width: int) -> str:
    """One row for a person: name, summary, what else is known, and a study's parameters below it."""
    extra = [_said(value) for key, value in row.items() if key not in _APART and value]
    lines = [f"  {row['name']:<{width}}  {'; '.join([str(row['summary']), *extra])}"]
    for known in row.get("parameters", ()):
        meaning = f"  {known['meaning']}" if known["meaning"] else ""
        lines.append(f"  {'':<{width}}    {known['name']}: {known['type']} = {known['default']}{meaning}")
    return "\n".join(lines)


def _said(value: object) -> str:
    return " x ".join(map(str, value)) if isinstance(value, list) else str(value)
