"""Samplers: fitted, deterministic maps from noise to scenarios.

>>> from workbench import data, samplers
>>> returns = data.returns("us_equities").loc["2000":"2006"]
>>> fhs = samplers.make("filtered", filter="gjr", shocks="bootstrap", tails="gpd").fit(returns)
>>> fhs.sample(100, horizon=5, seed=7)["scenarios"]["ret"].shape
(1, 100, 5, 20)
"""

from workbench.samplers.base import Sampler, State, States
from workbench.samplers.chains import chain_seed, fit_chains, sample_chains
from workbench.samplers.presets import SAMPLERS
from workbench.samplers.rolling import foresee, roll
from workbench.samplers.storage import load, save

make = SAMPLERS.make

__all__ = [
    "SAMPLERS",
    "Sampler",
    "State",
    "States",
    "chain_seed",
    "fit_chains",
    "foresee",
    "load",
    "make",
    "roll",
    "sample_chains",
    "save",
]
