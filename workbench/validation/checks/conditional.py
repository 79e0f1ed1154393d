r"""Conditioning: does the distribution of scenarios move with the state of the market as reality does?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from workbench.errors import ParameterError
from workbench.validation.engine import ComparisonData, Finding, check, not_assessed
from workbench.validation.engine._state import LOOKBACKS, expect
from workbench.validation.engine.features import per_asset, with_average

UNCONDITIONAL = "the set does not claim to start from one state"


@check(
    "volatility in, volatility out", question="conditional", scale="path", horizon=6,
    meaning="A wild start of a path does not bring a wild end as it did.",
    matters="Multi-day losses after a shock.",
    remedy="Check the persistence of the filter.",
)  # fmt: skip
def _volatility_in_out(data: ComparisonData) -> Finding:
    """Does a wild first half bring a wild second half?

    Slope of log mean |x| in the second half on that in the first.
    """
    half, count = data.horizon // 2, len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        size = np.maximum(np.abs(x), 0.01)
        first, second = np.log(size[:, :half].mean(1)), np.log(size[:, half:].mean(1))
        return np.concatenate([first, second, first * first, first * second], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        first, second, square, product = (mean[..., i * count : (i + 1) * count] for i in range(4))
        joint, alone = product - first * second, square - first**2
        pooled = joint.sum(-1, keepdims=True) / np.maximum(alone.sum(-1, keepdims=True), 1e-9)
        return np.concatenate([joint / np.maximum(alone, 1e-9), pooled], axis=-1)

    return data.compare(
        features, reduce, per_asset(data, "slope of late on early log size"), pooled=True, memory=1.5, predictable=0.02
    )


@check(
    "today's level", question="conditional", scale="asset",
    meaning="The first days are not as volatile as the start implies.",
    matters="Tomorrow's VaR and margin.",
    remedy="Check that the model was given today's state and not the long run.",
)  # fmt: skip
def _todays_level(data: ComparisonData) -> Finding:
    """Do the first days have the volatility that is forecast from today's state?

    log mean |x| of the first quarter, each asset. Only for a set that starts from one state; a model that ignores
    the state fails here.
    """
    if not data.conditional:
        return not_assessed(UNCONDITIONAL)
    part = max(1, data.horizon // 4)
    typical = float(np.sqrt(data.year * np.pi / 2.0) * np.exp(np.log(data.scale).mean()))
    return data.equally_weighted().compare(
        lambda x: np.minimum(np.abs(x[:, :part]), 8.0).mean(1), lambda m: with_average(np.log(m + 1e-9)),
        per_asset(data, "volatility of the first days"), pooled=True, predictable=0.12,
        show=lambda v: float(typical * np.exp(v)),
    )  # fmt: skip


@check(
    "one state", question="conditional", scale="path", horizon=4,
    meaning="Draws start from many states, not from one.",
    matters="Short horizons: risk is averaged over regimes.",
    remedy="Draw from one date only; audit a mixture as unconditional.",
)  # fmt: skip
def _one_state(data: ComparisonData) -> Finding:
    """Do all draws start from one state, or from many?

    Variance over draws of log mean |x| of all assets, over the first quarter and over all days. Today's state fixes
    the level at which all draws start, so it varies less among them than windows of the history do around our
    forecast of each, which knows less. Only more is a fault: draws of the long run, or of many dates, mixed.
    """
    if not data.conditional:
        return not_assessed(UNCONDITIONAL)
    part = max(1, data.horizon // 4)

    def features(x: np.ndarray) -> np.ndarray:
        size = np.abs(x).mean(2)
        level = np.log(np.maximum(np.stack([size[:, :part].mean(1), size.mean(1)], axis=1), 0.01))
        return np.concatenate([level, level**2], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(mean[..., 2:] - mean[..., :2] ** 2, 1e-6))

    labels = [
        (f"log variance over draws of the size of {what}", data.assets) for what in ("the first days", "all days")
    ]
    found = data.equally_weighted().compare(features, reduce, labels)
    if not found.answered:
        return found
    p = found.p_value / 2 if found.evidence["departure"] > 0 else 1.0
    return replace(found, p_value=p, reference=(-np.inf, found.reference[1]))


def response(sets: Mapping[str, np.ndarray], history: pd.DataFrame, level: float = 0.05) -> Finding:
    """Over many dates: does a set's volatility follow the state, one for one? Slope of its log size on the forecast.

    sets : date of the close -> log returns (draw, time, asset) that start there; at least 6 dates.
    history : log returns, one row a day. Null: slope 1; errors over dates with the regression's own t distribution; a
    slope fails when it departs by more than chance and 0.25 together.
    """
    if len(sets) < 6:
        raise ParameterError(f"{len(sets)} dates are too few to see a response; give at least 6")
    days, expected, drawn = history.to_numpy(dtype=float), [], []
    for date, values in sets.items():
        row = int(history.index.searchsorted(pd.Timestamp(date), side="right"))
        starts = np.arange(max(LOOKBACKS), len(days) - values.shape[1] + 1, max(1, values.shape[1] // 4))
        expected.append(np.log(expect(days, starts, values.shape[1], row).today).mean())
        drawn.append(np.log(np.abs(values).mean((0, 1))).mean())
    fit = stats.linregress(expected, drawn)
    error = float(np.nan_to_num(fit.stderr))  # nan where all sets are equally volatile
    beyond = max(0.0, abs(fit.slope - 1.0) - 0.25) / max(error, 1e-9)
    freedom = len(sets) - 2
    p, reach = float(2 * stats.t.sf(beyond, freedom)), 0.25 + float(stats.t.isf(level / 2, freedom)) * error
    evidence = {"component": "slope of log volatility on its forecast", "dates": len(sets)}
    evidence["intercept"] = float(fit.intercept)
    verdict = "fail" if p < level else "pass"
    names = tuple(map(str, history.columns))
    return Finding("response", "conditional", float(fit.slope), (1 - reach, 1 + reach), p, verdict, names, evidence)
