"""One loader for every parameter that takes data: a name of the catalogue, a file, or a frame."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.bounded import parse_yaml, read_bytes
from workbench.data._files import Columns, Source, read_file
from workbench.data._validate import MINIMUM_ROWS, require_valid
from workbench.data.catalogue import DATASETS, KINDS, content_hash
from workbench.errors import DataError, ParameterError

_OPTIONS: dict[str, tuple[Any, str]] = {
    "kind": (str, f"one of {', '.join(KINDS)}"),
    "columns": (Mapping, "pairs of header and name"),
    "decimal": (str, "'.' or ','"),
    "dayfirst": (bool, "true or false"),
    "accept": (list | tuple | set | frozenset, "a list of rules"),
    "minimum_rows": (int, "a whole number"),
}


def load(
    source: Source,
    kind: str | None = None,
    *,
    columns: Columns | None = None,
    decimal: str | None = None,
    dayfirst: bool | None = None,
    accept: Collection[str] = (),
    minimum_rows: int | None = None,
) -> pd.DataFrame:
    """The panel of a source: dates strictly increasing, one column an asset or one (field, asset) pair.

    source : name of a data set (``workbench list datasets``), path of a CSV or Parquet file, or a DataFrame.
    kind : what the values are (``price``, ``return``, ``yield``, ``level``); None to recognise prices and log returns.
    columns, decimal, dayfirst : how to read a file, see :func:`workbench.data.read_file`.
    accept : rules of :func:`workbench.data.validate` whose errors somebody has looked at and takes for real.
    minimum_rows : complete returns that are needed, 250 by default.

    A file ``mine.csv`` may have the same options beside it, in ``mine.csv.yaml``; what is given here comes first. So a
    study that is given the file alone reads it rightly::

        columns: {Handelstag: date, Notiz: null}
        dayfirst: true
        accept: [decimal shifts]

    A file or a frame is validated; the sets of the catalogue are as their entries describe them. ``attrs`` carry
    ``dataset``, ``kind`` and ``sha256``, and for a file or a frame ``reading``, how it was read.

    Raises ParameterError for an unknown name or option, DataError for a file that is not there, cannot be read or
    fails the validation. Warns ContentChanged when a set of the catalogue is not what its entry was written for.

    >>> load("wti").shape
    (8611, 1)
    """
    given: dict[str, Any] = {
        "kind": kind, "columns": columns or None, "decimal": decimal, "dayfirst": dayfirst, "accept": accept or None,
        "minimum_rows": minimum_rows,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    if isinstance(source, str) and _is_name(source):
        surplus = sorted(set(given) - {"accept", "minimum_rows"})
        if surplus and source in DATASETS:
            raise ParameterError(f"{', '.join(surplus)}: options of a file, and {source!r} is a named data set")
        return DATASETS.make(source)
    source = source.to_frame() if isinstance(source, pd.Series) else source
    if not isinstance(source, str | os.PathLike | pd.DataFrame):
        raise ParameterError(f"data are a name, a file or a DataFrame, found {type(source).__name__}")
    if isinstance(source, pd.DataFrame):
        return _validated(source, "the frame", given)
    path = Path(source)
    try:
        return _validated(path, path.name, {**_read_options(path), **given})
    except DataError as flawed:
        hint = f"\n(options for reading it can stand in {path.name}.yaml beside it)"
        raise DataError(f"{flawed}{hint * os.path.isfile(path)}") from None


def options_beside(path: Path) -> Path | None:
    """The file of options beside a file of data, ``mine.csv.yaml``; None where there is none."""
    sidecar = path.with_name(path.name + ".yaml")
    return sidecar if os.path.isfile(sidecar) else None


def _read_options(path: Path) -> dict[str, Any]:
    sidecar = options_beside(path)
    if sidecar is None:
        return {}
    found = parse_yaml(read_bytes(sidecar), sidecar.name, ParameterError) or {}
    if not isinstance(found, dict):
        raise ParameterError(f"{sidecar.name}: expected lines 'name: value' with the names {', '.join(_OPTIONS)}")
    return found


def _demand_options(options: Mapping[str, Any], name: str) -> None:
    for option, value in options.items():
        if option not in _OPTIONS:
            raise ParameterError(f"{name}: there is no option {option!r}; known: {', '.join(_OPTIONS)}")
        kind, expected = _OPTIONS[option]
        if not isinstance(value, kind) or (option == "kind" and value not in KINDS):
            raise ParameterError(f"{name}: {option} is {value!r}; expected {expected}")


def _validated(source: Path | pd.DataFrame, name: str, options: dict[str, Any]) -> pd.DataFrame:
    _demand_options(options, name)
    kind, accept = options.pop("kind", None), options.pop("accept", ())
    rows = options.pop("minimum_rows", MINIMUM_ROWS)
    panel = read_file(source, None if kind is None else kind == "return", **options)
    panel.attrs.update(kind=kind or panel.attrs["kind"], dataset=name, sha256=content_hash(panel))
    try:
        return require_valid(panel, minimum_rows=rows, accept=accept)
    except DataError as flawed:
        raise DataError(f"{name}: {flawed}\n({panel.attrs['reading']})") from None


def _is_name(source: str) -> bool:
    """Whether a text is meant as a name of the catalogue; a file of this name comes after it."""
    path = Path(source)
    return source in DATASETS or not (path.suffix or os.path.exists(path) or len(path.parts) > 1)
