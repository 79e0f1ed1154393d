"""What a test's answer means in a risk number, which way the forecasts were wrong, and what to do about it.

Outcomes, for people: *holds* (not rejected), *too bold* (risk understated), *too cautious* (risk overstated), *cannot
tell* (not rejected, but the test would find the error it is for less than 15 times in 100).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.backtesting.backtests._battery import Backtest
from workbench.backtesting.backtests._hits import kupiec_p_value
from workbench.backtesting.backtests._sample import Sample
from workbench.backtesting.backtests._shortfall import z2, z2_minimally_biased
from workbench.constants import REGULATORY_DAYS, TEST_SIZE
from workbench.stats import probit

HOLDS, BOLD, CAUTIOUS, UNKNOWN = "holds", "too bold", "too cautious", "cannot tell"
LEAST_POWER = 0.15
MIXED = ("christoffersen_cc", "dynamic_quantile")  # of the count of hits and of their memory
HIT_TESTS = ("kupiec", "traffic_light", "frtb_desk", "christoffersen_cc", "dynamic_quantile")


class Finding(NamedTuple):
    """``outcome`` in the words above, what it ``means``, and the ``action`` to take ("" where there is none)."""

    outcome: str
    means: str
    action: str


def level_text(level: float) -> str:
    """A confidence level in full: 0.99, never 1.0."""
    return f"{level:.10g}"


def judge(test: Backtest, sample: Sample, rejected: bool, power: float) -> Finding:
    """The outcome of one test; ``rejected`` at the size of the test, ``power`` against the error it is for."""
    if not rejected:
        if power < LEAST_POWER:
            return Finding(UNKNOWN, f"{sample.days} days are too few for this test", "collect more forecasts")
        return Finding(HOLDS, "no departure found", "")
    count_holds = kupiec_p_value(sample.count, sample.days, sample.alpha) > TEST_SIZE
    if test.finds == "clustering" or (test.name in MIXED and count_holds):
        means = "hits come in clusters: VaR is too small when volatility is high and too large when it is low"
        return Finding(BOLD, means, "let the volatility of the model react faster, and refit it more often")
    outcome = BOLD if _understated(test, sample) else CAUTIOUS
    if test.name in HIT_TESTS:
        return Finding(outcome, *_hits(test, sample, outcome))
    if test.needs == "es":
        return Finding(outcome, *_tail_losses(sample, outcome))
    side = ("narrow", "widen") if outcome == BOLD else ("wide", "narrow")
    part = "forecast distribution" if test.once else "tail of the forecast distribution"
    means = f"the {part} is too {side[0]} for the losses that came, or ignores their memory"
    return Finding(outcome, means, f"{side[1]} it (scale, tail index), and look at the PIT for the place")


def _understated(test: Backtest, sample: Sample) -> bool:
    """Whether the departure is on the side of too little risk."""
    if test.worse < 0 or test.name in ("traffic_light", "frtb_desk", "fz0"):
        return True  # one-sided
    if test.needs == "es":
        return float(z2_minimally_biased(sample)) < 0
    if test.needs == "pit" and test.once:
        z = probit(sample.need_pit)
        return float(np.mean(np.where(z < 0, z * z, 0.0))) >= 0.5  # of the losing side; .5 when right
    seen = np.mean(sample.need_pit < sample.alpha) if test.needs == "pit" else np.mean(sample.hits)
    return float(seen) >= sample.alpha


def _hits(test: Backtest, sample: Sample, outcome: str) -> tuple[str, str]:
    days = min(sample.days, REGULATORY_DAYS) if test.name == "frtb_desk" else sample.days
    hits, expected = int(sample.hits[..., -days:].sum()), days * sample.alpha
    means = f"{hits} hits in {days} days, {expected:.1f} expected: VaR is too {'small' if outcome == BOLD else 'large'}"
    factor = _factor(sample)
    helps = factor > 1 if outcome == BOLD else 0 < factor < 1
    change = f"; multiplied by {factor:.2f} it would have had the expected hits" if helps else ""
    verb = "raise VaR" if outcome == BOLD else "lower VaR, or keep it and report it as a buffer"
    return means, f"{verb}{change}"


def _factor(sample: Sample) -> float:
    """Factor on VaR that would have made the count of hits right; 0 where there is none."""
    if not np.all(sample.var > 0):
        return 0.0
    factor = float(np.quantile(sample.loss / sample.var, sample.level, method="higher"))
    return factor if factor > 0 else 0.0


def _tail_losses(sample: Sample, outcome: str) -> tuple[str, str]:
    hits = int(sample.count)
    if not hits:
        return "no loss beyond VaR in the whole sample: ES is larger than the losses support", "lower ES and VaR"
    ratio = float(1.0 - z2(sample))
    means = f"losses beyond VaR, number times size, are {ratio:.2f} times what ES says, on {hits} days "
    means += f"({sample.days * sample.alpha:.1f} expected): ES is too {'small' if outcome == BOLD else 'large'}"
    return (
        means,
        "raise ES: a heavier tail or a larger scale" if outcome == BOLD else "lower ES, or report it as a buffer",
    )
