"""Regress what happened on the ES that was forecast: intercept 0 and slope 1, or the forecast is wrong.

Bayer and Dimitriadis (Journal of Financial Econometrics 20, 2022), strict version: fit jointly

    VaR-quantile of r = x'b ,   ES of r = x'g ,   x = (1, e) ,   e = -ES forecast ,

by minimising the Fissler-Ziegel loss with G1 = 0, G2(z) = -1/z after moving r by its maximum (Dimitriadis and Bayer,
Electronic Journal of Statistics 13, 2019), and test g = (0, 1) with a Wald statistic, chi-square(2) for long samples.
Given b the loss in g is a gamma regression of s = q - I (q - r)/alpha on x with identity link; given g it is a weighted
quantile regression in b. The two alternate from the forecasts themselves, then Nelder-Mead polishes all four.

The covariance of g is the sandwich A^-1 S A^-1 / n, A = mean xx'/z^2 and
    S = mean xx'/z^4 [ Var(q - r | r < q, x)/alpha + (1 - alpha)/alpha (q - z)^2 ] ,
the truncated variance proportional to the squared forecast, e^2 Var(over hits) of (q - r)/e, and z at the hypothesis,
g = (0, 1). At the fitted z, as R's esback has it, the statistic is the same for long samples, but at 250 days and
2.5 % its mean on right forecasts was 6.9 and its power against an ES 20 % too small 7 %; at the hypothesis 1.7
(chi-square(2): 2) and 45 %. So p-values near esback's are to be expected for thousands of days only.

The null distribution is tabulated, because each value is an optimisation: at 250 days its chi-square(2) p-value is far
from uniform. ``_regression_null.json`` holds, for each number of days and tail probability, quantiles of the statistic
for right forecasts (Student t5 shocks, GARCH(1,1) volatility known to the forecaster) and its power at 5 % against an
ES 20 % too small; :func:`tabulate` makes the file. Between the nodes quantiles are interpolated in log days and log
alpha, outside them the nearest node is taken.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

import numpy as np
from scipy import optimize

from workbench.backtesting.backtests._null import t_var_es
from workbench.backtesting.backtests._sample import Sample

CEILING = -1e-3  # predicted ES in standard deviations below the best day: the loss lives on the negative side


def _loss(parameters: np.ndarray, r: np.ndarray, x: np.ndarray, alpha: float) -> float:
    q, z = x @ parameters[:2], x @ parameters[2:]
    if np.max(z) > CEILING:
        return np.inf
    short = np.maximum(q - r, 0.0) / alpha
    return float(np.mean((q - short) / z + np.log(-z)))


def _gamma_step(s: np.ndarray, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """A few reweighted least squares for E[s] = x'g, weights 1/(x'g)^2; stops where the fit would turn positive."""
    for _ in range(8):
        z = x @ g
        if np.max(z) > CEILING:
            break
        w = 1.0 / z**2
        g = np.linalg.solve((x * w[:, None]).T @ x, (x * w[:, None]).T @ s)
    return g


def _quantile_step(r: np.ndarray, x: np.ndarray, weight: np.ndarray, alpha: float, b: np.ndarray) -> np.ndarray:
    """Weighted quantile regression by Hunter and Lange's majorisation, good enough to start from."""
    for width in np.geomspace(0.3, 1e-3, 25):
        residual = r - x @ b
        w = weight / (np.abs(residual) + width)
        b = np.linalg.solve((x * w[:, None]).T @ x, x.T @ (w * r + weight * (2.0 * alpha - 1.0)))
    return b


