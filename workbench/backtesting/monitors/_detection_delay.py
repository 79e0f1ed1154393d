"""Detection delay by type of break, at a fixed false-alarm rate, on simulated histories.

The market: ten assets, jointly Student t5 with correlation .3; the book is their sum. The forecaster is right until the
break and does not adapt:
    volatility    every scale doubles
    tail          t5 becomes t2.5 with the same quartiles
    correlation   .3 becomes .8; the book, being their sum, also widens by half
    mean          the book's median moves down by .3 of its scale
Every monitor has one false alarm in ``years`` years. A delay counts the days from the break up to and with the day of
the alarm; histories with an alarm before the break are left out and counted.

As false alarms get rare no detector is faster than log(days between false alarms) / (mean log-likelihood ratio a day),
Lorden's bound; at one in ten years medians may lie at half or a third of it, detectors never being at zero. Of the book
alone, a doubling of t5 is worth .35 a day, that of a normal .81 (:func:`information`); its heavier tail .027, and that
of all ten assets together .110 (:func:`information_of_tail`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import stats

from workbench._require import count
from workbench.backtesting.backtests._null import TYPICAL, t_var_es
from workbench.backtesting.backtests._ranks import joint_movement, rank_among, total_width
from workbench.backtesting.backtests._sample import observed
from workbench.backtesting.monitors._monitors import MONITORS, Stream, threshold
from workbench.constants import TRADING_DAYS
from workbench.errors import ParameterError
from workbench.stats import probit

ASSETS, BEFORE, AFTER = 10, 0.3, 0.8
HEAVY, SHIFT, WIDER = 2.5, 0.3, 2.0
USUAL = stats.t(TYPICAL)  # an asset of unit scale
BOOK = float(np.sqrt(ASSETS * (1.0 + (ASSETS - 1) * BEFORE)))  # scale of the sum of the assets


def assets(rng: np.random.Generator, shape: tuple[int, ...], correlation: float, nu: float = TYPICAL) -> np.ndarray:
    """Draws ``(*shape, asset)`` of a multivariate Student t with equal correlations and unit scales."""
    common, own = rng.standard_normal((*shape, 1)), rng.standard_normal((*shape, ASSETS))
    normal = np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own
    return normal / np.sqrt(rng.chisquare(nu, (*shape, 1)) / nu)


BREAKS = {
    "volatility": lambda rng, shape: WIDER * assets(rng, shape, BEFORE),
    "tail": lambda rng, shape: USUAL.ppf(0.75) / stats.t.ppf(0.75, HEAVY) * assets(rng, shape, BEFORE, HEAVY),
    "correlation": lambda rng, shape: assets(rng, shape, AFTER),
    "mean": lambda rng, shape: assets(rng, shape, BEFORE) - SHIFT * BOOK / ASSETS,
}


@lru_cache(maxsize=1)
def _forecast() -> tuple[np.ndarray, np.ndarray]:
    """Joint movement and width of 20,000 draws of the forecast."""
    z = probit(USUAL.cdf(assets(np.random.Generator(np.random.Philox(41)), (20_000,), BEFORE)))
    return joint_movement(z), total_width(z)


def broken_stream(name: str, rng: np.random.Generator, histories: int, quiet: int, after: int, level: float) -> Stream:
    """Histories of ``quiet`` right days and ``after`` days of the break."""
    x = np.concatenate([assets(rng, (histories, quiet), BEFORE), BREAKS[name](rng, (histories, after))], axis=1)
    book = x.sum(axis=-1) / BOOK
    var, es = t_var_es(1.0 - level, TYPICAL)
    sample = observed(-book, var, level, np.full(quiet + after, es), USUAL.cdf(book))
    z, (joint, width) = probit(USUAL.cdf(x)), _forecast()
    return Stream(sample, rank_among(joint_movement(z), joint, 1), rank_among(total_width(z), width, 2))


def days_to_alarm(path: np.ndarray, limit: float, quiet: int) -> tuple[np.ndarray, float]:
    """Delays of the histories without an alarm before the break (inf: never), and the share that was not."""
    reached = path >= limit
    early = reached[:, :quiet].any(axis=-1)
    late = reached[~early, quiet:]
    delay = np.where(late.any(axis=-1), late.argmax(axis=-1) + 1.0, np.inf)
    return delay, float(early.mean())


def detection_delays(
    histories: int = 400, quiet: int = 100, after: int = 750, level: float = 0.975, years: float = 10.0, seed: int = 0,
    periods: float = TRADING_DAYS,
) -> pd.DataFrame:  # fmt: skip
    """Median and 90 % delay in days of each monitor after each break, the share found, and the share of early alarms.

    quiet, after : days of a history before and after the break, the former at most the days to a false alarm. years : to
    a false alarm, of ``periods`` days each.

    ``low, high`` hold the median with 95 %, by order statistics. A history in which nothing was found within ``after``
    days counts as infinite.
    Raises ParameterError where every history had an alarm before the break.
    """
    for name, value in (("histories", histories), ("quiet", quiet), ("after", after)):
        count(name, value)
    count("seed", seed, 0)
    quiet = min(quiet, max(1, round(years * periods)))
    rows = []
    for place, name in enumerate(BREAKS):
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 43, place])))
        stream = broken_stream(name, rng, histories, quiet, after, level)
        for monitor in MONITORS.values():
            limit = threshold(monitor.name, level, TYPICAL, years, periods)
            delay, early = days_to_alarm(monitor.detector(stream), limit, quiet)
            if not delay.size:
                raise ParameterError(
                    f"all {histories} histories had an alarm of {monitor.name!r} in the {quiet} days before the break; "
                    "simulate more histories, or ask for more years to a false alarm or fewer quiet days"
                )
            median, late = np.quantile(delay, [0.5, 0.9], method="higher")
            held = median_interval(delay)
            rows.append((name, monitor.name, median, *held, late, float(np.isfinite(delay).mean()), early))
    return pd.DataFrame(rows, columns=["break", "monitor", "median", "low", "high", "p90", "found", "early"])


def median_interval(values: np.ndarray, share: float = 0.95) -> tuple[float, float]:
    """Order statistics that hold the median with at least probability ``share`` (binomial, exact)."""
    reach = int(stats.binom.ppf((1.0 - share) / 2.0, len(values), 0.5))
    ordered = np.sort(values)
    return float(ordered[max(reach - 1, 0)]), float(ordered[min(len(values) - reach, len(values) - 1)])


def information(nu: float, wider: float = WIDER) -> float:
    """Mean log-likelihood ratio a day, in nats, of a Student t that is ``wider`` against one that is not."""
    x = wider * stats.t.ppf((np.arange(200_000) + 0.5) / 200_000, nu)
    return float(np.mean(stats.t.logpdf(x, nu, scale=wider) - stats.t.logpdf(x, nu)))


def information_of_tail(assets: int = 1) -> float:
    """The same for the heavier tail, in so many assets with an elliptical distribution, from their common size."""
    share = (np.arange(200_000) + 0.5) / 200_000
    wider = (USUAL.ppf(0.75) / stats.t.ppf(0.75, HEAVY)) ** 2
    right, broken = stats.f(assets, TYPICAL), stats.f(assets, HEAVY)  # of the squared distance, over the assets
    size = broken.ppf(share)
    return float(np.mean(broken.logpdf(size) - np.log(wider) - right.logpdf(wider * size)))
