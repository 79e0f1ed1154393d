"""Samplers: fitted, deterministic maps from noise to scenarios.

>>> from workbench import data, samplers
>>> returns = data.returns("us_equities").loc["2000":"2006"]
>>> fhs = samplers.make("filtered", filter="gjr", shocks="bootstrap", tails="gpd").fit(returns)
>>> fhs.sample(100, horizon=5, seed=7)["scenarios"]["ret"].shape
(1, 100, 5, 20)

Names are loaded when they are first used: a list of the samplers loads neither torch nor scipy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from workbench._moved import attributes
from workbench.registry import discover
from workbench.samplers._presets import SAMPLERS

if TYPE_CHECKING:
    from workbench.samplers._base import Sampler, State, States
    from workbench.samplers._cache import cached_fit
    from workbench.samplers._chains import chain_seed, fit_chains, sample_chains
    from workbench.samplers._composed import Filtered, residuals, with_shocks
    from workbench.samplers._long_run import LongRunLevel, LongRunSpread
    from workbench.samplers._panel import ShortenedHistory
    from workbench.samplers._rolling import one_day_ensembles, roll
    from workbench.samplers._storage import load, save

make = SAMPLERS.make
_PLACES = {
    "_base": ("Sampler", "State", "States"),
    "_cache": ("cached_fit",),
    "_chains": ("chain_seed", "fit_chains", "sample_chains"),
    "_composed": ("Filtered", "residuals", "with_shocks"),
    "_long_run": ("LongRunLevel", "LongRunSpread"),
    "_panel": ("ShortenedHistory",),
    "_rolling": ("one_day_ensembles", "roll"),
    "_storage": ("load", "save"),
}
_HOMES = {name: place for place, names in _PLACES.items() for name in names}
_ROOMS = ("filters", "noise", "paths", "shocks", "training")
_renamed = attributes(__name__)

__all__ = [
    "make", "SAMPLERS", "Sampler", "State", "States", "fit_chains", "sample_chains", "cached_fit", "chain_seed", "roll",
    "one_day_ensembles", "Filtered", "with_shocks", "residuals", "save", "load", "ShortenedHistory",
    "LongRunLevel", "LongRunSpread",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        return _renamed(name)
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted((*__all__, *_ROOMS))


discover(f"{__name__}.extra")
