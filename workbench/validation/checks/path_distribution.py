r"""Path distribution: do whole paths follow the same joint distribution as the history's windows?

Four distances between distributions of whole paths, each powerful against another kind of error: energy distance of the
horizon's returns, distances along random projections of the path, the expected signature of the market's path, and a
classifier trained on one half of everything and tested on the other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import stats

from workbench.stats import pairwise_distances
from workbench.validation.engine import ComparisonData, Finding, check, not_assessed
from workbench.validation.engine.comparison_data import FEWEST_BLOCKS
from workbench.validation.engine.features import lagged, own_size, relative_size, thinned

MOST = 3000
RIDGE = 0.1
PREDICTABLE = 0.03
SLICES = 48


@check(
    "energy distance", question="path distribution", scale="path",
    meaning="Returns of the horizon follow another joint distribution.",
    matters="Any book over the horizon.",
    remedy="Read the findings on facts and dependence for the part that is wrong.",
)  # fmt: skip
def _energy_distance(data: ComparisonData) -> Finding:
    """Do the returns of the whole horizon follow the same joint distribution?

    2 E|S - X| - E|S - S'| - E|X - X'| of the horizon's returns in all assets (Szekely and Rizzo 2013, J. Stat.
    Plan. Inf.). Its null is the same form in the difference of the weights of two redraws, with a gamma distribution
    fitted to the redraws.
    """
    if data.null.freedom < FEWEST_BLOCKS:
        return not_assessed(f"the history holds {data.null.freedom:.1f} independent blocks, {FEWEST_BLOCKS} are needed")
    real = data.real.sum(1) / np.sqrt(data.horizon)
    fake = thinned(data.fake, MOST).sum(1) / np.sqrt(data.horizon)
    kernel = pairwise_distances(real, real)
    cross, own = pairwise_distances(fake, real) @ data.weights, pairwise_distances(fake, fake)
    value = float(2.0 * cross.mean() - own.mean() - data.weights @ kernel @ data.weights)
    delta = _differences(data, len(fake))
    null = -np.einsum("rw,wv,rv->r", delta, kernel, delta, optimize=True)
    first = 2.0 * null.mean() ** 2 / max(null.var(), 1e-300)
    distribution = stats.f(first, data.null.freedom)
    unit = float(null.mean()) * data.factor**2
    evidence = {"component": "energy distance of horizon returns", "mean under the null": unit}
    evidence |= {"blocks": data.null.freedom, "comparisons": float(first), "distribution": "F"}
    p, high = float(distribution.sf(value / unit)), float(distribution.isf(data.level) * unit)
    return Finding("", "", value, (0.0, high), p, columns=data.assets, evidence=evidence)


def _differences(data: ComparisonData, draws: int) -> np.ndarray:
    """Weights of one sample under the null less those of another, (redraw, window)."""
    rng = data.rng("differences")
    chance = data.weights.astype(float) / data.weights.sum(dtype=float)
    redrawn = np.sqrt(data.widened(1.0)) * (data.null.blocks - data.weights)
    delta = redrawn + rng.multinomial(draws, chance, data.redraws) / draws - data.weights
    if data.conditional:
        one = np.zeros_like(delta)
        one[np.arange(data.redraws), rng.choice(len(chance), data.redraws, p=chance)] = 1.0
        delta += np.sqrt(PREDICTABLE) * (one - data.weights)
    return delta.astype(np.float32)


@check(
    "projections", question="path distribution", scale="path",
    meaning="Paths differ from the history along some books and profiles in time.",
    matters="Books nobody has named yet.",
    remedy="Read the findings on facts and dependence for the part that is wrong.",
)  # fmt: skip
def _projections(data: ComparisonData) -> Finding:
    """Is the distribution of paths the same along random directions?

    Distance of distributions along 48 random directions of path space, the sliced idea of Rabin et al. (2012). A
    direction is a random book times a profile in time (all days, early less late, one day); along it the distribution
    functions are compared at seven quantiles of the history, squared and summed (Cramer-von Mises along slices).
    """
    rng, (steps, count) = data.rng("projections"), data.real.shape[1:]
    books = rng.standard_normal((SLICES, count))
    early = np.where(np.arange(steps) < steps / 2, 1.0, -1.0)
    times = np.stack([np.ones(steps), early, np.arange(steps) == steps // 2])[np.arange(SLICES) % 3]
    directions = np.einsum("bt,ba->tab", times, books).reshape(steps * count, SLICES).astype(np.float32)

    def along(x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), -1) @ directions

    cuts = data.threshold(along, (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98))
    return data.compare(
        lambda x: (along(x)[:, None, :] > cuts).reshape(len(x), -1), memory=1.0, predictable=0.01, combine="square",
        labels=[(f"slice {i % SLICES}", data.assets) for i in range(SLICES * 7)],
    )  # fmt: skip


def signature(path: np.ndarray) -> np.ndarray:
    """Signature up to level 3 of piecewise linear paths with increments (path, step, channel), flat, by Chen's
    relation.
    """
    count, steps, width = path.shape
    one = np.zeros((count, width), dtype=np.float32)
    two, three = np.zeros((count, width, width), np.float32), np.zeros((count, width, width, width), np.float32)
    for step in range(steps):
        d = path[:, step]
        dd = d[:, :, None] * d[:, None, :] / 2.0
        three += (
            two[..., None] * d[:, None, None]
            + one[:, :, None, None] * dd[:, None]
            + dd[..., None] * d[:, None, None] / 3.0
        )
        two += one[:, :, None] * d[:, None, :] + dd
        one += d
    return np.concatenate([one, two.reshape(count, -1), three.reshape(count, -1)], axis=1)


@check(
    "signature", question="path distribution", scale="path", horizon=4,
    meaning="Events come in another order.",
    matters="Path-dependent claims and triggers.",
    remedy="Check clustering, leverage and the order of days.",
)  # fmt: skip
def _expected_signature(data: ComparisonData) -> Finding:
    """Do events come in the same order?

    Expected signature, levels 1 to 3, of (time, market, its clock) in window units: a kernel test of the order of
    events. The market is the mean of the assets, the clock its running |return|; the distance is that of the
    truncated signature kernel, studentised (Chevyrev and Oberhauser 2022, JMLR 23, 1-42).
    """

    def features(x: np.ndarray) -> np.ndarray:
        market = own_size(x.mean(2, keepdims=True))[..., 0] / np.sqrt(x.shape[1])
        clock = np.abs(market) / (np.abs(market).sum(1, keepdims=True) + 1e-9)
        return signature(np.stack([np.full_like(market, 1.0 / x.shape[1]), market, clock], axis=2))

    return data.compare(features, combine="square", labels=[(f"term {i}", data.assets) for i in range(3 + 9 + 27)])


def _portrait(x: np.ndarray, level: bool) -> np.ndarray:
    """What a classifier sees of a window, (window, feature): extremes and memory; with ``level`` sums, sizes, and how
    far assets move together.
    """
    y, a = own_size(x), relative_size(x)
    parts = [y.min(1), y.max(1), np.abs(y).mean(1)]
    if x.shape[1] > 3:
        parts += [lagged(p, q, range(1, 4)).reshape(len(x), 3, -1).mean(2) for p, q in ((a, a), (y, a), (y, y))]
    if level:
        size = np.log(np.abs(x).mean(1) + 1e-6)
        common = np.log(np.abs(x.mean(2)).mean(1) + 1e-6) - size.mean(1)
        parts += [np.clip(x.sum(1) / np.sqrt(x.shape[1]), -5, 5), size, common[:, None]]
    return np.concatenate(parts, axis=1)


@check(
    "classifier", question="path distribution", scale="path", horizon=2,
    meaning="A simple classifier separates draws from the history.",
    matters="Models that learn from the set.",
    remedy="Read its companions; where they pass, inspect extremes and memory.",
)  # fmt: skip
def _classifier(data: ComparisonData) -> Finding:
    """Can a classifier separate draws from windows of the history?

    Ridge discriminant learnt on one half, its score tested on the other. History is halved in time and the draws
    at random; learning never sees the days it is tested on, so the score's mean is one number with a known null
    (as Kim and Ramdas 2024, Bernoulli 30, do for kernels). The smaller p of the two folds, doubled. A conditional
    set is judged without levels, which a good model may rightly know better than our forecast.
    """
    half = len(data.real) // 2
    parts = [np.arange(half), np.arange(half, len(data.real))]
    found = [_fold(data, parts[fold], parts[1 - fold], fold) for fold in (0, 1)]
    for finding in found:
        if not finding.answered:
            return finding
    best = min(found, key=lambda finding: finding.p_value)
    return replace(best, p_value=min(1.0, 2.0 * best.p_value))


def _fold(data: ComparisonData, learn: np.ndarray, test: np.ndarray, fold: int) -> Finding:
    weights = data.weights[learn] / data.weights[learn].sum()
    level = not data.conditional
    real, fake = _portrait(data.real[learn], level), _portrait(data.fake[fold::2][:MOST], level)
    centre = weights @ real
    spread = ((real - centre) * weights[:, None]).T @ (real - centre) + np.cov(fake.T)
    scale = np.sqrt(np.diag(spread) + 1e-9)
    gap = (fake.mean(0) - centre) / scale
    direction = np.linalg.solve(spread / np.outer(scale, scale) + RIDGE * np.eye(len(scale)), gap) / scale
    keep = data.days[len(data.days) // 2 :] if fold == 0 else data.days[: len(data.days) // 2]
    there = data.weights[test] / data.weights[test].sum()
    held = replace(data, real=data.real[test], fake=data.fake[1 - fold :: 2], weights=there, days=keep, shared=None)
    return held.compare(
        lambda x: (_portrait(x, level) @ direction)[:, None],
        labels=[("classifier's score", data.assets)],
        memory=1.0,
        predictable=0.02,
    )
