r"""Truncation: does the set end as sharply as if it had been cut?

Paths that were rejected, filtered as outliers or never learnt leave a sharp end; distributions of returns fade out.
With the draws of a set in decreasing order of something, x_1 >= x_2 >= ..., and k a twentieth of their number, the end
is described by

    (x_1 - x_k) / (x_k - x_4k),

about 2 for a normal distribution, more for heavier tails, 1/3 where a density is cut off. The null is a normal end, the
thinnest that sums over days and assets have; it is simulated through uniform order statistics. Only the draws are
looked at, so that no history is too short for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy import stats

from workbench.validation.engine import ComparisonData, Finding, check, not_assessed

SHARE, FEWEST_DRAWS, REDRAWS = 0.05, 80, 8000
REGIMES = 1.5  # regimes make humps, whose ends are sharper than a normal distribution's

ENDS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float]] = {
    "deepest fall of the equal-weight book": (lambda book: -book.cumsum(1).min(1), 1.0),
    "loss of the equal-weight book over the horizon": (lambda book: -book.sum(1), 1.0),
    "gain of the equal-weight book over the horizon": (lambda book: book.sum(1), 1.0),
    "log size of the equal-weight book's days": (lambda book: np.log(np.abs(book).mean(1) + 1e-9), REGIMES),
}


def sharpness(values: np.ndarray) -> float:
    """(x_1 - x_k) / (x_k - x_4k), x in decreasing order and k a twentieth of them.

    >>> round(sharpness(np.linspace(0.0, 1.0, 2001)), 2)
    0.33
    """
    k, x = round(SHARE * len(values)), np.sort(values)[::-1]
    return float((x[0] - x[k - 1]) / max(x[k - 1] - x[4 * k - 1], 1e-12))


@lru_cache(maxsize=8)
def normal_ends(count: int) -> tuple[float, float]:
    """Mean and standard deviation of log sharpness among ``count`` normal draws."""
    k, rng = round(SHARE * count), np.random.Generator(np.random.Philox(11))
    gaps = rng.gamma([1.0, k - 1.0, 3.0 * k, count + 1.0 - 4.0 * k], size=(REDRAWS, 4))
    x = stats.norm.isf(gaps[:, :3].cumsum(1) / gaps.sum(1, keepdims=True))
    ends = np.log((x[:, 0] - x[:, 1]) / (x[:, 1] - x[:, 2]))
    return float(ends.mean()), float(ends.std())


@check(
    "truncation", question="tails", scale="path", horizon=4,
    meaning="The set ends as if it had been cut at a loss or a size.",
    matters="ES, and every reverse stress test.",
    remedy="Remove filters of outliers and rejections of implausible draws.",
)  # fmt: skip
def _truncation(data: ComparisonData) -> Finding:
    """Is there a loss, or a size, beyond which no path goes though many come near?

    Sharpness of the end of the equal-weight book's falls, losses, gains and sizes, against a normal end; sizes are
    allowed an end one and a half times as sharp. Only a sharper end counts.
    """
    if len(data.fake) < FEWEST_DRAWS:
        return not_assessed(f"{len(data.fake)} draws are too few to show an end; {FEWEST_DRAWS} are needed")
    middle, scatter = normal_ends(len(data.fake))
    book = data.fake.mean(2)
    alone, name = min(
        (stats.norm.cdf((np.log(max(allowed * sharpness(series(book)), 1e-9)) - middle) / scatter), name)
        for name, (series, allowed) in ENDS.items()
    )
    series, allowed = ENDS[name]
    least = np.exp(middle + scatter * stats.norm.ppf(-np.expm1(np.log1p(-data.level) / len(ENDS)))) / allowed
    p = float(-np.expm1(len(ENDS) * np.log1p(-min(alone, 1 - 1e-16))))
    evidence = {"component": f"end of the {name}", "normal end": float(np.exp(middle))}
    reference = (float(least), np.inf)
    return Finding("", "", sharpness(series(book)), reference, p, columns=data.assets, evidence=evidence)
