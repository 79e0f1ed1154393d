"""One loader for every parameter that takes data: a name of the catalogue, a file, or a frame."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from workbench.data._files import Columns, read_file, read_frame
from workbench.data._hashing import content_hash
from workbench.data._validate import require_valid
from workbench.data.catalogue import DATASETS, KINDS
from workbench.errors import DataError, ParameterError

Source: TypeAlias = str | os.PathLike[str] | pd.DataFrame


def load(
    source: Source,
    kind: str | None = None,
    *,
    columns: Columns | None = None,
    decimal: str | None = None,
    dayfirst: bool | None = None,
    accept: Collection[str] = (),
    minimum_rows: int = 250,
) -> pd.DataFrame:
    """The panel of a source: dates strictly increasing, one column an asset or one (field, asset) pair.

    source : name of a data set (``workbench list datasets``), path of a CSV or Parquet file, or a DataFrame.
    kind : what the values are (``price``, ``return``, ``yield``, ``level``); None to recognise prices and log returns.
    columns, decimal, dayfirst : how to read a file, see :func:`workbench.data.read_file`.
    accept : rules of :func:`workbench.data.validate` whose errors somebody has looked at and takes for real.
    minimum_rows : complete returns that are needed.

    A file or a frame is validated; the sets of the catalogue are as their entries describe them. ``attrs`` carry
    ``dataset``, ``kind`` and ``sha256``, and for a file or a frame ``reading``, how it was read.

    Raises ParameterError for an unknown name, DataError for a file that is not there, cannot be read or fails the
    validation. Warns ContentChanged when a set of the catalogue is not what its entry was written for.

    >>> load("wti").shape
    (8611, 1)
    """
    if kind not in (None, *KINDS):
        raise ParameterError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    if isinstance(source, str) and _is_name(source):
        return DATASETS.make(source)
    returns = None if kind is None else kind == "return"
    if isinstance(source, pd.DataFrame):
        panel = read_frame(source, "the frame", returns, columns, decimal, dayfirst)
    else:
        panel = read_file(Path(source), returns, columns=columns, decimal=decimal, dayfirst=dayfirst)
    panel.attrs.update(kind=kind or panel.attrs["kind"], dataset=panel.attrs["source"], sha256=content_hash(panel))
    try:
        return require_valid(panel, minimum_rows=minimum_rows, accept=accept)
    except DataError as flawed:
        raise DataError(f"{panel.attrs['source']}: {flawed}\n({panel.attrs['reading']})") from None


def _is_name(source: str) -> bool:
    """Whether a text is meant as a name of the catalogue; a file of this name comes after it."""
    path = Path(source)
    return source in DATASETS or not (path.suffix or os.path.exists(path) or len(path.parts) > 1)
