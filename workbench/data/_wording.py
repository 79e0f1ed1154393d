"""Words for messages, and names that can stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from workbench.errors import DataError, WorkbenchError

LONGEST = 255
"""Characters of the name of a column."""


def counted(number: int, noun: str) -> str:
    """``1 cell``, ``3 cells``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def check_names(names: Iterable[object], where: str = "", error: type[WorkbenchError] = DataError) -> None:
    """Refuse names of columns that are repeated, too long, or hold control characters (a terminal would obey them)."""
    seen: set[object] = set()
    before = f"{where}: " if where else ""
    for name in names:
        text = str(name)
        if len(text) > LONGEST:
            raise error(f"{before}the name {text[:40]!r}... has {len(text)} characters, at most {LONGEST} are read")
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
            raise error(f"{before}the name {text!r} holds a control character; rename the column")
        if name in seen:
            raise error(f"{before}the column {name!r} is there more than once; rename or remove one")
        seen.add(name)
