"""A world of known truth: a history, an honest scenario set of the same law, and what planted faults need to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import pandas as pd

from workbench.diagnostics.faults import Context
from workbench.diagnostics.laws import LAWS, Law
from workbench.diagnostics.measured.held_out import HELD_OUT
from workbench.errors import ParameterError

STARTS = ("unconditional", "today", "extreme")
BEFORE, AFTER, CANDIDATES = 120, 260, 8


@dataclass(frozen=True)
class World:
    """Which truth: the law's name, sizes, and a number that tells repetitions apart.

    start : ``unconditional``; ``today``, a set that starts from the history's last close; ``extreme``, the same where the
        last month is the most unusual of eight histories, so that the condition matters.
    """

    law: str
    days: int = 2000
    assets: int = 6
    draws: int = 1000
    horizon: int = 20
    start: str = "unconditional"
    repeat: int = 0

    @property
    def seed(self) -> int:
        """One number for each world; the repetitions of a law share nothing."""
        return crc32(repr(self).encode())


@dataclass(frozen=True)
class Truth:
    """history : panel of log returns; honest : (draw, time, asset); holdout : the days after; context : for the faults."""

    history: pd.DataFrame
    honest: np.ndarray
    holdout: pd.DataFrame
    context: Context


def law_of(world: World) -> Law:
    """The law by name, from those known to the developers of the checks or from those kept apart."""
    known = LAWS if world.law in LAWS else HELD_OUT
    return known.make(world.law, assets=world.assets)


@lru_cache(maxsize=2)
def build(world: World) -> Truth:
    """Simulate a world; raises ParameterError for an unknown law or start."""
    if world.start not in STARTS:
        raise ParameterError(f"start {world.start!r} of a world is none of {STARTS}")
    law, rng = law_of(world), np.random.default_rng(world.seed)
    paths = CANDIDATES if world.start == "extreme" else 1
    first, old = law.walk(law.long_run(paths, rng), world.days - BEFORE, rng)
    last, state = law.walk(old, BEFORE, rng)
    days = np.concatenate([first, last], axis=1)
    chosen = _strangest(days) if paths > 1 else 0
    days, old, state = days[chosen].astype(float), old[chosen], state[chosen]
    after = law.walk(state[None], AFTER, rng)[0][0].astype(float)
    conditional = world.start != "unconditional"
    honest = law.scenarios(world.draws, world.horizon, world.seed + 1, state if conditional else None)
    context = Context(
        days, after,
        unconditional=law.scenarios(world.draws, world.horizon, world.seed + 2) if conditional else None,
        stale=law.scenarios(world.draws, world.horizon, world.seed + 3, old) if conditional else None,
    )  # fmt: skip
    names = [f"A{i}" for i in range(world.assets)]
    dates = pd.bdate_range("1990-01-02", periods=world.days + AFTER)
    history = pd.DataFrame(days, index=dates[: world.days], columns=names)
    return Truth(history, honest, pd.DataFrame(after, index=dates[world.days :], columns=names), context)


def _strangest(days: np.ndarray) -> int:
    """The path (path, day, asset) whose last month departs most from its own long run in log mean |r|."""
    size = np.abs(days)
    return int(np.abs(np.log(size[:, -22:].mean(1) / size.mean(1)).mean(1)).argmax())
