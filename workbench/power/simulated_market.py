"""A simulated market: a history and a scenario set of one known process, and what planted faults need to know."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.power.faults import Context
from workbench.power.faults.fault import NOTHING
from workbench.power.held_out_processes import HELD_OUT
from workbench.power.processes import PROCESSES

STARTS = ("unconditional", "today", "unusual", "turned")
BEFORE, AFTER = 120, 260
CANDIDATES = {"unusual": 8, "turned": 48}
UNUSUAL, TURNED = 1.2, 2.0
_SIZES = ("days", "assets", "draws", "horizon", "start", "repeat", "cross")


@dataclass(frozen=True)
class SimulatedMarket:
    """Which market: the process's name, sizes, and the number of the repetition.

    cross : whether the last column is the sum of the first two, as a cross rate is.
    start : ``unconditional``; ``today``, a set that starts from the last close; ``unusual``, the same after a month
        whose volatility lies about 1.2 standard deviations from its mean, so that the condition matters; ``turned``,
        the same after a turn of the market, from a usual month 120 days ago to one about 2 deviations from the mean.
    """

    process: str
    days: int = 2000
    assets: int = 6
    draws: int = 1000
    horizon: int = 20
    start: str = "unconditional"
    repeat: int = 0
    cross: bool = False

    @property
    def seed(self) -> int:
        """One number for each market; the repetitions of a process share nothing."""
        said = ", ".join(f"{name}={value!r}" for name, value in zip(("law", *_SIZES), astuple(self)))
        return crc32(f"World({said})".encode())  # the text that seeded the stored trials


@dataclass(frozen=True)
class Truth:
    """history, holdout : panels of log returns; null : (draw, time, asset); context : for the faults."""

    history: pd.DataFrame
    null: np.ndarray
    holdout: pd.DataFrame
    context: Context


@lru_cache(maxsize=2)
def build(market: SimulatedMarket) -> Truth:
    """Simulate a market; raises ParameterError for an unknown process or start."""
    if market.start not in STARTS:
        raise ParameterError(f"start {market.start!r} of a market is none of {STARTS}")
    known, rng = HELD_OUT if market.process in HELD_OUT else PROCESSES, np.random.default_rng(market.seed)
    process = known.make(market.process, assets=market.assets)
    paths = CANDIDATES.get(market.start, 1)
    first, old = process.walk(process.long_run(paths, rng), market.days - BEFORE, rng)
    last, state = process.walk(old, BEFORE, rng)
    days = np.concatenate([first, last], axis=1)
    chosen = _chosen(days, market.start) if paths > 1 else 0
    days, old, state = days[chosen].astype(float), old[chosen], state[chosen]
    after = process.walk(state[None], AFTER, rng)[0][0].astype(float)
    conditional = market.start != "unconditional"
    null = process.scenarios(market.draws, market.horizon, market.seed + 1, state if conditional else None)
    names = [f"A{i}" for i in range(market.assets)]
    context = Context(
        days, after,
        unconditional=process.scenarios(market.draws, market.horizon, market.seed + 2) if conditional else NOTHING,
        stale=process.scenarios(market.draws, market.horizon, market.seed + 3, old) if conditional else NOTHING,
        identities=({"name": "cross", "weights": {"A0": 1.0, "A1": 1.0, names[-1]: -1.0}},) if market.cross else (),
        assets=tuple(names),
    )  # fmt: skip
    for values in (days, after, null) if market.cross else ():
        values[..., -1] = values[..., 0] + values[..., 1]
    dates = pd.bdate_range("1990-01-02", periods=market.days + AFTER)
    history = pd.DataFrame(days, index=dates[: market.days], columns=names)
    return Truth(history, null, pd.DataFrame(after, index=dates[market.days :], columns=names), context)


def _chosen(days: np.ndarray, start: str) -> int:
    """The path (path, day, asset) whose last month's log mean |r| departs as it should, in its own deviations: by 1.2,
    or by 2 where it departed by less than one 120 days before."""
    total = np.abs(days).cumsum(1, dtype=float)
    level = np.log(total[:, 22:] - total[:, :-22]).mean(2)
    departure = np.abs((level - level.mean(1, keepdims=True)) / level.std(1, keepdims=True))
    if start == "unusual":
        return int(np.abs(departure[:, -1] - UNUSUAL).argmin())
    before = np.maximum(departure[:, -1 - BEFORE] - 1.0, 0.0)
    return int((np.abs(departure[:, -1] - TURNED) + before).argmin())
