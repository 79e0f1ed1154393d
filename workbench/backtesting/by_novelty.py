r"""How wrong were forecasts, by distance of the market's state from the states of the training span?

Forecasts are sorted by the distance of the state at the previous close
(:func:`workbench.validation.extrapolation.distances`) and cut into shares of equal size. In each, three numbers that
are scale-free, so that calm and wild days can be averaged:

    hits       share of losses beyond VaR, 1 - level when right
    surprise   mean of (L - VaR)+ / (alpha ES) + VaR / ES - 1, that is FZ0 less log ES: 0 when VaR and ES are right,
               above when risk was understated, by about the share in which ES was too small
    width      root mean square of Phi^-1(PIT), 1 when right

with errors from the means of runs of 20 forecasts, because bad days come together. :func:`widening` turns them into the
factor on VaR that would have made the hits right at such a distance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench._require import count, number
from workbench.backtesting._inputs import columns
from workbench.errors import DataError
from workbench.stats import probit

RUN = 20
FEWEST = 100


def score_by_distance(table: pd.DataFrame, distance: pd.Series, level: float = 0.99, shares: int = 10) -> pd.DataFrame:
    """One row a share of the forecasts, nearest first: ``distance_low, distance_high, forecasts, hits, hits_error,
    surprise, surprise_error, width``.

    table : one book by date with ``var_<level>, es_<level>, pit, realised``. distance : by date of the
    previous close, at which the forecast was made; a forecast takes the last one before its date.

    Raises DataError when fewer than 20 forecasts a share have a distance.
    """
    count("shares", shares)
    sorted_ = _known(table, distance, level).sort_values("distance", kind="stable")
    if len(sorted_) < RUN * shares:
        raise DataError(f"{len(sorted_)} forecasts have a distance, {RUN * shares} are needed for {shares} shares")
    rows = [_row(sorted_.iloc[places].sort_index()) for places in np.array_split(np.arange(len(sorted_)), shares)]
    return pd.DataFrame(rows, index=pd.RangeIndex(1, shares + 1, name="share"))


def widening(table: pd.DataFrame, distance: pd.Series, today: float, level: float = 0.99, least: int = 250) -> float:
    """Factor, at least 1, on VaR at distance ``today``: what would have made hits right among the forecasts made at
    least that far out, or the ``least`` farthest where there are fewer.

    The level-quantile of loss / VaR over those forecasts. Raises DataError with fewer than 100 forecasts.
    """
    number("today", today, least=0)
    count("least", least)
    known = _known(table, distance, level)
    if len(known) < FEWEST:
        raise DataError(f"{len(known)} forecasts have a distance, {FEWEST} are needed to say by how much to widen")
    cut = min(today, float(known["distance"].nlargest(min(least, len(known))).min()))
    ratio = known.loc[known["distance"] >= cut, "ratio"]
    return max(1.0, float(np.quantile(ratio, level, method="higher")))


def _known(table: pd.DataFrame, distance: pd.Series, level: float) -> pd.DataFrame:
    """Per forecast with a distance: its distance, hit, loss / VaR, surprise and squared score."""
    number("level", level, above=0.5, below=1)
    wanted = [f"var_{level:g}", f"es_{level:g}", "pit", "realised"]
    var, es, pit, realised = columns(table, wanted, "scores by distance need")
    if not (var > 0).all():
        raise DataError(f"VaR on {table.index[int(np.argmin(var > 0))]} is not a positive loss")
    close = distance.index.searchsorted(table.index, side="left") - 1
    known = pd.DataFrame(
        {
            "distance": np.where(close >= 0, distance.to_numpy()[np.maximum(close, 0)], np.nan),
            "hit": (-realised > var).astype(float),
            "ratio": -realised / var,
            "surprise": np.maximum(-realised - var, 0.0) / ((1 - level) * es) + var / es - 1.0,
            "square": probit(pit) ** 2,
        },
        index=table.index,
    )
    return known.dropna()


def _row(part: pd.DataFrame) -> dict[str, float]:
    hits, hits_error = _mean(part["hit"].to_numpy())
    surprise, surprise_error = _mean(part["surprise"].to_numpy())
    return {
        "distance_low": part["distance"].min(), "distance_high": part["distance"].max(), "forecasts": len(part),
        "hits": hits, "hits_error": hits_error, "surprise": surprise, "surprise_error": surprise_error,
        "width": float(np.sqrt(part["square"].mean())),
    }  # fmt: skip


def _mean(values: np.ndarray) -> tuple[float, float]:
    """Mean, and its error from means of runs; never less than that of independent values."""
    runs = np.array([run.mean() for run in np.array_split(values, max(2, len(values) // RUN))])
    own = values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(max(runs.std(ddof=1) / np.sqrt(len(runs)), own))
