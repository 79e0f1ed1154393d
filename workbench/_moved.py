"""Modules under their names of version 0.1: each can still be imported, with a DeprecationWarning that names its place.

A module of an old name is a view: its attributes are read from the module that took its place. Saved samplers name
classes by module, so :func:`current` also serves :mod:`workbench.samplers._storage`. ``_moved.txt`` lists the modules
(old, new), ``_renamed.txt`` the names (old module, old name, new place).
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

TABLE = Path(__file__).with_suffix(".txt")
MOVED = {f"workbench.{old}": f"workbench.{new}" for old, new in map(str.split, TABLE.read_text().splitlines())}
SPLIT = {
    "workbench.samplers.filters": "workbench.samplers.filters._classical",
    "workbench.samplers.shocks": "workbench.samplers.shocks._classical",
    "workbench.samplers.training": "workbench.samplers.training._loop",
    "workbench.scenarios": "workbench.scenarios._container",
}

RENAMED: dict[str, dict[str, str]] = {}
"""Module (by its old name) -> name in version 0.1 -> today's name, with its module."""
for _module, _old, _new in map(str.split, TABLE.with_name("_renamed.txt").read_text().splitlines()):
    RENAMED.setdefault(f"workbench.{_module}", {})[_old] = f"workbench.{_new}"


def current(module: str) -> str:
    """Today's name of a module of the package.

    >>> current("workbench.samplers.grid")
    'workbench.samplers._composed'
    """
    return MOVED.get(module) or SPLIT.get(module, module)


def renamed(module: str, name: str) -> Any:
    """What ``module`` (old name) called ``name`` in version 0.1.

    >>> renamed("workbench.stress.design", "descend").__name__
    'form'
    """
    place, _, today = RENAMED[module][name].rpartition(".")
    return getattr(importlib.import_module(place), today)


def attributes(package: str) -> Callable[[str], Any]:
    """``__getattr__`` of a package that kept its name: names of version 0.1 work, with a DeprecationWarning."""

    def lookup(name: str) -> Any:
        if name not in RENAMED.get(package, {}):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        warnings.warn(f"{package}.{name} is now {RENAMED[package][name]}", DeprecationWarning, stacklevel=2)
        return renamed(package, name)

    return lookup


class _View(ModuleType):
    """An old module: reads through to the module that took its place."""

    def __getattr__(self, name: str):
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        place = importlib.import_module(current(self.__name__))
        if name in RENAMED.get(self.__name__, {}):
            return renamed(self.__name__, name)
        if hasattr(place, name):
            return getattr(place, name)
        if f"{self.__name__}.{name}" in MOVED:
            return importlib.import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} (now {place.__name__!r}) has no attribute {name!r}")

    def __call__(self, *args, **options):
        """``stress.given(...)`` goes on working after ``import workbench.stress.given``, which binds the module."""
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **options)


class _Finder(MetaPathFinder, Loader):
    """Finds modules by their old names; asked only after every real module."""

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        warnings.warn(f"{spec.name} is now {MOVED[spec.name]}", DeprecationWarning, stacklevel=2)
        return _View(spec.name, f"Moved to {MOVED[spec.name]}.")

    def exec_module(self, module: ModuleType) -> None:
        importlib.import_module(MOVED[module.__name__])


def install() -> None:
    """Make the old names importable; once is enough."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
