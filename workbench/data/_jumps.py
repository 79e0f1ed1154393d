r"""Jumps that look like accidents of the data: decimal shifts and splits nobody adjusted for.

A change :math:`r_t` is a **decimal shift** when :math:`|r_t \mp k\log 10| < 0.15` for k = 1, 2, 3. It ends
where the inverse change brings the price back.

A change fits a **split** k:1 (or a reverse split 1:k), k in 2, 3, 4, 5, 6, 7, 8, 20, when :math:`|r_t \pm
\log k|` is an ordinary return: at most three robust standard deviations of the 60 changes before, and never
more than 0.08 (in a very volatile asset everything fits everything). It is read as a *real* move when
something else happened too:

- volatility rose: the geometric mean of the ratios of mean and median |r|, 10 changes after against 60
  before, reaches 1.75;
- the other columns moved the same way by more than three robust standard deviations of their median;
- volume multiplied by more than three times the ratio of the split;
- the price went most of the way back within ten observations.

Measured on 19 stocks 1990-2022 and 494 stocks 2021-2026: of 8,000 splits planted at random 90 % are found; of
the 7 real moves beyond 0.5 none is called a split (AAPL on 2000-09-29 fits 2:1 to 0.04, but volatility rose
1.87 times). The threshold was chosen on these data. 3:2 and 5:4 are not looked for: earnings days fit them
too often (14 of 63 real moves beyond 0.3 fit 3:2 within one standard deviation).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

_BEFORE, _AFTER = 60, 10
_SPLITS = (2, 3, 4, 5, 6, 7, 8, 20)
_DECIMAL_TOLERANCE = 0.15
_SPLIT_TOLERANCE = 0.08
_CALMER_THAN = 1.75
_LOOK_AHEAD = 250


class SplitLike(NamedTuple):
    """A change that fits a split; ``real`` says why it is a real move, empty when nothing supports one."""

    date: pd.Timestamp
    change: float
    ratio: str
    real: str


def decimal_shifts(changes: pd.Series) -> Iterator[tuple[pd.Timestamp, pd.Timestamp | None, float]]:
    """Dates between which a price is off by a power of ten: first, last (None when it stays) and factor.

    changes : (date,) log returns without missing values.
    """
    r, position = changes.to_numpy(), np.intp(0)
    powers = np.rint(r / np.log(10))
    shifted = (powers != 0) & (np.abs(powers) <= 3) & (np.abs(r - powers * np.log(10)) < _DECIMAL_TOLERANCE)
    for start in np.flatnonzero(shifted):
        if start < position:
            continue
        ahead = slice(start + 1, start + _LOOK_AHEAD)
        back = np.flatnonzero(shifted[ahead] & (powers[ahead] == -powers[start]))
        position = start + 1 + (back[0] + 1 if back.size else 0)
        last = changes.index[start + back[0]] if back.size else None
        yield changes.index[start], last, 10.0 ** powers[start]


def split_like(changes: pd.Series, others: pd.DataFrame, volume: pd.Series | None) -> Iterator[SplitLike]:
    """Changes that fit a split, each with what supports a real move.

    changes : (date,) log returns without missing values; others : (date, asset) of the other columns;
    volume : (date,) of the same asset, or None.
    """
    r = changes.to_numpy()
    for position in np.flatnonzero(np.abs(r) > np.log(2) - _SPLIT_TOLERANCE):
        before = np.abs(r[max(0, position - _BEFORE) : position])
        ratio, misfit = _nearest_split(r[position])
        scale = 1.4826 * np.median(before) if before.size else 0.0
        if misfit > min(max(3 * scale, 0.005), _SPLIT_TOLERANCE):
            continue
        date = changes.index[position]
        doubts = (
            _volatility_rose(before, r[position + 1 : position + 1 + _AFTER]),
            _others_moved(others, date, r[position]),
            _volume_burst(volume, date, ratio),
            _came_back(r[position : position + 1 + _AFTER]),
        )
        text = f"a {ratio}-for-1 split" if r[position] < 0 else f"a 1-for-{ratio} reverse split"
        yield SplitLike(date, float(r[position]), text, next(filter(None, doubts), ""))


def _nearest_split(change: float) -> tuple[int, float]:
    misfits = np.abs(abs(change) - np.log(_SPLITS))
    return _SPLITS[int(misfits.argmin())], float(misfits.min())


def _volatility_rose(before: np.ndarray, after: np.ndarray) -> str:
    after = np.abs(after)
    if before.size < 20 or after.size < 5:
        return "there is too little before or after it to decide"
    usual = before.mean() * np.median(before)
    if usual == 0:
        return "the price stood still before it"
    rise = np.sqrt(after.mean() * np.median(after) / usual)
    return f"volatility rose {rise:.2f} times after it" if rise >= _CALMER_THAN else ""


def _others_moved(others: pd.DataFrame, date: pd.Timestamp, change: float) -> str:
    if others.shape[1] < 2 or date not in others.index:
        return ""
    common = others.median(axis=1)
    move, scale = common[date], 1.4826 * common.abs().median()
    together = move * change > 0 and abs(move) > 3 * scale
    return f"the other columns moved {move:+.3f} on the same date" if together else ""


def _volume_burst(volume: pd.Series | None, date: pd.Timestamp, ratio: int) -> str:
    if volume is None or date not in volume.index:
        return ""
    usual = volume.loc[:date].iloc[-21:-1].median()
    burst = volume[date] / usual
    return f"volume was {burst:.1f} times the usual" if burst > 3 * ratio else ""


def _came_back(path: np.ndarray) -> str:
    rest = np.cumsum(path)
    back = bool((np.abs(rest[1:]) < abs(path[0]) / 3).any())
    return "the price came back within ten observations" if back else ""
