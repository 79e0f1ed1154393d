"""The trial: every check put to one scenario set, and a verdict for each by Holm's rule.

``start`` says what the set claims. ``"unconditional"``: futures of the long-run law, compared with all windows of the
history. ``"last"`` or a date: futures from that close, compared with windows that began in a like state, in units of
the
volatility foretold (:mod:`workbench.validation.engine.state`); the whole history given may serve for comparison, but only the
days up to the close tell the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from workbench import scenarios
from workbench.errors import DataError, ParameterError, ScenarioError
from workbench.validation.checks.identities import Identity, read_identities
from workbench.validation.engine.check import CHECKS
from workbench.validation.engine.comparison_data import ComparisonData, Whole
from workbench.validation.engine.finding import Finding, cannot_tell, judge
from workbench.validation.engine.null import windows
from workbench.validation.engine.state import LOOKBACKS, expect

FEWEST_DAYS = 250
MOST_DRAWS = 10_000
UNCONDITIONAL = ("unconditional", "long-run")


def trial(
    scenarios: np.ndarray | xr.DataTree,
    history: pd.DataFrame,
    *,
    start: str | pd.Timestamp = "unconditional",
    checks: Sequence[str] | None = None,
    books: pd.DataFrame | None = None,
    holdout: pd.DataFrame | None = None,
    identities: Sequence[Mapping] | Sequence[Identity] = (),
    seed: int = 0,
    level: float = 0.05,
    whole: Whole | None = None,
) -> list[Finding]:
    """Try to refute a scenario set with every check, or with those named.

    scenarios : log returns (draw, time, asset) in the history's column order, or a scenario tree (columns by name).
    history : log returns, one row a day, one column an asset.
    start : "unconditional", "last" (the history's last close), or the date of the close the scenarios start from.
    books : portfolios to judge too, one row a book, one column an asset (weights).
    holdout : log returns of days that the model must not have seen; a set that copies them has a leak.
    identities : laws of motion that must hold exactly (:mod:`workbench.validation.checks.identities`).
    whole : what was seen in all draws, where ``scenarios`` is a sample of them.
    seed : of the redraws; level : family-wise false-alarm rate of the verdict.

    Raises ScenarioError, DataError or ParameterError for input that cannot be tried.
    """
    values = aligned(scenarios, history)
    names = list(CHECKS if checks is None else checks)
    chosen = [CHECKS[name] for name in names]
    if len(history) < FEWEST_DAYS or len(history) < 6 * 3 * values.shape[1]:
        reason = f"a history of {len(history)} days is too short for paths of {values.shape[1]} days"
        return [cannot_tell(reason, check.name, check.question) for check in chosen]
    case = prepare(values, history, start=start, books=books, holdout=holdout, seed=seed, level=level)
    case.whole = whole or Whole.of(case.raw)
    case.identities = [law if isinstance(law, Identity) else read_identities([law])[0] for law in identities]
    return judge([check(case) for check in chosen], level)


def prepare(
    values: np.ndarray, history: pd.DataFrame, *, start: str | pd.Timestamp = "unconditional",
    books: pd.DataFrame | None = None, holdout: pd.DataFrame | None = None, seed: int = 0, level: float = 0.05,
) -> ComparisonData:  # fmt: skip
    """Cut history and scenarios into like windows, in like units."""
    raw = np.asarray(values[:: max(1, -(-len(values) // MOST_DRAWS))], dtype=np.float32)
    days, horizon = history.to_numpy(dtype=float), values.shape[1]
    stride, conditional = max(1, horizon // 4), not (isinstance(start, str) and start in UNCONDITIONAL)
    spread = np.maximum(days.std(0), 1e-12)
    starts = np.arange(max(LOOKBACKS) if conditional else 0, len(days) - horizon + 1, stride)
    real, scale, weights = windows(days, starts, horizon), spread, np.full(len(starts), 1.0 / len(starts))
    if conditional:
        state = expect(days, starts, horizon, row_after(history, start))
        real, scale, weights = real / state.scales[:, None, :], state.today, state.weights
    else:
        real = real / scale
    return ComparisonData(
        real.astype(np.float32), (raw / scale).astype(np.float32), weights.astype(np.float32),
        tuple(map(str, history.columns)),
        scale, starts, (days / spread).astype(np.float32), stride, conditional, level, seed,
        books=named_books(books, history),
        holdout=None if holdout is None else holdout[history.columns].to_numpy(dtype=float), raw=raw, past=days,
    )  # fmt: skip


def row_after(history: pd.DataFrame, start: str | pd.Timestamp) -> int:
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
    """The set as (draw, time, asset) in the history's column order; what does not fit is told."""
    bad = ~np.isfinite(history.to_numpy(dtype=float))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"the history holds {int(bad.sum())} missing or infinite returns, the first in column "
            f"{history.columns[column]!r} on {history.index[row]}; drop or mend those days"
        )
    if isinstance(scenarios, xr.DataTree):
        scenarios = _by_name(scenarios, list(map(str, history.columns)))
    values = np.asarray(scenarios)
    if values.ndim != 3 or values.shape[2] != history.shape[1] or min(values.shape) == 0:
        raise ScenarioError(f"scenarios have shape {values.shape}, expected (draw, time, {history.shape[1]} assets)")
    if not np.isfinite(values).all():
        draw, step, asset = np.argwhere(~np.isfinite(values))[0]
        raise ScenarioError(f"scenario value at draw {draw}, time {step + 1}, {history.columns[asset]!r} is not finite")
    if len(values) < 20:
        raise ScenarioError(f"{len(values)} draws are too few to try; give at least 20")
    return values


def _by_name(tree: xr.DataTree, wanted: list[str]) -> np.ndarray:
    have = [str(name) for name in scenarios.returns(tree).asset.values]
    missing, extra = [n for n in wanted if n not in have], [n for n in have if n not in wanted]
    if missing or extra:
        raise ScenarioError(
            f"columns differ: the scenarios lack {missing} and have besides {extra}; select the same assets in both"
        )
    return scenarios.pooled(tree)[:, :, [have.index(name) for name in wanted]]


def named_books(books: Mapping | pd.DataFrame | None, history: pd.DataFrame) -> dict[str, np.ndarray]:
    """Weights (asset,) of each book, in the history's column order; an unknown asset is told."""
    if books is None:
        return {}
    frame = pd.DataFrame(books)
    unknown = sorted(set(map(str, frame.columns)) - set(map(str, history.columns)))
    if unknown:
        raise ParameterError(f"books hold assets that the history has not: {unknown}")
    frame = frame.reindex(columns=history.columns).fillna(0.0)
    return {str(name): row.to_numpy(dtype=float) for name, row in frame.iterrows()}
