"""Scenarios and history cut into like windows, in like units: the comparison data that every check sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from workbench import scenarios as scenario_sets
from workbench.books import read_books
from workbench.constants import TRADING_DAYS
from workbench.data import periods_per_year
from workbench.errors import DataError, ParameterError, ScenarioError
from workbench.validation.checks.identities import read_identities
from workbench.validation.engine import ComparisonData, Identity, SetSummary
from workbench.validation.engine._null import windows
from workbench.validation.engine._state import LOOKBACKS, expect
from workbench.validation.engine.features import thinned

MOST_DRAWS = 10_000
FEWEST_DRAWS = 20
UNCONDITIONAL = ("unconditional", "long-run")


def prepare(
    values: np.ndarray,
    history: pd.DataFrame,
    *,
    start: str | pd.Timestamp = "unconditional",
    books: Mapping | pd.DataFrame | None = None,
    holdout: pd.DataFrame | None = None,
    identities: Sequence[Mapping | Identity] = (),
    seed: int = 0,
    level: float = 0.05,
    summary: SetSummary | None = None,
) -> ComparisonData:
    """Comparison data of draws (draw, time, asset) in the history's column order; arguments as for ``trial``."""
    raw = np.asarray(thinned(values, MOST_DRAWS), dtype=np.float32)
    days, horizon = history.to_numpy(dtype=float), values.shape[1]
    stride, conditional = max(1, horizon // 4), not is_unconditional(start)
    spread = np.maximum(days.std(0), 1e-12)
    starts = np.arange(max(LOOKBACKS) if conditional else 0, len(days) - horizon + 1, stride)
    real, scale, weights = windows(days, starts, horizon), spread, np.full(len(starts), 1.0 / len(starts))
    if conditional:
        state = expect(days, starts, horizon, _row_after(history, start))
        real, scale, weights = real / state.scales[:, None, :], state.today, state.weights
    else:
        real = real / scale
    return ComparisonData(
        real.astype(np.float32), (raw / scale).astype(np.float32), weights.astype(np.float32),
        tuple(map(str, history.columns)), scale, (days / spread).astype(np.float32), stride, raw, days,
        summary or SetSummary.of(raw), _year(history), conditional, level, seed,
        books=_named_books(books, history),
        holdout=None if holdout is None else holdout[history.columns].to_numpy(dtype=float),
        identities=read_identities(identities),
    )  # fmt: skip


def _year(history: pd.DataFrame) -> int:
    return periods_per_year(history) if isinstance(history.index, pd.DatetimeIndex) else TRADING_DAYS


def is_unconditional(start: str | pd.Timestamp) -> bool:
    """Whether ``start`` asks for the long run."""
    return isinstance(start, str) and start in UNCONDITIONAL


def _row_after(history: pd.DataFrame, start: str | pd.Timestamp) -> int:
    """Row of the first day after the close from which the scenarios start."""
    if isinstance(start, str) and start == "last":
        return len(history)
    try:
        row = int(history.index.searchsorted(pd.Timestamp(start), side="right"))
    except (TypeError, ValueError):
        raise ParameterError(f"start is {start!r}; give 'unconditional', 'last' or a date such as 2008-09-12") from None
    if row < max(LOOKBACKS):
        raise ParameterError(
            f"start {start} lies before day {max(LOOKBACKS)} of the history ({history.index[0]:%Y-%m-%d})"
        )
    return row


def aligned(scenarios: np.ndarray | xr.DataTree, history: pd.DataFrame) -> np.ndarray:
    """The set as (draw, time, asset) in the history's column order; raises ScenarioError or DataError on mismatch."""
    bad = ~np.isfinite(history.to_numpy(dtype=float))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"the history holds {int(bad.sum())} missing or infinite returns, the first in column "
            f"{history.columns[column]!r} on {history.index[row]}; drop or repair those days"
        )
    if isinstance(scenarios, xr.DataTree):
        scenarios = _by_name(scenarios, list(map(str, history.columns)))
    values = np.asarray(scenarios)
    if values.ndim != 3 or values.shape[2] != history.shape[1] or min(values.shape) == 0:
        raise ScenarioError(f"scenarios have shape {values.shape}, expected (draw, time, {history.shape[1]} assets)")
    if not np.isfinite(values).all():
        draw, step, asset = np.argwhere(~np.isfinite(values))[0]
        raise ScenarioError(f"scenario value at draw {draw}, time {step + 1}, {history.columns[asset]!r} is not finite")
    for place, flat in (
        ("scenarios", np.ptp(values, (0, 1)) == 0),
        ("history", np.ptp(history.to_numpy(float), 0) == 0),
    ):
        if flat.any():
            name = history.columns[int(flat.argmax())]
            raise ScenarioError(f"column {name!r} never changes in the {place}: leave the column out of both")
    if len(values) < FEWEST_DRAWS:
        raise ScenarioError(f"{len(values)} draws are too few to try; give at least {FEWEST_DRAWS}")
    return values


def _by_name(tree: xr.DataTree, wanted: list[str]) -> np.ndarray:
    have = [str(name) for name in scenario_sets.returns(tree).asset.values]
    missing, extra = [n for n in wanted if n not in have], [n for n in have if n not in wanted]
    if missing or extra:
        raise ScenarioError(
            f"columns differ: the scenarios lack {missing} and have besides {extra}; select the same assets in both"
        )
    return scenario_sets.pooled(tree)[:, :, [have.index(name) for name in wanted]]


def _named_books(books: Mapping | pd.DataFrame | None, history: pd.DataFrame) -> dict[str, np.ndarray]:
    """Weights (asset,) of each book, in the history's column order; raises ParameterError as :func:`read_books` does."""
    if books is None:
        return {}
    assets = list(map(str, history.columns))
    frame = read_books(pd.DataFrame(books), assets).reindex(columns=assets, fill_value=0.0)
    return {str(name): row.to_numpy(dtype=float) for name, row in frame.iterrows()}
