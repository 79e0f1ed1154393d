"""Input of a backtest: losses, forecasts and the events that follow from them, for one history or many at once.

Conventions, used by every test of this package
  loss L_t = -r_t, positive when money is lost; level c (0.99); tail probability alpha = 1 - c
  VaR_t and ES_t are positive losses; a hit is I_t = 1{L_t > VaR_t}, strictly
  the PIT u_t = F_t(r_t) is of the *return*, so that a bad day has a small u_t and a hit means u_t < alpha

Arrays carry the day on the last axis; leading axes are independent histories (simulated ones, in the null).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench._require import number
from workbench.errors import DataError


@dataclass(frozen=True)
class Sample:
    """Forecasts and outcomes at one level.

    ``hits`` and ``loss`` are ``(..., day)``, ``var`` and ``es`` ``(day,)``, ``pit`` ``(..., day)`` or None,
    ``es`` None where the forecaster gave none. Losses are fractions.
    """

    level: float
    hits: np.ndarray
    loss: np.ndarray
    var: np.ndarray
    es: np.ndarray | None = None
    pit: np.ndarray | None = None

    @property
    def alpha(self) -> float:
        """Tail probability, free of the rounding of ``1 - 0.99``."""
        return round(1.0 - self.level, 12)

    @property
    def days(self) -> int:
        return self.hits.shape[-1]

    @property
    def count(self) -> np.ndarray:
        """Number of hits in each history."""
        return self.hits.sum(axis=-1)

    def has(self, part: str) -> bool:
        """Whether there is a ``var``, an ``es`` or a ``pit``."""
        return getattr(self, part) is not None

    @property
    def need_es(self) -> np.ndarray:
        """ES, for a test that cannot do without; DataError where there is none."""
        return self._need("es", "ES forecasts")

    @property
    def need_pit(self) -> np.ndarray:
        """PITs, for a test that cannot do without; DataError where there are none."""
        return self._need("pit", "PITs")

    def _need(self, part: str, what: str) -> np.ndarray:
        if not self.has(part):
            raise DataError(f"this test needs {what}; the sample has none")
        return getattr(self, part)


def probabilities(name: str, values: ArrayLike) -> np.ndarray:
    """Floats in [0, 1]; DataError naming the first that is none."""
    found = np.asarray(values, float)
    wrong = np.argwhere(~((found >= 0) & (found <= 1)))
    if len(wrong):
        raise DataError(f"{name} at {wrong[0].tolist()} is {found[tuple(wrong[0])]}, which is no probability")
    return found


def observed(
    loss: ArrayLike, var: ArrayLike, level: float, es: ArrayLike | None = None, pit: ArrayLike | None = None
) -> Sample:
    """The sample of what happened: hits are the days on which the loss is above VaR. Raises ParameterError for a
    level outside (0, 1).
    """
    number("level", level, above=0, below=1)
    loss = np.asarray(loss, float)
    var = np.broadcast_to(np.asarray(var, float), loss.shape[-1:])
    es = None if es is None else np.broadcast_to(np.asarray(es, float), loss.shape[-1:])
    return Sample(level, loss > var, loss, var, es, None if pit is None else np.asarray(pit, float))
