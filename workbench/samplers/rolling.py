"""Frozen parameters, rolled states: the forecast law of every day of a history, one decode a day."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from workbench.errors import ParameterError
from workbench.samplers.base import Sampler
from workbench.samplers.noise import BLOCK, block_noise


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
    """For each ``every``-th day of ``first..last``: (that day, draws (draw, time, asset) as seen the evening before).

    The sampler's parameters stay as fitted and its state is walked over ``returns`` (day, asset). Day k uses noise
    block k, so that two samplers on the same days meet the same noise. At most one block (4,096 draws) a day.
    """
    if not 1 <= draws <= BLOCK:
        raise ParameterError(f"a rolled forecast has 1..{BLOCK} draws a day, got {draws}")
    states = sampler.states(returns)
    days = states.dates
    begin = days.searchsorted(pd.Timestamp(first))
    end = len(days) if last is None else days.searchsorted(pd.Timestamp(last), side="right")
    if begin < 1 or begin >= end:
        raise ParameterError(f"no forecast days between {first} and {last or days[-1].date()}")
    with torch.no_grad():
        for day in range(begin, end - horizon + 1, every):
            noise = torch.from_numpy(block_noise(seed, "roll", day, horizon, sampler.width))[:draws]
            yield days[day], sampler.decode(noise, states.rows([day - 1]), horizon).numpy()
