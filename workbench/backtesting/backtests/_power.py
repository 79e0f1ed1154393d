"""How often would this test find a bad model, with as many days as there are?

Each test is tried on the error it is for (:mod:`._battery`), with Student t5 P&L and forecasts that do not move:
  scale       true scale 1, the model says .8: VaR and ES 20 % too small, PIT = F(r / .8)
  shortfall   VaR right, ES 20 % too small
  clustering  VaR right on average, volatility a GARCH(1,1) (.10, .88) with t5 shocks that the model does not see
Counting tests are exact, from the binomial; ES regression is tabulated; the rest is simulated, at 5 %: 400 histories
of the error (150 of long ones) against twice as many of the null of that forecaster. The null of the power figure
lets the number of hits vary even where the p-value of the test is conditional on it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.special import stdtr

from workbench._require import count, number
from workbench.backtesting.backtests import _desk, _hits, _regression
from workbench.backtesting.backtests._battery import TESTS, Backtest
from workbench.backtesting.backtests._null import null_statistics, t_var_es, tail_share
from workbench.backtesting.backtests._regression import NU, UNDERSTATED
from workbench.backtesting.backtests._sample import Sample, observed
from workbench.constants import REGULATORY_DAYS, TEST_SIZE

SEED = 99
NAMES = {
    "scale": "understates VaR by 20 %",
    "shortfall": "understates ES by 20 %",
    "clustering": "does not see that volatility moves",
}


def draws_for(days: int) -> int:
    """How many histories of the error are simulated."""
    return int(np.clip(500_000 // days, 150, 400))


def _scale(rng: np.random.Generator, days: int, level: float) -> Sample:
    var, es = t_var_es(1.0 - level, NU)
    r = rng.standard_t(NU, (draws_for(days), days))
    return observed(-r, UNDERSTATED * var, level, np.full(days, UNDERSTATED * es), stdtr(NU, r / UNDERSTATED))


def _shortfall(rng: np.random.Generator, days: int, level: float) -> Sample:
    var, es = t_var_es(1.0 - level, NU)
    return observed(-rng.standard_t(NU, (draws_for(days), days)), var, level, np.full(days, max(var, UNDERSTATED * es)))


def _moving(rng: np.random.Generator, histories: int, days: int, burn: int = 300) -> np.ndarray:
    """Returns (history, day) whose volatility a constant forecast misses."""
    shocks = rng.standard_t(NU, (days + burn, histories)) * np.sqrt((NU - 2) / NU)
    variance, out = np.ones(histories), np.empty((days + burn, histories))
    for t, shock in enumerate(shocks):
        out[t] = np.sqrt(variance) * shock
        variance = 0.02 + 0.10 * out[t] ** 2 + 0.88 * variance
    return out[burn:].T


@lru_cache(maxsize=1)
def _long_run() -> np.ndarray:
    """Long-run sample of the moving returns, sorted."""
    rng = np.random.Generator(np.random.Philox(SEED))
    return np.sort(_moving(rng, 200, 2000).ravel())


def _clustering(rng: np.random.Generator, days: int, level: float) -> Sample:
    r, sample = _moving(rng, draws_for(days), days), _long_run()
    var = -sample[int(sample.size * (1.0 - level))]
    tail = sample[: int(sample.size * (1.0 - level))]
    pit = (np.searchsorted(sample, r) + 0.5) / (sample.size + 1.0)
    return observed(-r, var, level, np.full(days, -tail.mean()), pit)


ERRORS = {"scale": _scale, "shortfall": _shortfall, "clustering": _clustering}


@lru_cache(maxsize=64)
def _simulated(error: str, days: int, level: float) -> dict[str, float]:
    """Power of every simulated test that is for this error."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([SEED, days])))
    sample = ERRORS[error](rng, days, level)
    tests = {t.name: t for t in TESTS if t.finds == error and t.null is not None and sample.has(t.needs)}
    statistics = {n: t.statistic for n, t in tests.items()}
    null = null_statistics(statistics, sample, "fair", SEED, draws=2 * draws_for(days) - 1)
    p_values = {n: tail_share(t.statistic(sample), null[n], t.worse) for n, t in tests.items()}
    return {n: float(np.mean(p <= TEST_SIZE)) for n, p in p_values.items()}


def _counted(test: str, days: int, level: float) -> float:
    n = min(days, REGULATORY_DAYS) if test == "frtb_desk" else days
    counts = np.arange(n + 1)
    if test == "kupiec":
        p = _hits.kupiec_p_value(counts, n, round(1.0 - level, 12))
    else:
        p = _desk.traffic_p_value(counts, n, level)
    hit = stats.t.sf(UNDERSTATED * t_var_es(1.0 - level, NU)[0], NU)  # losses beyond a VaR that is 20 % too small
    return float(stats.binom.pmf(counts, n, hit) @ (p <= TEST_SIZE))


def power_of(test: Backtest, days: int, level: float) -> float:
    """Chance of a p-value of at most 5 % under the error the test is for."""
    count("days", days, 10)
    number("level", level, above=0.5, below=1)
    if test.name == "es_regression":
        return _regression.power(days, 1.0 - level)
    if test.null is None:
        return _counted(test.name, days, level)
    return _simulated(test.finds, days, level)[test.name]


WORDS = (
    (0.0, "almost never"), (0.05, "one time in twenty"), (0.1, "one time in ten"), (0.2, "one time in five"),
    (0.25, "one time in four"), (1 / 3, "one time in three"), (0.5, "one time in two"), (2 / 3, "two times in three"),
    (0.75, "three times in four"), (0.8, "four times in five"), (0.9, "nine times in ten"), (1.0, "almost always"),
)  # fmt: skip


def in_words(power: float) -> str:
    """The figure as one says it."""
    return min(WORDS, key=lambda word: abs(word[0] - power))[1]


def sentence(test: Backtest, days: int, power: float) -> str:
    """With 250 days this test finds a model that understates VaR by 20 % one time in four."""
    return f"with {days} days this test finds a model that {NAMES[test.finds]} {in_words(power)}"
