r"""Decades unlike the one that was fitted: levels of volatility, correlation and drift, drawn once a path.

A sampler that starts anywhere in its history repeats the levels of that history. Here each path gets levels of its
own, which it keeps to its end. With :math:`m, s` the history's means and standard deviations, :math:`v` the first
principal component of its correlation matrix (:math:`\lambda` its eigenvalue), :math:`\beta = v\sqrt\lambda` and
:math:`u = (r - m)/s` the standardised return, the common part is :math:`c = v v'u` and

.. math::
    r'_i = m_i + d_i + A_i s_i \bigl(G c_i + H (u_i - c_i)\bigr), \qquad
    d_i = \frac{s_i}{\sqrt{252}} \bigl(\beta_i D + \sqrt{1 - \beta_i^2} E_i\bigr)

with multipliers :math:`G, H, A_i` lognormal of median 1 (:math:`\log G` and :math:`\log H` correlated) and Sharpe
ratios a year :math:`D, E_i` normal with mean 0. A larger :math:`G` raises volatility and correlation, a larger
:math:`H` raises volatility and lowers correlation. The standard deviations are learnt from other panels and decades
(:mod:`workbench.samplers.training.long_run`). A panel of one asset has a common part only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from workbench._require import count, number
from workbench.constants import BLOCK, TRADING_DAYS
from workbench.errors import FitError, ParameterError
from workbench.samplers._panel import require_panel
from workbench.samplers.noise import blocks, stream

FIRST_ASSET = 3  # columns of the stream before those of the assets: G, H, D


@dataclass(frozen=True)
class LongRunSpread:
    r"""How far levels may lie from those of the history: standard deviations of logarithms, and of Sharpe ratios.

    common, remainder, asset : of :math:`\log G, \log H, \log A`, at least 0. together : correlation of the first
    two, from -1 to 1. drift : of :math:`D` and :math:`E`, Sharpe ratios a year.
    """

    common: float = 0.0
    remainder: float = 0.0
    together: float = 0.0
    asset: float = 0.0
    drift: float = 0.0

    def __post_init__(self) -> None:
        number("together", self.together, least=-1, most=1)
        for name in ("common", "remainder", "asset", "drift"):
            number(name, getattr(self, name), least=0)


class Levels(NamedTuple):
    """Levels of one block of paths: ``common``, ``remainder`` (draw, 1), ``asset``, ``drift`` (draw, asset)."""

    common: np.ndarray
    remainder: np.ndarray
    asset: np.ndarray
    drift: np.ndarray


class LongRunLevel:
    """Gives drawn paths levels of their own. Deterministic in (spread, history, seed, draw): bits depend on no worker.

    spread : how far the levels may lie from those of the history.

    >>> from workbench import data, samplers
    >>> history = data.returns("us_indices")
    >>> drawn = samplers.make("lognormal").fit(history).sample(100, 5, seed=7, start="long-run")
    >>> values = drawn["scenarios"]["ret"].to_numpy()[0]
    >>> LongRunLevel(LongRunSpread(common=0.3)).fit(history).apply(values, seed=7).shape
    (100, 5, 2)
    """

    def __init__(self, spread: LongRunSpread) -> None:
        if not isinstance(spread, LongRunSpread):
            raise ParameterError(f"spread must be a LongRunSpread, got {type(spread).__name__}")
        self.spread = spread

    def fit(self, history: pd.DataFrame) -> Self:
        """Means, deviations and first principal component of log returns (day, asset). FitError as for samplers."""
        require_panel(history)
        values = history.to_numpy(dtype=float)
        self.mean_, self.deviation_ = values.mean(axis=0), values.std(axis=0)
        self.direction_, eigenvalue = first_component(values)
        self.loading_ = self.direction_ * np.sqrt(eigenvalue)
        return self

    def levels(self, seed: int, block: int) -> Levels:
        """Levels of the 4,096 paths of one block, each column of normals from a stream of its own."""
        self._require_fitted()
        spread, assets = self.spread, len(self.mean_)
        first, second, shared = (self._normals(seed, block, column) for column in range(FIRST_ASSET))
        second = spread.together * first + np.sqrt(1 - spread.together**2) * second
        own = np.hstack([self._normals(seed, block, FIRST_ASSET + column) for column in range(2 * assets)])
        asset, drift = own[:, 0::2], own[:, 1::2]
        alone = np.sqrt(np.maximum(1 - self.loading_**2, 0.0))
        sharpe = spread.drift * (self.loading_ * shared + alone * drift)
        return Levels(
            np.exp(spread.common * first),
            np.exp(spread.remainder * second),
            np.exp((spread.asset if assets > 1 else 0.0) * asset),
            self.deviation_ * sharpe / np.sqrt(TRADING_DAYS),
        )

    def apply(self, returns: np.ndarray, seed: int) -> np.ndarray:
        """Log returns (draw, time, asset) of one chain, drawn with ``start="long-run"``, each path at its own level.

        The result has their dtype; with a spread of zero it is what was handed over, to the bit. Draw ``i`` gets the
        levels of draw ``i % 4096`` of block ``i // 4096``, whatever else is handed over.
        """
        self._require_fitted()
        seed = count("seed", seed, 0)
        if returns.ndim != 3 or returns.shape[2] != len(self.mean_):
            raise ParameterError(f"returns must be (draw, time, {len(self.mean_)} assets), got shape {returns.shape}")
        out = np.empty_like(returns)
        for block in blocks(len(returns)):
            rows = slice(block * BLOCK, (block + 1) * BLOCK)
            out[rows] = self.apply_block(returns[rows], seed, block)
        return out

    def apply_block(self, returns: np.ndarray, seed: int, block: int) -> np.ndarray:
        """:meth:`apply` to the first draws (draw, time, asset) of one block."""
        levels = Levels(*(part[: len(returns), None] for part in self.levels(seed, block)))
        centred = returns - self.mean_
        factor = (centred / self.deviation_) @ self.direction_  # (draw, time)
        common = factor[..., None] * (self.direction_ * self.deviation_)
        moved = (levels.asset * levels.remainder - 1) * centred
        moved += levels.asset * (levels.common - levels.remainder) * common
        return (returns + (moved + levels.drift)).astype(returns.dtype)

    def _normals(self, seed: int, block: int, column: int) -> np.ndarray:
        return stream(seed, "long-run level", block, column).standard_normal((BLOCK, 1))

    def _require_fitted(self) -> None:
        if not hasattr(self, "mean_"):
            raise FitError("LongRunLevel is not fitted; call fit(history) first")


def first_component(values: np.ndarray) -> tuple[np.ndarray, float]:
    """First principal component (asset,) of the correlation of values (day, asset), and its eigenvalue.

    Of unit length, with a positive sum.
    """
    correlation = np.atleast_2d(np.corrcoef(values, rowvar=False))
    eigenvalues, vectors = np.linalg.eigh(correlation)
    direction = vectors[:, -1]
    return direction * (1.0 if direction.sum() >= 0 else -1.0), float(eigenvalues[-1])
