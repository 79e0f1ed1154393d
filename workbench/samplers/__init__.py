"""Samplers: fitted, deterministic maps from noise to scenarios.

>>> from workbench import data, samplers
>>> returns = data.returns("us_equities").loc["2000":"2006"]
>>> fhs = samplers.make("filtered", filter="gjr", shocks="bootstrap", tails="gpd").fit(returns)
>>> fhs.sample(100, horizon=5, seed=7)["scenarios"]["ret"].shape
(1, 100, 5, 20)
"""

from workbench._moved import attributes
from workbench.samplers._base import Sampler, State, States
from workbench.samplers._cache import cached_fit
from workbench.samplers._chains import chain_seed, fit_chains, sample_chains
from workbench.samplers._composed import Filtered, residuals, with_shocks
from workbench.samplers._panel import ShortenedHistory
from workbench.samplers._presets import SAMPLERS
from workbench.samplers._rolling import one_day_ensembles, roll
from workbench.samplers._storage import load, save

__getattr__ = attributes(__name__)
make = SAMPLERS.make

__all__ = [
    "make",
    "SAMPLERS",
    "Sampler",
    "State",
    "States",
    "ShortenedHistory",
    "cached_fit",
    "fit_chains",
    "sample_chains",
    "chain_seed",
    "roll",
    "one_day_ensembles",
    "Filtered",
    "with_shocks",
    "residuals",
    "save",
    "load",
]
