"""The catalogue of named data sets: what each is, where it comes from, what it may be used for, and its
traps.

A new data set is one function below ``workbench/data/sets`` and the decorator :func:`dataset` on it. What a
set loads is compared with the content hash written in its entry, so that an upgrade of the package it comes
from is noticed.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.registry import Registry

DATASETS = Registry("data set")
KINDS = ("price", "yield", "return", "level")
_ENTRIES: dict[str, Entry] = {}
_PARAGRAPH = re.compile(r"^(Origin|Licence|Traps):\s+(.+?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


class ContentChanged(UserWarning):
    """A named set no longer holds what the catalogue says: its package has changed."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known about one named data set.

    kind : ``price`` (positive), ``yield`` (fraction a year), ``return`` (log, fraction) or ``level``.
    span : first and last date.
    shape : rows and columns.
    frequency, fields : daily and ("close",) where the entry does not say otherwise.
    sha256 : :func:`content_hash` of what loads.
    """

    name: str
    title: str
    kind: str
    origin: str
    licence: str
    span: tuple[str, str]
    shape: tuple[int, int]
    frequency: str = "daily"
    fields: tuple[str, ...] = ("close",)
    traps: tuple[str, ...]
    sha256: str


def dataset(**facts: Any) -> Callable[[Callable[[], pd.DataFrame]], Callable[[], pd.DataFrame]]:
    """Decorator: enter a loader into the catalogue; ``facts`` are the fields of its :class:`Entry`.

    The name is the loader's where none is given; origin, licence and traps stand in its docstring as paragraphs
    ``Origin: ...``, ``Licence: ...`` and a list after ``Traps:``.
    """

    def enter(loader: Callable[[], pd.DataFrame]) -> Callable[[], pd.DataFrame]:
        entry = Entry(**{"name": loader.__name__, **_prose(loader), **facts})
        _ENTRIES[entry.name] = entry

        @functools.wraps(loader)
        def labelled() -> pd.DataFrame:
            return _label(loader(), entry)

        return DATASETS.register(entry.name)(labelled)

    return enter


def content_hash(panel: pd.DataFrame) -> str:
    """SHA-256 of a panel's content, over its dates, its columns and the bits of its values: 64 hexadecimal digits.

    Two panels share a hash when they hold the same dates (as nanoseconds), the same column labels in the same order
    and the same 64-bit floats; how they were stored, their attributes and their index names do not enter. Every NaN
    counts as one and the same.

    panel : (date, asset) or (date, (field, asset)); numeric.

    Raises DataError for an index without dates or a column that is not numeric.
    """
    if not isinstance(panel.index, pd.DatetimeIndex):
        raise DataError(f"a panel is hashed over its dates, but its index is {panel.index.dtype}; set a DatetimeIndex")
    digest = hashlib.sha256()
    digest.update(panel.index.as_unit("ns").asi8.astype("<i8").tobytes())
    labels = [list(map(str, column if isinstance(column, tuple) else (column,))) for column in panel.columns]
    digest.update(json.dumps(labels).encode())
    for position, column in enumerate(panel.columns):
        digest.update(_bits(panel.iloc[:, position], column))
    return digest.hexdigest()


def _bits(values: pd.Series, column: object) -> bytes:
    try:
        numbers = values.to_numpy(dtype="<f8", na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(f"column {column!r} is not numeric ({values.dtype}); convert it before hashing") from None
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()


def _prose(loader: Callable) -> dict[str, Any]:
    """Origin, licence and traps as the docstring of a loader gives them."""
    found = dict(_PARAGRAPH.findall(inspect.getdoc(loader) or ""))
    traps = re.split(r"^- ", found.pop("Traps", ""), flags=re.MULTILINE)[1:]
    words = {name.lower(): " ".join(text.split()) for name, text in found.items()}
    return {**words, "traps": tuple(" ".join(trap.split()) for trap in traps)}


def describe(name: str) -> Entry:
    """The catalogue's entry ``name``; ParameterError, with the nearest known name, for an unknown one.

    >>> describe("moodys").frequency
    'monthly'
    """
    DATASETS[name]
    return _ENTRIES[name]


def _label(panel: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    panel.index = panel.index.as_unit("ns").rename("date")
    found = content_hash(panel)
    if found != entry.sha256:
        warnings.warn(_changed(entry, panel, found), ContentChanged, stacklevel=5)
    panel.attrs.update(dataset=entry.name, kind=entry.kind, sha256=found)
    return panel


def _changed(entry: Entry, panel: pd.DataFrame, found: str) -> str:
    return (
        f"data set {entry.name!r} is not what the catalogue describes: sha256 {found[:12]} instead of "
        f"{entry.sha256[:12]}, {panel.shape[0]} x {panel.shape[1]} up to {panel.index[-1].date()} instead of "
        f"{entry.shape[0]} x {entry.shape[1]} up to {entry.span[1]}; its source ({entry.origin}) has changed, so "
        "results are not comparable with earlier ones: install the versions of constraints.txt, or renew the entry"
    )
