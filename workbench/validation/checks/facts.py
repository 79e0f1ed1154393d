r"""Facts: does each asset move as it does? Volatility, its clustering, leverage, asymmetry, drift, aggregation.

Features are means over a window of the scaled returns x_t; size features clip x at 5 units, so that one day does not
decide the verdict, and path features divide a window by its own size, which takes the level of volatility out of the
question. The facts are those of Cont (2001, Quantitative Finance 1, 223-236).
"""

from __future__ import annotations

import numpy as np

from workbench.validation.engine import ComparisonData, Features, Finding, check
from workbench.validation.engine.features import (
    for_each,
    lagged,
    own_size,
    per_asset,
    relative_size,
    with_average,
)

CLIP = 5.0
FLOOR = 0.05


def _clipped(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -CLIP, CLIP)


def _typical(data: ComparisonData) -> float:
    """One unit of an asset of typical scale, as a log return."""
    return float(np.exp(np.log(data.scale).mean()))


def _memory(data: ComparisonData, what: str, first: Features, second: Features, reversal: bool = False) -> Finding:
    """Mean products first_t second_{t+k} at lags 1 to 5; with ``reversal`` less second_t first_{t+k}."""
    lags, count = range(1, min(6, data.horizon - 1)), len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        a, b = first(x), second(x)
        return lagged(a, b, lags) - lagged(b, a, lags) if reversal else lagged(a, b, lags)

    def reduce(values: np.ndarray) -> np.ndarray:
        """(..., lag x asset) -> the average over lags per asset, over assets per lag, and over both."""
        grid = values.reshape(*values.shape[:-1], -1, count)
        return np.concatenate([grid.mean(-2), grid.mean(-1), grid.mean((-2, -1))[..., None]], axis=-1)

    assets = [(f"{what} of {name}, lags {lags[0]}-{lags[-1]}", (name,)) for name in data.assets]
    over = [(f"average {what}, lag {lag}", data.assets) for lag in lags] + [(f"average {what}", data.assets)]
    return data.compare(features, reduce, assets + over, pooled=True)


