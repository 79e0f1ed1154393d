"""What a run rests on, as SHA-256: files, folders, the package's own code, the lock, the notebook's source.

A notebook is hashed by its cells' kinds, sources and tags, so that outputs, counts and cell ids leave no mark.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import workbench

PACKAGE = Path(workbench.__file__).resolve().parent
_LIBRARIES = (
    "arch", "arviz", "h5netcdf", "ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow",
    "pyvinecopulib", "scipy", "scoringrules", "seaborn", "skfolio", "statsmodels", "torch", "xarray", "zarr",
)  # fmt: skip


def of_bytes(content: bytes) -> str:
    """SHA-256 of bytes, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def of_json(value: object) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces."""
    return of_bytes(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def of_file(path: Path) -> str:
    """SHA-256 of a file's content, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def of_files(folder: Path) -> dict[str, str]:
    """Relative POSIX path -> SHA-256, for every file below ``folder`` but caches and hidden ones."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and _counts(path.relative_to(folder)))
    return {path.relative_to(folder).as_posix(): of_file(path) for path in found}


def _counts(path: Path) -> bool:
    return path.suffix != ".pyc" and not any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def of_path(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files in a folder."""
    return of_json(of_files(path)) if path.is_dir() else of_file(path)


def of_notebook(cells: list) -> str:
    """SHA-256 of a notebook's cells: kind, source and tags, without the cell of injected parameters."""
    kept = [cell for cell in cells if "injected-parameters" not in _tags(cell)]
    return of_json([[cell["cell_type"], cell["source"], _tags(cell)] for cell in kept])


def _tags(cell: Mapping) -> list[str]:
    return sorted(tag for tag in cell["metadata"].get("tags", []) if not tag.startswith("papermill-"))


def code() -> dict:
    """The package's files as one hash, with the git commit below them and whether the tree was clean (None: no git)."""
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=normal")
    return {
        "sha256": of_json(of_files(PACKAGE)),
        "version": _version("scenario-workbench"),
        "git_commit": commit,
        "git_clean": None if commit is None or changes is None else changes == "",
    }


def _git(*words: str) -> str | None:
    """Git's answer about the repository that holds the package; None where there is none."""
    if not (PACKAGE.parent / ".git").exists():
        return None
    command, environment = ["git", "-C", str(PACKAGE.parent), *words], {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=20, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def constraints() -> str | None:
    """SHA-256 of ``constraints.txt`` beside the package; None for an installation without one."""
    lock = PACKAGE.parent / "constraints.txt"
    return of_file(lock) if lock.is_file() else None


def machine() -> dict:
    """Python, operating system, processors and the versions of the libraries that make the numbers."""
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
