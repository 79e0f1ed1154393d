"""What a player moves: data set, sampler, start; and what follows at once: horizon, loss, confidence.

A set of paths is drawn once, for the longest horizon; a shorter horizon is its first days, so that only a new data
set, sampler or start is fitted or drawn anew. Fits wait on disk (:func:`workbench.samplers.cached_fit`), draws here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import torch

from workbench import books, data, samplers, scenarios
from workbench._require import number
from workbench.reporting import formats
from workbench.stats import expected_shortfall, value_at_risk
from workbench.stress.reverse_stress import closest_episode

LONGEST = 60  # rows of the panel
HORIZONS = (1, 5, 10, 20, 40, LONGEST)
Options = Mapping[str, Any]
NONE: Options = MappingProxyType({})


def _key(sampler: str, start: str, options: Options) -> tuple[str, str, str]:
    return sampler, start, repr(sorted(options.items()))


class Session:
    """Paths of one market under one sampler, seen by the equal-weight book.

    dataset : a named set, a file of prices, or a frame of prices. draws : paths of each set. seed : of fit and draws.
    columns : header in a file -> name of the asset, or ``date``, for headers that are not understood.
    """

    def __init__(
        self, dataset: Any = "us_indices", draws: int = 1000, seed: int = 1, columns: Mapping[str, str] | None = None
    ) -> None:
        self.draws, self.seed, self.columns = draws, seed, columns or None
        self._sets: dict[tuple[str, str, str], np.ndarray] = {}
        self.load(dataset)

    def load(self, dataset: Any) -> None:
        """Another market; what was drawn from the one before is forgotten."""
        mapped = isinstance(dataset, str | Path) and str(dataset) not in data.DATASETS and self.columns
        panel = data.load(dataset, columns=self.columns) if mapped else dataset
        self.returns: pd.DataFrame = data.returns(panel).dropna()
        self.book = books.equal_weight(self.returns)
        self._sets.clear()

    def drawn(self, sampler: str, start: str = "last", options: Options = NONE) -> bool:
        """Whether the answer for this sampler, start and options is at hand, without a fit or a draw."""
        return _key(sampler, start, options) in self._sets

    def paths(self, sampler: str = "fhs_moving", start: str = "last", options: Options = NONE) -> np.ndarray:
        """Log returns (draw, time, asset) over the longest horizon; fitted and drawn at most once.

        options : of the sampler, as ``workbench list samplers`` shows them.
        """
        key = _key(sampler, start, options)
        if key not in self._sets:
            fitted = samplers.cached_fit(sampler, self.returns, self.seed, **options)
            self._sets[key] = scenarios.pooled(fitted.sample(self.draws, LONGEST, seed=self.seed, start=start))
        return self._sets[key]

    def value(self, sampler: str, horizon: int, start: str = "last", options: Options = NONE) -> np.ndarray:
        """Change of the book's value along every path, as a fraction of today's (draw, day)."""
        paths = self.paths(sampler, start, options)[:, :horizon]
        return np.expm1(paths.cumsum(axis=1)).mean(axis=2)

    def risk(
        self, sampler: str, horizon: int, loss: float, confidence: float, start: str = "last", options: Options = NONE
    ) -> dict[str, float]:
        """VaR and ES of the book over the horizon, and the chance to lose at least ``loss``; positive losses."""
        number("confidence", confidence, least=0.5, below=1)
        losses = -self.value(sampler, horizon, start, options)[:, -1].astype(float)
        return {
            "VaR": value_at_risk(losses, confidence),
            "ES": expected_shortfall(losses, confidence),
            "chance": float((losses >= loss).mean()),
        }

    def by_horizon(self, sampler: str, loss: float = 0.1, confidence: float = 0.99) -> pd.DataFrame:
        """VaR, ES and the chance to lose at least ``loss``, from one step to the longest horizon, as a report shows them."""
        rows = {days: self.risk(sampler, days, loss, confidence) for days in HORIZONS}
        table = pd.DataFrame(rows).T.rename_axis(f"{data.unit(self.returns)}s ahead").map(formats.percent)
        names = {name: f"{name} {formats.level(confidence)}" for name in ("VaR", "ES")}
        return table.rename(columns=names | {"chance": f"chance to lose {formats.percent(loss, 0)} or more"})

    def story(
        self, sampler: str, horizon: int, draw: int, start: str = "last", options: Options = NONE
    ) -> dict[str, Any]:
        """One path: what it loses, by which asset, and the episode of the history that is closest."""
        path = self.paths(sampler, start, options)[draw, :horizon].astype(float)
        moves = pd.Series(path.sum(axis=0), self.returns.columns)
        episode = closest_episode(moves, self.returns, horizon)
        parts = (np.expm1(moves) / len(moves)).sort_values()
        loss = float(-self.book.pnl(torch.as_tensor(path[None], dtype=torch.float32))[0])
        return {"draw": draw, "loss": loss, "parts": parts, "first": episode.first, "last": episode.last,
                "distance": episode.distance, "typical": episode.typical}  # fmt: skip
