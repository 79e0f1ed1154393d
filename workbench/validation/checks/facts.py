r"""Facts: does each asset move as it does? Volatility, its clustering, leverage, asymmetry, drift, aggregation.

Features are means over a window of the scaled returns x_t; size features clip x at 5 units, so that one day does not
make
the verdict, and path features divide a window by its own size, which takes the level of volatility out of the question.
The facts are those of Cont (2001, Quantitative Finance 1, 223-236).
"""

from __future__ import annotations

import numpy as np

from workbench.validation.engine.check import check
from workbench.validation.engine.comparison_data import ComparisonData
from workbench.validation.engine.finding import Finding

CLIP = 5.0
FLOOR = 0.05
YEAR = 252


def per_asset(data: ComparisonData, what: str) -> list[tuple[str, tuple[str, ...]]]:
    """Labels of one component an asset and one for their average."""
    return [(f"{what} of {name}", (name,)) for name in data.assets] + [(f"average {what}", data.assets)]


def with_average(values: np.ndarray) -> np.ndarray:
    """Append the mean over the last axis: what all assets share is seen best there."""
    return np.concatenate([values, values.mean(-1, keepdims=True)], axis=-1)


def log_size(x: np.ndarray) -> np.ndarray:
    """log |x|, from a twentieth of a unit upwards."""
    return np.log(np.maximum(np.abs(x), FLOOR))


def own_size(x: np.ndarray) -> np.ndarray:
    """Each asset's window divided by its own root mean square."""
    return x / np.sqrt(np.square(x).mean(1, keepdims=True) + 1e-12)


def lagged(a: np.ndarray, b: np.ndarray, lags: range) -> np.ndarray:
    """Mean over time of a_t b_{t+k} per asset, for each lag: (window, lag x asset)."""
    steps = a.shape[1]
    return np.concatenate([np.einsum("wta,wta->wa", a[:, : steps - k], b[:, k:]) / (steps - k) for k in lags], axis=1)


def relative_size(x: np.ndarray) -> np.ndarray:
    """|x_t| over its window's mean, less one: clustering without level."""
    size = np.abs(x)
    return size / (size.mean(1, keepdims=True) + 1e-9) - 1.0


def _by_lag(values: np.ndarray, assets: int) -> np.ndarray:
    """(..., lag x asset) -> the average over lags per asset, over assets per lag, and over both."""
    grid = values.reshape(*values.shape[:-1], -1, assets)
    return np.concatenate([grid.mean(-2), grid.mean(-1), grid.mean((-2, -1))[..., None]], axis=-1)


def _lag_labels(data: ComparisonData, what: str, lags: range) -> list[tuple[str, tuple[str, ...]]]:
    assets = [(f"{what} of {name}, lags {lags[0]}-{lags[-1]}", (name,)) for name in data.assets]
    return assets + [(f"average {what}, lag {lag}", data.assets) for lag in lags] + [(f"average {what}", data.assets)]


