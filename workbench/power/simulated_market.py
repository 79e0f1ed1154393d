"""A world of known truth: a history, an honest scenario set of the same law, and what planted faults need to know."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.power.faults import Context
from workbench.power.held_out_processes import HELD_OUT
from workbench.power.processes import PROCESSES, Process

STARTS = ("unconditional", "today", "unusual", "turned")
BEFORE, AFTER = 120, 260
CANDIDATES = {"unusual": 8, "turned": 48}
UNUSUAL, TURNED = 1.2, 2.0
_SIZES = ("days", "assets", "draws", "horizon", "start", "repeat", "cross")


@dataclass(frozen=True)
class SimulatedMarket:
    """Which truth: the law's name, sizes, and a number that tells repetitions apart.

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
        """One number for each world; the repetitions of a law share nothing."""
        said = ", ".join(f"{name}={value!r}" for name, value in zip(("law", *_SIZES), astuple(self)))
        return crc32(f"World({said})".encode())  # the text that seeded the stored trials


@dataclass(frozen=True)
class Truth:
    """history, holdout : panels of log returns; null : (draw, time, asset); context : for the faults."""

    history: pd.DataFrame
    null: np.ndarray
    holdout: pd.DataFrame
    context: Context


def _process_of(world: SimulatedMarket) -> Process:
    """The law by name, from those known to the developers of the checks or from those kept apart."""
    known = PROCESSES if world.process in PROCESSES else HELD_OUT
    return known.make(world.process, assets=world.assets)


@lru_cache(maxsize=2)
def build(world: SimulatedMarket) -> Truth:
    """Simulate a world; raises ParameterError for an unknown law or start."""
    if world.start not in STARTS:
        raise ParameterError(f"start {world.start!r} of a world is none of {STARTS}")
    law, rng = _process_of(world), np.random.default_rng(world.seed)
    paths = CANDIDATES.get(world.start, 1)
    first, old = law.walk(law.long_run(paths, rng), world.days - BEFORE, rng)
    last, state = law.walk(old, BEFORE, rng)
    days = np.concatenate([first, last], axis=1)
    chosen = _chosen(days, world.start) if paths > 1 else 0
    days, old, state = days[chosen].astype(float), old[chosen], state[chosen]
    after = law.walk(state[None], AFTER, rng)[0][0].astype(float)
    conditional = world.start != "unconditional"
    null = law.scenarios(world.draws, world.horizon, world.seed + 1, state if conditional else None)
    names = [f"A{i}" for i in range(world.assets)]
    context = Context(
        days, after,
        unconditional=law.scenarios(world.draws, world.horizon, world.seed + 2) if conditional else None,
        stale=law.scenarios(world.draws, world.horizon, world.seed + 3, old) if conditional else None,
        identities=({"name": "cross", "weights": {"A0": 1.0, "A1": 1.0, names[-1]: -1.0}},) if world.cross else None,
        assets=tuple(names),
    )  # fmt: skip
    for values in (days, after, null) if world.cross else ():
        values[..., -1] = values[..., 0] + values[..., 1]
    dates = pd.bdate_range("1990-01-02", periods=world.days + AFTER)
    history = pd.DataFrame(days, index=dates[: world.days], columns=names)
    return Truth(history, null, pd.DataFrame(after, index=dates[world.days :], columns=names), context)


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
