"""The parameters of a study: read from its notebook, checked and converted before anything runs.

The cell tagged ``parameters`` declares one parameter a line, annotated and commented::

    horizon: int = 20  # trading days ahead
    as_of: date | None = None  # last day that may be known

Known types: int, float, str, bool, date, datetime, Path, list[...], tuple[...], dict[...], Literal[...], and any of
them ``| None``. A name without annotation has the type of its default. Text from a command line is converted.
"""

from __future__ import annotations

import ast
import datetime
import difflib
import pathlib
import typing
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.errors import ParameterError
from workbench.studies.runner.conversion import convert, describe

RESERVED = "run_dir"
NAMES = {
    "int": int, "float": float, "str": str, "bool": bool, "list": list, "tuple": tuple, "dict": dict,
    "date": datetime.date, "datetime": datetime, "Path": pathlib.Path, "pathlib": pathlib,
    "Literal": typing.Literal, "Optional": typing.Optional, "Union": typing.Union, "typing": typing,
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell. ``kind`` is the type, ``default`` its value there, ``comment`` what it means."""

    name: str
    kind: object
    default: object
    comment: str

    @property
    def type_name(self) -> str:
        """The type in words, such as ``int or None``."""
        return describe(self.kind)


def declared(cells: list, study: str) -> dict[str, Parameter]:
    """The parameters that a notebook's cells declare, in order; ``run_dir`` is left out, the run fills it.

    Raises ParameterError when there are several parameters cells, or one holds what cannot be read as declarations.
    """
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) > 1:
        raise ParameterError(f"study {study!r} has {len(tagged)} cells tagged 'parameters', expected one")
    found = _read(tagged[0]["source"], study) if tagged else {}
    return {name: parameter for name, parameter in found.items() if name != RESERVED}


def takes_run_dir(cells: list, study: str) -> bool:
    """Whether the parameters cell declares ``run_dir``, the folder the notebook writes its files to."""
    return any(
        RESERVED in _read(cell["source"], study) for cell in cells if "parameters" in cell["metadata"].get("tags", [])
    )


def resolve(known: Mapping[str, Parameter], given: Mapping[str, object], study: str) -> dict[str, object]:
    """All parameters with their values: the given ones checked and converted, the others as declared.

    Raises ParameterError for an unknown name (told with the nearest) and for a value that is not of the declared type.
    """
    for name in given:
        if name not in known:
            raise ParameterError(_unknown(name, known, study))
    return {name: _value(parameter, given, study) for name, parameter in known.items()}


def _unknown(name: str, known: Mapping[str, Parameter], study: str) -> str:
    if name == RESERVED:
        return f"parameter {name!r} of {study!r} is set by the run itself; use --output to choose the folder of reports"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"study {study!r} has no parameter {name!r}; {hint}it has: {', '.join(known) or 'none'}"


def _value(parameter: Parameter, given: Mapping[str, object], study: str) -> object:
    if parameter.name not in given:
        return parameter.default
    value = given[parameter.name]
    try:
        return convert(value, parameter.kind)
    except (ValueError, TypeError) as wrong:
        meaning = f" ({parameter.comment})" if parameter.comment else ""
        raise ParameterError(
            f"parameter {parameter.name!r} of {study!r}{meaning} expects {parameter.type_name}, "
            f"was given {value!r} ({type(value).__name__}){f': {wrong}' if str(wrong) else ''}"
        ) from None


def _read(source: str, study: str) -> dict[str, Parameter]:
    lines = source.splitlines()
    try:
        statements = ast.parse(source).body
    except SyntaxError as wrong:
        raise ParameterError(f"the parameters cell of {study!r} is not Python: {wrong}") from None
    found = {}
    for statement in statements:
        parsed = _declaration(statement)
        if parsed is not None:
            name, annotation, value = parsed
            comment = _comment(lines[statement.end_lineno - 1], statement.end_col_offset)
            found[name] = _parameter(name, annotation, value, comment, study)
    return found


def _declaration(statement: ast.stmt) -> tuple[str, ast.expr | None, ast.expr] | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
        return statement.target.id, statement.annotation, statement.value
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, None, statement.value
    return None


def _comment(line: str, column: int) -> str:
    rest = line.encode()[column:].decode().strip()
    return rest.lstrip("#").strip() if rest.startswith("#") else ""


def _parameter(name: str, annotation: ast.expr | None, value: ast.expr, comment: str, study: str) -> Parameter:
    default = _evaluate(value, name, study)
    kind = type(default) if annotation is None else _evaluate(annotation, name, study)
    try:
        return Parameter(name, kind, convert(default, kind), comment)
    except (ValueError, TypeError):
        raise ParameterError(
            f"study {study!r} declares {name!r} as {describe(kind)}, but its default is {default!r}; mend the notebook"
        ) from None


def _evaluate(node: ast.expr, name: str, study: str) -> object:
    """A literal, a date or a type; no other name is known here, so nothing of the notebook runs."""
    try:
        value = eval(compile(ast.Expression(node), "<parameters>", "eval"), {"__builtins__": {}}, dict(NAMES))
    except Exception as wrong:
        raise ParameterError(
            f"parameter {name!r} of {study!r}: cannot read {ast.unparse(node)!r} as a plain value or type ({wrong})"
        ) from None
    return value
