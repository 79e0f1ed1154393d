r"""How far the next years' levels lie from those of ten past years, learnt from many panels and decades.

Every panel is split after each year that has ten before it. From the past come deviations, the first principal
component of the correlations and each asset's share in it; of the 1, 2 and 4 years ahead and of the past are taken the
standard deviations of the common factor and of the remainder (root mean square over assets), of each asset, and the
Sharpe ratios. The second moments of the log ratios about zero (levels have median 1), of what an asset's ratio has
beyond the two parts, and of the differences of Sharpe ratios are what a distribution of levels must explain, less what
a sampler with constant levels draws by itself over so many days: for a log standard deviation

.. math:: \frac{1}{4n} \operatorname{LRV}\bigl(x_t^2 / \overline{x^2} - 1\bigr),

LRV the long-run variance over a quarter (Newey and West, Econometrica 55, 1987, 703-708), for a Sharpe ratio a year
one over the years. The error of the past level is not taken away: a sampler does not draw it. Moments are pooled over
splits and horizons, over the panels of one market, then over markets, weighted by the number of disjoint four-year
periods (method of moments of a variance-components model: Searle, Casella and McCulloch, Variance Components, 1992).
"""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from workbench.constants import TRADING_DAYS
from workbench.data import stale_runs
from workbench.errors import ParameterError
from workbench.samplers._long_run import LongRunSpread, first_component
from workbench.samplers.training.weights import FOLDER as WEIGHTS
from workbench.samplers.training.weights import Overlap
from workbench.stats import long_run_variance

FOLDER = WEIGHTS / "long_run"
PAST, AHEAD = 10 * TRADING_DAYS, (TRADING_DAYS, 2 * TRADING_DAYS, 4 * TRADING_DAYS)  # days
LAGS = TRADING_DAYS // 4  # days over which squared returns are taken to depend on one another
MISSING, IDLE, SMALLEST = 0.02, 0.12, 5e-4  # share of missing and of zero returns; daily deviation, below it a peg
PARTS = ("common", "remainder", "cross", "asset", "drift")


