"""The monitors: what each bets on, and the threshold that gives one false alarm in so many years.

E-values for one way in which a forecast can break, each of mean 1 while the forecast is right. A monitor spreads its
wealth over a few fixed e-values e_{t,k}, so that no parameter has to be fitted on the way. u is the PIT of the day's
return, z = Phi^-1(u):

    scale       the market is k times wider than forecast: density of z under N(0, k^2) over N(0, 1)
    tail        of the outer 5 %, extremes are too extreme: w = 2 min(u, 1-u) / .05, x w^(x-1) with x < 1 where w < 1,
                else 1, so that scale alone pays little
    mean        more days above (below) the forecast median than below (above): 1 + d sign(u - 1/2)
    width       all assets together are wider than forecast: y = Phi^-1(PIT of their width), exp(d y - d^2/2), d > 0
    evenness    calm and wild days are both too many: density of y under N(0, k^2) over N(0, 1). A heavier joint tail
                spreads the sizes of days and not their mean, and ten assets hold four times the information of a book
    dependence  v, the PIT of their joint movement, is too high or too low: x v^(x-1), x (1-v)^(x-1)
    hits, shortfall   the e-values of VaR and ES with fixed stakes

Joint movement and width, and their PITs, are those of :mod:`workbench.backtesting.backtests._ranks`; the energy rank
of a day serves as the PIT of its width too.

A quiet history has independent uniform PITs and, for VaR and ES, the tail of :mod:`..backtests._null`; nothing else of
a forecaster enters, so thresholds are found once for each monitor, tail probability and weight of tail.

Two older controls stand beside them. CUSUM (Page, Biometrika 41, 1954), for the likelihood ratio of a doubled normal
scale, z = Phi^-1(PIT):
    S_t = max(0, S_{t-1} + 3/8 z_t^2 - log 2) .
It knows the change it looks for, which a user does not; it is the bar for one that must find anything.
Rolling Kupiec: the number of hits in the last 250 days, an alarm when there are too many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from workbench._require import number
from workbench.backtesting.backtests._null import TYPICAL, history_from, t_var_es
from workbench.backtesting.backtests._sample import Sample
from workbench.backtesting.monitors._detectors import calibrate, shiryaev_roberts
from workbench.backtesting.monitors._evidence import es_evalues, var_evalues
from workbench.constants import REGULATORY_DAYS, TRADING_DAYS
from workbench.errors import DataError, ParameterError
from workbench.stats import probit

WIDER = np.array([1.25, 1.5, 2.0, 3.0])
OUTER, HEAVIER = 0.05, np.array([0.4, 0.6, 0.8])
SHIFTS = np.array([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])
PUSHES = np.array([0.25, 0.5, 1.0, 2.0])
POWERS = np.array([2.0, 4.0, 8.0])
HIT_STAKES = np.array([0.02, 0.05, 0.1, 0.2])
ES_STAKES = np.array([0.01, 0.025, 0.05, 0.1, 0.2])
HISTORIES, SEED = 1000, 31
BLOCK, CELLS = 100, 2_500_000  # histories at a time, and at most so many days of all of them


@dataclass(frozen=True)
class Stream:
    """What monitors read: a sample, and PITs ``(..., day)`` of joint movement and width where there are assets."""

    sample: Sample
    dependence: np.ndarray | None = None
    width: np.ndarray | None = None

    def has(self, part: str) -> bool:
        """Whether there is a ``var``, an ``es``, a ``pit``, a ``dependence`` or a ``width``."""
        return getattr(self, part) is not None if hasattr(self, part) else self.sample.has(part)

    def need(self, part: str) -> np.ndarray:
        """What bets are placed on: PITs, or the e-values of ``var`` or ``es``; DataError where the stream has none."""
        of_sample = {"var": var_evalues, "es": es_evalues, "pit": lambda sample: sample.need_pit}
        if part in of_sample:
            return of_sample[part](self.sample)
        if not self.has(part):
            raise DataError(f"this monitor needs PITs of the {part} of all assets")
        return getattr(self, part)


def _scale(u: np.ndarray) -> np.ndarray:
    z = probit(u)
    return np.exp(0.5 * z * z * (1.0 - WIDER**-2)) / WIDER


def _tail(u: np.ndarray) -> np.ndarray:
    w = np.maximum(2.0 * np.minimum(u, 1.0 - u) / OUTER, 1e-9)
    return np.where(w < 1.0, HEAVIER * np.minimum(w, 1.0) ** (HEAVIER - 1.0), 1.0)


def _mean(u: np.ndarray) -> np.ndarray:
    return 1.0 + SHIFTS * np.sign(u - 0.5)


def _width(u: np.ndarray) -> np.ndarray:
    return np.exp(PUSHES * probit(u) - 0.5 * PUSHES**2)


def _dependence(v: np.ndarray) -> np.ndarray:
    return np.concatenate([POWERS * v ** (POWERS - 1.0), POWERS * (1.0 - v) ** (POWERS - 1.0)], axis=-1)


def _hits(e: np.ndarray) -> np.ndarray:
    return 1.0 + HIT_STAKES * (e - 1.0)


def _shortfall(e: np.ndarray) -> np.ndarray:
    return 1.0 + ES_STAKES * (e - 1.0)


def cusum_of_squares(stream: Stream) -> np.ndarray:
    """S_t of each day."""
    z = probit(stream.sample.need_pit)
    steps = np.moveaxis(0.375 * z * z - np.log(2.0), -1, 0)
    level, out = np.zeros(steps.shape[1:]), np.empty(steps.shape)
    for day, step in enumerate(steps):
        level = np.maximum(0.0, level + step)
        out[day] = level
    return np.moveaxis(out, 0, -1)


def rolling_kupiec(stream: Stream) -> np.ndarray:
    """Hits of the last 250 days (fewer at the start)."""
    total = np.cumsum(stream.sample.hits, axis=-1, dtype=float)
    out = total.copy()
    out[..., REGULATORY_DAYS:] -= total[..., :-REGULATORY_DAYS]
    return out


@dataclass(frozen=True)
class Monitor:
    """What its alarm means, what it needs (pit, var, es, width, dependence), and its bets, or else its ``control``.

    ``bets`` turn what is needed (..., day, 1) into e-values (..., day, bet); ``control`` is a detector of a stream.
    """

    name: str
    what: str
    needs: str
    bets: Callable[[np.ndarray], np.ndarray] | None = None
    control: Callable[[Stream], np.ndarray] | None = None

    def evalues(self, stream: Stream) -> np.ndarray:
        """E-values (..., day, bet); ParameterError for a detector that is not built on them."""
        if self.bets is None:
            raise ParameterError(f"the monitor {self.name!r} has no e-values")
        return self.bets(stream.need(self.needs)[..., None])

    def detector(self, stream: Stream) -> np.ndarray:
        """The detector (..., day) of a stream, which raises an alarm above its threshold."""
        return self.control(stream) if self.control else shiryaev_roberts(self.evalues(stream))


MONITORS = {
    m.name: m
    for m in (
        Monitor("scale", "the market is wider than forecast", "pit", _scale),
        Monitor("tail", "extremes are too extreme", "pit", _tail),
        Monitor("mean", "days fall to one side of the forecast median", "pit", _mean),
        Monitor("width", "all assets together are wider than forecast", "width", _width),
        Monitor("evenness", "calm and wild days are both too many", "width", _scale),
        Monitor("dependence", "assets move together more, or less, than forecast", "dependence", _dependence),
        Monitor("hits", "VaR is passed too often", "var", _hits),
        Monitor("shortfall", "VaR is passed too often or by too much", "es", _shortfall),
        Monitor("cusum", "squares are too large (CUSUM)", "pit", control=cusum_of_squares),
        Monitor("rolling_kupiec", "too many hits in a year", "var", control=rolling_kupiec),
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
    return calibrate(np.concatenate(found))
