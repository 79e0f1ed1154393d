"""What the ES-regression statistic does at the sizes people have, tabulated once because each value is an optimisation.

At 250 days its chi-square(2) p-value is far from uniform. ``_regression_null.json`` holds, for each number of days and
tail probability, quantiles of the statistic for right forecasts (Student t5 shocks, GARCH(1,1) volatility known to the
forecaster) and its power at 5 % against an ES 20 % too small; :func:`tabulate` makes the file. Between the nodes
quantiles are interpolated in log days and log alpha, outside them the nearest node is taken.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

import numpy as np

from workbench.backtesting.backtests._implied_tail import t_var_es
from workbench.backtesting.backtests._regression import wald

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
    column = np.array(
        [
            [np.interp(np.log(days), np.log(DAYS), _table()[:, a, k]) for k in range(_table().shape[2])]
            for a in range(len(ALPHAS))
        ]
    )
    return np.array([np.interp(np.log(alpha), np.log(ALPHAS), column[:, k]) for k in range(column.shape[1])])


def p_value(statistic: float, days: int, alpha: float) -> float:
    """Share of right forecasts with at least this statistic; .005 is the least that the table resolves."""
    quantiles = _between(days, alpha)[:-1]
    return float(1.0 - np.interp(statistic, quantiles, SHARES, left=0.0, right=SHARES[-1]))


def power(days: int, alpha: float) -> float:
    """How often an ES 20 % too small is found at 5 %."""
    return float(_between(days, alpha)[-1])
