"""What a monitor does while nothing is wrong, and the threshold that gives one false alarm in so many years.

A quiet history has independent uniform PITs and, for VaR and ES, the tail of :mod:`..backtests._null`; nothing
else of a forecaster enters, so thresholds are found once for each monitor, tail probability and weight of tail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from workbench._require import number
from workbench.backtesting.backtests._null import TYPICAL, history_from, t_var_es
from workbench.backtesting.backtests._sample import Sample
from workbench.backtesting.monitors import _detectors as detectors
from workbench.backtesting.monitors import _evalue_bets as bets
from workbench.backtesting.monitors._evalue_bets import Stream
from workbench.constants import TRADING_DAYS
from workbench.errors import ParameterError

HISTORIES, SEED = 1000, 31
BLOCK, CELLS = 100, 2_500_000  # histories at a time, and at most so many days of all of them


@dataclass(frozen=True)
class Monitor:
    """A detector ``(..., day)`` of a stream, what its alarm means, what it needs (pit, var, es, width, dependence)."""

    name: str
    what: str
    needs: str
    detector: Callable[[Stream], np.ndarray]
    bets: Callable[[Stream], np.ndarray] | None = None  # e-values (..., day, bet) behind the detector

    def evalues(self, stream: Stream) -> np.ndarray:
        """E-values (..., day, bet); ParameterError for a detector that is not built on them."""
        if self.bets is None:
            raise ParameterError(f"the monitor {self.name!r} has no e-values")
        return self.bets(stream)


def _betting(name: str, what: str, needs: str, stakes: Callable[[Stream], np.ndarray]) -> Monitor:
    return Monitor(name, what, needs, lambda stream: detectors.shiryaev_roberts(stakes(stream)), stakes)


MONITORS = {
    m.name: m
    for m in (
        _betting("scale", "the market is wider than forecast", "pit", bets.scale_bets),
        _betting("tail", "extremes are too extreme", "pit", bets.tail_bets),
        _betting("mean", "days fall to one side of the forecast median", "pit", bets.mean_bets),
        _betting("width", "all assets together are wider than forecast", "width", bets.width_bets),
        _betting("evenness", "calm and wild days are both too many", "width", bets.evenness_bets),
        _betting("dependence", "assets move together more, or less, than forecast", "dependence", bets.dependence_bets),
        _betting("hits", "VaR is passed too often", "var", bets.hit_bets),
        _betting("shortfall", "VaR is passed too often or by too much", "es", bets.shortfall_bets),
        Monitor("cusum", "squares are too large (CUSUM)", "pit", detectors.cusum_of_squares),
        Monitor("rolling_kupiec", "too many hits in a year", "var", detectors.rolling_kupiec),
    )
}


def null_stream(rng: np.random.Generator, histories: int, days: int, level: float, nu: float = TYPICAL) -> Stream:
    """Histories on which every forecast is right."""
    var, es = t_var_es(1.0 - level, nu)
    flat = np.zeros(days)
    frame = Sample(level, flat > 0, flat, flat + var, flat + es)
    shape = (histories, days)
    return Stream(history_from(rng.random(shape), frame, nu), rng.random(shape), rng.random(shape))


@lru_cache(maxsize=64)
def threshold(
    name: str, level: float, nu: float = TYPICAL, years: float = 10.0, periods: float = TRADING_DAYS
) -> float:
    """Threshold of a monitor with one false alarm in ``years`` years, on 1,000 simulated quiet histories.

    periods : forecasts a year. The error of the mean time to a false alarm is about 4 %.
    """
    if name not in MONITORS:
        raise ParameterError(f"unknown monitor {name!r}; known: {', '.join(MONITORS)}")
    number("level", level, above=0.5, below=1)
    number("nu", nu, above=1)
    number("years", years, least=0.1)
    number("periods", periods, least=1)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([SEED, round(1e6 * level)])))
    days, found = max(1, round(years * periods)), []
    block = max(1, min(BLOCK, CELLS // days))
    for begin in range(0, HISTORIES, block):
        stream = null_stream(rng, min(block, HISTORIES - begin), days, level, nu)
        found.append(MONITORS[name].detector(stream).max(axis=-1, keepdims=True))
    return detectors.calibrate(np.concatenate(found))
