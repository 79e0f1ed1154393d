r"""Copying and collapse: are the scenarios new, different from each other, and do they reach where reality has been?

A window is a point: its returns in units of the history, divided by their norm, so that a copy rescaled or a little
jittered is still near. A point is suspicious when its nearest neighbour is much nearer than its k-th: r = d_1 / d_k.
Where points spread smoothly the distribution of r depends on the dimension and not on how many there are, so real
windows among real windows give the null for draws among anything. With m real windows and no copying a share beyond
their smallest r is Beta(1, m), hence the number of draws there is beta-binomial; medians would miss that one draw in
twenty is copied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from workbench.validation.engine import ComparisonData, Finding, check, not_assessed
from workbench.validation.engine._null import windows
from workbench.validation.engine.features import thinned

MOST = 4000
ROWS = 1000
TINY = 1e-6
CLOSE = 0.015
SMOOTH = 4
FEWEST_NUMBERS = 10
SHORT = f"paths of fewer than {FEWEST_NUMBERS} numbers are near something by chance"


def points(x: np.ndarray) -> np.ndarray:
    """Windows as unit vectors (window, time x asset)."""
    flat = np.asarray(x, dtype=np.float32).reshape(len(x), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)


def neighbours(
    who: np.ndarray, among: np.ndarray, k: int, *, at: np.ndarray | None = None, apart: int = 0, mirrored: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the nearest and to the k-th nearest point, and which is nearest: ((point, 2), (point,)).

    at, apart : position of each point of ``who`` in ``among``; points closer than ``apart`` places to it do not count,
    and of the others each counts only if the nearest is at least ``apart`` places away or is itself.
    mirrored : whether -x counts as a neighbour too.
    """
    found, nearest = np.empty((len(who), 2), dtype=np.float32), np.empty(len(who), dtype=int)
    for begin in range(0, len(who), ROWS):
        rows = slice(begin, begin + ROWS)
        close = who[rows] @ among.T
        close = np.abs(close) if mirrored else close
        if at is not None:
            _leave_out(close, at[rows], max(apart, 1))
        first = close.argmax(1)
        best = close[np.arange(len(close)), first].copy()
        if apart:
            _leave_out(close, first, apart)
        rank = k - 1 if apart else k
        later = close.max(1) if rank == 1 else np.partition(close, -rank, axis=1)[:, -rank]
        found[rows] = np.sqrt(np.maximum(2.0 - 2.0 * np.stack([best, later], axis=1), 0.0))
        nearest[rows] = first
    return found, nearest


def _leave_out(close: np.ndarray, at: np.ndarray, apart: int) -> None:
    """Set the similarity (row, place) to less than any at the places closer than ``apart`` to ``at``."""
    places = np.clip(at[:, None] + np.arange(1 - apart, apart), 0, close.shape[1] - 1)
    np.put_along_axis(close, places, np.float32(-2.0), axis=1)


def _ratio(distances: np.ndarray) -> np.ndarray:
    """d_1 / d_k; points on top of each other have ratio zero."""
    return np.where(distances[:, 0] < 1e-3, 0.0, distances[:, 0] / np.maximum(distances[:, 1], TINY))


def _beyond_all(
    suspects: np.ndarray, real: np.ndarray, what: str, evidence: dict[str, Any], independent: float = 1.0
) -> Finding:
    """Finding on the share of draws whose ratio is below that of every real point, or below half of it.

    Half as far is at least sixteen times rarer where points spread over four dimensions or more, so that few copies
    are enough; the smaller p-value of the two, doubled.

    independent : share of the real points that overlapping windows leave independent.
    """
    floor, alone = float(real.min()), independent * len(real)
    rows = [
        (float((suspects < part * floor).mean()), stats.betabinom(len(suspects), 1.0, alone / part**SMOOTH))
        for part in (1.0, 0.5)
    ]
    p = [float(null.sf(round(share * len(suspects)) - 1)) if share else 1.0 for share, null in rows]
    share, null = rows[int(np.argmin(p))]
    high = float(null.isf(0.05 / 2)) / len(suspects)
    own: dict[str, Any] = {"component": what, "smallest real ratio": floor, "draws": len(suspects)}
    own["suspicious"] = int((suspects < floor).sum())
    return Finding("", "", share, (0.0, high), float(np.clip(2 * min(p), 0.0, 1.0)), evidence=own | evidence)


