"""Books to forecast: every asset, every desk, the user's own; each linear (weights) or valued in full.

A linear book is a mapping asset -> weight, as a fraction of its notional; it is rebalanced at every close, so that
its risk is that of today's weights. Anything else is a :class:`workbench.books.Book`, revalued in full on every draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
import torch

from workbench._require import weights as require_weights
from workbench.books import Book
from workbench.errors import ParameterError

Books: TypeAlias = Mapping[str, Mapping[str, float] | pd.Series | Book]


def equal_book(assets: Iterable[str]) -> dict[str, float]:
    """The same money in every asset."""
    names = list(map(str, assets))
    if not names:
        raise ParameterError("an equal-weight book needs at least one asset")
    return {name: 1.0 / len(names) for name in names}


def asset_books(assets: Iterable[str]) -> dict[str, dict[str, float]]:
    """One book an asset, of its name."""
    return {str(name): {str(name): 1.0} for name in assets}


def desk_books(desks: Mapping[str, Iterable[str]]) -> dict[str, dict[str, float]]:
    """One equal-weight book a desk, and the firm: the same money in every desk."""
    books = {desk: equal_book(assets) for desk, assets in desks.items()}
    firm = (pd.DataFrame(books) / len(books)).sum(axis=1).to_dict()
    return books | {"firm": firm}


@dataclass(frozen=True)
class BookSet:
    """Books made ready for arrays: ``weights`` (asset, linear book), and the others by name."""

    linear: tuple[str, ...]
    weights: np.ndarray
    valued: Mapping[str, Book]
    pnl: str

    @property
    def names(self) -> list[str]:
        return [*self.linear, *self.valued]

    def profits(self, paths: np.ndarray) -> np.ndarray:
        """Profit (draw, book) at the end of paths of log returns (draw, time, asset)."""
        total = paths.sum(axis=1, dtype=float)
        moves = np.expm1(total) if self.pnl == "simple" else total
        valued = [book.pnl(torch.tensor(paths)).numpy() for book in self.valued.values()]
        return np.column_stack([moves @ self.weights, *valued])


def book_set(books: Books, assets: Iterable[str], pnl: str) -> BookSet:
    """Raises ParameterError for an empty set of books, and for a book with an asset that the panel has not."""
    assets = list(map(str, assets))
    if not isinstance(books, Mapping) or not books:
        raise ParameterError("no book to forecast: give at least one, such as {'equal': equal_book(returns.columns)}")
    for name, book in books.items():
        if not isinstance(book, Book):
            require_weights(f"book {name!r}", dict(book))
    linear = {name: pd.Series(book, dtype=float) for name, book in books.items() if not isinstance(book, Book)}
    for name, weights in linear.items():
        unknown = sorted(set(map(str, weights.index)) - set(assets))
        if unknown:
            raise ParameterError(f"book {name!r}: no columns {unknown}")
    matrix = pd.DataFrame(linear, assets, dtype=float).fillna(0.0).to_numpy()
    valued = {name: book for name, book in books.items() if isinstance(book, Book)}
    return BookSet(tuple(linear), matrix, valued, pnl)
