r"""Copying and collapse: are the scenarios new, different from each other, and do they reach where reality has been?

A window is a point: its returns in units of the history, divided by their norm, so that a copy rescaled or a little
jittered is still near. A point is suspicious when its nearest neighbour is much nearer than its k-th: r = d_1 / d_k.
Where points spread smoothly the law of r depends on the dimension and not on how many there are, so real windows among
real windows give the null for draws among anything. With m real windows and no copying a share beyond their smallest r
is Beta(1, m), hence the number of draws there is beta-binomial; medians would miss that one draw in twenty is copied.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from workbench.validation.engine.check import check
from workbench.validation.engine.comparison_data import ComparisonData
from workbench.validation.engine.finding import Finding, cannot_tell
from workbench.validation.engine.null import windows

MOST = 4000
ROWS = 1000
TINY = 1e-6
CLOSE = 0.015
SMOOTH = 4


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
    places = np.arange(len(among))
    for begin in range(0, len(who), ROWS):
        rows = slice(begin, begin + ROWS)
        close = who[rows] @ among.T
        close = np.abs(close) if mirrored else close
        if at is not None:
            close[np.abs(places - at[rows, None]) < max(apart, 1)] = -2.0
        first = close.argmax(1)
        best = close[np.arange(len(close)), first].copy()
        if apart:
            close[np.abs(places - first[:, None]) < apart] = -2.0
            later = -np.partition(-close, k - 2, axis=1)[:, k - 2]
        else:
            later = -np.partition(-close, k - 1, axis=1)[:, k - 1]
        found[rows] = np.sqrt(np.maximum(2.0 - 2.0 * np.stack([best, later], axis=1), 0.0))
        nearest[rows] = first
    return found, nearest


def ratio(distances: np.ndarray) -> np.ndarray:
    """d_1 / d_k; points on top of each other have ratio zero."""
    return np.where(distances[:, 0] < 1e-3, 0.0, distances[:, 0] / np.maximum(distances[:, 1], TINY))


def _thin(x: np.ndarray) -> np.ndarray:
    return x[:: max(1, -(-len(x) // MOST))]


def beyond_all(
    suspects: np.ndarray, honest: np.ndarray, what: str, evidence: dict, independent: float = 1.0
) -> Finding:
    """Finding on the share of draws whose ratio is below that of every honest point, or below half of it.

    Half as far is at least sixteen times rarer where points spread over four dimensions or more, so that few copies
    are enough; the smaller p-value of the two, doubled.

    independent : share of the honest points that overlapping windows leave independent.
    """
    floor, lone = float(honest.min()), independent * len(honest)
    rows = [
        (float((suspects < share * floor).mean()), stats.betabinom(len(suspects), 1.0, lone / share**SMOOTH))
        for share in (1.0, 0.5)
    ]
    p = [float(law.sf(round(share * len(suspects)) - 1)) if share else 1.0 for share, law in rows]
    share, law = rows[int(np.argmin(p))]
    high = float(law.isf(0.05 / 2)) / len(suspects)
    told = {"component": what, "smallest honest ratio": floor, "draws": len(suspects)}
    told["suspicious"] = int((suspects < floor).sum())
    return Finding("", "", share, (0.0, high), float(np.clip(2 * min(p), 0.0, 1.0)), evidence=told | evidence)


def _starts(data: ComparisonData) -> np.ndarray:
    return np.arange(0, len(data.days) - data.horizon + 1)


@check("memorisation", question="copying", scale="path")
def memorisation(data: ComparisonData) -> Finding:
    """Are draws copies of windows of the history?

    Nearest over second-nearest window, against real windows among real ones.
    """
    if data.horizon * len(data.assets) < 10:
        return cannot_tell("paths of fewer than 10 numbers are near something by chance")
    among = points(windows(data.days, _starts(data), data.horizon))
    at = np.arange(0, len(among), max(1, data.horizon // 2))
    honest = ratio(neighbours(among[at], among, 2, at=at, apart=data.horizon)[0])
    distances, nearest = neighbours(points(_thin(data.fake)), among, 2, apart=data.horizon)
    suspects = ratio(distances)
    worst = np.argsort(suspects)[:5]
    told = {
        "nearest windows begin at days": [int(day) for day in nearest[worst]],
        "ratios": [float(r) for r in suspects[worst]],
    }
    what = "share of draws nearer to one window than any real window is"
    return beyond_all(suspects, honest, what, told, 0.75)


@check("leaked hold-out", question="copying", scale="path")
def leaked_holdout(data: ComparisonData) -> Finding:
    """Are draws copies of days that the model must not have seen?

    As memorisation, against windows of the hold-out.
    """
    if data.holdout is None:
        return cannot_tell("no hold-out was given")
    if len(data.holdout) < 3 * data.horizon or data.horizon * len(data.assets) < 10:
        return cannot_tell(f"a hold-out of {len(data.holdout)} days is too short for paths of {data.horizon} days")
    unseen = data.holdout / np.maximum(data.holdout.std(0), 1e-12)
    among = points(windows(unseen, np.arange(len(unseen) - data.horizon + 1), data.horizon))
    honest = ratio(neighbours(points(data.real), among, 2, apart=data.horizon)[0])
    suspects = ratio(neighbours(points(_thin(data.fake)), among, 2, apart=data.horizon)[0])
    return beyond_all(
        suspects, honest[:: max(1, data.horizon // (2 * data.stride))], "share of draws near one hold-out window", {}
    )


@check("repeated draws", question="copying", scale="path")
def repeated_draws(data: ComparisonData) -> Finding:
    """Are draws copies, near copies or mirror images of each other?

    Nearest over tenth-nearest of x and -x, among draws. Draws equal to the bit are counted over the whole set;
    over one day a resampled history may repeat itself as often as chance has it.
    """
    if data.horizon * len(data.assets) < 10:
        return cannot_tell("paths of fewer than 10 numbers are near something by chance")
    same, total = data.whole.repeats, data.whole.draws
    chance = total**2 / (2.0 * len(data.days)) if data.horizon == 1 else 0.0
    among = points(windows(data.days, _starts(data)[:: max(1, data.horizon // 2)], data.horizon))
    at, draws = np.arange(len(among)), points(_thin(data.fake))
    honest = ratio(neighbours(among, among, 10, at=at, apart=2, mirrored=True)[0])
    suspects = ratio(neighbours(draws, draws, 10, at=np.arange(len(draws)), mirrored=True)[0])
    found = beyond_all(
        suspects, honest, "share of draws with a twin", {"equal to the bit": same, "expected by chance": chance}, 0.4
    )
    if same > 0:
        p = min(found.p_value, float(stats.poisson.sf(same - 1, chance)) if chance else 0.0)
        return Finding("", "", same / total, (0.0, chance / total), p, evidence=found.evidence)
    return found


@check("distinct draws", question="copying", scale="path", horizon=2)
def distinct_draws(data: ComparisonData) -> Finding:
    """Do the draws fill as much space as reality?

    Log distance to the nearest of as many windows, draws and real ones. Few modes, or a collapsed generator, sit
    closer together than real windows do. Real windows do not overlap.
    """
    real = points(windows(data.days, np.arange(0, len(data.days) - data.horizon + 1, data.horizon), data.horizon))
    if len(real) < 20 or len(data.fake) < len(real):
        return cannot_tell(f"{len(real)} separate real windows and {len(data.fake)} draws are too few")
    honest = _log_nearest(real)
    order = data.rng("subsets").permutation(len(data.fake))
    groups = [points(data.fake[order[i : i + len(real)]]) for i in range(0, len(order) - len(real) + 1, len(real))][:20]
    gaps = np.array([_log_nearest(group).mean() for group in groups])
    scatter = gaps.std(ddof=1) if len(gaps) > 2 else 0.0
    sampling = 2.0 * max(honest.var() / len(honest), scatter**2, _in_parts(honest)) * (1.0 + 1.0 / len(gaps))
    error = data.factor * np.sqrt(sampling + CLOSE**2 + 0.1 * data.conditional * honest.var())
    departure, freedom = gaps.mean() - honest.mean(), max(data.freedom, 5.0)
    p = float(2 * stats.t.sf(abs(departure) / error, freedom))
    reach = stats.t.isf(data.level / 2, freedom) * error
    reference = tuple(float(np.exp(honest.mean() + side * reach)) for side in (-1, 1))
    told = {
        "component": "typical distance to the nearest",
        "windows": len(real),
        "effective draws": _effective(data.fake),
        "blocks": freedom,
        "comparisons": 1.0,
        "distribution": "t",
    }
    return Finding("", "", float(np.exp(gaps.mean())), reference, p, evidence=told)


def _in_parts(honest: np.ndarray, parts: int = 8) -> float:
    """Variance of the mean, from the means of eight consecutive parts of the history: shapes change slowly."""
    return float(np.var([part.mean() for part in np.array_split(honest, parts)], ddof=1) / parts)


def _log_nearest(x: np.ndarray) -> np.ndarray:
    near = neighbours(x, x, 2, at=np.arange(len(x)))[0][:, 0]
    return np.log(np.maximum(near, 1e-3))


def _effective(fake: np.ndarray) -> float:
    """Effective number of distinct draws, 1 / sum of squared shares of groups of draws within .05 of each other."""
    x = points(_thin(fake))
    counts = np.concatenate([(x[i : i + ROWS] @ x.T > 1 - 0.05**2 / 2).sum(1) for i in range(0, len(x), ROWS)])
    return float(len(x) / counts.mean() * len(fake) / len(x))


@check("coverage", question="copying", scale="path", horizon=2)
def coverage(data: ComparisonData) -> Finding:
    """Do the draws reach where reality has been?

    Distance of real windows to the nearest draw, against draws' own. Half of the draws are the landmarks; the
    other half and the real windows are measured to them.
    """
    landmarks = points(_thin(data.fake[::2]))
    if len(landmarks) < 50:
        return cannot_tell("fewer than 100 draws cannot mark out a support")

    def distance(x: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(neighbours(points(x), landmarks, 1)[0][:, :1], 1e-3))

    cut = data.threshold(distance, [0.9])[0]
    labels = [
        ("mean log distance to the nearest draw", data.assets),
        ("share farther than history's 90 %", data.assets),
    ]

    def features(x: np.ndarray) -> np.ndarray:
        far = distance(x)
        return np.concatenate([far, far > cut], axis=1)

    return data.compare(features, labels=labels, fake=_thin(data.fake[1::2]), memory=1.0, foreseen=0.1)