def fit(r: np.ndarray, e: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients (b0, b1, g0, g1), with returns moved by their maximum, x and the moved returns."""
    x = np.column_stack([np.ones_like(e), e])
    top = float(np.max(r))
    y = r - top
    g, b = np.array([-top, 1.0]), np.array([-top, 0.8])
    for _ in range(2):
        z = np.minimum(x @ g, CEILING)
        b = _quantile_step(y, x, -1.0 / z, alpha, b)
        q = x @ b
        g = _gamma_step(q - np.maximum(q - y, 0.0) / alpha, x, g)
    start = np.concatenate([b, g])
    if not np.isfinite(_loss(start, y, x, alpha)):
        start = np.array([-top, 0.8, -top, 1.0])
    options = {"xatol": 1e-6, "fatol": 1e-10, "maxiter": 2000, "maxfev": 2000}
    best = optimize.minimize(_loss, start, args=(y, x, alpha), method="Nelder-Mead", options=options)
    return best.x, x, y


def wald(r: np.ndarray, es: np.ndarray, alpha: float) -> float:
    """Wald statistic of (intercept, slope) = (0, 1); 0 where no loss lies beyond the fit."""
    scale = float(np.std(r)) or 1.0
    r, e = np.asarray(r, float) / scale, -np.asarray(es, float) / scale
    if np.ptp(e) < 1e-9 * np.max(np.abs(e)):
        return _intercept_wald(r, e, alpha)
    parameters, x, y = fit(r, e, alpha)
    hypothesis = np.array([-float(np.max(r)), 1.0])
    q, z = x @ parameters[:2], x @ hypothesis
    spread = _truncated_variance(q - y, e) / alpha + (1.0 - alpha) / alpha * (q - z) ** 2
    return _quadratic(parameters[2:] - hypothesis, x, spread / z**4, 1.0 / z**2)


def _truncated_variance(short: np.ndarray, e: np.ndarray) -> np.ndarray:
    """Variance of the shortfall below the fitted quantile, proportional to the squared forecast."""
    below = short > 0
    return e**2 * np.var(short[below] / e[below]) if below.sum() > 1 else np.zeros_like(e)


def _intercept_wald(r: np.ndarray, e: np.ndarray, alpha: float) -> float:
    """A constant ES has no slope to test: mean of the worst alpha share against it."""
    q = np.quantile(r, alpha, method="median_unbiased")
    score = q - np.maximum(q - r, 0.0) / alpha
    gap = np.array([score.mean() - e[0]])
    return _quadratic(gap, np.ones((r.size, 1)), np.full(r.size, score.var()), np.ones(r.size))


def _quadratic(gap: np.ndarray, x: np.ndarray, spread: np.ndarray, curvature: np.ndarray) -> float:
    """n gap' A S^-1 A gap with A and S the means of xx' weighted by ``curvature`` and ``spread``."""
    n = x.shape[0]
    pull = (x * curvature[:, None]).T @ x / n @ gap
    return float(n * pull @ np.linalg.pinv((x * spread[:, None]).T @ x / n, hermitian=True) @ pull)


def es_regression(sample: Sample) -> np.ndarray:
    """The Wald statistic of each history (one optimisation each)."""
    returns = -np.atleast_2d(sample.loss)
    values = np.array([wald(r, sample.need_es, sample.alpha) for r in returns])
    return values.reshape(sample.loss.shape[:-1])


DAYS = (250, 500, 1000, 2000)
ALPHAS = (0.01, 0.025, 0.05)
SHARES = np.concatenate([np.linspace(0.01, 0.94, 94), np.linspace(0.95, 0.995, 10)])
NU, UNDERSTATED = 5.0, 0.8


def garch_returns(rng: np.random.Generator, days: int, burn: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Returns with t5 shocks of unit scale and the volatility that made them (GARCH .08, .90, mean variance 1)."""
    shocks = rng.standard_t(NU, days + burn)
    variance, path = 1.0, np.empty(days + burn)
    for t, shock in enumerate(shocks):
        path[t] = np.sqrt(variance)
        variance = 0.02 + 0.08 * variance * shock**2 * (NU - 2) / NU + 0.90 * variance
    return (shocks * path)[burn:], path[burn:]


def simulate(days: int, alpha: float, share: float, draws: int, seed: int) -> np.ndarray:
    """Statistics of ``draws`` histories whose forecaster says ``share`` of the true ES."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, days, round(alpha * 1e6)])))
    es = share * t_var_es(alpha, NU)[1]
    histories = (garch_returns(rng, days) for _ in range(draws))
    return np.array([wald(r, es * volatility, alpha) for r, volatility in histories])


def _node(days: int, alpha: float, draws: int, seed: int) -> dict:
    null = simulate(days, alpha, 1.0, draws, seed)
    found = simulate(days, alpha, UNDERSTATED, draws // 2, seed + 1) > np.quantile(null, 0.95)
    quantiles = [round(float(q), 4) for q in np.quantile(null, SHARES)]
    return {"days": days, "alpha": alpha, "quantiles": quantiles, "power": round(float(found.mean()), 3)}


def tabulate(draws: int = 600, seed: int = 2022) -> dict:
    """The table, from scratch (minutes)."""
    return {"draws": draws, "seed": seed, "nodes": [_node(n, a, draws, seed) for n in DAYS for a in ALPHAS]}


@lru_cache(maxsize=1)
def _table() -> np.ndarray:
    """(days, alpha, quantiles... and power)."""
    text = resources.files(__package__).joinpath("_regression_null.json").read_text()
    rows = [[*node["quantiles"], node["power"]] for node in json.loads(text)["nodes"]]
    return np.array(rows).reshape(len(DAYS), len(ALPHAS), -1)


def _between(days: int, alpha: float) -> np.ndarray:
    """The row of the table at (days, alpha), bilinear in logarithms."""
    at_days = np.apply_along_axis(lambda column: np.interp(np.log(days), np.log(DAYS), column), 0, _table())
    return np.apply_along_axis(lambda column: np.interp(np.log(alpha), np.log(ALPHAS), column), 0, at_days)


def p_value(statistic: float, days: int, alpha: float) -> float:
    """Share of right forecasts with at least this statistic; .005 is the least that the table resolves."""
    quantiles = _between(days, alpha)[:-1]
    return float(1.0 - np.interp(statistic, quantiles, SHARES, left=0.0, right=SHARES[-1]))


def power(days: int, alpha: float) -> float:
    """How often an ES 20 % too small is found at 5 %."""
    return float(_between(days, alpha)[-1])