@check(
    "volatility", question="facts", scale="asset",
    meaning="The set moves by another amount than the history.",
    matters="Every VaR and ES, margin and limit.",
    remedy="Refit on a span with calm and wild years; check units and the days a year.",
)  # fmt: skip
def _volatility(data: ComparisonData) -> Finding:
    """Is each asset as volatile as it was?

    log E[x^2], shown as annualised volatility, and E[log |x|], the size of a typical day, which one crisis moves
    less. In a conditional set: as volatile as forecast from today's state.
    """
    unit, count = float(np.sqrt(data.year) * _typical(data)), len(data.assets)

    def features(x: np.ndarray) -> np.ndarray:
        size = np.log(np.maximum(np.abs(x), FLOOR))
        return np.concatenate([np.square(_clipped(x)).mean(1), size.mean(1)], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        large, usual = 0.5 * np.log(mean[..., :count] + 1e-12), mean[..., count:]
        return np.concatenate([with_average(large), with_average(usual)], axis=-1)

    return data.compare(
        features, reduce, for_each(["volatility", "typical size"], data), pooled=True, memory=1.5, predictable=0.15,
        show=lambda value: float(unit * np.exp(value)),
    )  # fmt: skip


@check(
    "volatility along the horizon", question="facts", scale="path", horizon=4,
    meaning="Risk grows or fades along the path without a reason in the history.",
    matters="Holding periods other than the one fitted.",
    remedy="Check the filter's long-run level and its persistence.",
)  # fmt: skip
def _volatility_along_horizon(data: ComparisonData) -> Finding:
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
    return data.compare(features, reduce, labels, pooled=True, predictable=0.04)


@check(
    "clustering", question="facts", scale="path", horizon=4,
    meaning="Large days do not follow large days as they did.",
    matters="Losses of several days, stop-losses, margin calls.",
    remedy="Use a volatility filter, or blocks longer than a week.",
)  # fmt: skip
def _clustering(data: ComparisonData) -> Finding:
    """Do large days follow large days?

    Mean of a_t a_{t+k}, a = |x| / window mean - 1, lags 1 to 5.
    """
    return _memory(data, "clustering of |r|", relative_size, relative_size)


@check(
    "return autocorrelation", question="facts", scale="path", horizon=4,
    meaning="Returns depend on those before them more or less than they did.",
    matters="VaR over several days scaled from one day.",
    remedy="Look for stale or smoothed prices, then model the mean or remove it.",
)  # fmt: skip
def _return_autocorrelation(data: ComparisonData) -> Finding:
    """Do returns depend on the returns before them?

    Mean of y_t y_{t+k}, y the window over its own size, lags 1 to 5.
    """
    return _memory(data, "autocorrelation", own_size, own_size)


@check(
    "leverage", question="facts", scale="path", horizon=4,
    meaning="Volatility after a fall is not what it was.",
    matters="Losses that build up; short-volatility books.",
    remedy="Use a filter with asymmetric response, such as GJR.",
)  # fmt: skip
def _leverage(data: ComparisonData) -> Finding:
    """Do falls raise volatility?

    Mean of y_t a_{t+k}, lags 1 to 5 (Bouchaud, Matacz, Potters 2001).
    """
    return _memory(data, "leverage", own_size, relative_size)


@check(
    "time reversal", question="facts", scale="path", horizon=4,
    meaning="Paths run the same forwards and backwards, or in the wrong direction.",
    matters="Drawdowns and path-dependent claims.",
    remedy="Check the order of days in the file, then the filter's asymmetry.",
)  # fmt: skip
def _time_reversal(data: ComparisonData) -> Finding:
    """Would the paths look the same run backwards?

    Mean of y_t a_{t+k} less a_t y_{t+k}, lags 1 to 5: in markets, past falls raise volatility more than past
    volatility brings falls (time-reversal asymmetry; Zumbach 2009, Quantitative Finance 9, 505-515).
    """
    return _memory(data, "asymmetry in time", own_size, relative_size, reversal=True)


@check(
    "drift", question="facts", scale="asset",
    meaning="Assets earn more or less than they did.",
    matters="Long horizons, pension and saving books.",
    remedy="Set the mean from the history or state it as a view.",
)  # fmt: skip
def _drift(data: ComparisonData) -> Finding:
    """Does each asset earn what it earned?

    E[x], shown as an annualised log return of an asset of typical volatility.
    """
    unit = data.year * _typical(data)
    return data.compare(
        lambda x: _clipped(x).mean(1), with_average, per_asset(data, "drift"), pooled=True,
        show=lambda v: float(v * unit),
    )  # fmt: skip


@check(
    "asymmetry", question="facts", scale="asset",
    meaning="Falls and rises are not as unlike as they were.",
    matters="One-sided books; skew of option books.",
    remedy="Check the sign convention, then use skewed or empirical margins.",
)  # fmt: skip
def _asymmetry(data: ComparisonData) -> Finding:
    """Are falls larger than rises?

    E[(|x| - 1)+ sign x], days beyond one unit, clipped at five.
    """

    def features(x: np.ndarray) -> np.ndarray:
        y = _clipped(x)
        return (np.maximum(np.abs(y) - 1.0, 0.0) * np.sign(y)).mean(1)

    return data.compare(features, with_average, per_asset(data, "asymmetry"), pooled=True)


@check(
    "aggregation", question="facts", scale="path", horizon=4,
    meaning="Sums over days have another size than their days imply.",
    matters="VaR and ES at the horizon, though those of a day may hold.",
    remedy="Check autocorrelation and clustering first; they usually cause it.",
)  # fmt: skip
def _aggregation(data: ComparisonData) -> Finding:
    """Do sums over days approach a normal distribution at the right speed?

    log of mean |sum| over one day, a quarter, all. Holds the variance ratio (Lo and MacKinlay 1988) and
    aggregational Gaussianity, both in mean absolute terms.
    """
    count, spans = len(data.assets), (1, max(2, data.horizon // 4), data.horizon)

    def features(x: np.ndarray) -> np.ndarray:
        path = np.concatenate([np.zeros_like(x[:, :1]), x.cumsum(1)], axis=1)
        return np.concatenate([np.abs(path[:, k::k] - path[:, :-k:k]).mean(1) / np.sqrt(k) for k in spans], axis=1)

    def reduce(mean: np.ndarray) -> np.ndarray:
        size = np.log(mean + 1e-9)
        parts = [size[..., i * count : (i + 1) * count] - size[..., :count] for i in (1, 2)]
        return np.concatenate([with_average(part) for part in parts], axis=-1)

    labels = for_each([f"log size of {k}-day sums over that of days" for k in spans[1:]], data)
    return data.compare(features, reduce, labels, pooled=True)


@check(
    "volatility of volatility", question="facts", scale="path", horizon=4,
    meaning="Calm and wild paths come in the wrong proportion.",
    matters="The worst quantiles over the horizon.",
    remedy="Check that paths were neither standardised one by one nor filtered.",
)  # fmt: skip
def _volatility_of_volatility(data: ComparisonData) -> Finding:
    """Are there calm and wild windows in the right proportion?

    Share of windows whose mean |x| passes the history's deciles.
    """

    def size(x: np.ndarray) -> np.ndarray:
        return with_average(np.abs(x).mean(1))

    cuts = data.threshold(size, (0.1, 0.25, 0.5, 0.75, 0.9))

    def features(x: np.ndarray) -> np.ndarray:
        return (size(x)[:, None, :] > cuts).reshape(len(x), -1).astype(np.float32)

    labels = [(f"{n}, windows above the {q} quantile", c) for q in ("10 %", "25 %", "50 %", "75 %", "90 %")
              for n, c in per_asset(data, "mean |r|")]  # fmt: skip
    return data.compare(features, labels=labels, memory=1.0, predictable=0.12)
