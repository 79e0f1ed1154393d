"""The cache of what was fetched: a Parquet file, and beside it a JSON with address, date of retrieval and
content hash.

An entry is used only when its content still has the hash it was stored with: an altered file is refused, not
repaired.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from workbench._cache import whole
from workbench.data._hashing import content_hash
from workbench.errors import DataError

VARIABLE = "WORKBENCH_CACHE"


@dataclass(frozen=True)
class Retrieval:
    """Where and when a panel was fetched, and its content hash."""

    url: str
    retrieved: str
    sha256: str


def cache_folder(folder: str | Path | None = None) -> Path:
    """The folder given, else that of the variable ``WORKBENCH_CACHE``, else one in the user's cache."""
    chosen = folder or os.environ.get(VARIABLE)
    return Path(chosen) if chosen else Path.home() / ".cache" / "scenario-workbench"


def cached(
    url: str, name: str, fetch: Callable[[], pd.DataFrame], folder: Path, refresh: bool
) -> tuple[pd.DataFrame, Retrieval]:
    """The panel of ``url``: from the cache when it is there and whole, else fetched and stored.

    name : readable beginning of the file names; fetch : gets and parses the answer.

    Raises DataError when the stored panel is not the one that was fetched.
    """
    stem = f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
    data, note = folder / f"{stem}.parquet", folder / f"{stem}.json"
    if not refresh and note.is_file():
        return _recall(data, note, url)
    panel = fetch()
    retrieval = Retrieval(url, datetime.now(UTC).isoformat(timespec="seconds"), content_hash(panel))
    _store(panel, retrieval, data, note)
    return panel, retrieval


def _store(panel: pd.DataFrame, retrieval: Retrieval, data: Path, note: Path) -> None:
    """Both files written beside and renamed; the note last, because it makes the entry count."""
    note.unlink(missing_ok=True)
    with whole(data) as beside:
        panel.to_parquet(beside)
    with whole(note) as beside:
        beside.write_text(json.dumps(vars(retrieval), indent=1))


def _recall(data: Path, note: Path, url: str) -> tuple[pd.DataFrame, Retrieval]:
    try:
        retrieval = Retrieval(**json.loads(note.read_text()))
        panel = pd.read_parquet(data)
        found = content_hash(panel)
    except (ValueError, TypeError, OSError, pa.ArrowException, DataError) as broken:
        raise _refused(data, f"cannot be read ({str(broken).partition(chr(10))[0][:80]})") from None
    if found != retrieval.sha256 or retrieval.url != url:
        raise _refused(
            data, f"has sha256 {found[:12]}, but {retrieval.sha256[:12]} was stored on {retrieval.retrieved}"
        )
    return panel, retrieval


def _refused(data: Path, why: str) -> DataError:
    return DataError(f"the cached {data.name} {why}: it was altered or damaged; fetch it anew with refresh=True")
