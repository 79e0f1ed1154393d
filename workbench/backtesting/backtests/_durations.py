"""Do hits come without memory? The Weibull duration test.

Christoffersen and Pelletier (Journal of Financial Econometrics 2, 2004). The days D between hits have hazard
a^b b D^(b-1); without memory b = 1, clustering gives b < 1. The first spell (from the day before the sample) is
censored unless the first day is a hit, the last unless the last day is; with m uncensored spells and
S(b) = sum of D^b over all spells, a^b = m / S(b) profiles out and

    log L(b) = m log m - m log S(b) + m log b + (b - 1) sum_uncensored log D - m ,
    LR = 2 [max_b log L(b) - log L(1)] .

The convention is that of rugarch's ``VaRDurTest`` (b between .001 and 10). Fewer than two hits have no spell: LR = 0.
"""

from __future__ import annotations

import numpy as np

from workbench.backtesting.backtests._sample import Sample

SHORTEST, LONGEST = 1e-3, 10.0
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def spells(hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spells between hits ``(history, spell)``, NaN where there is none, and which of them are censored."""
    hits = np.atleast_2d(hits)
    histories, n = hits.shape
    row, day = np.nonzero(hits)
    place = np.arange(row.size) - np.searchsorted(row, np.arange(histories))[row] + 1
    count = hits.sum(axis=-1)
    ends = np.full((histories, int(count.max(initial=0)) + 2), np.nan)  # edges of the spells
    ends[:, 0] = -1
    ends[row, place] = day
    ends[np.arange(histories), count + 1] = np.where(hits[:, -1], np.nan, n - 1)
    lengths = np.diff(ends, axis=-1)
    lengths[hits[:, 0], 0] = np.nan  # a hit on the first day ends no spell
    censored = np.zeros(lengths.shape, bool)
    censored[:, 0] = ~hits[:, 0]
    censored[np.arange(histories), count] |= ~hits[:, -1]
    return lengths, censored


def _profile(log_spells: np.ndarray, closed: np.ndarray, m: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Profile log-likelihood at shape b, one per history, without constants."""
    top = np.nanmax(log_spells, axis=-1, initial=0.0)
    powers = np.nansum(np.exp(b[:, None] * (log_spells - top[:, None])), axis=-1)
    rate = np.log(np.maximum(powers, 1e-300)) + b * top
    return m * (np.log(np.maximum(m, 1)) - rate + np.log(b)) + (b - 1.0) * closed


def weibull(hits: np.ndarray, iterations: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """LR of b = 1 and the b that maximises the likelihood, one a history, by golden section on log b."""
    lengths, censored = spells(hits)
    logs = np.log(lengths)
    whole = ~censored & np.isfinite(logs)
    m, closed = whole.sum(axis=-1), np.where(whole, logs, 0.0).sum(axis=-1)
    low = np.full(m.shape, np.log(SHORTEST))
    high = np.full(m.shape, np.log(LONGEST))
    for _ in range(iterations):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        better = _profile(logs, closed, m, np.exp(left)) > _profile(logs, closed, m, np.exp(right))
        high, low = np.where(better, right, high), np.where(better, low, left)
    shape = np.exp((low + high) / 2.0)
    gain = _profile(logs, closed, m, shape) - _profile(logs, closed, m, np.ones_like(shape))
    return np.where(m > 0, np.maximum(2.0 * gain, 0.0), 0.0), np.where(m > 0, shape, 1.0)


def duration_weibull(sample: Sample) -> np.ndarray:
    """LR of each history."""
    return weibull(sample.hits)[0].reshape(sample.hits.shape[:-1])
