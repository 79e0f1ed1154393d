r"""The shape of simulated losses beside that of the history's crises.

The trial compares a set with windows of a like *state*; scenarios picked because they lose money differ from those by
construction, and would fail whatever their worth. Here like is compared with like: the windows of history in which
the same book lost most, on a grid, so that no two overlap. Losses of other sizes are made comparable by looking
at shape alone: numbers that do not change when a path is multiplied by a constant. With z a path in units of each
asset's standard deviation and m its mean over assets,

=============  ======================================================================  ==================
even           :math:`(\sum_t m_t)^2 / T\sum_t m_t^2`                                  1: a straight line
one day        :math:`\max_t m_t^2 / \sum_t m_t^2`                                     1: a crash
late           share of :math:`\sum_t m_t^2` in the second half                        1: it builds up
one asset      :math:`\max_i Z_i^2/\sum_i Z_i^2,\; Z_i = \sum_t z_{ti}`                1: one asset explodes
one return     :math:`\max z_{ti}^2/\sum z_{ti}^2`                                     1: on one day
common         :math:`N \sum_t m_t^2 / \sum_{ti} z_{ti}^2`                             1: all move alike
one way        share of the assets that go the way of most                             1: nobody escapes
turning        one half plus half the correlation of :math:`m_t` and :math:`m_{t+1}`   0: every day undoes the last
=============  ======================================================================  ==================

One path: the p-value is the rank of its farthest shape among those of the real windows, each held against the others.
A sampler: the worst eighth of its long-run windows, by the same book, against the worst eighth of the real ones:
Mann-Whitney's test of every shape, and Holm's rule over them.

False alarms, measured on 450 histories of 3,600 days made by three known processes (``benchmarks/stress/stress_likeness.py``): a
single path 4 %, and 7 % where it lost more than any real window; a sampler 12 % at 5 %, because bad windows come in
clusters, and 5 % at 2 %, which is therefore where it fails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.stats import mannwhitneyu

from workbench._text import percent
from workbench.books import Book
from workbench.data import clean_from
from workbench.errors import Refusal
from workbench.stats import holm, holm_adjusted

SHAPES = ("even", "one day", "late", "one asset", "one return", "common", "one way", "turning")
SHARE = 0.125  # of the windows without overlap; the worst of them are the crises
FEWEST, SHORTEST = 20, 5  # windows and days below which nothing can be said
DEEPER = ("even", "one way")  # a deeper loss is straighter and spares fewer: not counted beyond the worst real one
LEVEL, SAMPLER_LEVEL = 0.05, 0.02


@dataclass(frozen=True)
class CrisisShape:
    """How a path, or a sampler, compares. table : by shape, its value (median of a sampler's), the range that holds
    90 % of real crises, p-value, and whether it fails. p_value : that nothing departs. crises : how many real windows,
    and losses : the least and the worst loss among them.
    """

    table: pd.DataFrame
    p_value: float
    crises: int
    losses: tuple[float, float]
    level: float

    @property
    def failed(self) -> bool:
        """Whether the shape is not that of a crisis, at a level at which one in twenty real ones fails."""
        return self.p_value <= self.level

    @property
    def by(self) -> str:
        """The shapes that fail, empty where none does."""
        return ", ".join(self.table.index[self.table["fails"]]) if self.failed else ""

    def __str__(self) -> str:
        result = f"failed by its shape ({self.by})" if self.failed else "passed by its shape"
        low, high = self.losses
        return f"{result}: p = {self.p_value:.2g} beside {self.crises} real windows that lost {percent(low)} to {percent(high)}"


class Crises:
    """The windows of ``history`` (log returns, day by asset) in which ``book`` lost most, none overlapping another.

    Raises Refusal when the history is too short to hold twenty of them.
    """

    def __init__(self, history: pd.DataFrame, book: Book, horizon: int) -> None:
        history = history.loc[clean_from(history).max() :, book.assets]
        count = int(len(history) // horizon * SHARE)
        if count < FEWEST or horizon < SHORTEST:
            raise Refusal(
                f"{len(history)} days hold {count} bad windows of {horizon} days; {FEWEST} windows of {SHORTEST} days "
                "or more are needed to say what a crisis looks like"
            )
        self.scale, self.book, self.assets = history.std().to_numpy(), book, book.assets
        windows = np.lib.stride_tricks.sliding_window_view(history.to_numpy(), horizon, axis=0).swapaxes(1, 2)
        losses = book.loss(torch.as_tensor(windows.copy())).numpy()
        grid = np.arange(len(losses) - 1, -1, -horizon)
        chosen = grid[np.argsort(-losses[grid])[:count]]
        self.losses = float(losses[chosen].min()), float(losses[chosen].max())
        self.shapes = shapes(windows[chosen], self.scale)
        odds = _odds(self.shapes)
        self.apart = np.array([_departure(row, np.delete(odds, k, axis=0)) for k, row in enumerate(odds)])

    def rank(self, path: pd.DataFrame) -> CrisisShape:
        """One path (day, asset) of log returns."""
        own = shapes(path[self.assets].to_numpy()[None], self.scale)
        loss = float(self.book.loss(torch.as_tensor(path[self.assets].to_numpy()[None].copy()))[0])
        counts = np.array([not (loss > self.losses[1] and name in DEEPER) for name in SHAPES])
        departure = np.where(counts, _departure(_odds(own)[0], _odds(self.shapes)), 0.0)
        apart = np.where(counts, self.apart, 0.0)
        p_value = (1 + (apart.max(axis=1) >= departure.max()).sum()) / (1 + len(apart))
        farther = (apart >= departure).sum(axis=0)
        fails = ((farther == 0) | (departure == departure.max())) & (p_value <= LEVEL)
        return self._compared(own[0], (1 + farther) / (1 + len(apart)), fails, float(p_value), LEVEL)

    def compare(self, paths: np.ndarray) -> CrisisShape:
        """A sampler, by draws (draw, time, asset in the book's order) from its long-run state."""
        losses = self.book.loss(torch.as_tensor(np.array(paths))).numpy()
        own = shapes(paths[np.argsort(-losses)[: int(len(paths) * SHARE)]], self.scale)
        p = np.array([_p(mine, real) for mine, real in zip(own.T, self.shapes.T)])
        adjusted = float(holm_adjusted(p).min())
        return self._compared(np.median(own, axis=0), p, holm(p, SAMPLER_LEVEL), adjusted, SAMPLER_LEVEL)

    def _compared(
        self, value: np.ndarray, p: np.ndarray, fails: np.ndarray, p_value: float, level: float
    ) -> CrisisShape:
        low, high = np.quantile(self.shapes, [0.05, 0.95], axis=0)
        columns = {"value": value, "real_low": low, "real_high": high, "p_value": p, "fails": fails}
        return CrisisShape(pd.DataFrame(columns, index=list(SHAPES)), p_value, len(self.shapes), self.losses, level)


def shapes(paths: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The eight shapes (path, shape), each between 0 and 1, of log returns (path, time, asset)."""
    z = paths / scale
    market, total, squares = z.mean(axis=2), z.sum(axis=1), np.square(z).sum(axis=(1, 2))
    daily, days = np.square(market), z.shape[1]
    rest = market - market.mean(axis=1, keepdims=True)
    turning = (rest[:, 1:] * rest[:, :-1]).sum(axis=1) / np.square(rest).sum(axis=1)
    way = (total > 0).mean(axis=1)
    found = [
        market.sum(axis=1) ** 2 / (days * daily.sum(axis=1)),
        daily.max(axis=1) / daily.sum(axis=1),
        daily[:, days // 2 :].sum(axis=1) / daily.sum(axis=1),
        np.square(total).max(axis=1) / np.square(total).sum(axis=1),
        np.square(z).max(axis=(1, 2)) / squares,
        z.shape[2] * daily.sum(axis=1) / squares,
        np.maximum(way, 1 - way),
        0.5 + 0.5 * turning,
    ]
    return np.stack(found, axis=1)


def _odds(values: np.ndarray) -> np.ndarray:
    return np.log((values + 0.01) / (1.01 - values))


def _departure(row: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distance (shape,) from the middle of the others, in units of their spread on that side."""
    low, middle, high = np.quantile(others, [0.16, 0.5, 0.84], axis=0)
    side = np.where(row > middle, high - middle, middle - low)
    return np.abs(row - middle) / np.maximum(side, 1e-3)


def _p(mine: np.ndarray, real: np.ndarray) -> float:
    return float(mannwhitneyu(mine, real).pvalue) if np.ptp(np.concatenate([mine, real])) > 0 else 1.0
