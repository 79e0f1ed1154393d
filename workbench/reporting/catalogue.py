"""Every sentence and caption of a report, by name: the texts stand in ``catalogue.yaml``, one section a study.

A text has fields in braces, written by the rules of :mod:`.formats`; a figure's entry has two texts, ``alt`` for
whoever cannot see it and ``caption`` for everybody.

>>> sentence("refused", what="Loss of 40 %", why="too few draws")
'Loss of 40 %: refused. too few draws'
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from workbench.errors import ParameterError
from workbench.reporting.formats import House, Prose


class Words(NamedTuple):
    """What stands beside a figure."""

    alt: str
    caption: str


def words(figure: str, /, **values: Any) -> Words:
    """Alternative text and caption of a figure, such as ``"audit/tails"``, from the values that they name.

    A text may use any of ``values``; a value that neither uses, and one that is missing, raise ParameterError.
    """
    entry = _entry(figure)
    if not isinstance(entry, dict):
        raise ParameterError(f"{figure!r} is a sentence, not the words of a figure")
    both = f"{entry['alt']}\0{entry['caption']}"
    plain, marked = (House(markdown).format(both, **values).split("\0") for markdown in (False, True))
    return Words(" ".join(plain[0].split()), Prose(" ".join(marked[1].split())))


def sentence(name: str, /, **values: Any) -> Prose:
    """A sentence of the catalogue with its values filled in, as Markdown."""
    return Prose(" ".join(House().format(_line(name), **values).split()))


def plain(name: str, /, **values: Any) -> str:
    """A sentence for a terminal or a JSON file: names stand in it as they are.

    >>> plain("refused", what="Loss of *AAA*", why="too few draws")
    'Loss of *AAA*: refused. too few draws'
    """
    return House(markdown=False).format(_line(name), **values)


def _line(name: str) -> str:
    entry = _entry(name)
    if not isinstance(entry, str):
        raise ParameterError(f"{name!r} are the words of a figure, not a sentence")
    return entry


@cache
def texts() -> dict[str, Any]:
    """All texts by name, those of a section as ``section/name``."""
    read = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {name if section == "common" else f"{section}/{name}": text
            for section, entries in read.items() for name, text in entries.items()}  # fmt: skip


def _entry(name: str) -> Any:
    if name not in texts():
        near = [known for known in texts() if known.partition("/")[0] == name.partition("/")[0]]
        raise ParameterError(f"no text {name!r} in the catalogue; of its section: {', '.join(near) or 'none'}")
    return texts()[name]