@check("volatility", question="facts", scale="asset")
def volatility(data: ComparisonData) -> Finding:
    """Is each asset as volatile as it was?

    log E[x^2], told as annualised volatility, and E[log |x|], the size of a typical day, which one crisis moves
    less. In a conditional set: as volatile as today's state foretells.
    """
    typical, count = float(np.sqrt(YEAR) * np.exp(np.log(data.scale).mean())), len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        return np.concatenate([np.square(np.clip(x, -CLIP, CLIP)).mean(1), log_size(x).mean(1)], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        large, usual = 0.5 * np.log(mean[..., :count] + 1e-12), mean[..., count:]
        return np.concatenate([with_average(large), with_average(usual)], axis=-1)

    return data.compare(
        features, reduce, per_asset(data, "volatility") + per_asset(data, "typical size"), pooled=True,
        memory=1.5, foreseen=0.15,
        show=lambda value: float(typical * np.exp(value)),
    )  # fmt: skip


@check("volatility along the horizon", question="facts", scale="path", horizon=4)
def volatility_along_horizon(data: ComparisonData) -> Finding:
    """Does volatility drift from the first quarter of the horizon to the last?

    log ratio of mean |x|.
    """
    part, count = max(1, data.horizon // 4), len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        size = np.minimum(np.abs(x), CLIP)
        return np.concatenate([size[:, :part].mean(1), size[:, -part:].mean(1)], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        return with_average(np.log(mean[..., count:] / mean[..., :count]))

    labels = per_asset(data, "log ratio of late to early size")
    return data.compare(features, reduce, labels, pooled=True, foreseen=0.04)


@check("clustering", question="facts", scale="path", horizon=4)
def clustering(data: ComparisonData) -> Finding:
    """Do large days follow large days?

    Mean of a_t a_{t+k}, a = |x| / window mean - 1, lags 1 to 5.
    """
    lags = range(1, min(6, data.horizon - 1))
    return data.compare(
        lambda x: lagged(relative_size(x), relative_size(x), lags), lambda m: _by_lag(m, len(data.assets)),
        _lag_labels(data, "clustering of |r|", lags), pooled=True,
    )  # fmt: skip


@check("return autocorrelation", question="facts", scale="path", horizon=4)
def return_autocorrelation(data: ComparisonData) -> Finding:
    """Do returns remember returns?

    Mean of y_t y_{t+k}, y the window over its own size, lags 1 to 5.
    """
    lags = range(1, min(6, data.horizon - 1))
    return data.compare(
        lambda x: lagged(own_size(x), own_size(x), lags), lambda m: _by_lag(m, len(data.assets)),
        _lag_labels(data, "autocorrelation", lags), pooled=True,
    )  # fmt: skip


@check("leverage", question="facts", scale="path", horizon=4)
def leverage(data: ComparisonData) -> Finding:
    """Do falls raise volatility?

    Mean of y_t a_{t+k}, lags 1 to 5 (Bouchaud, Matacz, Potters 2001).
    """
    lags = range(1, min(6, data.horizon - 1))
    return data.compare(
        lambda x: lagged(own_size(x), relative_size(x), lags), lambda m: _by_lag(m, len(data.assets)),
        _lag_labels(data, "leverage", lags), pooled=True,
    )  # fmt: skip


@check("time reversal", question="facts", scale="path", horizon=4)
def time_reversal(data: ComparisonData) -> Finding:
    """Would the film look the same backwards?

    Mean of y_t a_{t+k} less a_t y_{t+k}, lags 1 to 5: in markets, past falls raise volatility more than past
    volatility brings falls (time-reversal asymmetry; Zumbach 2009, Quantitative Finance 9, 505-515).
    """
    lags, count = range(1, min(6, data.horizon - 1)), len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        y, a = own_size(x), relative_size(x)
        return lagged(y, a, lags) - lagged(a, y, lags)

    return data.compare(
        features, lambda m: _by_lag(m, count), _lag_labels(data, "asymmetry in time", lags), pooled=True
    )


@check("drift", question="facts", scale="asset")
def drift(data: ComparisonData) -> Finding:
    """Does each asset earn what it earned?

    E[x], told as an annualised log return of an asset of typical volatility.
    """
    typical = float(YEAR * np.exp(np.log(data.scale).mean()))
    return data.compare(
        lambda x: np.clip(x, -CLIP, CLIP).mean(1),
        with_average,
        per_asset(data, "drift"),
        pooled=True,
        show=lambda v: float(v * typical),
    )


@check("asymmetry", question="facts", scale="asset")
def asymmetry(data: ComparisonData) -> Finding:
    """Are falls larger than rises?

    E[(|x| - 1)+ sign x], days beyond one unit, clipped at five.
    """

    def features(x: np.ndarray) -> np.ndarray:
        clipped = np.clip(x, -CLIP, CLIP)
        return (np.maximum(np.abs(clipped) - 1.0, 0.0) * np.sign(clipped)).mean(1)

    return data.compare(features, with_average, per_asset(data, "asymmetry"), pooled=True)


@check("aggregation", question="facts", scale="path", horizon=4)
def aggregation(data: ComparisonData) -> Finding:
    """Does the law of sums over days grow normal at the right speed?

    log of mean |sum| over one day, a quarter, all. Holds the variance ratio (Lo and MacKinlay 1988) and
    aggregational Gaussianity, both in mean absolute terms.
    """
    count, spans = len(data.assets), (1, max(2, data.horizon // 4), data.horizon)

    def features(x: np.ndarray) -> np.ndarray:
        path = np.concatenate([np.zeros_like(x[:, :1]), x.cumsum(1)], axis=1)
        sizes = [np.abs(path[:, k::k] - path[:, :-k:k]).mean(1) / np.sqrt(k) for k in spans]
        return np.concatenate(sizes, axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        size = np.log(mean + 1e-9)
        return np.concatenate(
            [with_average(size[..., i * count : (i + 1) * count] - size[..., :count]) for i in (1, 2)], axis=-1
        )

    labels = [label for k in spans[1:] for label in per_asset(data, f"log size of {k}-day sums over that of days")]
    return data.compare(features, reduce, labels, pooled=True)


@check("volatility of volatility", question="facts", scale="path", horizon=4)
def volatility_of_volatility(data: ComparisonData) -> Finding:
    """Are there calm and wild windows in the right proportion?

    Share of windows whose mean |x| passes history's deciles.
    """

    def size(x: np.ndarray) -> np.ndarray:
        return with_average(np.abs(x).mean(1))

    cuts = data.threshold(size, (0.1, 0.25, 0.5, 0.75, 0.9))

    def features(x: np.ndarray) -> np.ndarray:
        return (size(x)[:, None, :] > cuts).reshape(len(x), -1).astype(np.float32)

    labels = [(f"{n}, windows above the {q} quantile", c) for q in ("10 %", "25 %", "50 %", "75 %", "90 %")
              for n, c in per_asset(data, "mean |r|")]  # fmt: skip
    return data.compare(features, labels=labels, memory=1.0, foreseen=0.12)
