"""Null distributions by simulation, because the textbook ones mislead at the samples risk managers have.

With 250 days and a 99 % VaR the chi-square version of Kupiec's test rejects a *correct* model 9.5 % of the time. So
every p-value here is p = (1 + #{T* at least as bad as T}) / (1 + B), exact at any sample size under its null
(Dufour, Journal of Econometrics 133, 2006), with B chosen by the size of the sample. Three nulls:

  fair      the PIT is uniform and independent; hits and losses follow from the forecasts
  shuffled  the number of hits is what it was, their places are exchangeable (nothing is said about the rate)
  given     the hits stay where they were, only the losses beyond VaR are drawn again
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from workbench.backtesting.backtests._implied_tail import history_from, implied_dof
from workbench.backtesting.backtests._sample import Sample

Statistic = Callable[[Sample], np.ndarray]
CELLS = 500_000  # of a simulated block, about 4 MB an array
ROUNDING = 1e-9


def draws_for(days: int, budget: int = 4_000_000) -> int:
    """How many histories of this length are simulated: between 499 and 1,999."""
    return int(np.clip(budget // days, 499, 1999))


def _blocks(draws: int, days: int) -> Iterator[int]:
    size = max(1, CELLS // days)
    for start in range(0, draws, size):
        yield min(size, draws - start)


def _fair(rng: np.random.Generator, size: int, sample: Sample, nu: float) -> Sample:
    return history_from(rng.random((size, sample.days)), sample, nu)


def _shuffled(rng: np.random.Generator, size: int, sample: Sample, nu: float) -> Sample:
    hits = np.zeros((size, sample.days), bool)
    places = rng.random((size, sample.days)).argsort(axis=-1)[:, : int(sample.count)]
    np.put_along_axis(hits, places, True, axis=-1)
    return sample.with_hits(hits)


def _given(rng: np.random.Generator, size: int, sample: Sample, nu: float) -> Sample:
    pit = np.where(sample.hits, rng.random((size, sample.days)) * sample.alpha, 1.0)
    return history_from(pit, sample, nu)


NULLS = {"fair": _fair, "shuffled": _shuffled, "given": _given}


def null_statistics(
    statistics: Mapping[str, Statistic], sample: Sample, null: str, seed: int, draws: int | None = None
) -> dict[str, np.ndarray]:
    """Each statistic on the same ``draws`` histories of the null; one seed, one set of histories."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 7])))
    nu = implied_dof(sample)
    parts: dict[str, list] = {name: [] for name in statistics}
    for size in _blocks(draws or draws_for(sample.days), sample.days):
        history = NULLS[null](rng, size, sample, nu)
        for name, statistic in statistics.items():
            parts[name].append(statistic(history))
    return {name: np.concatenate(values) for name, values in parts.items()}


def tail_share(value: np.ndarray, null: np.ndarray, worse: int = 1) -> np.ndarray:
    """(1 + #{null at least as bad}) / (1 + B); ``worse`` is +1 where large is bad, -1 where small is."""
    ordered = np.sort(worse * null)
    slack = ROUNDING * np.maximum(1.0, np.abs(value))
    better = np.searchsorted(ordered, worse * np.asarray(value) - slack, side="left")
    return (1.0 + null.size - better) / (1.0 + null.size)
