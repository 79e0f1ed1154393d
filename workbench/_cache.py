"""Finished pieces of long computations in a folder, so that a run that was stopped goes on: one policy for all.

A piece is found by a hash of the code that makes it and of everything it was made from: other code or other data,
another piece. Comments, docstrings and layout of the code do not count. A piece is written beside its place and
renamed, so that it is either whole or not there; tables are Parquet, anything else has a writer of its own; nothing is
pickled. Rows that come one by one are lines of JSON, added to the end of a file.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, WorkbenchError

Piece = TypeVar("Piece")
LIBRARIES = ("arch", "numpy", "pandas", "pyvinecopulib", "scipy", "torch")  # behind the numbers of a fit
PLAIN = (bool, int, float, complex, str, bytes, type(None), date, Path, np.generic, pd.Timestamp, pd.Timedelta)


@cache
def code_hash(*modules: str) -> str:
    """SHA-256 of the syntax trees of modules and packages, docstrings left out, and of the libraries' versions.

    >>> len(code_hash("workbench.stats"))
    64
    """
    digest = hashlib.sha256(" ".join(version(library) for library in LIBRARIES).encode())
    for path in sorted({path for module in modules for path in _sources(module)}):
        digest.update(path.name.encode() + _tree(path.read_text()).encode())
    return digest.hexdigest()


def _sources(module: str) -> Iterable[Path]:
    found = find_spec(module)
    if found is None or found.origin is None:
        raise ParameterError(f"there is no module {module!r} whose code could be hashed")
    file = Path(found.origin)
    return file.parent.rglob("*.py") if found.submodule_search_locations else [file]


def _tree(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node, False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def fingerprint(value: Any) -> str:
    """SHA-256 of a value's content: numbers, text, dates, arrays, tables, and containers and objects of such.

    Raises ParameterError for what has no content that lasts, such as a function.
    """
    return hashlib.sha256(_bits(value)).hexdigest()


def _bits(value: Any) -> bytes:
    kind = type(value).__name__.encode()
    if isinstance(value, PLAIN):
        return kind + repr(value).encode()
    if isinstance(value, (pd.DataFrame, pd.Series, pd.Index)):
        names = repr([*value.columns] if isinstance(value, pd.DataFrame) else value.name)
        return kind + names.encode() + pd.util.hash_pandas_object(value).to_numpy().tobytes()
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return kind + _bits(value.tolist())
        return kind + str((value.dtype, value.shape)).encode() + value.tobytes()
    if isinstance(value, Mapping):
        return kind + b"".join(sorted(_part(_bits(key)) + _part(_bits(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return kind + b"".join(_part(_bits(item)) for item in value)
    if isinstance(value, (set, frozenset)):
        return kind + b"".join(sorted(_part(_bits(item)) for item in value))
    if is_dataclass(value) and not isinstance(value, type):
        return kind + _bits({field.name: getattr(value, field.name) for field in fields(value)})
    if hasattr(value, "__dict__") and not callable(value) and not isinstance(value, type):
        return kind + _bits(vars(value))
    raise ParameterError(f"a {type(value).__name__} has no content to find a stored piece by: {value!r}")


def _part(bits: bytes) -> bytes:
    return hashlib.sha256(bits).digest()


class Cache:
    """Pieces in ``folder``, made by the code of ``modules``; without a folder nothing is kept.

    >>> cache, made = Cache(None, "workbench.stats"), []
    >>> cache.table("one", lambda: pd.DataFrame({"x": [1.0]}), data=[1, 2])["x"].tolist()
    [1.0]
    """

    def __init__(self, folder: str | Path | None, *modules: str) -> None:
        self.folder, self.modules = Path(folder) if folder else None, modules

    def key(self, **inputs: Any) -> str:
        """16 hexadecimal digits for the code and ``inputs``."""
        return fingerprint([code_hash(*self.modules), inputs])[:16]

    def path(self, name: str, suffix: str = ".parquet", **inputs: Any) -> Path | None:
        """Where the piece ``name`` of ``inputs`` is kept, there or not; None without a folder."""
        return self.folder / f"{name}-{self.key(**inputs)}{suffix}" if self.folder else None

    def table(self, name: str, make: Callable[[], pd.DataFrame], **inputs: Any) -> pd.DataFrame:
        """The table ``name`` of ``inputs``: read where it is kept, else made and kept."""
        return self.piece(name, make, lambda table, path: table.to_parquet(path), pd.read_parquet, **inputs)

    def piece(
        self,
        name: str,
        make: Callable[[], Piece],
        save: Callable[[Piece, Path], Any],
        load: Callable[[Path], Piece],
        suffix: str = ".parquet",
        **inputs: Any,
    ) -> Piece:
        """Anything that ``save`` writes to a path and ``load`` reads from it.

        A damaged piece is made again; one that cannot be written is given all the same, with a warning.
        """
        path = self.path(name, suffix, **inputs)
        if path is not None and path.is_file():
            try:
                return load(path)
            except (WorkbenchError, OSError, ValueError):
                pass  # damaged
        made = make()
        if path is not None:
            try:
                with whole(path) as beside:
                    save(made, beside)
            except (WorkbenchError, OSError) as failed:
                warnings.warn(f"{name!r} is not kept: {failed}", stacklevel=3)
        return made


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place beside ``path`` to write to, renamed to ``path`` when the block ends and removed when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def append(file: Path, *rows: Mapping[str, Any]) -> None:
    """Add rows to a file of JSON lines; each begins a line, so that one cut short by a kill spoils no other."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.writelines(f"\n{json.dumps(row)}" for row in rows)


def lines(file: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines, none where there is no file; a line that was cut short is left out."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
