r"""Dependence: do assets fall together as they do?

Correlations are of returns clipped at four units and compared as Fisher's z = artanh(rho). Joint exceedances use each
sample's own quantiles, so they see the copula and not the margins. Directions are portfolios found on one half of the
scenarios and judged on the other half against the history, so that no sample is judged on what it chose.
"""

from __future__ import annotations

import numpy as np

from workbench.validation.checks.facts import relative_size
from workbench.validation.checks.tails import flat
from workbench.validation.engine.check import check
from workbench.validation.engine.comparison_data import CHUNK, Case, quantile
from workbench.validation.engine.finding import Finding

CLIP = 4.0


def pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the pairs i < j."""
    return np.triu_indices(count, 1)


def pair_labels(case: Case, what: str) -> list[tuple[str, tuple[str, ...]]]:
    """One label a pair, and one for the average over pairs."""
    rows, columns = pairs(len(case.assets))
    named = [(case.assets[i], case.assets[j]) for i, j in zip(rows, columns)]
    return [(f"{what} of {a} and {b}", (a, b)) for a, b in named] + [(f"average {what}", case.assets)]


def moments(x: np.ndarray) -> np.ndarray:
    """Second moments (window, asset x asset) over the window's days."""
    return np.matmul(x.transpose(0, 2, 1), x).reshape(len(x), -1) / x.shape[1]


def correlations(mean: np.ndarray, count: int) -> np.ndarray:
    """Mean second moments (..., asset x asset) -> Fisher's z of each pair and their average."""
    square = mean.reshape(*mean.shape[:-1], count, count)
    scale = np.sqrt(np.maximum(np.diagonal(square, axis1=-2, axis2=-1), 1e-12))
    rows, columns = pairs(count)
    rho = square[..., rows, columns] / (scale[..., rows] * scale[..., columns])
    z = np.arctanh(np.clip(rho, -0.9995, 0.9995))
    return np.concatenate([z, z.mean(-1, keepdims=True)], axis=-1)


def clipped(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -CLIP, CLIP)


@check("correlation", question="dependence", scale="pair", assets=2)
def correlation(case: Case) -> Finding:
    """Is every pair as correlated as it was?

    Fisher's z of clipped daily returns, each pair and the average.
    """
    return case.compare(
        lambda x: moments(clipped(x)), lambda mean: correlations(mean, len(case.assets)),
        pair_labels(case, "correlation"), pooled=True, memory=1.0, foreseen=0.2, show=lambda z: float(np.tanh(z)),
    )  # fmt: skip


@check("correlation of sizes", question="dependence", scale="pair", assets=2, horizon=4)
def correlation_of_sizes(case: Case) -> Finding:
    """Are assets wild on the same days?

    Correlation of |x| over its window mean, each pair and the average.
    """
    return case.compare(
        lambda x: moments(np.minimum(relative_size(x), CLIP)), lambda mean: correlations(mean, len(case.assets)),
        pair_labels(case, "correlation of sizes"), pooled=True,
        memory=0.7, foreseen=0.12, show=lambda z: float(np.tanh(z)),
    )  # fmt: skip


@check("horizon correlation", question="dependence", scale="pair", assets=2, horizon=4)
def horizon_correlation(case: Case) -> Finding:
    """Is every pair as correlated over the horizon as it was?

    Fisher's z of summed returns, clipped at four units.
    """

    def features(x: np.ndarray) -> np.ndarray:
        return moments(clipped(x.sum(1, keepdims=True) / np.sqrt(x.shape[1])))

    return case.compare(
        features, lambda mean: correlations(mean, len(case.assets)), pair_labels(case, "correlation over the horizon"),
        pooled=True,
        memory=0.7, foreseen=0.04, show=lambda z: float(np.tanh(z)),
    )  # fmt: skip


@check("directions", question="dependence", scale="portfolio", assets=3)
def directions(case: Case) -> Finding:
    """Do portfolios that should be quiet stay quiet?

    log variance along principal directions, the quietest included. The directions are eigenvectors of the
    correlation of every second draw; the other draws are judged along them. A long-short book lives in the last
    ones, where a small error of dependence is a large error of risk.
    """
    sample = flat(clipped(case.fake[::2]))
    scale = np.maximum(sample.std(0), 1e-6)
    vectors = np.linalg.eigh(np.corrcoef((sample / scale).T + 0.0))[1]
    weights = (vectors / scale[:, None]).astype(np.float32)

    def features(x: np.ndarray) -> np.ndarray:
        y = clipped(x)
        return np.concatenate([np.square(y @ weights).mean(1), np.square(y / scale).mean(1)], axis=1)

    count = len(case.assets)

    def reduce(mean: np.ndarray) -> np.ndarray:
        total = np.log(mean[..., count:].mean(-1, keepdims=True) + 1e-12)
        return 0.5 * (np.log(mean[..., :count] + 1e-12) - total)

    labels = [(f"log volatility along direction {count - i} of {count}", case.assets) for i in range(count)]
    return case.compare(features, reduce, labels, fake=case.fake[1::2], memory=1.0, foreseen=0.2)


