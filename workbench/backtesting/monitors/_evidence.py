"""E-values: bets against a forecast whose mean payoff is at most 1 while the forecast is right.

For VaR and ES (Wang, Wang and Ziegel, E-backtesting, arXiv 2209.00991), with loss L, tail probability alpha:
    e_VaR = 1{L > VaR} / alpha            e_ES = (L - VaR)+ / (alpha (ES - VaR)) ,
both of mean at most 1 when risk is not understated. A share 0 <= lambda_t <= 1/2 of the wealth, fixed before day t, is
staked, and the e-process M_t = prod (1 - lambda_s + lambda_s e_s) is a supermartingale under the forecast, so that
    P( M ever reaches 1/size ) <= size                                  (Ville's inequality):
it may be read every day, for ever. Stakes from the past alone:
    GREE  maximises mean log growth over past e-values
    GREL  over past losses, each valued with today's forecasts
    GREM  half the wealth on each.

Test martingales on probabilities that should be uniform: the simple jumper, and conformal p-values.

Vovk, Petej, Nouretdinov, Ahlberg, Carlsson and Gammerman (Retrain or not retrain, COPA 2021). Wealth is spread over
bets f_x(u) = 1 + x (u - 1/2), x in {-1, 0, 1}; before each day a share J jumps back to an even spread, so that the
bet can turn when the change comes. It is a martingale for independent uniform u, whatever the order of looking.

u is either the PIT of a forecast (then the null is "the forecast is right") or a conformal p-value, the randomised
rank of the day's strangeness among all days so far (then the null is "the days are exchangeable", no model at all).
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

from workbench._require import count, number
from workbench.backtesting.backtests._sample import Sample, probabilities
from workbench.errors import DataError

MOST = 0.5
WINDOW = 500
THIN = 1e-9  # of ES: an ES equal to VaR leaves no room for a loss beyond VaR, so one would pay without bound


def var_evalues(sample: Sample) -> np.ndarray:
    """e_VaR of each day."""
    return sample.hits / sample.alpha


def _es_evalue(loss: np.ndarray, var: np.ndarray, es: np.ndarray, alpha: float) -> np.ndarray:
    room = np.maximum(es - var, THIN * np.abs(es))
    return np.maximum(loss - var, 0.0) / (alpha * room)


def es_evalues(sample: Sample) -> np.ndarray:
    """e_ES of each day; large both when VaR is passed too often and when it is passed by too much."""
    return _es_evalue(sample.loss, sample.var, sample.need_es, sample.alpha)


def best_stake(evalues: np.ndarray, most: float = MOST) -> float:
    """The stake in [0, most] with the largest mean log(1 - x + x e), where its decreasing derivative is 0."""
    paid = evalues[evalues > 0.0] - 1.0
    lost = len(evalues) - len(paid)  # most days pay nothing: they enter by their number

    def slope(x: float) -> float:
        return float((paid / (1.0 + x * paid)).sum()) - lost / (1.0 - x)

    if slope(0.0) <= 0.0:
        return 0.0
    if slope(most) >= 0.0:
        return most
    return float(optimize.brentq(slope, 0.0, most, xtol=1e-6))


def gree_stakes(evalues: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """Stake of each day from the e-values of the ``window`` days before it."""
    count("window", window)
    return np.array([best_stake(evalues[max(0, t - window) : t]) for t in range(len(evalues))])


def grel_stakes(sample: Sample, window: int = WINDOW) -> np.ndarray:
    """Stake of each day from past losses valued with the day's own VaR and ES."""
    stakes, es = np.zeros(sample.days), sample.need_es
    for t in range(1, sample.days):
        past = sample.loss[max(0, t - window) : t]
        stakes[t] = best_stake(_es_evalue(past, sample.var[t], es[t], sample.alpha))
    return stakes


def log_wealth(evalues: np.ndarray, stakes: np.ndarray) -> np.ndarray:
    """log M_t of each day."""
    return np.cumsum(np.log1p(stakes * (np.asarray(evalues) - 1.0)), axis=-1)


def gree(evalues: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """log M_t with GREE stakes."""
    return log_wealth(evalues, gree_stakes(evalues, window))


def grem(sample: Sample, window: int = WINDOW) -> np.ndarray:
    """log M_t of the ES e-backtest, half the wealth on GREE and half on GREL stakes."""
    evalues = es_evalues(sample)
    own = gree(evalues, window)
    today = log_wealth(evalues, grel_stakes(sample, window))
    return np.logaddexp(own, today) - np.log(2.0)


def first_alarm(log_m: np.ndarray, size: float = 0.05) -> int | None:
    """First day on which M reaches 1/size, counted from 0; None where it never does."""
    reached = np.asarray(log_m) >= -np.log(number("size", size, above=0, below=1))
    return int(np.argmax(reached)) if reached.any() else None


STAKES = np.array([-1.0, 0.0, 1.0])
JUMP = 0.01


def simple_jumper(u: np.ndarray, jump: float = JUMP) -> np.ndarray:
    """log wealth after each day of ``u`` (day,); grows when u keeps to one side of 1/2."""
    u = probabilities("u", u)
    number("jump", jump, least=0, most=1)
    wealth, log_total, out = np.full(STAKES.size, 1.0 / STAKES.size), 0.0, np.empty(len(u))
    for day, value in enumerate(u):
        wealth = (1.0 - jump) * wealth + jump / STAKES.size
        wealth = wealth * (1.0 + STAKES * (value - 0.5))
        total = wealth.sum()
        log_total += np.log(total)
        wealth /= total
        out[day] = log_total
    return out


def unlikeliness(pit: np.ndarray) -> np.ndarray:
    """|2 u - 1|, uniform under a right forecast, near 1 on days far out on either side: feeds the jumper for scale."""
    return np.abs(2.0 * np.asarray(pit, float) - 1.0)


def conformal_p_values(strangeness: np.ndarray, seed: int = 0) -> np.ndarray:
    """Randomised rank of each day's strangeness among the days up to it; small for the strangest.

    Independent uniform when the days are exchangeable. Coverage counted on these says nothing: it holds by
    construction.
    """
    strangeness = np.asarray(strangeness, float)
    if not np.isfinite(strangeness).all():
        raise DataError(f"the strangeness of day {int(np.argmin(np.isfinite(strangeness)))} is not finite")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 13])))
    within = rng.random(strangeness.size)
    out = np.empty(strangeness.size)
    for t, value in enumerate(strangeness):
        past = strangeness[: t + 1]
        out[t] = (np.sum(past > value) + within[t] * np.sum(past == value)) / (t + 1)
    return out
