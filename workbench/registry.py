"""One kind of registry for data sets, samplers, checks, faults: a name, a factory, and what its docstring says.

A new entry is one function and one decorator line; the command line, the notebooks and the tests find it by name.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping

from workbench.errors import ParameterError


class Registry(Mapping[str, Callable]):
    """Named factories of one kind, in order of registration.

    >>> shapes = Registry("shape")
    >>> @shapes.register("square")
    ... def square(side: float = 1.0): return side * side
    >>> shapes.make("square", side=3.0)
    9.0
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._factories: dict[str, Callable] = {}

    def register(self, name: str) -> Callable[[Callable], Callable]:
        """Decorator: put a factory under ``name``; a name can be taken once."""

        def enter(factory: Callable) -> Callable:
            if name in self._factories:
                raise ParameterError(f"the {self.kind} {name!r} is registered twice")
            self._factories[name] = factory
            return factory

        return enter

    def make(self, name: str, **options):
        """Call the factory ``name`` with ``options``; an unknown name or option is told with the nearest known one."""
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

    def __getitem__(self, name: str) -> Callable:
        if name not in self._factories:
            near = difflib.get_close_matches(str(name), self._factories, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ParameterError(f"unknown {self.kind} {name!r}; {hint}known: {', '.join(self._factories)}")
        return self._factories[name]

    def __contains__(self, name: object) -> bool:
        return name in self._factories

    def __iter__(self) -> Iterator[str]:
        return iter(self._factories)

    def __len__(self) -> int:
        return len(self._factories)


def discover(package: str) -> None:
    """Import every module of ``package``, so that what stands in it is registered."""
    folder = importlib.import_module(package)
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{package}.{module.name}")
