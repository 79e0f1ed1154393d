r"""How far do two samples of one distribution differ? The null of every check, simulated from the history itself.

A history of n days is cut into windows as long as the scenarios. A statistic is T = g(mean phi(window)): features of a
window, averaged, then transformed by a smooth g. A history of n days and a correct set of M draws differ by

    D* = [T(M windows drawn independently from the history) - T] - [T(history redrawn in long blocks) - T],

both drawn here as weights over the windows, so that every check shares the same redraws and one matrix product gives
its null. Blocks are long (2.8 sqrt(n) days, at least three horizons): they keep the clustering of volatility, leave
about sqrt(n)/2.8 of them, and that number is the degrees of freedom of the t distribution in which departures are read,
as in fixed-b inference (Kiefer and Vogelsang 2005, Econometric Theory 21, 1130-1164). The block bootstrap is the
circular one of Politis and Romano (1992); its variance is widened by 1/(1 - block/n).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import stats


def windows(values: np.ndarray, starts: np.ndarray, horizon: int) -> np.ndarray:
    """Windows (window, time, asset) of a panel (day, asset) that begin at the rows ``starts``."""
    return values[starts[:, None] + np.arange(horizon)]


def block_days(days: int, horizon: int, conditional: bool = False) -> int:
    """Length of a bootstrap block in days for a history of ``days``; half as long for windows in units of the
    volatility of their own past, which takes the long memory out."""
    return int(max(1.4 * np.sqrt(days), 2 * horizon) if conditional else max(2.8 * np.sqrt(days), 3 * horizon))


def block_weights(rng: np.random.Generator, weights: np.ndarray, length: int, redraws: int) -> np.ndarray:
    """Redraw the history in circular blocks of ``length`` windows: weights (redraw, window), rows sum to one."""
    count = len(weights)
    length = min(length, count)
    begins = rng.multinomial(-(-count // length), np.full(count, 1.0 / count), size=redraws)
    padded = np.concatenate([begins[:, count - length + 1 :], begins], axis=1).cumsum(1)
    padded = np.concatenate([np.zeros((redraws, 1), padded.dtype), padded], axis=1)
    counts = (padded[:, length:] - padded[:, :-length]) * weights
    return (counts / np.maximum(counts.sum(1, keepdims=True), 1e-12)).astype(np.float32)


def draw_weights(rng: np.random.Generator, weights: np.ndarray, draws: int, redraws: int) -> np.ndarray:
    """Draw ``draws`` windows independently: weights (redraw, window), rows sum to one."""
    chance = weights.astype(float)
    return (rng.multinomial(draws, chance / chance.sum(), size=redraws) / draws).astype(np.float32)


@dataclass(frozen=True)
class Redraws:
    """The redraws that all checks on one set of windows share.

    blocks : the history in blocks; draws : as many windows as the set has draws; both (redraw, window), rows sum to
    one. freedom : effective number of independent blocks; widen : factor on the variance of block redraws.
    """

    blocks: np.ndarray
    draws: np.ndarray
    freedom: float
    widen: float

    @classmethod
    def make(cls, rng: np.random.Generator, weights: np.ndarray, draws: int, length: int, redraws: int) -> Redraws:
        """Of windows with ``weights``, in blocks of ``length`` windows."""
        share = min(length / len(weights), 0.5)
        effective = 1.0 / np.square(weights).sum() / len(weights)
        blocks = block_weights(rng, weights, length, redraws)
        return cls(blocks, draw_weights(rng, weights, draws, redraws), float(effective / share), 1.0 / (1.0 - share))


@dataclass(frozen=True)
class Spread:
    """Departures of a statistic vector under the null: covariance (component, component) and degrees of freedom."""

    covariance: np.ndarray
    freedom: float

    def at_least(self, error: float) -> Spread:
        """The same with standard errors raised to ``error`` where they are smaller."""
        lacking = np.maximum(error**2 - np.diag(self.covariance), 0.0)
        return Spread(self.covariance + np.diag(lacking), self.freedom)

    @property
    def error(self) -> np.ndarray:
        """Standard errors, (component,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> np.ndarray:
        """Correlation of the departures, (component, component)."""
        error = self.error
        return self.covariance / np.maximum(np.outer(error, error), 1e-300)

    @cached_property
    def comparisons(self) -> float:
        """Effective number of independent components: the m at which max |N(0, C)| has the simulated 95 % point.

        C is shrunk towards independence, because so few blocks show correlations that are not there.
        """
        keep = self.freedom / (self.freedom + 4.0)
        correlation = keep * self.correlation + (1.0 - keep) * np.eye(len(self.covariance))
        if len(correlation) == 1:
            return 1.0
        value, vector = np.linalg.eigh(correlation)
        root = vector * np.sqrt(value.clip(min=0.0))
        normal = np.random.Generator(np.random.Philox(7)).standard_normal((4000, len(value)))
        point = np.quantile(np.abs(normal @ root.T).max(1), 0.95)
        return float(np.clip(np.log(0.95) / np.log1p(-2 * stats.norm.sf(point)), 1.0, len(correlation)))

    def worst(self, departure: np.ndarray, pooled: bool = False) -> Reading:
        """The largest departure in standard errors, as one of ``comparisons`` independent ones.

        pooled : the last component, an average over the others, and the rest get half of the level each, so that what
        all assets share need not pay for every asset.
        """
        z = departure / np.maximum(self.error, 1e-300)
        if not pooled:
            at = int(np.abs(z).argmax())
            return Reading("t", at, float(z[at]), float(np.abs(z[at])), self.comparisons, self.freedom)
        rest = Spread(self.covariance[:-1, :-1], self.freedom).worst(departure[:-1])
        one = Reading("t", len(z) - 1, float(z[-1]), float(np.abs(z[-1])), 2.0, self.freedom)
        other = replace(rest, comparisons=2.0 * rest.comparisons)
        return one if one.p_value <= other.p_value else other

    @cached_property
    def degrees(self) -> float:
        """Effective number of independent components in a mean square (Satterthwaite)."""
        return float(len(self.covariance) ** 2 / max((self.correlation**2).sum(), 1e-300))

    def square(self, departure: np.ndarray) -> Reading:
        """Mean squared departure in standard errors, against the moment-matched F distribution."""
        z = departure / np.maximum(self.error, 1e-300)
        at = int(np.abs(z).argmax())
        return Reading("F", at, float(z[at]), float(np.mean(z**2)), self.degrees, self.freedom)


@dataclass(frozen=True)
class Reading:
    """A departure against its null distribution.

    distribution : ``t`` for the largest of so many ``comparisons``, ``F`` for a mean square of so many; component :
    which departs most, by ``departure`` standard errors; value : what is read; freedom : degrees of freedom.
    """

    distribution: str
    component: int
    departure: float
    value: float
    comparisons: float
    freedom: float

    @property
    def p_value(self) -> float:
        """Probability of a departure at least as large."""
        if self.distribution == "F":
            return float(stats.f.sf(self.value, self.comparisons, self.freedom))
        alone = 2 * stats.t.sf(self.value, self.freedom)
        return float(-np.expm1(self.comparisons * np.log1p(-min(alone, 1 - 1e-16))))

    def reach(self, level: float) -> float:
        """The value that is passed with probability ``level``."""
        if self.distribution == "F":
            return float(stats.f.isf(level, self.comparisons, self.freedom))
        alone = -np.expm1(np.log1p(-level) / self.comparisons)
        return float(stats.t.isf(alone / 2, self.freedom))
