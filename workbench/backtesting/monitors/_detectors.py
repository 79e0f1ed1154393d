"""E-detectors: evidence that something changed *at some time*, with a known rate of false alarms.

Shin, Ramdas and Rinaldo (New England Journal of Statistics in Data Science 2, 2024). An e-process that starts on day 1
spends its wealth in quiet years. Starting a new one every day and adding them up,
    Shiryaev-Roberts  R_t = e_t (R_{t-1} + 1)          CUSUM  C_t = e_t max(C_{t-1}, 1) ,
averaged over the bets, gives a detector whose mean time to a false alarm at threshold c is at least c days, whatever
the dependence between days. That guarantee is generous, so the threshold is calibrated too: c is the value that the
largest R over ``days`` quiet days stays below with probability 1/e, a false alarm in ``days`` days on average, found
on simulated quiet histories.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CEILING = 1e200


def shiryaev_roberts(bets: np.ndarray) -> np.ndarray:
    """R_t averaged over bets: ``(..., day, bet)`` to ``(..., day)``."""
    return _accumulate(bets, lambda e, r: e * (r + 1.0))


def cusum(bets: np.ndarray) -> np.ndarray:
    """C_t averaged over bets."""
    return _accumulate(bets, lambda e, c: e * np.maximum(c, 1.0))


def _accumulate(bets: np.ndarray, step: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    by_day = np.moveaxis(bets, -2, 0)
    level, out = np.zeros(by_day.shape[1:]), np.empty(by_day.shape[:-1])
    for day, e in enumerate(by_day):
        level = np.minimum(step(e, level), CEILING)
        out[day] = level.mean(axis=-1)
    return np.moveaxis(out, 0, -1)


def mixture_wealth(bets: np.ndarray) -> np.ndarray:
    """log of the e-process that puts equal wealth on each bet on day 1 and leaves it there."""
    logs = np.cumsum(np.log(np.maximum(bets, 1e-300)), axis=-2)
    return np.logaddexp.reduce(logs, axis=-1) - np.log(bets.shape[-1])


def calibrate(quiet: np.ndarray) -> float:
    """Threshold with one false alarm a history on average; ``quiet`` is a detector's ``(history, day)``, all being
    right.

    The least value seen that at least a share 1/e of the histories stays below; for counts that is rarer than asked.
    """
    largest = np.sort(quiet.max(axis=-1))
    seen = np.unique(largest)
    below = np.searchsorted(largest, seen, side="left") / largest.size
    enough = np.flatnonzero(below >= np.exp(-1.0))
    return float(seen[enough[0]]) if enough.size else float(np.nextafter(seen[-1], np.inf))


def alarms(bets: np.ndarray, threshold: float, step: str = "shiryaev_roberts") -> tuple[np.ndarray, list[int]]:
    """Detector of one history ``(day, bet)`` that starts afresh after every alarm, and the days of the alarms."""
    out, days, start = np.empty(len(bets)), [], 0
    run = {"shiryaev_roberts": shiryaev_roberts, "cusum": cusum}[step]
    while start < len(bets):
        part = run(bets[start:])
        reached = np.flatnonzero(part >= threshold)
        stop = int(reached[0]) + 1 if reached.size else len(part)
        out[start : start + stop] = part[:stop]
        if reached.size:
            days.append(start + stop - 1)
        start += stop
    return out, days