def _every_window(days: np.ndarray, horizon: int, step: int = 1) -> np.ndarray:
    """Points of the windows that begin every ``step`` days."""
    return points(windows(days, np.arange(0, len(days) - horizon + 1, step), horizon))


@check(
    "memorisation", question="copying", scale="path",
    meaning="Some draws are copies of windows of the history.",
    matters="Any tail number: it cannot go beyond what was seen.",
    remedy="Train for less long, with a smaller model; hold days out.",
)  # fmt: skip
def _memorisation(data: ComparisonData) -> Finding:
    """Are draws copies of windows of the history?

    Nearest over second-nearest window, against real windows among real ones.
    """
    if data.horizon * len(data.assets) < FEWEST_NUMBERS:
        return not_assessed(SHORT)
    among = _every_window(data.days, data.horizon)
    at = np.arange(0, len(among), max(1, data.horizon // 2))
    real = _ratio(neighbours(among[at], among, 2, at=at, apart=data.horizon)[0])
    distances, nearest = neighbours(points(thinned(data.fake, MOST)), among, 2, apart=data.horizon)
    suspects = _ratio(distances)
    worst = np.argsort(suspects)[:5]
    evidence = {
        "nearest windows begin at days": [int(day) for day in nearest[worst]],
        "ratios": [float(r) for r in suspects[worst]],
    }
    what = "share of draws nearer to one window than any real window is"
    return _beyond_all(suspects, real, what, evidence, 0.75)


@check(
    "leaked hold-out", question="copying", scale="path",
    meaning="Some draws copy days that the model must not have seen.",
    matters="Every backtest on those days is void.",
    remedy="Split before scaling, selecting and training.",
)  # fmt: skip
def _leaked_holdout(data: ComparisonData) -> Finding:
    """Are draws copies of days that the model must not have seen?

    As memorisation, against windows of the hold-out.
    """
    if data.holdout is None:
        return not_assessed("no hold-out was given")
    if len(data.holdout) < 3 * data.horizon or data.horizon * len(data.assets) < FEWEST_NUMBERS:
        return not_assessed(f"a hold-out of {len(data.holdout)} days is too short for paths of {data.horizon} days")
    among = _every_window(data.holdout / np.maximum(data.holdout.std(0), 1e-12), data.horizon)
    real = _ratio(neighbours(points(data.real), among, 2, apart=data.horizon)[0])
    suspects = _ratio(neighbours(points(thinned(data.fake, MOST)), among, 2, apart=data.horizon)[0])
    apart = max(1, data.horizon // (2 * data.stride))
    return _beyond_all(suspects, real[::apart], "share of draws near one hold-out window", {})


@check(
    "repeated draws", question="copying", scale="path",
    meaning="Draws are copies or mirror images of each other.",
    matters="Errors of every number: they are understated.",
    remedy="Check the seeds of workers; declare antithetic draws.",
)  # fmt: skip
def _repeated_draws(data: ComparisonData) -> Finding:
    """Are draws copies, near copies or mirror images of each other?

    Nearest over tenth-nearest of x and -x, among draws. Draws equal to the bit are counted over the whole set;
    over one day a resampled history may repeat itself as often as chance has it.
    """
    if data.horizon * len(data.assets) < FEWEST_NUMBERS:
        return not_assessed(SHORT)
    same, total = data.summary.repeats, data.summary.draws
    chance = total**2 / (2.0 * len(data.days)) if data.horizon == 1 else 0.0
    among, draws = _every_window(data.days, data.horizon, max(1, data.horizon // 2)), points(thinned(data.fake, MOST))
    real = _ratio(neighbours(among, among, 10, at=np.arange(len(among)), apart=2, mirrored=True)[0])
    suspects = _ratio(neighbours(draws, draws, 10, at=np.arange(len(draws)), mirrored=True)[0])
    counted = {"equal to the bit": same, "expected by chance": chance}
    found = _beyond_all(suspects, real, "share of draws with a twin", counted, 0.4)
    if same > 0:
        p = min(found.p_value, float(stats.poisson.sf(same - 1, chance)) if chance else 0.0)
        return Finding("", "", same / total, (0.0, chance / total), p, evidence=found.evidence)
    return found


@check(
    "distinct draws", question="copying", scale="path", horizon=2,
    meaning="The draws fill less, or more, room than reality.",
    matters="Rare combinations; concentration of losses.",
    remedy="Look for mode collapse, or for noise that was added.",
)  # fmt: skip
def _distinct_draws(data: ComparisonData) -> Finding:
    """Do the draws fill as much space as reality?

    Log distance to the nearest of as many windows, draws and real ones. Few modes, or a collapsed generator, sit
    closer together than real windows do. Real windows do not overlap.
    """
    apart = _every_window(data.days, data.horizon, data.horizon)
    if len(apart) < 20 or len(data.fake) < len(apart):
        return not_assessed(f"{len(apart)} separate real windows and {len(data.fake)} draws are too few")
    real = _log_nearest(apart)
    order, size = data.rng("subsets").permutation(len(data.fake)), len(apart)
    groups = [points(data.fake[order[i : i + size]]) for i in range(0, len(order) - size + 1, size)][:20]
    gaps = np.array([_log_nearest(group).mean() for group in groups])
    scatter = gaps.std(ddof=1) if len(gaps) > 2 else 0.0
    sampling = 2.0 * max(real.var() / len(real), scatter**2, _in_parts(real)) * (1.0 + 1.0 / len(gaps))
    error = data.factor * np.sqrt(sampling + CLOSE**2 + 0.1 * data.conditional * real.var())
    departure, freedom = gaps.mean() - real.mean(), max(data.null.freedom, 5.0)
    p = float(2 * stats.t.sf(abs(departure) / error, freedom))
    reach = stats.t.isf(data.level / 2, freedom) * error
    reference = (float(np.exp(real.mean() - reach)), float(np.exp(real.mean() + reach)))
    evidence = {"component": "typical distance to the nearest", "windows": size}
    evidence |= {"effective draws": _effective(data.fake), "blocks": freedom, "comparisons": 1.0, "distribution": "t"}
    return Finding("", "", float(np.exp(gaps.mean())), reference, p, evidence=evidence)


def _in_parts(values: np.ndarray, parts: int = 8) -> float:
    """Variance of the mean, from the means of eight consecutive parts of the history: shapes change slowly."""
    return float(np.var([part.mean() for part in np.array_split(values, parts)], ddof=1) / parts)


def _log_nearest(x: np.ndarray) -> np.ndarray:
    near = neighbours(x, x, 2, at=np.arange(len(x)))[0][:, 0]
    return np.log(np.maximum(near, 1e-3))


def _effective(fake: np.ndarray) -> float:
    """Effective number of distinct draws, 1 / sum of squared shares of groups of draws within .05 of each other."""
    x = points(thinned(fake, MOST))
    counts = np.concatenate([(x[i : i + ROWS] @ x.T > 1 - 0.05**2 / 2).sum(1) for i in range(0, len(x), ROWS)])
    return float(len(x) / counts.mean() * len(fake) / len(x))


@check(
    "coverage", question="copying", scale="path", horizon=2,
    meaning="The draws do not reach where the history has been, or reach elsewhere.",
    matters="Scenarios nobody then plans for.",
    remedy="Widen the training span; check for modes that are missing.",
)  # fmt: skip
def _coverage(data: ComparisonData) -> Finding:
    """Do the draws reach where reality has been?

    Distance of real windows to the nearest draw, against draws' own. Half of the draws are the landmarks; the
    other half and the real windows are measured to them.
    """
    landmarks = points(thinned(data.fake[::2], MOST))
    if len(landmarks) < 50:
        return not_assessed("fewer than 100 draws cannot mark out a support")

    def distance(x: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(neighbours(points(x), landmarks, 1)[0][:, :1], 1e-3))

    cut = data.threshold(distance, [0.9])[0]

    def features(x: np.ndarray) -> np.ndarray:
        far = distance(x)
        return np.concatenate([far, far > cut], axis=1)

    names = ["mean log distance to the nearest draw", "share farther than the history's 90 %"]
    labels = [(name, data.assets) for name in names]
    return data.compare(features, labels=labels, fake=thinned(data.fake[1::2], MOST), memory=1.0, predictable=0.1)
