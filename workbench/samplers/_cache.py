"""Fits on disk: a file's name is a hash of data, sampler, options, seed and code; what changed is fitted again."""

from __future__ import annotations

import hashlib
import json
import warnings
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import torch

import workbench
from workbench._require import count
from workbench.data import content_hash, online
from workbench.errors import ParameterError
from workbench.samplers._base import Sampler
from workbench.samplers._panel import ShortenedHistory, require_panel
from workbench.samplers._presets import SAMPLERS
from workbench.samplers._storage import load, save
from workbench.samplers.training._loop import source

Cache = bool | str | Path
CODE = ("samplers", "stats", "data/_stale.py")  # what decides the numbers of a fit
LIBRARIES = ("arch", "numpy", "pandas", "pyvinecopulib", "scipy", "torch")


def cached_fit(name: str, returns: pd.DataFrame, seed: int = 0, cache: Cache = True, **options) -> Sampler:
    """The registered sampler ``name`` fitted to log returns (day, asset); read from disk where that was done before.

    cache : True for ``fits`` in the folder of the variable ``WORKBENCH_CACHE``, else in the user's cache; a folder;
        or False, always to fit anew. A file that is damaged is fitted again; files are whole or not there.

    Raises ParameterError for unknown names and options, FitError for returns that cannot be used.
    """
    sampler, seed = SAMPLERS.make(name, **options), count("seed", seed, 0)
    if cache is False:
        return sampler.fit(returns, seed)
    require_panel(returns)
    folder = online.cache_folder(None if cache is True else cache) / ("fits" if cache is True else "")
    path = folder / f"{name}-{_key(name, returns, seed, options)[:24]}.safetensors"
    if path.is_file():
        try:
            return _with_notes(load(path))
        except ParameterError:
            pass  # damaged: fitted again and replaced
    sampler.fit(returns, seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save(sampler, path)
    except (OSError, ParameterError) as failed:
        warnings.warn(f"the fit of {name!r} is not kept: {failed}", stacklevel=2)
    return sampler


def _with_notes(sampler: Sampler) -> Sampler:
    for note in sampler.notes_:
        warnings.warn(note, ShortenedHistory, stacklevel=4)
    return sampler


def _key(name: str, returns: pd.DataFrame, seed: int, options: dict[str, object]) -> str:
    described = {key: repr(value) for key, value in options.items() if key != "progress"}
    parts = [name, described, seed, content_hash(returns), _code(), source(SAMPLERS[name]), torch.cuda.is_available()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@lru_cache
def _code() -> str:
    """SHA-256 of the source of what is fitted and of the versions of the libraries behind it."""
    digest = hashlib.sha256(" ".join(version(library) for library in LIBRARIES).encode())
    home = Path(workbench.__file__).parent
    for place in (home / part for part in CODE):
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()
