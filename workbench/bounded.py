"""Files of strangers, read within bounds of size and depth, so that no small file fills the memory or the stack."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from workbench.errors import DataError, WorkbenchError

MOST_BYTES = 2**30
"""Bytes of text that are read into memory, after decompression."""
MOST_JSON = 2**26
MOST_DEPTH = 100


def read_bytes(path: Path, most: int = MOST_BYTES, error: type[WorkbenchError] = DataError) -> bytes:
    """Content of a regular file, decompressed when it is a gzip file; at most ``most`` bytes.

    Raises ``error`` when there is no such file, when it is a folder, a device or a pipe, when it holds more, or when
    the gzip stream is damaged.
    """
    if not path.exists():
        raise error(f"there is no file {path}; check the name")
    if not path.is_file():
        raise error(f"{path} is {'a folder; name the file in it' if path.is_dir() else 'no regular file'}")
    try:
        with path.open("rb") as stream:
            packed = stream.peek(2)[:2] == b"\x1f\x8b"
            content = (gzip.GzipFile(fileobj=stream) if packed else stream).read(most + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        raise error(f"{path.name} is a damaged gzip file ({broken}); fetch it again") from None
    except OSError as denied:
        raise error(f"{path.name} cannot be read ({denied.strerror or denied})") from None
    if len(content) > most:
        raise error(f"{path.name} holds more than {most / 2**20:,.0f} MiB{' once decompressed' * packed}; split it")
    return content


def parse_json(text: str | bytes, what: str, error: type[WorkbenchError] = DataError) -> Any:
    """The value of a JSON text; raises ``error``, which names ``what``, for bad, too long or too deep JSON.

    >>> parse_json('{"seed": 7}', "the manifest")
    {'seed': 7}
    """
    if len(text) > MOST_JSON:
        raise error(f"{what} has {len(text):,} bytes of JSON, more than {MOST_JSON:,}")
    try:
        value = json.loads(text)
    except RecursionError:
        raise error(f"{what} is nested more than {MOST_DEPTH} levels deep") from None
    except ValueError as wrong:
        raise error(f"{what} is not JSON: {wrong}") from None
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [item for node in level for item in _items(node)]
        if not level:
            return value
    raise error(f"{what} is nested more than {MOST_DEPTH} levels deep")


def _items(node: object) -> list:
    return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
