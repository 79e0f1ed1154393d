"""The field of a race: who runs, once or from several seeds, and where finished rows wait.

A fit that draws no random numbers is entered once; every other from each seed, a chain a seed. Samplers of the grid
with the same law of motion and the same seed share one fitted filter (:func:`workbench.samplers.with_shocks`), so
that shock models are compared under one and the same filter, and its training is paid once.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path

import pandas as pd

from workbench.backtesting.tournament.design import Course
from workbench.backtesting.walk_forward.store import read, write
from workbench.data import content_hash
from workbench.samplers import Filtered, Sampler, make, with_shocks

ONCE = (
    "historical", "historical_window", "block_bootstrap", "lognormal", "factor", "ewma", "fhs", "fhs_moving",
    "fhs_lead", "fhs_gpd", "gjr_gaussian", "gjr_t", "gjr_vine",
)  # fmt: skip  # their fits draw no random numbers
Key = tuple[str, int]  # sampler, seed


def learned(name: str) -> bool:
    """Does the fit depend on its seed?"""
    return name not in ONCE


def keys(names: Sequence[str], seeds: int) -> list[Key]:
    """(sampler, seed) of every row of a race."""
    return [(name, seed) for name in names for seed in range(seeds if learned(name) else 1)]


def fit(name: str, returns: pd.DataFrame, seed: int, shared: MutableMapping[tuple, Sampler], **options) -> Sampler:
    """Fit ``name`` on log returns (day, asset); ``shared`` holds and receives fitted laws of motion."""
    sampler = make(name, **options)
    if type(sampler) is not Filtered:
        return sampler.fit(returns, seed)
    motion = (*_told(sampler.filter), *_told(sampler.correlation), *_told(sampler.tracking), seed)
    if motion in shared:
        return with_shocks(shared[motion], sampler.shocks, seed, sampler.tails)
    shared[motion] = sampler.fit(returns, seed)
    return sampler


def rows(
    names: Sequence[str],
    course: Course,
    seeds: int = 5,
    options: Mapping[str, Mapping] | None = None,
    store: str | Path | None = None,
    shared: MutableMapping[tuple, Sampler] | None = None,
) -> Iterator[tuple[Key, pd.DataFrame]]:
    """Run every sampler of ``names`` over the course: ((sampler, seed), its row a day), as each is done.

    options : of a sampler, by name. store : a folder where finished rows wait, so that a run that was stopped goes on;
    a row there is found by course, sampler, options and seed, and knows nothing of the code that made it.
    """
    shared = {} if shared is None else shared
    for name, seed in keys(names, seeds):
        own = dict((options or {}).get(name, {}))
        path = row_file(store, name, seed, course, own) if store else None
        done = read(path) if path else None
        if done is None:
            done = course.run(fit(name, course.training, seed, shared, **own)).rename_axis("day")
            if path:
                write(done.reset_index(), path)
        else:
            done = done.set_index("day")
        yield (name, seed), done


def row_file(store: str | Path, name: str, seed: int, course: Course, options: Mapping | None = None) -> Path:
    """Where the row of one (sampler, seed) over a course waits."""
    return Path(store) / f"{name}-{seed}-{_digest(course, options or {})}.parquet"


def stored(names: Sequence[str], course: Course, seeds: int, store: str | Path) -> dict[Key, pd.DataFrame]:
    """The rows that wait in a folder, of those asked for; nothing is run."""
    found = {key: row_file(store, *key, course) for key in keys(names, seeds)}
    return {key: read(path).set_index("day") for key, path in found.items() if path.exists()}


def _told(part: object) -> tuple:
    """A part of the grid by its kind and options; a part may have parts."""
    options = sorted(vars(part).items()) if part else []
    return (type(part).__name__, repr([(key, _told(v) if hasattr(v, "__dict__") else v) for key, v in options]))


def _digest(course: Course, options: Mapping) -> str:
    asked = (course.trained_until, course.last, course.horizon, course.every, course.draws, course.few, course.seed)
    text = f"{content_hash(course.returns)} {asked} {sorted(options.items())}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Kept(MutableMapping):
    """Fitted laws of motion in a folder, for a race that goes on in another process."""

    def __init__(self, folder: str | Path, prefix: str) -> None:
        self.folder, self.prefix = Path(folder), prefix

    def _path(self, motion: tuple) -> Path:
        return self.folder / f"{self.prefix}-{hashlib.sha256(repr(motion).encode()).hexdigest()[:12]}.pickle"

    def __contains__(self, motion: object) -> bool:
        return self._path(motion).exists()

    def __getitem__(self, motion: tuple) -> Sampler:
        return pickle.loads(self._path(motion).read_bytes())

    def __setitem__(self, motion: tuple, sampler: Sampler) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path(motion).write_bytes(pickle.dumps(sampler))

    def __delitem__(self, motion: tuple) -> None:
        self._path(motion).unlink()

    def __iter__(self) -> Iterator:
        return iter(())

    def __len__(self) -> int:
        return len(list(self.folder.glob(f"{self.prefix}-*.pickle")))
