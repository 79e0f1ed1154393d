"""The entries of every registry and the studies, as rows of plain text.

A kind is imported only when it is asked for, because some of them load torch.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench._text import percent
from workbench.errors import ParameterError
from workbench.registry import unknown
from workbench.studies.runner._cells import plain

if TYPE_CHECKING:
    from workbench.power.faults import Fault

Row = dict[str, Any]
_NOTES = re.compile(r"^(Cost|Use): (.+?)(?=^\w+ ?: |^\s*$|\Z)", re.MULTILINE | re.DOTALL)


def rows(kind: str) -> list[Row]:
    """Rows of one kind, each with ``name`` and ``summary``; raises ParameterError for an unknown kind."""
    if kind not in KINDS:
        raise ParameterError(unknown("kind of entry", kind, KINDS))
    return KINDS[kind]()


def _datasets() -> list[Row]:
    from workbench import data

    return [
        {"name": entry.name, "summary": entry.title, "span": f"{entry.span[0]} to {entry.span[1]}",
         "shape": list(entry.shape), "frequency": entry.frequency, "licence": entry.licence}
        for entry in map(data.describe, data.DATASETS)
    ]  # fmt: skip


def _entries(module: str, registry: str, more: Callable[[Any], Row] = lambda factory: {}) -> list[Row]:
    known = getattr(importlib.import_module(module), registry)
    return [{"name": name, "summary": known.summary(name), **more(known[name])} for name in known]


def _sampler(factory: Callable) -> Row:
    """Options with their defaults, and the paragraphs ``Cost:`` and ``Use:`` of the docstring."""
    given = inspect.signature(factory).parameters.values()
    options = {known.name: None if known.default is known.empty else plain(known.default) for known in given}
    notes = dict(_NOTES.findall(inspect.getdoc(factory) or ""))
    cost, use = (" ".join(notes.get(label, "").split()) for label in ("Cost", "Use"))
    return {"options": options, "cost": cost, "use": use}


def _checks() -> list[Row]:
    found = _entries("workbench.validation", "CHECKS", lambda check: {"question": getattr(check, "question", "")})
    stored = importlib.import_module("workbench.power").reliability()
    return [row | _measured(stored.get(row["name"])) for row in found]


def _measured(power: dict[str, float] | None) -> Row:
    """Size and power of a check in words and numbers; a check that was never measured says so."""
    if power is None:
        return {"measured": "size and power not measured", "reliability": {}}
    size, low, high = (percent(power[name]) for name in ("size", "size_low", "size_high"))
    text = f"size {size} ({low} to {high}, n = {power['trials']})"
    return {"measured": f"{text}, finds {power['faults_found']} of {power['faults']} faults", "reliability": power}


def _fault(fault: Fault) -> Row:
    return {"question": fault.group, "documented": f"severity {fault.severity:g}"}


def _studies() -> list[Row]:
    from workbench.studies.runner import notebooks

    return [
        {"name": study.name, "summary": study.title, "parameters": [
            {"name": known.name, "type": known.type_name, "default": plain(known.default), "meaning": known.comment}
            for known in study.parameters.values()
        ]}
        for study in map(notebooks.outline, notebooks.names())
    ]  # fmt: skip


KINDS: dict[str, Callable[[], list[Row]]] = {
    "datasets": _datasets, "samplers": partial(_entries, "workbench.samplers", "SAMPLERS", _sampler),
    "checks": _checks, "faults": partial(_entries, "workbench.power.faults", "FAULTS", _fault), "studies": _studies,
}  # fmt: skip
"""Kind -> its rows."""


_APART = ("name", "summary", "parameters", "reliability")


def text(row: Row, width: int) -> str:
    """One row for a person: name, summary, what else is known, and a study's parameters below it."""
    extra = [_worded(key, value) for key, value in row.items() if key not in _APART and value]
    lines = [f"  {row['name']:<{width}}  {'; '.join([str(row['summary']).rstrip('.'), *extra])}"]
    for known in row.get("parameters", ()):
        meaning = f"  {known['meaning']}" if known["meaning"] else ""
        lines.append(f"  {'':<{width}}    {known['name']}: {known['type']} = {known['default']!r}{meaning}")
    return "\n".join(lines)


def _worded(key: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{key}: {', '.join(f'{name}={default!r}' for name, default in value.items())}"
    prefix = f"{key}: " if key in ("cost", "use") else ""
    return prefix + (" x ".join(map(str, value)) if isinstance(value, list) else str(value))