def own_quantiles(case: Case, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Each sample's own quantile, history's and scenarios', (asset,)."""
    weights = np.repeat(case.weights, case.horizon)
    sample = flat(case.fake[:: max(1, len(case.fake) // CHUNK)])
    return quantile(flat(case.real), weights, [share])[0], np.quantile(sample, share, axis=0)


def _jointly(case: Case, share: float, sign: float, what: str) -> Finding:
    real, fake = own_quantiles(case, share if sign < 0 else 1 - share)
    count = len(case.assets)
    rows, columns = pairs(count)
    crowd = max(2, -(-2 * count // 3))

    def features(x: np.ndarray, cut: np.ndarray) -> np.ndarray:
        beyond = (sign * x > sign * cut).astype(np.float32)
        both = moments(beyond).reshape(len(x), count, count)[:, rows, columns]
        many = (beyond.sum(2) >= crowd).mean(1)
        return np.concatenate([both, both.mean(1, keepdims=True), many[:, None]], axis=1)

    labels = pair_labels(case, what) + [(f"share of days with {crowd} of {count} beyond", case.assets)]
    return case.compare(
        lambda x: features(x, real), lambda mean: np.sqrt(np.maximum(mean, 0.0)), labels,
        fake_features=lambda x: features(x, fake), memory=0.5, foreseen=0.03,
        show=lambda value: float(max(value, 0.0) ** 2),
    )  # fmt: skip


@check("joint falls", question="dependence", scale="pair", assets=2)
def joint_falls(case: Case) -> Finding:
    """Do assets crash together?

    Share of days on which both are below their own 5 % quantile: pairs, average, crowds. The share over 5 % is
    the coefficient of lower-tail dependence at that level (McNeil, Frey, Embrechts 2015, 7.2).
    """
    return _jointly(case, 0.05, -1.0, "joint falls")


@check("joint rises", question="dependence", scale="pair", assets=2)
def joint_rises(case: Case) -> Finding:
    """Do assets soar together?

    Share of days on which both are above their own 95 % quantile: pairs, average, crowds.
    """
    return _jointly(case, 0.05, 1.0, "joint rises")


@check("correlation under stress", question="dependence", scale="pair", assets=2)
def stress_correlation(case: Case) -> Finding:
    """Does correlation rise on wild days?

    Average Fisher's z on days when the market's |x| is in its top fifth, less the rest. The market is the mean of
    the assets in their own units; the cut is each sample's own quantile.
    """
    count, weights = len(case.assets), np.repeat(case.weights, case.horizon)
    real = quantile(np.abs(case.real.mean(2)).reshape(-1, 1), weights, [0.8])[0, 0]
    fake = np.quantile(np.abs(case.fake.mean(2)), 0.8)

    def features(x: np.ndarray, cut: float) -> np.ndarray:
        wild = (np.abs(x.mean(2)) > cut)[..., None]
        y = clipped(x)
        return np.concatenate([moments(y * wild), moments(y * ~wild)], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        half = count * count
        z = [correlations(part, count)[..., -1:] for part in (mean[..., :half], mean[..., half:])]
        return np.concatenate([*z, z[0] - z[1]], axis=-1)

    labels = [(f"average z of {what}", case.assets) for what in ("wild days", "quiet days", "wild less quiet days")]
    return case.compare(
        lambda x: features(x, real), reduce, labels, fake_features=lambda x: features(x, fake), memory=2.0, foreseen=0.3
    )


@check("lead and lag", question="dependence", scale="pair", assets=2, horizon=3)
def lead_lag(case: Case) -> Finding:
    """Does one asset know another's tomorrow?

    Correlation of x_i today and x_j tomorrow, all ordered pairs, i = j aside.
    """
    count = len(case.assets)
    off = ~np.eye(count, dtype=bool).ravel()

    def features(x: np.ndarray) -> np.ndarray:
        y = clipped(x)
        lag = np.matmul(y[:, :-1].transpose(0, 2, 1), y[:, 1:]).reshape(len(x), -1)[:, off] / (x.shape[1] - 1)
        return np.concatenate([lag, np.square(y).mean(1)], axis=1)

    rows, columns = (position[off] for position in np.indices((count, count)).reshape(2, -1))

    def reduce(mean: np.ndarray) -> np.ndarray:
        scale = np.sqrt(np.maximum(mean[..., -count:], 1e-12))
        rho = mean[..., :-count] / (scale[..., rows] * scale[..., columns])
        return np.concatenate([rho, rho.mean(-1, keepdims=True)], axis=-1)

    names = [(case.assets[i], case.assets[j]) for i, j in zip(rows, columns)]
    labels = [(f"correlation of {a} with {b} a day later", (a, b)) for a, b in names]
    return case.compare(features, reduce, [*labels, ("average", case.assets)], pooled=True)
