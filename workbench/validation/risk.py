r"""Value at risk and expected shortfall, each with the error of its draws and the error of its training seeds.

VaR and ES are those of :mod:`workbench.stats`. The *draw error* is ArviZ's MCSE: of the quantile q for VaR, of the mean
of u = q + (L - q)+ / (1 - p) for ES. It does not see that a network trained again would answer otherwise. The *seed
error* does: the standard deviation of the chains' own values over the square root of their number, with Student's t
with chains - 1 degrees of freedom. The F test asks whether chains differ by more than their draws explain, on means of
u over batches of draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from workbench import scenarios
from workbench._require import count
from workbench.stats import tail_values, value_at_risk, var_es

LEVELS = (0.95, 0.99)
BATCHES = 20


def errors(loss: np.ndarray, level: float) -> pd.DataFrame:
    """VaR and ES of losses (chain, draw) with both errors: rows ``VaR`` and ``ES``.

    Columns: value, draw_error, seed_error, seed_low and seed_high (95 %, t), f_test (p-value); the last four are nan
    for one chain.
    """
    import arviz as az  # seconds to import, and most of what imports this module needs no risk number

    loss = np.atleast_2d(np.asarray(loss, dtype=float))
    q = value_at_risk(loss, level)
    u = tail_values(loss, q, level)
    draws = xr.Dataset({"loss": (("chain", "draw"), loss), "u": (("chain", "draw"), u)})
    draw = [float(az.mcse(draws[["loss"]], method="quantile", prob=level)["loss"]), float(az.mcse(draws[["u"]])["u"])]
    own = np.stack(var_es(loss, level), axis=1)
    seed = own.std(0, ddof=1) / np.sqrt(len(own)) if len(own) > 1 else np.full(2, np.nan)
    reach = stats.t.isf(0.025, len(own) - 1) * seed
    value = np.array([q, u.mean()])
    frame = {"value": value, "draw_error": draw, "seed_error": seed}
    frame |= {"seed_low": value - reach, "seed_high": value + reach, "f_test": seed_test(u)}
    return pd.DataFrame(frame, index=["VaR", "ES"])


def seed_test(u: np.ndarray, batches: int = BATCHES) -> float:
    """P-value of the F test that all chains have one mean of u (chain, draw), on batch means; nan for one chain."""
    chains, draws = u.shape
    batches = min(batches, draws // 2)
    if chains < 2 or batches < 2:
        return float("nan")
    means = u[:, : draws // batches * batches].reshape(chains, batches, -1).mean(2)
    if np.ptp(means) == 0.0:
        return 1.0
    between, within = batches * means.mean(1).var(ddof=1), means.var(1, ddof=1).mean()
    return float(stats.f.sf(between / max(within, 1e-300), chains - 1, chains * (batches - 1)))


def risk_table(
    tree: xr.DataTree,
    books: pd.DataFrame | Mapping[str, Mapping[str, float]] | None = None,
    levels: Sequence[float] = LEVELS,
    day: int | None = None,
) -> pd.DataFrame:
    """VaR and ES of books bought at the start and held, with draw and seed errors.

    books : one row a book and one column an asset, or book -> asset -> weight; None is equal weight.
    levels : probabilities. day : days held, the whole horizon by default.

    Columns: book, day, level, measure, value, draw_error, seed_error, seed_low, seed_high, f_test; losses are positive
    fractions of the book's notional.
    Raises ScenarioError for an asset that is not there, ParameterError for a level or a day out of range.
    """
    steps = scenarios.returns(tree).sizes["time"]
    day = steps if day is None else count("day of the horizon", day, most=steps)
    if isinstance(books, pd.DataFrame):
        books = {str(name): row.dropna().to_dict() for name, row in books.iterrows()}
    tables: dict[tuple, pd.DataFrame] = {}
    for name, weights in ({"equal weight": None} if books is None else books).items():
        loss = -scenarios.pnl(tree, weights).isel(time=day - 1).transpose("chain", "draw").values
        tables |= {(name, day, level): errors(loss, level) for level in levels}
    return pd.concat(tables, names=["book", "day", "level", "measure"]).reset_index()
