r"""Online recalibration: adjust tomorrow's VaR and ES by the outcomes of the forecasts so far.

Three recursions, all with err_t = 1{L_t > VaR'_t} and the score s_t = log(L_t / VaR_t), scale-free:

    aci       a_{t+1} = a_t + gamma (alpha - err_t)                               Gibbs and Candes (NeurIPS 2021, eq. 2)
              VaR' = the forecast distribution's quantile at a_t
    tracking  q_{t+1} = q_t + eta (err_t - alpha),      VaR' = VaR exp(q_t)       Angelopoulos, Candes and Tibshirani
    pid       the same and  k tan( C E_t ),  E_t = sum of (err - alpha),          (NeurIPS 2023, eqs 4 to 7: quantile
              C = log(t + 1) / (t + 1) of an adaptive horizon                     tracking, error integration)

The forecast distribution beyond VaR, which ``aci`` needs and a table of VaR and ES does not hold, is the Student t
whose ES/VaR is the day's. ES moves with VaR, and its distance to VaR then by a recursion of its own on the e-value of
the day,
    m_{t+1} = m_t + eta_es ((L_t - VaR'_t)+ / (alpha (ES'_t - VaR'_t)) - 1),
    ES' - VaR' = VaR' (ES / VaR - 1) exp(m_t), which keeps the mean excess right as the first keeps the count, as long
    as m_t is not held at its limit (large steps: at eta_es = .01 the mean e-value of an ES far too thin stays at 1.2).

**Coverage is by construction**: summing the recursion of ``tracking``, hits - alpha n = (q_{n+1} - q_1) / eta, whatever
the forecasts are worth, so a count of hits is no evidence. :func:`compare` shows what is not by construction: the
dynamic quantile test, the quantile score and FZ0 before and after.

The same sum says how small a step may be. If VaR comes to be wrong by a factor exp(D), the count stays within one
standard error after n forecasts when

    eta >= D / sqrt(alpha (1 - alpha) n)        and for aci, whose a_t stays below alpha,  gamma >= alpha / sqrt(...).

:func:`tune` takes, among the steps that keep this promise, the one with the least quantile score on a training table,
not by coverage. Without the promise a calm training span would choose no step at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from workbench._require import count, number
from workbench.backtesting._inputs import columns
from workbench.backtesting.backtests._battery import BY_NAME
from workbench.backtesting.backtests._null import dof_of_ratio, null_statistics, tail_share
from workbench.backtesting.backtests._sample import Sample, observed
from workbench.backtesting.comparison import difference_t, memory_lags
from workbench.backtesting.scores import fz0_score, quantile_score
from workbench.backtesting.walk_forward._overlap import coverage
from workbench.constants import TRADING_DAYS
from workbench.errors import DataError, ParameterError

METHODS = ("aci", "tracking", "pid")
RATES = {"aci": (0.0, 0.001, 0.0025, 0.005, 0.01), "tracking": (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)}
RATES["pid"] = RATES["tracking"]
FARTHEST = 1.5  # log factors stay within: hits alone never make VaR 4.5 times what was forecast
DRIFT = 1.5  # factor by which VaR may come to be wrong while the count stays right: a third too small
LEAST = 1e-4  # of alpha: an adapted tail probability stays above, so that VaR stays finite


@dataclass(frozen=True)
class Recalibration:
    """method : one of :data:`METHODS`. rate : gamma or eta, a day. es_rate : eta_es. integral : k of ``pid``.

    start : log factor on the first day.
    """

    method: str = "tracking"
    rate: float = 0.05
    es_rate: float = 0.005
    integral: float = 0.1
    start: float = 0.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ParameterError(f"unknown recalibration {self.method!r}; known: {', '.join(METHODS)}")
        for name in ("rate", "es_rate", "integral"):
            number(name, getattr(self, name), least=0)
        number("start", self.start)


def recalibrate(table: pd.DataFrame, levels: Sequence[float], recalibration: Recalibration | dict) -> pd.DataFrame:
    """The table with VaR and ES of ``levels`` recalibrated day by day; each day uses the days before it alone.

    table : one book by date, with ``var_<level>, es_<level>, realised``, horizons that do not overlap. recalibration :
    one for all levels or one a level. Column ``factor_<level>`` says by how much VaR was multiplied. Where levels cross
    (the .975 VaR above the .99 one) the higher level is raised to the lower.

    Raises DataError for missing columns or a VaR that is not positive.
    """
    out, floor = table.copy(), 0.0
    for level in sorted(levels):
        chosen = recalibration[level] if isinstance(recalibration, dict) else recalibration
        sample = _sample(table, level)
        var, es = _walk(sample, chosen)
        out[f"var_{level:g}"] = floor = np.maximum(var, floor)
        out[f"es_{level:g}"] = np.maximum(es, floor)
        out[f"factor_{level:g}"] = floor / sample.var
    return out


def tune(
    table: pd.DataFrame,
    level: float,
    method: str = "tracking",
    rates: Sequence[float] | None = None,
    keep: int | None = None,
    drift: float = DRIFT,
) -> Recalibration:
    """The step size with the least mean quantile score on training forecasts, among those that keep the promise.

    table : forecasts of training days alone, made out of sample (a model fitted before them). rates : to choose from;
    0 leaves forecasts as they are and may win. keep : forecasts after which the count of hits is to be within one
    standard error though VaR drifts by the factor ``drift``; None asks for no such thing.
    """
    for rate in rates or ():
        number("each of rates", rate, least=0)
    sample, least = _sample(table, level), least_rate(level, keep, method, drift) if keep else 0.0
    allowed = [rate for rate in rates or RATES[method] if rate >= least]
    allowed += [least] if keep else []
    scores = {}
    for rate in allowed:
        var, _ = _walk(sample, Recalibration(method, rate))
        scores[rate] = float(quantile_score(sample.loss, var, level).mean())
    return Recalibration(method, min(scores, key=lambda rate: scores[rate]))


def least_rate(level: float, forecasts: int, method: str = "tracking", drift: float = DRIFT) -> float:
    """The smallest step with which hits stay within one standard error over ``forecasts``, VaR wrong by ``drift``.

    >>> round(least_rate(0.99, 4000), 3)
    0.064
    """
    if method not in METHODS:
        raise ParameterError(f"unknown recalibration {method!r}; known: {', '.join(METHODS)}")
    alpha = 1 - number("level", level, above=0.5, below=1)
    drift, forecasts = number("drift", drift, above=1), count("forecasts", forecasts)
    return (alpha if method == "aci" else float(np.log(drift))) / float(np.sqrt(alpha * level * forecasts))


def compare(tables: dict[str, pd.DataFrame], level: float, reference: str | None = None, seed: int = 0) -> pd.DataFrame:
    """Before and after: one row a table, of one book by date. ``reference`` (default the first) is what t compares to.

    ``hits, rate, error, z`` count (by construction after recalibration); ``dq_p`` is the dynamic quantile test's
    simulated p-value (do past hits or the forecast predict a hit?); ``quantile, fz0`` mean scores, lower is better,
    and ``t_quantile, t_fz0`` Diebold-Mariano against the reference, negative is better, over as many forecasts as may
    depend on each other (:func:`workbench.backtesting.comparison.memory_lags`: 20 daily, 4 weekly).
    """
    if not tables or (reference or next(iter(tables))) not in tables:
        raise ParameterError(f"the reference must be one of the tables {list(tables)}, got {reference!r}")
    reference = reference or next(iter(tables))
    days = {name: _scores(_sample(table, level)) for name, table in tables.items()}
    rows = {}
    for name, table in tables.items():
        row = coverage(table, level) | {"dq_p": dynamic_quantile_p(_sample(table, level), seed)}
        for score, values in days[name].items():
            row |= {score: float(values.mean())}
            against = days[reference][score]
            lags = memory_lags(table.index, 1, table.attrs.get("periods", TRADING_DAYS))
            row[f"t_{score}"] = 0.0 if name == reference else difference_t(values - against, lags)
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecasts")


def dynamic_quantile_p(sample: Sample, seed: int = 0) -> float:
    """Simulated p-value of the dynamic quantile test."""
    test = BY_NAME["dynamic_quantile"]
    null = null_statistics({test.name: test.statistic}, sample, "fair", seed)[test.name]
    return float(tail_share(test.statistic(sample), null, test.worse))


def _scores(sample: Sample) -> dict[str, np.ndarray]:
    return {
        "quantile": quantile_score(sample.loss, sample.var, sample.level),
        "fz0": fz0_score(sample.loss, sample.var, sample.need_es, sample.level),
    }


def _sample(table: pd.DataFrame, level: float) -> Sample:
    wanted = [f"var_{level:g}", f"es_{level:g}", "realised"]
    var, es, realised = columns(table, wanted, "recalibration needs")
    if not np.isfinite(realised).all():
        raise DataError(f"realised on {table.index[int(np.argmin(np.isfinite(realised)))]} is not a finite number")
    if not (var > 0).all() or not (es > 0).all():
        day = table.index[int(np.argmin((var > 0) & (es > 0)))]
        raise DataError(f"VaR or ES on {day} is not a positive loss: a factor can not recalibrate it")
    return observed(-realised, var, level, es)


def _walk(sample: Sample, chosen: Recalibration) -> tuple[np.ndarray, np.ndarray]:
    """VaR and ES of each day, the recursion fed with the days before it."""
    alpha, ratio = sample.alpha, sample.need_es / sample.var
    var, es = np.empty(sample.days), np.empty(sample.days)
    move = _Move(chosen, alpha, ratio)
    stretch = 0.0
    for day in range(sample.days):
        var[day] = sample.var[day] * np.exp(move.log_factor(day))
        gap = max(var[day] * (ratio[day] - 1.0) * np.exp(stretch), 1e-6 * var[day])
        es[day] = var[day] + gap
        loss = sample.loss[day]
        move.learn(float(loss > var[day]))
        paid = min(max(loss - var[day], 0.0) / (alpha * gap), 5.0 / alpha)
        stretch = float(np.clip(stretch + chosen.es_rate * (paid - 1.0), -FARTHEST, FARTHEST))
    return var, es


class _Move:
    """The state of one recursion: the log factor of today, and what it learns from a hit."""

    def __init__(self, chosen: Recalibration, alpha: float, ratio: np.ndarray) -> None:
        self.chosen, self.alpha = chosen, alpha
        self.q, self.a, self.total, self.days = chosen.start, alpha, 0.0, 0
        if chosen.method == "aci":
            self.nu = np.array([dof_of_ratio(round(value, 2), alpha) for value in ratio])
            self.at_level = stdtrit(self.nu, alpha)

    def log_factor(self, day: int) -> float:
        if self.chosen.method == "aci":
            a = float(np.clip(self.a, LEAST * self.alpha, 0.4))
            return float(np.clip(np.log(stdtrit(self.nu[day], a) / self.at_level[day]), -FARTHEST, FARTHEST))
        push = self.chosen.integral * self._saturated() if self.chosen.method == "pid" else 0.0
        return float(np.clip(self.q + push, -FARTHEST, FARTHEST))

    def learn(self, hit: float) -> None:
        error = hit - self.alpha
        self.a -= self.chosen.rate * error
        self.q += self.chosen.rate * error
        self.total += error
        self.days += 1

    def _saturated(self) -> float:
        """tan of the summed errors times log(t + 1)/(t + 1), held where it is finite."""
        if self.days == 0:
            return 0.0
        inside = self.total * np.log(self.days + 1) / (self.days + 1)
        return float(np.tan(np.clip(inside, -1.3, 1.3)))
