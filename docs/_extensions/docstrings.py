"""Docstrings as they are written here, made into reStructuredText.

Arguments stand as lines ``name : what it is``; they become lists. A bar is a size and no substitution, a trailing
underscore a fitted attribute and no reference.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sized

from sphinx.application import Sphinx

NAME = r"\**[A-Za-z_]\w*"
ENTRY = re.compile(rf"^({NAME}(?:, {NAME})*) : (.*)$")
AGAIN = re.compile(rf"(?<=[.;)]) (?={NAME}(?:, {NAME})* : )")  # a second argument on the same line
LITERAL = re.compile(r"(``.*?``|:\w+:`[^`]*`|`[^`]*`_{0,2})")


def plain(line: str) -> str:
    """Bars and trailing underscores escaped, outside of literals and roles."""
    parts = LITERAL.split(line)
    for place in range(0, len(parts), 2):
        text = parts[place].replace("|", r"\|")
        text = re.sub(r"(?<=[A-Za-z0-9])_(?=\W|$)", r"\\_", text)
        parts[place] = re.sub(r"(?<![\w*\\])\*(?=[A-Za-z_])(?![^*]*\*)", r"\\*", text)
    return "".join(parts)


def listed(line: str) -> list[str]:
    """The arguments that one line describes, as items of a list."""
    found = [ENTRY.match(part) for part in AGAIN.split(line)]
    names = [", ".join(f"**{name}**" for name in part[1].replace("*", "").split(", ")) for part in found if part]
    return [f"* {name}: {plain(part[2])}" for name, part in zip(names, filter(None, found))]


def readable(lines: list[str]) -> list[str]:
    """Lines of a docstring as reStructuredText: arguments as lists, formulas in plain text set apart."""
    made: list[str] = []
    state = ""  # what the line before belongs to: "entry", "item", "formula"
    for line, raw in zip(lines, verbatim(lines)):
        deep = line.startswith("  ") and not raw
        if raw or not line.strip():
            state = state if not line.strip() and state == "formula" else ""
            made.append(line)
        elif ENTRY.match(line):
            made += ([] if state == "entry" else [""]) + listed(line)
            state = "entry"
        elif state == "entry":
            again = ENTRY.match(line.strip())
            made += listed(line.strip()) if again else [f"  {plain(line.strip())}"]
        elif line.lstrip().startswith(("* ", "- ", "1. ")) or (state == "item" and deep):
            made.append(plain(line))
            state = "item"
        elif deep:
            made += ([] if state == "formula" else ["", ".. code-block:: text", ""]) + [f"  {line}"]
            state = "formula"
        else:
            made += ([""] if state == "formula" else []) + [plain(line)]
            state = ""
    return made


def verbatim(lines: list[str]) -> list[bool]:
    """Which lines stand in a directive, a formula, a literal block or an example."""
    marks, depth = [], -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth >= 0 and line.strip() and indent <= depth:
            depth = -1
        marks.append(depth >= 0 or line.lstrip().startswith(">>>") or line.lstrip().startswith(".. "))
        if line.lstrip().startswith(".. ") or line.rstrip().endswith("::"):
            depth = indent
    return marks


def process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    own = "\n".join(lines).strip()
    if what == "data" and own in ((inspect.getdoc(type(obj)) or "").strip(), (inspect.getdoc(dict) or "").strip()):
        size = f" of {len(obj)}." if isinstance(obj, Sized) else "."
        alias = hasattr(obj, "__origin__")  # Sphinx says itself of what
        lines[:] = [] if alias else [f"``{type(obj).__name__}``{size}"]
        return
    lines[:] = readable(lines)


def setup(app: Sphinx) -> dict:
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
