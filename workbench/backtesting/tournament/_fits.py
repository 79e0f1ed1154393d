"""The entrants of a tournament: fitted once or from several seeds, and where finished rows are kept.

A fit that draws no random numbers is entered once, every other from each seed, a chain a seed. Samplers of the grid
with the same filter and the same seed share one fitted filter (:func:`workbench.samplers.with_shocks`), so that shock
models are compared under one and the same filter, and its training is paid for once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from workbench import samplers
from workbench._cache import Cache
from workbench.backtesting.tournament._design import Design
from workbench.samplers import Filtered, Sampler, with_shocks

ONCE = (
    "historical", "historical_window", "block_bootstrap", "lognormal", "factor", "ewma", "fhs", "fhs_moving",
    "fhs_lead", "fhs_gpd", "gjr_gaussian", "gjr_t", "gjr_vine",
)  # fmt: skip  # their fits draw no random numbers
CODE = (
    "workbench.samplers",
    "workbench.books",
    "workbench.stats",
    "workbench.backtesting.scores",
    f"{__package__}._design",
)
Key = tuple[str, int]  # sampler, seed
Filters = MutableMapping[str, Sampler]


def seeded(name: str) -> bool:
    """Does the fit of this sampler depend on its seed?"""
    return name not in ONCE


def entries(names: Sequence[str], seeds: int) -> list[Key]:
    """(sampler, seed) of every row of a tournament."""
    return [(name, seed) for name in names for seed in range(seeds if seeded(name) else 1)]


def fit(
    name: str, returns: pd.DataFrame, seed: int, shared: Filters, store: str | Path | None = None, **options: Any
) -> Sampler:
    """Fit ``name`` on log returns (day, asset).

    shared : holds and receives fitted filters. store : a folder that keeps them for another process.
    """
    sampler = samplers.make(name, **options)
    if type(sampler) is not Filtered:
        return sampler.fit(returns, seed)
    parts = (sampler.filter, sampler.correlation, sampler.tracking)
    inputs: dict[str, Any] = {"parts": parts, "seed": seed, "returns": returns}
    cache = Cache(store, CODE[0])
    key = cache.key(**inputs)
    if key not in shared:
        shared[key] = cache.piece(
            "filter", lambda: sampler.fit(returns, seed), samplers.save, samplers.load, ".safetensors", **inputs
        )
        if shared[key] is sampler:
            return sampler
    return with_shocks(cast(Filtered, shared[key]), sampler.shocks, seed, sampler.tails)


def rows(
    names: Sequence[str],
    design: Design,
    seeds: int = 5,
    options: Mapping[str, Mapping] | None = None,
    store: str | Path | None = None,
    shared: Filters | None = None,
) -> Iterator[tuple[Key, pd.DataFrame]]:
    """Run every sampler of ``names`` over the design: ((sampler, seed), its row a day), as each is done.

    options : of a sampler, by name. store : a folder where finished rows and fitted filters are kept, so that a run
    that was stopped goes on; they are found by the code, the design, the sampler, its options and the seed.
    """
    shared = {} if shared is None else shared
    for name, seed in entries(names, seeds):
        own = dict((options or {}).get(name, {}))

        def run(name: str = name, seed: int = seed, own: dict = own) -> pd.DataFrame:
            fitted = fit(name, design.training, seed, shared, store, **own)
            return design.run(fitted).rename_axis("day")

        yield (name, seed), _cache(store).table(f"{name}-{seed}", run, **_inputs(name, seed, design, own))


def stored(
    names: Sequence[str], design: Design, seeds: int, store: str | Path, options: Mapping[str, Mapping] | None = None
) -> dict[Key, pd.DataFrame]:
    """The finished rows in a folder, of those asked for; nothing is run."""
    found = {key: row_file(store, *key, design, (options or {}).get(key[0])) for key in entries(names, seeds)}
    return {key: pd.read_parquet(path) for key, path in found.items() if path.is_file()}


def row_file(store: str | Path, name: str, seed: int, design: Design, options: Mapping | None = None) -> Path:
    """Where the row of one (sampler, seed) over a design is kept."""
    path = _cache(store).path(f"{name}-{seed}", **_inputs(name, seed, design, dict(options or {})))
    assert path is not None  # there is a folder
    return path


def _cache(store: str | Path | None) -> Cache:
    return Cache(store, *CODE)


def _inputs(name: str, seed: int, design: Design, options: Mapping) -> dict[str, Any]:
    return {"sampler": name, "chain": seed, "design": design, "options": options}
