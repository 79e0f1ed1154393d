"""What a player moves: data set, sampler, start; and what follows at once: horizon, loss, confidence.

A set of paths is drawn once, for the longest horizon; a shorter horizon is its first days, so that only a new data
set, sampler or start is fitted or drawn anew. Fits wait on disk (:func:`workbench.samplers.cached_fit`), draws here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from workbench import books, data, samplers, scenarios
from workbench._require import number
from workbench.stats import expected_shortfall, value_at_risk
from workbench.stress.reverse_stress import closest_episode

LONGEST = 60  # trading days


class Session:
    """Paths of one market under one sampler, seen by the equal-weight book.

    dataset : a named set, a file of prices, or a frame of prices. draws : paths of each set. seed : of fit and draws.
    """

    def __init__(self, dataset: Any = "us_indices", draws: int = 1000, seed: int = 1) -> None:
        self.draws, self.seed = draws, seed
        self._sets: dict[tuple[str, str], np.ndarray] = {}
        self.load(dataset)

    def load(self, dataset: Any) -> None:
        """Another market; what was drawn from the one before is forgotten."""
        self.returns: pd.DataFrame = data.returns(dataset).dropna()
        self.book = books.equal_weight(self.returns)
        self._sets.clear()

    def paths(self, sampler: str = "fhs_moving", start: str = "last") -> np.ndarray:
        """Log returns (draw, time, asset) over the longest horizon; fitted and drawn at most once."""
        if (sampler, start) not in self._sets:
            fitted = samplers.cached_fit(sampler, self.returns, self.seed)
            drawn = fitted.sample(self.draws, LONGEST, seed=self.seed, start=start)
            self._sets[sampler, start] = scenarios.pooled(drawn)
        return self._sets[sampler, start]

    def value(self, sampler: str, horizon: int, start: str = "last") -> np.ndarray:
        """Change of the book's value along every path, as a fraction of today's (draw, day)."""
        paths = self.paths(sampler, start)[:, :horizon]
        return np.expm1(paths.cumsum(axis=1)).mean(axis=2)

    def risk(self, sampler: str, horizon: int, loss: float, confidence: float, start: str = "last") -> dict[str, float]:
        """VaR and ES of the book over the horizon, and the chance to lose at least ``loss``; positive losses."""
        number("confidence", confidence, least=0.5, below=1)
        losses = -self.value(sampler, horizon, start)[:, -1].astype(float)
        return {
            "VaR": value_at_risk(losses, confidence),
            "ES": expected_shortfall(losses, confidence),
            "chance": float((losses >= loss).mean()),
        }

    def story(self, sampler: str, horizon: int, draw: int, start: str = "last") -> dict[str, Any]:
        """One path: what it loses, by which asset, and the episode of the history that is closest."""
        path = self.paths(sampler, start)[draw, :horizon].astype(float)
        moves = pd.Series(path.sum(axis=0), self.returns.columns)
        episode = closest_episode(moves, self.returns, horizon)
        parts = (np.expm1(moves) / len(moves)).sort_values()
        loss = float(-self.book.pnl(torch.as_tensor(path[None], dtype=torch.float32))[0])
        return {"draw": draw, "loss": loss, "parts": parts, "first": episode.first, "last": episode.last,
                "distance": episode.distance, "typical": episode.typical}  # fmt: skip