def windows(
    returns: pd.DataFrame, past: int, ahead: int, every: int, least: int | None = None
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Pairs (past, ahead) of complete log returns (day, asset) around each ``every``-th day.

    least : days ahead that are enough at the end of the panel; all of them when None.

    returns : may lack values. An asset takes part in a window that it lacks at most 2 % of; one that stood still in the
    past (on 12 % of the days, or for a run of :func:`workbench.data.stale_runs`), or that is pegged (deviation below
    5 bp a day), does not. Days that one of them lacks are left out.
    """
    for split in range(past, len(returns) - (least or ahead) + 1, every):
        window = returns.iloc[split - past : split + ahead]
        before = window.iloc[:past]
        kept = (window.isna().mean() <= MISSING) & ((before == 0).mean() <= IDLE) & (before.std() >= SMALLEST)
        kept &= ~window.columns.isin(stale_runs(before)["column"])
        if kept.any():
            complete = window.loc[:, kept].dropna()
            yield complete.loc[: before.index[-1]], complete.loc[before.index[-1] :].iloc[1:]


def moments(past: pd.DataFrame, ahead: pd.DataFrame) -> dict[str, float]:
    """Second moments of one split, less what constant levels would draw: ``PARTS``; NaN where a panel has none.

    ``cross`` is that of the common part and the remainder.
    """
    before, after = past.to_numpy(dtype=float), ahead.to_numpy(dtype=float)
    mean, deviation = before.mean(axis=0), before.std(axis=0)
    direction, eigenvalue = first_component(before)
    old, new = (_parts((values - mean) / deviation, direction) for values in (before, after))
    share = np.minimum(eigenvalue * direction**2, 1.0)
    found = _level_moments(old, new, share)
    years = len(after) / TRADING_DAYS
    sharpe = [np.sqrt(TRADING_DAYS) * values.mean(axis=0) / deviation for values in (before, after)]
    noise = (after.std(axis=0) / deviation) ** 2 / years
    return found | {"drift": float(np.mean((sharpe[1] - sharpe[0]) ** 2 - noise))}


def _parts(values: np.ndarray, direction: np.ndarray) -> dict[str, np.ndarray]:
    """Squares of the common factor (day, 1), of the remainder over assets (day, 1) and of each asset (day, asset)."""
    factor = values @ direction
    remainder = values - np.outer(factor, direction)
    return {
        "common": factor[:, None] ** 2,
        "remainder": (remainder**2).mean(axis=1, keepdims=True),
        "asset": values**2,
    }


def _level_moments(old: dict[str, np.ndarray], new: dict[str, np.ndarray], share: np.ndarray) -> dict[str, float]:
    """Moments of the levels, from the squares of :func:`_parts`; ``share`` (asset,) is that of the common part."""
    days, assets = len(new["common"]), len(share)
    if assets == 1:
        level, squares = _log_ratio(old["asset"], new["asset"])[0], _relative(old["asset"])[:, 0]
        return dict.fromkeys(PARTS, np.nan) | {"common": float(level**2 - _noise(squares, days))}
    common, remainder = (_log_ratio(old[name], new[name])[0] for name in ("common", "remainder"))
    first, second = (_relative(old[name])[:, 0] for name in ("common", "remainder"))
    noise_common, noise_remainder = _noise(first, days), _noise(second, days)
    shared = (_noise(first + second, days) - noise_common - noise_remainder) / 2
    expected = 0.5 * np.log(share * np.exp(2 * common) + (1 - share) * np.exp(2 * remainder))
    beyond = _log_ratio(old["asset"], new["asset"]) - expected
    own = _relative(old["asset"]) - share * first[:, None] - (1 - share) * second[:, None]
    noise_own = np.mean([_noise(column, days) for column in (own - own.mean(axis=1, keepdims=True)).T])
    return {
        "common": float(common**2 - noise_common),
        "remainder": float(remainder**2 - noise_remainder),
        "cross": float(common * remainder - shared),
        "asset": float(beyond.var(ddof=1) - noise_own * assets / (assets - 1)),
    }


def _log_ratio(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Log ratio of standard deviations, from squares (day, ...)."""
    return 0.5 * np.log(new.mean(axis=0) / old.mean(axis=0))


def _relative(squares: np.ndarray) -> np.ndarray:
    return squares / squares.mean(axis=0) - 1


def _noise(squares: np.ndarray, days: int) -> float:
    """Variance of a log standard deviation over ``days`` days, from relative squares (day,) of a long history."""
    return long_run_variance(squares, LAGS) / (4 * days)


def panel_moments(returns: pd.DataFrame) -> dict[str, float]:
    """Mean moments of a panel of daily log returns (day, asset), with ``splits`` and disjoint four-year ``periods``.

    Levels are the mean over 1, 2 and 4 years, drift is that of 4 years. Raises ParameterError for a panel that is
    shorter than fourteen years.
    """
    tables = [
        pd.DataFrame([moments(*pair) for pair in windows(returns, PAST, ahead, TRADING_DAYS)], columns=list(PARTS))
        for ahead in AHEAD
    ]
    if tables[-1].empty:
        raise ParameterError(f"the panel has {len(returns)} days, fourteen years ({PAST + AHEAD[-1]} days) are needed")
    mean = pd.concat([table.mean() for table in tables], axis=1).mean(axis=1)
    mean["drift"] = tables[-1]["drift"].mean()
    periods = (len(returns) - PAST) / AHEAD[-1]
    return mean.to_dict() | {"splits": len(tables[-1]), "periods": round(periods, 2)}


def pooled(panels: Collection[Mapping], without: Collection[str] = ()) -> LongRunSpread:
    """The spread of levels from the records of panels (``market``, ``moments``), some markets left out.

    A market has the weight of its longest panel: its panels went through the same years.
    """
    rows = pd.DataFrame([{"market": each["market"], **each["moments"]} for each in panels])
    rows = rows[~rows["market"].isin(without)]
    if rows.empty:
        raise ParameterError(f"no panel is left without {', '.join(sorted(without))}; leave out fewer markets")
    markets = pd.DataFrame([_weighted(group) for _, group in rows.groupby("market")])
    weights = rows.groupby("market")["periods"].max().to_numpy()
    mean = _weighted(markets.assign(periods=weights)).clip(lower=0.0, upper=None)
    sizes = np.sqrt(mean[["common", "remainder", "asset", "drift"]].fillna(0.0)).round(4)
    cross = _weighted(markets.assign(periods=weights))["cross"]
    product = sizes["common"] * sizes["remainder"]
    together = float(np.clip(cross / product, -1, 1).round(4)) if product > 0 and np.isfinite(cross) else 0.0
    return LongRunSpread(together=together, **sizes.astype(float).to_dict())


def _weighted(rows: pd.DataFrame) -> pd.Series:
    """Means of the moments (panel, part) weighted by ``periods``, over those that a panel has."""
    weights = rows["periods"].to_numpy()[:, None] * rows[list(PARTS)].notna()
    return (rows[list(PARTS)] * weights).sum() / weights.sum().replace(0, np.nan)


def names() -> list[str]:
    """The records that come with the package, by their last day."""
    return sorted((path.stem for path in FOLDER.glob("*.json")), key=lambda name: record(name)["last"])


@functools.lru_cache
def record(name: str) -> dict:
    """What a spread was learnt from: ``last`` day, ``panels`` with market, licence, days and moments, and ``spread``.

    Raises ParameterError for a name without one.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.json")))
        raise ParameterError(f"no record {name!r} of long-run levels; known: {known}")
    return json.loads(path.read_text())


def load(name: str, without: Collection[str] = ()) -> LongRunSpread:
    """The spread ``name``, or what it would be without the panels of some markets."""
    facts = record(name)
    return pooled(facts["panels"], without) if without else LongRunSpread(**facts["spread"])


def newest_before(day: pd.Timestamp) -> str:
    """The newest record learnt until ``day`` at the latest; where there is none the oldest, with a warning."""
    before = [name for name in names() if pd.Timestamp(record(name)["last"]) <= day]
    if not before:
        oldest = names()[0]
        last = record(oldest)["last"]
        warnings.warn(
            f"no long-run levels were learnt before {day.date()}: {oldest!r} knows days until {last}",
            Overlap,
            stacklevel=2,
        )
        return oldest
    return before[-1]
