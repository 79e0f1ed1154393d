r"""Dependence: do assets fall together as they do?

Correlations are of returns clipped at four units and compared as Fisher's z = artanh(rho). Joint exceedances use each
sample's own quantiles, so they see the copula and not the margins. Directions are portfolios found on one half of the
scenarios and judged on the other half against the history, so that no sample is judged on what it chose.
"""

from __future__ import annotations

import numpy as np

from workbench.stats import weighted_quantile
from workbench.validation.engine import CHUNK, ComparisonData, Features, Finding, check
from workbench.validation.engine.features import (
    by_day,
    correlations,
    moments,
    relative_size,
    root,
    square,
    with_average,
)

CLIP = 4.0


def _clipped(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -CLIP, CLIP)


def _pair_labels(data: ComparisonData, what: str) -> list[tuple[str, tuple[str, ...]]]:
    """One label a pair, and one for the average over pairs."""
    named = [(data.assets[i], data.assets[j]) for i, j in zip(*np.triu_indices(len(data.assets), 1))]
    return [(f"{what} of {a} and {b}", (a, b)) for a, b in named] + [(f"average {what}", data.assets)]


def _correlation_of(data: ComparisonData, what: str, series: Features, memory: float, predictable: float) -> Finding:
    """Fisher's z of a series (window, time, asset) of every pair, and the average."""
    return data.compare(
        lambda x: moments(series(x)), lambda mean: correlations(mean, len(data.assets)), _pair_labels(data, what),
        pooled=True, memory=memory, predictable=predictable, show=lambda z: float(np.tanh(z)),
    )  # fmt: skip


@check(
    "correlation", question="dependence", scale="pair", assets=2,
    meaning="Pairs move together more or less than they did.",
    matters="Diversified and hedged books.",
    remedy="Refit dependence; check that columns carry the right names.",
)  # fmt: skip
def _correlation(data: ComparisonData) -> Finding:
    """Is every pair as correlated as it was?

    Fisher's z of clipped daily returns, each pair and the average.
    """
    return _correlation_of(data, "correlation", _clipped, 1.0, 0.2)


@check(
    "correlation of sizes", question="dependence", scale="pair", assets=2, horizon=4,
    meaning="Assets are not wild on the same days.",
    matters="Joint margin calls; books that are neutral in sign only.",
    remedy="Let assets share a volatility factor.",
)  # fmt: skip
def _correlation_of_sizes(data: ComparisonData) -> Finding:
    """Are assets wild on the same days?

    Correlation of |x| over its window mean, each pair and the average.
    """
    return _correlation_of(data, "correlation of sizes", lambda x: np.minimum(relative_size(x), CLIP), 0.7, 0.12)


@check(
    "horizon correlation", question="dependence", scale="pair", assets=2, horizon=4,
    meaning="Over the horizon pairs move together more or less than they did.",
    matters="Diversification at the holding period.",
    remedy="Check lead and lag and closing times, then the dependence.",
)  # fmt: skip
def _horizon_correlation(data: ComparisonData) -> Finding:
    """Is every pair as correlated over the horizon as it was?

    Fisher's z of summed returns, clipped at four units.
    """

    def summed(x: np.ndarray) -> np.ndarray:
        return _clipped(x.sum(1, keepdims=True) / np.sqrt(x.shape[1]))

    return _correlation_of(data, "correlation over the horizon", summed, 0.7, 0.04)


@check(
    "directions", question="dependence", scale="portfolio", assets=3,
    meaning="A hedged direction has too much or too little risk.",
    matters="Long-short and relative-value books.",
    remedy="Use more factors, or less shrinkage of correlations.",
)  # fmt: skip
def _directions(data: ComparisonData) -> Finding:
    """Do hedged portfolios stay hedged?

    log variance along principal directions, the least volatile included. The directions are eigenvectors of the
    correlation of every second draw; the other draws are judged along them. A long-short book lives in the last
    ones, where a small error of dependence is a large error of risk.
    """
    sample = by_day(_clipped(data.fake[::2]))
    scale = np.maximum(sample.std(0), 1e-6)
    vectors = np.linalg.eigh(np.corrcoef((sample / scale).T + 0.0))[1]
    weights = (vectors / scale[:, None]).astype(np.float32)

    def features(x: np.ndarray) -> np.ndarray:
        y = _clipped(x)
        return np.concatenate([np.square(y @ weights).mean(1), np.square(y / scale).mean(1)], axis=1)

    count = len(data.assets)

    def reduce(mean: np.ndarray) -> np.ndarray:
        total = np.log(mean[..., count:].mean(-1, keepdims=True) + 1e-12)
        return 0.5 * (np.log(mean[..., :count] + 1e-12) - total)

    labels = [(f"log volatility along direction {count - i} of {count}", data.assets) for i in range(count)]
    return data.compare(features, reduce, labels, fake=data.fake[1::2], memory=1.0, predictable=0.2)


