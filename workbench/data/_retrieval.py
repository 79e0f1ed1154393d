"""One HTTP request for data, what can be wrong with the answer before anyone reads it, and the cache of answers: a
Parquet file, and beside it a JSON with address, date of retrieval and content hash.

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
import requests

from workbench._cache import whole
from workbench.data.catalogue import content_hash
from workbench.errors import DataError

VARIABLE = "WORKBENCH_CACHE"
_TIMEOUT = (5.0, 30.0)
MOST_BYTES = 2**26
_HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; scenario-workbench)", "Accept": "application/json, text/csv, */*"}


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


def get_text(url: str, source: str, timeout: tuple[float, float] = _TIMEOUT) -> str:
    """Body of a successful answer.

    source : the service's name for messages; timeout : seconds to connect and to wait for data.

    Raises DataError for no connection, a timeout, a status other than 200, an empty body, or a web page.
    """
    content = bytearray()
    try:
        with requests.get(url, headers=_HEADERS, timeout=timeout, stream=True) as answer:
            for piece in answer.iter_content(2**20):
                content += piece
                if len(content) > MOST_BYTES:
                    raise DataError(f"{source} sent more than {MOST_BYTES / 2**20:.0f} MiB to {url}; ask for less")
    except requests.Timeout:
        raise DataError(f"{source} did not answer in time ({url}); try again later") from None
    except requests.RequestException as failed:
        raise DataError(f"{source} cannot be reached ({url}: {type(failed).__name__}); check the connection") from None
    text = content.decode(errors="replace")
    if answer.status_code != 200:
        raise DataError(f"{source} answered {answer.status_code} to {url}: {_advice(answer.status_code, text)}")
    if not text.strip():
        raise DataError(f"{source} sent an empty answer to {url}; check the names and the dates asked for")
    if text.lstrip()[:1] == "<":
        raise DataError(
            f"{source} sent a web page instead of data to {url}; the service may have moved or ask for consent"
        )
    return text


def _advice(status: int, text: str) -> str:
    advice = {
        404: "there is no such series or symbol",
        400: "the series or the dates are not understood",
        429: "too many requests, wait some minutes",
    }
    known = advice.get(status, "the service has a problem, try again later")
    body = " ".join(text.split())
    return known if body[:1] in ("", "<") else f"{known} ({body[:120]})"
