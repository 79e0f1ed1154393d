"""Two books that lose money in different crises: one holds the market, the other has sold insurance on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench._require import number
from workbench.books.book import Book
from workbench.books.positions import Linear, Option
from workbench.books.volatility import ImpliedVolatility
from workbench.constants import TRADING_DAYS
from workbench.data import periods_per_year
from workbench.errors import ParameterError
from workbench.registry import Registry

BOOKS = Registry("book")


@BOOKS.register("equal_weight")
def equal_weight(returns: pd.DataFrame) -> Book:
    """The same money in every column of the panel, bought at the start and held."""
    names = list(map(str, returns.columns))
    return Book([Linear({name: 1 / len(names) for name in names})], names, periods=_periods(returns))


@BOOKS.register("short_volatility")
def short_volatility(
    returns: pd.DataFrame, underlyings: Sequence[str] = (), years: float = 0.25, width: float = 1.0,
    elasticity: float = 0.6,
) -> Book:  # fmt: skip
    """Written strangles on each underlying: a put and a call ``width`` standard deviations out of the money.

    returns : log returns (date, asset), at least two; the last 60, annualised by the panel's frequency, give today's
    implied volatility. underlyings : all columns when none are named. years : to maturity, positive. Notional 1,
    spread equally over the underlyings.
    """
    names = list(map(str, returns.columns))
    chosen = list(underlyings) or names
    unknown = sorted(set(chosen) - set(names))
    if unknown or len(returns) < 2:
        what = f"underlyings {unknown} are no columns of the panel" if unknown else f"{len(returns)} dates are too few"
        raise ParameterError(f"{what}; it has {names}, and two dates at the least are needed")
    number("width", width, least=0)
    number("years", years, above=0)
    recent = returns.set_axis(names, axis=1).iloc[-60:].std() * np.sqrt(_periods(returns))
    level = {name: float(recent[name]) for name in chosen}
    written = [
        Option(name, kind, float(np.exp(side * width * level[name] * np.sqrt(years))), years, -1 / len(chosen))
        for name in chosen
        for kind, side in (("put", -1.0), ("call", 1.0))
    ]
    return Book(written, names, ImpliedVolatility(level, elasticity), _periods(returns))


def _periods(returns: pd.DataFrame) -> int:
    return periods_per_year(returns) if isinstance(returns.index, pd.DatetimeIndex) else TRADING_DAYS


def random_books(risks: np.ndarray, count: int, random: np.random.Generator, neutral: str | None = None) -> np.ndarray:
    """Weights (book, asset) of ``count`` random long-short books, standard normal positions in units of risk.

    risks : (asset,) size of a day's move of each asset, so that a bond counts as much as a stock; ones for weights in
    units of risk. neutral : None, gross weight 1; "risk", positions in units of risk sum to 0, gross weight 1;
    "money", 1 long and 1 short. Raises ParameterError for a risk that is not above 0, and for a neutral book of one
    asset.

    >>> random_books(np.array([0.01, 0.02]), 1, np.random.default_rng(0), "money").round(6).tolist()
    [[1.0, -1.0]]
    """
    risks = np.asarray(risks, float)
    if count < 0 or risks.ndim != 1 or not np.all(np.isfinite(risks) & (risks > 0)):
        raise ParameterError(f"random books need a count of at least 0 and risks above 0; got {count} and {risks}")
    if neutral not in (None, "risk", "money") or (neutral and count and len(risks) < 2):
        raise ParameterError(
            f"neutral is None, 'risk' or 'money', of at least two assets; got {neutral!r}, {len(risks)}"
        )
    positions = random.standard_normal((count, len(risks)))
    if neutral == "risk":
        positions -= positions.mean(axis=1, keepdims=True)
    if neutral == "money":
        one_sided = (positions.min(axis=1, initial=0) == 0) | (positions.max(axis=1, initial=0) == 0)
        positions[one_sided] -= positions[one_sided].mean(axis=1, keepdims=True)
    weights = positions / risks
    if neutral != "money":
        return weights / np.abs(weights).sum(axis=1, keepdims=True)
    for leg in (weights > 0, weights < 0):
        weights /= np.where(leg, np.where(leg, np.abs(weights), 0).sum(axis=1, keepdims=True), 1.0)
    return weights
