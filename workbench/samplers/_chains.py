"""Chains: the same sampler, trained from independent seeds, to show the noise of training beside that of draws."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from workbench import scenarios
from workbench._require import count
from workbench.samplers._base import Sampler, Start
from workbench.samplers._cache import Cache, cached_fit
from workbench.samplers._progress import tracked


def chain_seed(seed: int, chain: int) -> int:
    """Root seed of one chain; chains of one study share no stream."""
    key = (count("chain", chain, 0),)
    return int(np.random.SeedSequence(count("seed", seed, 0), spawn_key=key).generate_state(1, np.uint64)[0] >> 1)


def fit_chains(
    name: str,
    returns: pd.DataFrame,
    chains: int,
    seed: int = 0,
    executor: Executor | None = None,
    cache: Cache = False,
    **options: Any,
) -> list[Sampler]:
    """Fit the registered sampler ``name`` once a chain on log returns (day, asset); with ``executor``, side by side.

    cache : where fits are kept and found again, as for :func:`cached_fit`.
    """
    seeds = [chain_seed(seed, chain) for chain in range(count("chains", chains, 1))]
    fit = partial(cached_fit, name, returns, cache=cache, **options)
    return list(tracked((executor.map if executor else map)(fit, seeds), len(seeds), f"{name} chains"))


def sample_chains(
    samplers: list[Sampler],
    draws: int,
    horizon: int,
    seed: int = 0,
    start: Start = "last",
    executor: Executor | None = None,
) -> xr.DataTree:
    """``draws`` scenarios from each chain, as one scenario set with as many chains as samplers.

    Chain c draws from its own noise, the same for every kind of sampler (common random numbers across samplers).
    """
    drawn = [
        sampler.sample(draws, horizon, chain_seed(seed, chain), start=start, executor=executor)
        for chain, sampler in enumerate(samplers)
    ]
    return scenarios.concat(drawn)
