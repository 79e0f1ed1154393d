"""Files of strangers, read within bounds of size and depth, so that no small file fills the memory or the stack."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import DataError, WorkbenchError

MOST_BYTES = 2**29
"""Bytes of text that are read into memory, after decompression."""
_FORMS: dict[str, tuple[Callable[[str | bytes], Any], int]] = {
    "JSON": (json.loads, 2**26),
    "YAML": (yaml.safe_load, 2**20),
}
"""Parser and bytes of text that it is given at the most."""
MOST_DEPTH, MOST_ITEMS = 100, 5 * 10**6
MOST_UNPACKED, MOST_RATIO = 2**28, 200
"""Bytes that a file may always claim, and how many times its stored size beyond them."""


def read_bytes(path: Path, error: type[WorkbenchError] = DataError) -> bytes:
    """Content of a regular file, decompressed when it is a gzip file; at most ``MOST_BYTES``.

    Raises ``error`` when there is no such file, when it is a folder, a device or a pipe, when it holds more, or when
    the gzip stream is damaged.
    """
    if not os.path.exists(path):
        raise error(f"there is no file {path}; check the name")
    if not path.is_file():
        raise error(f"{path} is {'a folder; name the file in it' if path.is_dir() else 'no regular file'}")
    try:
        with path.open("rb") as stream:
            packed = stream.peek(2)[:2] == b"\x1f\x8b"
            content = (gzip.GzipFile(fileobj=stream) if packed else stream).read(MOST_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        raise error(f"{path.name} is a damaged gzip file ({broken}); fetch it again") from None
    except OSError as denied:
        raise error(f"{path.name} cannot be read ({denied.strerror or denied})") from None
    if len(content) > MOST_BYTES:
        raise error(
            f"{path.name} holds more than {MOST_BYTES / 2**20:,.0f} MiB{' once decompressed' * packed}; split it"
        )
    return content


def parse_json(text: str | bytes, what: str, error: type[WorkbenchError] = DataError) -> Any:
    """The value of a JSON text; raises ``error``, which names ``what``, for bad, too long or too deep JSON.

    >>> parse_json('{"seed": 7}', "the manifest")
    {'seed': 7}
    """
    return _parsed("JSON", text, what, error)


def parse_yaml(text: str | bytes, what: str, error: type[WorkbenchError] = DataError) -> Any:
    """The value of a YAML text of plain values; raises ``error``, which names ``what``, for bad, too long or too deep
    YAML, and for aliases of aliases, with which a few lines stand for gigabytes.

    >>> parse_yaml("seed: 7", "the parameters")
    {'seed': 7}
    """
    return _parsed("YAML", text, what, error)


def _parsed(form: str, text: str | bytes, what: str, error: type[WorkbenchError]) -> Any:
    parse, most = _FORMS[form]
    if len(text) > most:
        raise error(f"{what} has {len(text):,} bytes of {form}, more than {most:,}")
    try:
        value = parse(text)
    except RecursionError:
        raise error(f"{what} is nested more than {MOST_DEPTH} levels deep") from None
    except (ValueError, yaml.YAMLError) as wrong:
        raise error(f"{what} is not {form}: {wrong}") from None
    level, count = [value], 1
    for _ in range(MOST_DEPTH):
        level = list(itertools.islice(itertools.chain.from_iterable(map(_items, level)), MOST_ITEMS))
        count += len(level)
        if count >= MOST_ITEMS:
            raise error(f"{what} holds more than {MOST_ITEMS:,} values")
        if not level:
            return value
    raise error(f"{what} is nested more than {MOST_DEPTH} levels deep")


def _items(node: object) -> Collection:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


@contextmanager
def read_by_library(what: str, error: type[WorkbenchError] = DataError) -> Iterator[None]:
    """Whatever a library raises over a damaged file becomes ``error``, "``what``: the first line of its message"."""
    try:
        yield
    except WorkbenchError:
        raise
    except Exception as broken:
        reason = str(broken).partition("\n")[0][:200]
        reason = f"{type(broken).__name__} {reason}" if not reason or isinstance(broken, LookupError) else reason
        raise error(f"{what}: {reason}") from None


def demand_plausible(claimed: int, path: Path, error: type[WorkbenchError] = DataError) -> None:
    """Refuse, before anything is allocated, a file that claims far more than it can store.

    claimed : bytes of its arrays in memory. Numbers of a market hardly compress; a small file that claims gigabytes
    holds fill values or one number again and again.
    """
    stored = sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size
    if claimed > MOST_UNPACKED and claimed > MOST_RATIO * stored:
        raise error(
            f"{path.name} claims {claimed / 2**20:,.0f} MiB of values in {stored / 2**20:,.2f} MiB of storage: "
            "it does not hold a market's numbers, and is not read"
        )
