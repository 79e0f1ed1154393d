"""What the supervisor looks at: the traffic light, the exceptions of a desk, the attribution of its P&L.

Traffic light (Basel Committee 1996, MAR99): the zones of a count x in n days come from the binomial cumulative
probability F(x) at tail probability alpha: yellow from the first x with F(x) >= 95 %, red from 99.99 %. For 250 days at
99 %: green 0-4, yellow 5-9, red 10 and more.
Desk test (MAR32.18-19): over the last 250 days a desk leaves the internal model with more than 12 exceptions at 99 % or
more than 30 at 97.5 %.
P&L attribution (MAR32.28-44): Spearman correlation and Kolmogorov-Smirnov distance of risk-theoretical and hypothetical
P&L; green above .80 and below .09, red below .70 or above .12, amber between, the boundaries themselves amber.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from workbench._require import count, number
from workbench.backtesting.backtests._sample import Sample
from workbench.constants import REGULATORY_DAYS
from workbench.errors import DataError

DESK_LIMIT = {0.99: 12, 0.975: 30}
YELLOW, RED = 0.95, 0.9999
SPEARMAN, DISTANCE = (0.70, 0.80), (0.09, 0.12)


def zone_limits(days: int, level: float) -> tuple[int, int]:
    """First count in the yellow and first in the red zone."""
    alpha = 1.0 - number("level", level, above=0.5, below=1)
    count("days", days)
    return int(stats.binom.ppf(YELLOW, days, alpha)), int(stats.binom.ppf(RED, days, alpha))


def traffic_zone(hits: int, days: int, level: float) -> str:
    """``green``, ``yellow`` or ``red``."""
    count("hits", hits, 0, count("days", days))
    yellow, red = zone_limits(days, level)
    return "red" if hits >= red else "yellow" if hits >= yellow else "green"


def traffic_light(sample: Sample) -> np.ndarray:
    """The number of hits; it is one-sided: a model may be as cautious as it likes."""
    return sample.count.astype(float)


def traffic_p_value(hits: np.ndarray, days: int, level: float) -> np.ndarray:
    """Chance of at least so many hits in a right model."""
    return stats.binom.sf(np.asarray(hits) - 1, days, 1.0 - level)


def desk_exceptions(sample: Sample) -> np.ndarray:
    """Hits of the last 250 days."""
    return sample.hits[..., -REGULATORY_DAYS:].sum(axis=-1).astype(float)


def desk_p_value(hits: np.ndarray, days: int, level: float) -> np.ndarray:
    """Chance of at least so many hits in the last year of a right model."""
    return traffic_p_value(hits, min(days, REGULATORY_DAYS), level)


def desk_passes(hits: int, level: float) -> bool:
    """Whether a desk with so many exceptions in its last year keeps the internal model."""
    if level not in DESK_LIMIT:
        raise DataError(f"the desk test knows the levels .99 and .975, not {level:g}")
    return hits <= DESK_LIMIT[level]


def attribution_zone(spearman: float, distance: float) -> str:
    """``green``, ``amber`` or ``red`` of the two figures; the worse one decides."""
    if spearman < SPEARMAN[0] or distance > DISTANCE[1]:
        return "red"
    return "green" if spearman > SPEARMAN[1] and distance < DISTANCE[0] else "amber"


def profit_attribution(theoretical: np.ndarray, hypothetical: np.ndarray) -> dict[str, float | str]:
    """Spearman correlation, KS distance and zone of a desk's risk-theoretical against its hypothetical P&L."""
    theoretical, hypothetical = np.asarray(theoretical, float), np.asarray(hypothetical, float)
    if theoretical.shape != hypothetical.shape or theoretical.size < 2:
        raise DataError(f"the two P&L series must have equal length; got {theoretical.shape} and {hypothetical.shape}")
    if not np.all(np.isfinite(theoretical + hypothetical)):
        raise DataError("the P&L series hold values that are not finite: drop or mend those days")
    constant = np.ptp(theoretical) == 0 or np.ptp(hypothetical) == 0
    spearman = 0.0 if constant else float(stats.spearmanr(theoretical, hypothetical).statistic)
    distance = float(stats.ks_2samp(theoretical, hypothetical).statistic)
    return {"spearman": spearman, "distance": distance, "zone": attribution_zone(spearman, distance)}
