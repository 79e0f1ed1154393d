"""The verdict of every study, written from its tables by a fixed rule: text and outcome."""

from __future__ import annotations

from workbench.reporting._market_futures import best_baseline, market_futures, sequel, trust

__all__ = ["best_baseline", "market_futures", "sequel", "trust"]
