"""Two books that lose money in different crises: one holds the market, the other has sold insurance on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.books.book import Book
from workbench.books.positions import Linear, Option
from workbench.books.volatility import DAYS, ImpliedVolatility
from workbench.registry import Registry

BOOKS = Registry("book")


@BOOKS.register("equal_weight")
def equal_weight(returns: pd.DataFrame) -> Book:
    """The same money in every column of the panel, bought at the start and held."""
    names = list(map(str, returns.columns))
    return Book([Linear({name: 1 / len(names) for name in names})], names)


@BOOKS.register("short_volatility")
def short_volatility(
    returns: pd.DataFrame,
    underlyings: Sequence[str] = (),
    years: float = 0.25,
    width: float = 1.0,
    elasticity: float = 0.6,
) -> Book:
    """Written strangles on each underlying: a put and a call ``width`` standard deviations out of the money.

    returns : log returns (day, asset); the last 60 days give today's implied volatility. underlyings : all columns
    when none are named. years : to maturity. Notional 1, spread equally over the underlyings.
    """
    names = list(map(str, returns.columns))
    chosen = list(underlyings) or names
    level = {name: float(returns[name].iloc[-60:].std() * np.sqrt(DAYS)) for name in chosen}
    written = [
        Option(name, kind, float(np.exp(side * width * level[name] * np.sqrt(years))), years, -1 / len(chosen))
        for name in chosen
        for kind, side in (("put", -1.0), ("call", 1.0))
    ]
    return Book(written, names, ImpliedVolatility(level, elasticity))