def _jointly(data: ComparisonData, share: float, sign: float, what: str) -> Finding:
    """Days beyond each sample's own quantile."""
    own = share if sign < 0 else 1 - share
    real = data.threshold(by_day, [own])[0]
    fake = np.quantile(by_day(data.fake[:: max(1, len(data.fake) // CHUNK)]), own, axis=0)
    count = len(data.assets)
    rows, columns = np.triu_indices(count, 1)
    crowd = max(2, -(-2 * count // 3))

    def features(x: np.ndarray, cut: np.ndarray) -> np.ndarray:
        beyond = (sign * x > sign * cut).astype(np.float32)
        both = moments(beyond).reshape(len(x), count, count)[:, rows, columns]
        many = (beyond.sum(2) >= crowd).mean(1)
        return np.concatenate([with_average(both), many[:, None]], axis=1)

    labels = _pair_labels(data, what) + [(f"share of days with {crowd} of {count} beyond", data.assets)]
    return data.compare(
        lambda x: features(x, real), root, labels, fake_features=lambda x: features(x, fake), memory=0.5,
        predictable=0.03, show=square,
    )  # fmt: skip


@check(
    "joint falls", question="dependence", scale="pair", assets=2,
    meaning="Assets crash together too rarely or too often.",
    matters="ES of diversified books, counterparties, contagion.",
    remedy="Use a copula with tail dependence, or bootstrap whole days.",
)  # fmt: skip
def _joint_falls(data: ComparisonData) -> Finding:
    """Do assets crash together?

    Share of days on which both are below their own 5 % quantile: pairs, average, crowds. The share over 5 % is
    the coefficient of lower-tail dependence at that level (McNeil, Frey, Embrechts 2015, 7.2).
    """
    return _jointly(data, 0.05, -1.0, "joint falls")


@check(
    "joint rises", question="dependence", scale="pair", assets=2,
    meaning="Assets soar together too rarely or too often.",
    matters="Short books and short squeezes.",
    remedy="Use a copula with tail dependence, or bootstrap whole days.",
)  # fmt: skip
def _joint_rises(data: ComparisonData) -> Finding:
    """Do assets soar together?

    Share of days on which both are above their own 95 % quantile: pairs, average, crowds.
    """
    return _jointly(data, 0.05, 1.0, "joint rises")


@check(
    "correlation under stress", question="dependence", scale="pair", assets=2,
    meaning="Correlation does not move on wild days as it did.",
    matters="Stressed VaR of diversified books.",
    remedy="Use moving correlations, or bootstrap whole days.",
)  # fmt: skip
def _stress_correlation(data: ComparisonData) -> Finding:
    """Does correlation rise on wild days?

    Average Fisher's z on days when the market's |x| is in its top fifth, less the rest. The market is the mean of
    the assets in their own units; the cut is each sample's own quantile.
    """
    count, weights = len(data.assets), np.repeat(data.weights, data.horizon)
    real = weighted_quantile(np.abs(data.real.mean(2)).reshape(-1, 1), weights, [0.8])[0, 0]
    fake = np.quantile(np.abs(data.fake.mean(2)), 0.8)

    def features(x: np.ndarray, cut: float) -> np.ndarray:
        wild = (np.abs(x.mean(2)) > cut)[..., None]
        y = _clipped(x)
        return np.concatenate([moments(y * wild), moments(y * ~wild)], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        half = count * count
        z = [correlations(part, count)[..., -1:] for part in (mean[..., :half], mean[..., half:])]
        return np.concatenate([*z, z[0] - z[1]], axis=-1)

    labels = [(f"average z of {what}", data.assets) for what in ("wild days", "calm days", "wild less calm days")]
    return data.compare(
        lambda x: features(x, real), reduce, labels, fake_features=lambda x: features(x, fake), memory=2.0,
        predictable=0.3,
    )  # fmt: skip


@check(
    "lead and lag", question="dependence", scale="pair", assets=2, horizon=3,
    meaning="One asset leads another by a day as it did not.",
    matters="Hedges across time zones.",
    remedy="Check closing times and the order of days in the file.",
)  # fmt: skip
def _lead_lag(data: ComparisonData) -> Finding:
    """Does one asset lead another by a day?

    Correlation of x_i today and x_j tomorrow, all ordered pairs, i = j aside.
    """
    count = len(data.assets)
    off = ~np.eye(count, dtype=bool).ravel()

    def features(x: np.ndarray) -> np.ndarray:
        y = _clipped(x)
        lag = np.matmul(y[:, :-1].transpose(0, 2, 1), y[:, 1:]).reshape(len(x), -1)[:, off] / (x.shape[1] - 1)
        return np.concatenate([lag, np.square(y).mean(1)], axis=1)

    rows, columns = (position[off] for position in np.indices((count, count)).reshape(2, -1))

    def reduce(mean: np.ndarray) -> np.ndarray:
        scale = np.sqrt(np.maximum(mean[..., -count:], 1e-12))
        return with_average(mean[..., :-count] / (scale[..., rows] * scale[..., columns]))

    names = [(data.assets[i], data.assets[j]) for i, j in zip(rows, columns)]
    labels = [(f"correlation of {a} with {b} a day later", (a, b)) for a, b in names]
    return data.compare(features, reduce, [*labels, ("average", data.assets)], pooled=True)
