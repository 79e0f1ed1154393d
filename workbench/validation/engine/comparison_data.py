"""A data before the court: scenarios and history cut into like windows, and the redraws that all checks share.

Everything is in units of the history's own scale (for a conditional set: of the scale expected from today's state, see
:mod:`workbench.validation.engine.state`), so that one threshold suits every asset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from workbench.validation.engine import null
from workbench.validation.engine.finding import Finding, cannot_tell

Features = Callable[[np.ndarray], np.ndarray]
CHUNK = 2048
FEWEST_BLOCKS = 6
MEMORY = 70.0
MONTH = 22


@dataclass(frozen=True)
class Whole:
    """What was seen in all draws of a set, of which the trial may hold a sample.

    draws : how many; repeats : draws equal to the bit to an earlier one; largest : (asset,) largest absolute return.
    """

    draws: int
    repeats: int
    largest: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Whole:
        """Of draws (draw, time, asset) that are all there."""
        different = len({row.tobytes() for row in np.ascontiguousarray(values)})
        return cls(len(values), len(values) - different, np.abs(values).max((0, 1)))


@dataclass
class ComparisonData:
    """What a check sees.

    real : windows of the history, (window, time, asset), float32, in units of ``scale``.
    fake : the scenarios, (draw, time, asset), in the same units.
    weights : (window,), sum one; uniform, or matched to today's state.
    assets : names; scale : (asset,) one unit as a log return; starts : first row of each window.
    days : the whole history in units of its scale, (day, asset); stride : days between windows.
    conditional : whether the scenarios start from one state.
    books, holdout, identities, whole : what else was handed in; raw, past : draws and history as log returns.
    factor : on standard errors, of the check that is asking (:mod:`workbench.validation.engine.null_width`).
    """

    real: np.ndarray
    fake: np.ndarray
    weights: np.ndarray
    assets: tuple[str, ...]
    scale: np.ndarray
    starts: np.ndarray
    days: np.ndarray
    stride: int
    conditional: bool = False
    level: float = 0.05
    seed: int = 0
    redraws: int = 400
    books: dict[str, np.ndarray] = field(default_factory=dict)
    holdout: np.ndarray | None = None
    raw: np.ndarray | None = None
    past: np.ndarray | None = None
    identities: Sequence = ()
    whole: Whole | None = None
    factor: float = 1.0

    def __post_init__(self) -> None:
        rng, block = self.rng("null"), null.block_days(len(self.days), self.horizon, self.conditional)
        length = max(1, round(block / self.stride))
        self.blocks = null.block_weights(rng, self.weights, length, self.redraws)
        self.draws = null.draw_weights(rng, self.weights, len(self.fake), self.redraws)
        share = min(length / len(self.weights), 0.5)
        effective = 1.0 / np.square(self.weights).sum() / len(self.weights)
        self.freedom, self.widen = float(effective / share), 1.0 / (1.0 - share)

    @property
    def horizon(self) -> int:
        return self.real.shape[1]

    @cached_property
    def memory(self) -> float:
        """How long the level of volatility is remembered: mean autocorrelation, one to three months apart, of the
        market's log mean |r| over months of 22 days."""
        months = np.abs(self.days[: len(self.days) // MONTH * MONTH]).mean(1).reshape(-1, MONTH).mean(1)
        level = np.log(np.maximum(months, 1e-9))
        level = (level - level.mean()) / max(float(level.std()), 1e-9)
        return float(np.mean([level[:-k] @ level[k:] / len(level) for k in (1, 2, 3)]))

    def everywhere(self) -> ComparisonData:
        """The same data with every window counted alike: in units of what their own pasts foretold, all may be asked
        how far from a forecast a level honestly falls, and after an unusual month few began like today."""
        return replace(self, weights=np.full_like(self.weights, 1.0 / len(self.weights)))

    @property
    def rare(self) -> float:
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
        weights = np.repeat(self.weights, values.shape[0] // len(self.weights))
        return quantile(values, weights, shares)

    def compare(
        self,
        features: Features,
        reduce: Features = lambda mean: mean,
        labels: Sequence[tuple[str, tuple[str, ...]]] = (),
        *,
        memory: float = 0.0,
        foreseen: float = 0.004,
        least: float = 0.0,
        combine: str = "max",
        pooled: bool = False,
        show: Callable[[float], float] = float,
        fake: np.ndarray | None = None,
        fake_features: Features | None = None,
    ) -> Finding:
        """Put g(mean of features) of the scenarios beside that of the history, in the light of the simulated null.

        features : windows (window, time, asset) -> (window, feature); reduce : g, (..., feature) -> (..., component).
        labels : of each component, a name and the assets it belongs to.
        memory : how much of the level of volatility, whose memory is longer than a block, the statistic holds
        (``spread``).
        foreseen : least share of a window's variance that a good conditional model may know beyond our forecast
            (``wandering``). Both were measured on the laws of :mod:`workbench.power.processes`.
        least : smallest standard error a component can honestly have (of a share, see ``rare``).
        combine : ``max`` reads the component that departs most, ``square`` the mean squared departure.
        pooled : whether the last component is the average of all, and gets half of the level for itself.
        show : increasing map from a component to the unit in which it is told.
        fake, fake_features : draws other than the data's, features other than the history's (own quantiles, say).
        """
        if self.freedom < FEWEST_BLOCKS:
            reason = (
                f"the history holds {self.freedom:.1f} independent blocks of a like state, {FEWEST_BLOCKS} are needed"
            )
            return cannot_tell(reason)
        phi = np.asarray(features(self.real), dtype=np.float32)
        history, scenario = (
            reduce(self.weights @ phi),
            reduce(mean(fake_features or features, self.fake if fake is None else fake)),
        )
        spread = self.spread(phi, reduce, history, memory, foreseen).at_least(least)
        known = np.isfinite(history) & np.isfinite(scenario) & (spread.error > 1e-9)
        if not known.any():
            return cannot_tell("no component has a spread in this history")
        kept = np.flatnonzero(known)
        spread = null.Spread(self.factor**2 * spread.covariance[np.ix_(kept, kept)], spread.freedom)
        departure = (scenario - history)[kept]
        read = spread.square(departure) if combine == "square" else spread.worst(departure, pooled and len(kept) > 1)
        at = kept[read.component]
        name, columns = labels[at] if len(labels) else (str(at), ())
        told = {"component": name, "history": show(history[at]), "components": len(kept), "blocks": self.freedom}
        told |= {"departure": read.departure, "comparisons": read.comparisons, "distribution": read.law}
        high = read.reach(self.level)
        if combine == "square":
            return Finding("", "", read.value, (0.0, high), read.p_value, columns=tuple(columns), evidence=told)
        reach = high * spread.error[read.component]
        reference = (show(history[at] - reach), show(history[at] + reach))
        return Finding("", "", show(scenario[at]), reference, read.p_value, columns=tuple(columns), evidence=told)

    def spread(
        self, phi: np.ndarray, reduce: Features, centre: np.ndarray, memory: float, foreseen: float
    ) -> null.Spread:
        """The simulated law of honest departures of g(mean phi).

        What remembers the level of volatility varies more than blocks can show: its variance is widened by
        1 + 70 memory / sqrt(n), found on persistent laws at n = 500, 2,000 and 8,000.
        """
        redrawn = reduce(self.blocks @ phi) - centre
        drawn = reduce(self.draws @ phi) - centre
        widen = self.widen * (1.0 if self.conditional else 1.0 + MEMORY * memory / np.sqrt(len(self.days)))
        covariance = widen * redrawn.T @ redrawn / len(redrawn) + drawn.T @ drawn / len(drawn)
        covariance = np.atleast_2d(covariance.astype(np.float64))
        if self.conditional:
            covariance = covariance + self.wandering(phi, reduce, centre, foreseen)
        return null.Spread(np.nan_to_num(covariance), self.freedom)

    def wandering(self, phi: np.ndarray, reduce: Features, centre: np.ndarray, least: float) -> np.ndarray:
        """Covariance of the statistic's expectation given today, beyond what the state explains.

        A set that starts today rightly follows E[phi | today], which wanders around its mean over like states. How far
        is seen in the covariance of influences of windows that follow one another (they share no day): one number for
        all components, their pooled autocorrelation, and not below ``least``: a good model sees more of what is coming
        than our forecast does, and is allowed that share of what the forecast leaves unexplained.
        """
        step, weight = max(1, -(-self.horizon // self.stride)), self.weights[:, None]
        phi = phi.astype(np.float64)
        left_out = (self.weights @ phi - weight * phi) / (1.0 - weight)
        influence = (centre - reduce(left_out)) * (1.0 - weight) / np.maximum(weight, 1e-12)
        influence = np.where(weight > 1e-12, np.nan_to_num(influence), 0.0)
        both = np.sqrt(weight[:-step] * weight[step:])
        size = (weight * influence**2).sum(0)
        shared = (both * influence[:-step] * influence[step:]).sum(0) / both.sum()
        ratio = max(least, float(np.mean(shared / np.maximum(size, 1e-300))))
        return ratio * (influence * weight).T @ influence


def mean(features: Features, values: np.ndarray) -> np.ndarray:
    """Mean of the features over the draws, chunk by chunk so that memory stays small."""
    total = sum(
        np.sum(features(values[at : at + CHUNK]), axis=0, dtype=np.float64) for at in range(0, len(values), CHUNK)
    )
    return total / len(values)


def quantile(values: np.ndarray, weights: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Weighted quantiles down the first axis: (share, column)."""
    order = np.argsort(values, axis=0)
    below = np.cumsum(weights[order], axis=0)
    at = [np.minimum((below < share * weights.sum()).sum(0), len(values) - 1) for share in shares]
    ranked = np.take_along_axis(values, order, axis=0)
    return np.stack([ranked[row, np.arange(values.shape[1])] for row in at])
