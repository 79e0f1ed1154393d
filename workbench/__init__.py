"""Imagine market crises with generative models, then try hard to refute them.

Subpackages, in the order in which data flow, are imported when they are first used.
"""

import importlib

from workbench import _moved

__version__ = "0.2.0"

__all__ = [
    "data",
    "samplers",
    "scenarios",
    "books",
    "stress",
    "validation",
    "backtesting",
    "power",
    "plots",
    "reporting",
    "governance",
    "studies",
]

_moved.install()


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str):
    if name in __all__ or f"workbench.{name}" in _moved.MOVED:
        return importlib.import_module(f"workbench.{name}")
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")
