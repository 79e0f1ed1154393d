"""The parameters of a study: read from its notebook, checked and converted before anything runs.

The cell tagged ``parameters`` declares one parameter a line, annotated and commented::

    horizon: int = 20  # trading days ahead
    as_of: date | None = None  # last day that may be known
    level: float = 0.99  # of VaR, above 0.5 and below 1

Known types: int, float, str, bool, date, datetime, Path, list[...], tuple[...], dict[...], Literal[...], and any of
them ``| None``. A name without annotation has the type of its default. Text from a command line is converted,
and a number is held within the bounds that end its comment (:mod:`._bounds`).
"""

from __future__ import annotations

import ast
import datetime
import difflib
import pathlib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import ParameterError
from workbench.studies.runner._bounds import bounds, require_within
from workbench.studies.runner._conversion import convert, describe

RESERVED = "run_dir"
_NAMES = {
    "int": int, "float": float, "str": str, "bool": bool, "list": list, "tuple": tuple, "dict": dict,
    "date": datetime.date, "datetime": datetime, "Path": pathlib.Path, "pathlib": pathlib,
    "Literal": typing.Literal, "Optional": typing.Optional, "Union": typing.Union, "typing": typing,
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """One line of the parameters cell. ``kind`` is the type, ``default`` its value there, ``comment`` what it means."""

    name: str
    kind: Any
    default: Any
    comment: str

    @property
    def type_name(self) -> str:
        """The type in words, such as ``int or None``."""
        return describe(self.kind)

    def read(self, value: object, study: str = "") -> Any:
        """``value`` as the declared type and within the bounds of the comment; ParameterError when it is not."""
        of = f" of {study!r}{f' ({self.comment})' if self.comment else ''}" if study else ""
        named = f"parameter {self.name!r}{of}"
        try:
            found = convert(value, self.kind)
        except (ValueError, TypeError) as wrong:
            raise ParameterError(
                f"{named} expects {self.type_name}, "
                f"was given {value!r} ({type(value).__name__}){f': {wrong}' if str(wrong) else ''}"
            ) from None
        require_within(named, found, bounds(self.comment), self.default)
        return found


def declared(cells: list, study: str) -> dict[str, Parameter]:
    """The parameters that a notebook's cells declare, in order; ``run_dir`` is left out, the run fills it.

    Raises ParameterError when there are several parameters cells, or one holds what cannot be read as declarations.
    """
    return {name: known for name, known in _declared(cells, study).items() if name != RESERVED}


def takes_run_dir(cells: list, study: str) -> bool:
    """Whether the parameters cell declares ``run_dir``, the folder the notebook writes its files to."""
    return RESERVED in _declared(cells, study)


def resolve(known: Mapping[str, Parameter], given: Mapping[str, object], study: str) -> dict[str, Any]:
    """All parameters with their values: the given ones checked and converted, the others as declared.

    Raises ParameterError for an unknown name, with the nearest known one, and for a value not of the declared type.
    """
    for name in given:
        if name not in known:
            raise ParameterError(_unknown(name, known, study))
    return {
        name: parameter.read(given[name], study) if name in given else parameter.default
        for name, parameter in known.items()
    }


def _unknown(name: str, known: Mapping[str, Parameter], study: str) -> str:
    if name == RESERVED:
        return f"parameter {name!r} of {study!r} is set by the run itself; use --output to choose the folder of reports"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"study {study!r} has no parameter {name!r}; {hint}it has: {', '.join(known) or 'none'}"


def _declared(cells: list, study: str) -> dict[str, Parameter]:
    tagged = [cell["source"] for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) > 1:
        raise ParameterError(f"study {study!r} has {len(tagged)} cells tagged 'parameters', expected one")
    source = "".join(tagged)
    try:
        statements = ast.parse(source).body
    except SyntaxError as wrong:
        raise ParameterError(f"the parameters cell of {study!r} is not Python: {wrong}") from None
    found = [_parameter(statement, source.splitlines(), study) for statement in statements]
    return {parameter.name: parameter for parameter in found if parameter}


def _parameter(statement: ast.stmt, lines: list[str], study: str) -> Parameter | None:
    """The parameter that a statement declares; None for an import and the like."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return None
    target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    if not isinstance(target, ast.Name):
        return None
    default = _evaluate(statement.value, target.id, study)
    annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
    kind = _evaluate(annotation, target.id, study) if annotation else type(default)
    try:
        return Parameter(target.id, kind, convert(default, kind), _comment(statement, lines))
    except (ValueError, TypeError):
        raise ParameterError(
            f"study {study!r} declares {target.id!r} as {describe(kind)}, but its default is {default!r}; "
            "correct the notebook"
        ) from None


def _comment(statement: ast.stmt, lines: list[str]) -> str:
    """What follows the statement on its last line."""
    last = lines[(statement.end_lineno or 1) - 1].encode()
    rest = last[statement.end_col_offset or 0 :].decode().strip()
    return rest.lstrip("#").strip() if rest.startswith("#") else ""


def _evaluate(node: ast.expr, name: str, study: str) -> Any:
    """A literal, a date or a type; no other name is known here, so nothing of the notebook runs."""
    try:
        return eval(compile(ast.Expression(node), "<parameters>", "eval"), {"__builtins__": {}}, dict(_NAMES))
    except Exception as wrong:
        raise ParameterError(
            f"parameter {name!r} of {study!r}: cannot read {ast.unparse(node)!r} as a plain value or type ({wrong})"
        ) from None
