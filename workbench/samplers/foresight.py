"""One day ahead, many samplers: what each foresaw the evening before every forecast day, all chains pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

import numpy as np
import pandas as pd

from workbench.samplers.base import Sampler
from workbench.samplers.rolling import roll


def foresee(
    fitted: Mapping[str, Sequence[Sampler]],
    returns: pd.DataFrame,
    first: str | pd.Timestamp,
    draws: int = 480,
    seed: int = 0,
    every: int = 1,
    executor: Executor | None = None,
) -> tuple[pd.DatetimeIndex, dict[str, np.ndarray]]:
    """The forecast days from ``first`` on, and name -> ensemble (day, member, asset) of one-day log returns.

    fitted : name -> chains; a sampler that stands there several times is rolled once. ``draws`` a day are shared
    equally among the different chains, whose mixture is the forecast. Parameters stay as fitted, states are walked over
    ``returns`` (day, asset). The bits do not depend on the executor.
    """
    chains = [(name, chain) for name, samplers in fitted.items() for chain in dict.fromkeys(samplers)]
    share = {name: draws // len(set(samplers)) for name, samplers in fitted.items()}
    rolled = [roll(chain, returns, first, draws=share[name], seed=seed, every=every) for name, chain in chains]
    forecasts = list((executor.map if executor else map)(list, rolled))
    parts: dict[str, list[np.ndarray]] = {name: [] for name in fitted}
    for (name, _), days in zip(chains, forecasts):
        parts[name].append(np.stack([values[:, 0] for _, values in days]))  # (day, member, asset)
    ensembles = {name: np.concatenate(part, axis=1) for name, part in parts.items()}
    return pd.DatetimeIndex([day for day, _ in forecasts[0]]), ensembles
