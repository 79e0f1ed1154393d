"""E-values for one way in which a forecast can break, each of mean 1 while the forecast is right.

A monitor spreads its wealth over a few fixed e-values e_{t,k}, so that no parameter has to be fitted on the way. u is
the PIT of the day's return, z = Phi^-1(u):

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
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.backtesting.backtests._sample import Sample
from workbench.backtesting.monitors._evidence import es_evalues, var_evalues
from workbench.errors import DataError
from workbench.stats import probit

WIDER = np.array([1.25, 1.5, 2.0, 3.0])
OUTER, HEAVIER = 0.05, np.array([0.4, 0.6, 0.8])
SHIFTS = np.array([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])
PUSHES = np.array([0.25, 0.5, 1.0, 2.0])
POWERS = np.array([2.0, 4.0, 8.0])
HIT_STAKES = np.array([0.02, 0.05, 0.1, 0.2])
ES_STAKES = np.array([0.01, 0.025, 0.05, 0.1, 0.2])


@dataclass(frozen=True)
class Stream:
    """What monitors read: a sample, and PITs ``(..., day)`` of joint movement and width where there are assets."""

    sample: Sample
    dependence: np.ndarray | None = None
    width: np.ndarray | None = None

    def has(self, part: str) -> bool:
        """Whether there is a ``var``, an ``es``, a ``pit``, a ``dependence`` or a ``width``."""
        return getattr(self, part) is not None if hasattr(self, part) else self.sample.has(part)

    def need(self, name: str) -> np.ndarray:
        """``dependence`` or ``width``; DataError where the stream has none."""
        if not self.has(name):
            raise DataError(f"this monitor needs PITs of the {name} of all assets")
        return getattr(self, name)


def scale_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    z = probit(stream.sample.need_pit)[..., None]
    return np.exp(0.5 * z * z * (1.0 - WIDER**-2)) / WIDER


def tail_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    u = stream.sample.need_pit[..., None]
    w = np.maximum(2.0 * np.minimum(u, 1.0 - u) / OUTER, 1e-9)
    return np.where(w < 1.0, HEAVIER * np.minimum(w, 1.0) ** (HEAVIER - 1.0), 1.0)


def mean_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    return 1.0 + SHIFTS * np.sign(stream.sample.need_pit[..., None] - 0.5)


def width_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    y = probit(stream.need("width"))[..., None]
    return np.exp(PUSHES * y - 0.5 * PUSHES**2)


def evenness_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    y = probit(stream.need("width"))[..., None]
    return np.exp(0.5 * y * y * (1.0 - WIDER**-2)) / WIDER


def dependence_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    v = stream.need("dependence")[..., None]
    return np.concatenate([POWERS * v ** (POWERS - 1.0), POWERS * (1.0 - v) ** (POWERS - 1.0)], axis=-1)


def hit_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    return 1.0 + HIT_STAKES * (var_evalues(stream.sample)[..., None] - 1.0)


def shortfall_bets(stream: Stream) -> np.ndarray:
    """(..., day, bet)."""
    return 1.0 + ES_STAKES * (es_evalues(stream.sample)[..., None] - 1.0)
