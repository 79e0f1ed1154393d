"""Every backtest by name: its statistic, its null, which side is bad, which error it is good at finding.

A new test is one statistic of a :class:`Sample` and one entry here. ``null`` is a null of :mod:`._null`, or None
for a test whose p-value is ``exact``; ``asymptotic`` is the textbook p-value, shown beside the one that is used.
``finds`` names the error of :mod:`._power` for which the test's power is given:

  scale       the model's scale is 20 % too small, so its VaR, its ES and its PIT are
  shortfall   VaR is right, ES 20 % too small
  clustering  VaR is right on average and constant, while volatility moves (GARCH)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from workbench.backtesting.backtests import _desk, _hits, _pit, _regression, _shortfall
from workbench.backtesting.backtests._sample import Sample

PValue = Callable[[float, Sample], float]


@dataclass(frozen=True)
class Backtest:
    """One test; ``needs`` "var", "es" or "pit"; ``worse`` is +1 where a large statistic is bad, -1 where a small is."""

    name: str
    question: str
    statistic: Callable[[Sample], np.ndarray]
    needs: str = "var"
    null: str | None = "fair"
    worse: int = 1
    finds: str = "scale"
    exact: PValue | None = None
    asymptotic: PValue | None = None
    primary: bool = False
    levels: tuple[float, ...] | None = None  # None: any
    once: bool = False  # of the whole PIT, so it is reported once and not for every level


def _chi_square(degrees: int) -> PValue:
    return lambda value, sample: float(stats.chi2.sf(value, degrees))


def _counted(p_value: Callable[..., np.ndarray]) -> PValue:
    return lambda value, sample: float(p_value(int(value), sample.days, sample.level))


TESTS = (
    Backtest(
        "kupiec", "are there as many hits as expected?", _hits.kupiec,
        null=None, exact=lambda value, sample: float(_hits.kupiec_p_value(sample.count, sample.days, sample.alpha)),
        asymptotic=_chi_square(1), primary=True,
    ),
    Backtest(
        "christoffersen_independence", "does a hit make a hit tomorrow more likely?", _hits.christoffersen_independence,
        null="shuffled", finds="clustering", asymptotic=_chi_square(1), primary=True,
    ),
    Backtest(
        "christoffersen_cc", "as many hits as expected, and independent?", _hits.christoffersen_cc,
        asymptotic=_chi_square(2),
    ),
    Backtest(
        "duration_weibull", "do hits come without memory?", _hits.duration_weibull,
        null="shuffled", finds="clustering", asymptotic=_chi_square(1),
    ),
    Backtest(
        "dynamic_quantile", "do past hits or the forecast predict a hit?", _hits.dynamic_quantile,
        asymptotic=lambda value, sample: float(stats.chi2.sf(value, _hits.degrees_of_freedom(sample))),
    ),
    Backtest(
        "traffic_light", "in which zone is the number of hits?", _desk.traffic_light,
        null=None, exact=_counted(_desk.traffic_p_value),
    ),
    Backtest(
        "frtb_desk", "does the last year keep the desk's internal model?", _desk.desk_exceptions,
        null=None, exact=_counted(_desk.desk_p_value), levels=tuple(_desk.DESK_LIMIT),
    ),
    Backtest(
        "z1", "are losses beyond VaR as large as ES says?", _shortfall.z1, "es",
        null="given", worse=-1, finds="shortfall",
    ),
    Backtest(
        "z2", "are losses beyond VaR as large and as rare as ES says?", _shortfall.z2, "es",
        worse=-1, finds="shortfall",
    ),
    Backtest(
        "z2_minimally_biased", "is ES right, whatever small error VaR has?", _shortfall.z2_minimally_biased, "es",
        worse=-1, finds="shortfall", primary=True,
    ),
    Backtest(
        "nolde_ziegel", "is the pair of VaR and ES calibrated?", _shortfall.nolde_ziegel, "es",
        finds="shortfall", asymptotic=_chi_square(2),
    ),
    Backtest(
        "es_regression", "do realised tails regress on ES with intercept 0 and slope 1?", _regression.es_regression,
        "es", null=None, finds="shortfall", asymptotic=_chi_square(2),
        exact=lambda value, sample: _regression.p_value(value, sample.days, sample.alpha),
    ),
    Backtest(
        "fz0", "is the joint score of VaR and ES as good as the forecasts say?", _shortfall.fz0, "es",
        finds="shortfall",
    ),
    Backtest(
        "du_escanciano_u", "does the whole tail hold as much as it should?", _pit.du_escanciano_u, "pit",
        asymptotic=lambda value, sample: float(stats.norm.sf(value)),
    ),
    Backtest(
        "du_escanciano_c", "are violations of the whole tail independent?", _pit.du_escanciano_c, "pit",
        finds="clustering", asymptotic=_chi_square(_pit.LAGS),
    ),
    Backtest(
        "berkowitz_tail", "is the tail of the forecast distribution right?", _pit.berkowitz_tail, "pit",
        asymptotic=_chi_square(2),
    ),
    Backtest(
        "berkowitz", "is the whole forecast distribution right, and without memory?", _pit.berkowitz, "pit",
        asymptotic=_chi_square(3), primary=True, once=True,
    ),
)  # fmt: skip
BY_NAME = {test.name: test for test in TESTS}


def applicable(sample: Sample) -> list[Backtest]:
    """The tests this sample can feed, in order."""
    return [t for t in TESTS if sample.has(t.needs) and (t.levels is None or sample.level in t.levels)]
