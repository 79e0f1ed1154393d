"""Fits on disk: a file's name is a hash of data, sampler, options, seed and code, so what changed is fitted again."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from workbench import _cache
from workbench._require import count
from workbench.data import online
from workbench.samplers._base import Sampler
from workbench.samplers._panel import ShortenedHistory, require_panel
from workbench.samplers._presets import SAMPLERS
from workbench.samplers._storage import load, save
from workbench.samplers.training._loop import source

Cache = bool | str | Path
CODE = ("workbench.samplers", "workbench.stats", "workbench.data._stale")  # what decides the numbers of a fit


def cached_fit(name: str, returns: pd.DataFrame, seed: int = 0, cache: Cache = True, **options: Any) -> Sampler:
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
    inputs = {"options": {key: value for key, value in options.items() if key != "progress"}, "seed": seed}
    inputs |= {"returns": returns, "source": source(SAMPLERS[name]), "cuda": torch.cuda.is_available()}
    return _cache.Cache(folder, *CODE).piece(
        name, lambda: sampler.fit(returns, seed), save, _with_notes, ".safetensors", **inputs
    )


def _with_notes(path: Path) -> Sampler:
    sampler = load(path)
    for note in sampler.notes_:
        warnings.warn(note, ShortenedHistory, stacklevel=5)
    return sampler
