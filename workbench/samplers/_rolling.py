"""Frozen parameters, rolled states: the forecast distribution of every day of a history, one decode a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor

import numpy as np
import pandas as pd
import torch

from workbench._require import count
from workbench.errors import ParameterError
from workbench.samplers._base import Sampler, timestamp
from workbench.samplers._progress import tracked
from workbench.samplers.noise import BLOCK, block_noise
from workbench.samplers.training._loop import one_thread


def roll(
    sampler: Sampler,
    returns: pd.DataFrame,
    first: str | pd.Timestamp,
    last: str | pd.Timestamp | None = None,
    horizon: int = 1,
    draws: int = BLOCK,
    seed: int = 0,
    every: int = 1,
) -> Iterator[tuple[pd.Timestamp, np.ndarray]]:
    """For each ``every``-th day of ``first..last``: (that day, log returns (draw, time, asset)).

    The sampler's parameters stay as fitted and its state is that at the previous close of ``returns`` (day, asset). Day
    k uses noise block k, so that two samplers on the same days meet the same noise. At most one block (4,096 draws) a
    day. Raises ParameterError where there is no such day, or for a number out of its bounds.
    """
    draws, horizon = count("draws of a rolled forecast", draws, 1, BLOCK), count("horizon", horizon, 1)
    seed, every = count("seed", seed, 0), count("every", every, 1)
    states = sampler.filtered(returns)
    days = states.dates
    begin = days.searchsorted(timestamp("first", first))
    end = len(days) if last is None else days.searchsorted(timestamp("last", last), side="right")
    if begin < 1 or begin >= end:
        raise ParameterError(f"no forecast days between {first} and {last or days[-1].date()}")
    with torch.no_grad():
        for day in range(begin, end - horizon + 1, every):
            noise = torch.from_numpy(block_noise(seed, "roll", day, horizon, sampler.width))[:draws]
            with one_thread():
                decoded = sampler.decode(noise, states.rows([day - 1]), horizon)
            yield days[day], decoded.numpy()


def one_day_ensembles(
    fitted: Mapping[str, Sequence[Sampler]],
    returns: pd.DataFrame,
    first: str | pd.Timestamp,
    draws: int = 480,
    seed: int = 0,
    every: int = 1,
    executor: Executor | None = None,
) -> tuple[pd.DatetimeIndex, dict[str, np.ndarray]]:
    """Days from ``first`` on, and name -> ensemble (day, member, asset) of one-day log returns, fractions.

    fitted : name -> chains; a sampler that stands there several times is rolled once. ``draws`` a day are shared
    equally among the different chains, whose mixture is the forecast. Parameters stay as fitted, states are updated
    over ``returns`` (day, asset). The bits do not depend on the executor.
    """
    draws = count("draws", draws, max(len(set(samplers)) for samplers in fitted.values()))
    chains = [(name, chain) for name, samplers in fitted.items() for chain in dict.fromkeys(samplers)]
    share = {name: draws // len(set(samplers)) for name, samplers in fitted.items()}
    rolled = [roll(chain, returns, first, draws=share[name], seed=seed, every=every) for name, chain in chains]
    forecasts = list(tracked((executor.map if executor else map)(list, rolled), len(rolled), "forecasts"))
    parts: dict[str, list[np.ndarray]] = {name: [] for name in fitted}
    for (name, _), days in zip(chains, forecasts):
        parts[name].append(np.stack([values[:, 0] for _, values in days]))  # (day, member, asset)
    ensembles = {name: np.concatenate(part, axis=1) for name, part in parts.items()}
    return pd.DatetimeIndex([day for day, _ in forecasts[0]]), ensembles
