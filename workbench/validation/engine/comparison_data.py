"""Scenario paths, matched windows of the history, and the redraws that all checks share.

Everything is in units of the history's own scale (for a conditional set: of the volatility forecast from today's
state, see :mod:`workbench.validation.engine._state`), so that one threshold suits every asset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from workbench.stats import weighted_quantile
from workbench.validation.engine import _null_width
from workbench.validation.engine._null import Reading, Redraws, Spread, block_days
from workbench.validation.engine.finding import Finding, not_assessed
from workbench.validation.engine.identity import Identity

Features = Callable[[np.ndarray], np.ndarray]
Labels = Sequence[tuple[str, tuple[str, ...]]]
CHUNK = 2048
FEWEST_BLOCKS = 6
MEMORY = 70.0
MONTH = 22
PREDICTABLE = 0.004


@dataclass(frozen=True)
class SetSummary:
    """What was seen in all draws of a set, of which the comparison may hold a sample.

    draws : how many; repeats : draws equal to the bit to an earlier one; largest : (asset,) largest absolute return.
    """

    draws: int
    repeats: int
    largest: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> SetSummary:
        """Of draws (draw, time, asset) that are all there."""
        different = len({row.tobytes() for row in np.ascontiguousarray(values)})
        return cls(len(values), len(values) - different, np.abs(values).max((0, 1)))


@dataclass(frozen=True)
class ComparisonData:
    """What a check sees; immutable, made by :func:`workbench.validation.trial.prepare`.

    real : windows of the history, (window, time, asset), float32, in units of ``scale``.
    fake : the scenarios, (draw, time, asset), in the same units.
    weights : (window,), sum one; uniform, or matched to today's state.
    assets : names; scale : (asset,) one unit as a log return.
    days : the whole history in units of its scale, (day, asset); stride : days between windows.
    raw, past : draws and history as log returns; summary : of all draws, where ``raw`` is a sample of them.
    year : periods a year, for annual numbers. conditional : whether the scenarios start from one state.
    books, holdout, identities : what else was handed in.
    factor : on standard errors, of the check that is asking (:mod:`workbench.validation.engine._null_width`).
    """

    real: np.ndarray
    fake: np.ndarray
    weights: np.ndarray
    assets: tuple[str, ...]
    scale: np.ndarray
    days: np.ndarray
    stride: int
    raw: np.ndarray
    past: np.ndarray
    summary: SetSummary
    year: int
    conditional: bool = False
    level: float = 0.05
    seed: int = 0
    redraws: int = 400
    books: Mapping[str, np.ndarray] = field(default_factory=dict)
    holdout: np.ndarray | None = None
    identities: Sequence[Identity] = ()
    factor: float = 1.0
    shared: Redraws | None = field(default=None, repr=False)

    @property
    def horizon(self) -> int:
        return self.real.shape[1]

    @cached_property
    def null(self) -> Redraws:
        """Redraws of the history and of the draws."""
        if self.shared is not None:
            return self.shared
        block = block_days(len(self.days), self.horizon, self.conditional)
        length = max(1, round(block / self.stride))
        return Redraws.make(self.rng("null"), self.weights, len(self.fake), length, self.redraws)

    @cached_property
    def memory(self) -> float:
        """How long the level of volatility is remembered: mean autocorrelation, one to three months apart, of the
        market's log mean |r| over months of 22 days."""
        months = np.abs(self.days[: len(self.days) // MONTH * MONTH]).mean(1).reshape(-1, MONTH).mean(1)
        level = np.log(np.maximum(months, 1e-9))
        level = (level - level.mean()) / max(float(level.std()), 1e-9)
        return float(np.mean([level[:-k] @ level[k:] / len(level) for k in (1, 2, 3)]))

    def for_check(self, name: str) -> ComparisonData:
        """The same data and redraws with the factor of the check ``name`` on standard errors."""
        return replace(self, factor=_null_width.factor(name, self), shared=self.null)

    def equally_weighted(self) -> ComparisonData:
        """The same data with every window counted alike: in units of forecasts from their own pasts, all show how far
        a level falls from a forecast, and after an unusual month few began like today."""
        return replace(self, weights=np.full_like(self.weights, 1.0 / len(self.weights)), shared=None)

    @property
    def rare_error(self) -> float:
        """Least standard error of the root of a share of rare days: that of independent days, like in state to today.

        No such count is known better, however few the redraws in which one of the days is found.
        """
        return float(0.5 * np.sqrt(np.square(self.weights).sum() * len(self.weights) / len(self.days)))

    def rng(self, stage: str) -> np.random.Generator:
        """A stream of random numbers of its own for each stage."""
        key = np.random.SeedSequence(self.seed, spawn_key=tuple(stage.encode()))
        return np.random.Generator(np.random.Philox(key))

    def threshold(self, features: Features, shares: Sequence[float]) -> np.ndarray:
        """Quantiles of a feature over the weighted history, (share, column)."""
        values = features(self.real)
        return weighted_quantile(values, np.repeat(self.weights, len(values) // len(self.weights)), shares)

    def compare(
        self,
        features: Features,
        reduce: Features = lambda mean: mean,
        labels: Labels = (),
        *,
        memory: float = 0.0,
        predictable: float = PREDICTABLE,
        least: float = 0.0,
        combine: str = "max",
        pooled: bool = False,
        show: Callable[[float], float] = float,
        fake: np.ndarray | None = None,
        fake_features: Features | None = None,
    ) -> Finding:
        """Compare g(mean of features) of the scenarios with that of the history, against the simulated null.

        features : windows (window, time, asset) -> (window, feature); reduce : g, (..., feature) -> (..., component).
        labels : of each component, a name and the assets it belongs to.
        memory, predictable : of the statistic, see ``spread``.
        least : smallest standard error that a component can have (of a share, see ``rare_error``).
        combine : ``max`` reads the component that departs most, ``square`` the mean squared departure.
        pooled : whether the last component is the average of all, and gets half of the level for itself.
        show : increasing map from a component to the unit in which it is reported.
        fake, fake_features : draws other than ``self.fake``, features other than the history's (own quantiles, say).
        """
        if self.null.freedom < FEWEST_BLOCKS:
            return not_assessed(
                f"the history holds {self.null.freedom:.1f} independent blocks of a like state, "
                f"{FEWEST_BLOCKS} are needed"
            )
        phi = np.asarray(features(self.real), dtype=np.float32)
        history = reduce(self.weights @ phi)
        scenario = reduce(mean_of(fake_features or features, self.fake if fake is None else fake))
        spread = self.spread(phi, reduce, history, memory, predictable).at_least(least)
        kept = np.flatnonzero(np.isfinite(history) & np.isfinite(scenario) & (spread.error > 1e-9))
        if not len(kept):
            return not_assessed("no component has a spread in this history")
        spread = Spread(self.factor**2 * spread.covariance[np.ix_(kept, kept)], spread.freedom)
        departure = (scenario - history)[kept]
        square = combine == "square"
        read = spread.square(departure) if square else spread.worst(departure, pooled and len(kept) > 1)
        at, error = kept[read.component], spread.error[read.component]
        name, columns = labels[at] if len(labels) else (str(at), ())
        evidence: dict[str, Any] = {"component": name, "history": show(history[at]), "components": len(kept)}
        evidence |= {"blocks": self.null.freedom, "departure": read.departure}
        evidence |= {"comparisons": read.comparisons, "distribution": read.distribution}
        statistic, reference = self._shown(read, history[at], scenario[at], error, show)
        return Finding("", "", statistic, reference, read.p_value, columns=tuple(columns), evidence=evidence)

    def _shown(
        self, read: Reading, history: float, scenario: float, error: float, show: Callable[[float], float]
    ) -> tuple[float, tuple[float, float]]:
        """Statistic and reference range of a reading in the unit in which it is reported."""
        high = read.reach(self.level)
        if read.distribution == "F":
            return read.value, (0.0, high)
        return show(scenario), (show(history - high * error), show(history + high * error))

    def spread(
        self,
        phi: np.ndarray,
        reduce: Features,
        centre: np.ndarray,
        memory: float = 0.0,
        predictable: float = PREDICTABLE,
    ) -> Spread:
        """Covariance of the departures of g(mean phi) under the null, simulated.

        memory : how much of the level of volatility the statistic holds. What remembers that level varies more than
        blocks can show: its variance is widened by 1 + 70 memory / sqrt(n), found on persistent processes at n = 500,
        2,000 and 8,000. predictable : least share of a window's variance that a good conditional model may know beyond
        our forecast. Both were measured on the processes of :mod:`workbench.power.processes`.
        """
        null = self.null
        redrawn = reduce(null.blocks @ phi) - centre
        drawn = reduce(null.draws @ phi) - centre
        covariance = self.widened(memory) * redrawn.T @ redrawn / len(redrawn) + drawn.T @ drawn / len(drawn)
        covariance = np.atleast_2d(covariance.astype(np.float64))
        if self.conditional:
            covariance = covariance + self._state_dependence(phi, reduce, centre, predictable)
        return Spread(np.nan_to_num(covariance), null.freedom)

    def widened(self, memory: float) -> float:
        """Factor on the variance of block redraws of what holds so much ``memory`` of the level of volatility; windows
        in units of their own forecasts hold none."""
        return self.null.widen * (1.0 if self.conditional else 1.0 + MEMORY * memory / np.sqrt(len(self.days)))

    def _state_dependence(self, phi: np.ndarray, reduce: Features, centre: np.ndarray, least: float) -> np.ndarray:
        """Covariance of the statistic's expectation given today, beyond what the state explains.

        A set that starts today rightly follows E[phi | today], which varies around its mean over like states. How far
        is seen in the covariance of influences of windows that follow one another (they share no day): one number for
        all components, their pooled autocorrelation, and not below ``least``: a good model sees more of what is coming
        than our forecast does, and is allowed that share of what the forecast leaves unexplained.
        """
        step, weight = -(-self.horizon // self.stride), self.weights[:, None]
        phi = phi.astype(np.float64)
        left_out = (self.weights @ phi - weight * phi) / (1.0 - weight)
        influence = (centre - reduce(left_out)) * (1.0 - weight) / np.maximum(weight, 1e-12)
        influence = np.where(weight > 1e-12, np.nan_to_num(influence), 0.0)
        both = np.sqrt(weight[:-step] * weight[step:])
        size = (weight * influence**2).sum(0)
        common = (both * influence[:-step] * influence[step:]).sum(0) / both.sum()
        ratio = max(least, float(np.mean(common / np.maximum(size, 1e-300))))
        return ratio * (influence * weight).T @ influence


def mean_of(features: Features, values: np.ndarray) -> np.ndarray:
    """Mean of the features over the draws, chunk by chunk so that memory stays small."""
    parts = (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))
    return np.asarray(sum(np.sum(features(part), axis=0, dtype=np.float64) for part in parts)) / len(values)
