"""Registries of data sets, samplers, checks, faults: a name, a factory, and the first line of its docstring.

A new entry is one function and one decorator line; the command line, the notebooks and the tests find it by name.
"""

from __future__ import annotations

import difflib
import html
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any

from workbench._text import html_rows
from workbench.errors import ParameterError


def unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """The message for a name that is not known, with the nearest one that is."""
    known = list(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown {kind} {name!r}; {hint}known: {', '.join(known) or 'none'}"


class Registry(dict[str, Callable[..., Any]]):
    """Named factories of one kind, in order of registration.

    >>> shapes = Registry("shape")
    >>> @shapes.register("square")
    ... def square(side: float = 1.0): return side * side
    >>> shapes.make("square", side=3.0)
    9.0
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def register(self, name: str) -> Callable[[Callable], Callable]:
        """Decorator: register a factory under ``name``; a second one under the same name is refused."""

        def enter(factory: Callable) -> Callable:
            if name in self:
                raise ParameterError(f"the {self.kind} {name!r} is registered twice")
            self[name] = factory
            return factory

        return enter

    def make(self, name: str, **options: Any) -> Any:
        """Call the factory ``name`` with ``options``.

        Raises ParameterError for an unknown name, with the nearest known one, and for an unknown option.
        """
        factory = self[name]
        try:
            inspect.signature(factory).bind(**options)
        except TypeError as wrong:
            known = ", ".join(inspect.signature(factory).parameters) or "none"
            raise ParameterError(f"{self.kind} {name!r}: {wrong}; its options are: {known}") from None
        return factory(**options)

    def summary(self, name: str) -> str:
        """First line of the factory's docstring."""
        return (inspect.getdoc(self[name]) or "").partition("\n")[0]

    def __missing__(self, name: str) -> Callable[..., Any]:
        raise ParameterError(unknown(self.kind, name, self))

    def _ipython_key_completions_(self) -> list[str]:
        """Names that a notebook offers after ``registry["``."""
        return list(self)

    def _repr_html_(self) -> str:
        rows = html_rows({name: self.summary(name) for name in self})
        return f"<table><caption>{html.escape(self.kind)} ({len(self)})</caption><tbody>{rows}</tbody></table>"


def discover(package: str) -> None:
    """Import every module of ``package``, so that its entries are registered."""
    folder = importlib.import_module(package)
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{package}.{module.name}")
