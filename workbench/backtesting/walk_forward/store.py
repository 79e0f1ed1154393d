"""Results of a rolling backtest on disk, a file a period, so that a run that was killed goes on where it stopped.

The folder's name is a hash of everything the numbers depend on: sampler and options, schedule, question, books, the
returns themselves, and the source of the samplers. A file is written beside and renamed, so that it is either whole or
not there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd

import workbench.samplers
from workbench.data import content_hash


@lru_cache(maxsize=1)
def source_hash() -> str:
    """SHA-256 of the source of the samplers and of this package: other code, other numbers."""
    folders = [Path(workbench.samplers.__file__).parent, Path(__file__).parent]
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def key(returns: pd.DataFrame, told: Mapping[str, object]) -> str:
    """16 hexadecimal digits for returns (day, asset) and everything ``told``, whose values print in full."""
    parts = [f"{name}={value!r}" for name, value in sorted(told.items())]
    text = "\n".join([content_hash(returns), source_hash(), *parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(path: Path) -> pd.DataFrame | None:
    """A stored period, or None where there is none."""
    return pd.read_parquet(path) if path.is_file() else None


def write(table: pd.DataFrame, path: Path) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table.to_parquet(beside, index=False)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
