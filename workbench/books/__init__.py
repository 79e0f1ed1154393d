"""What a scenario does to somebody: positions, their full revaluation on every draw, and what explains the profit.

>>> import torch
>>> book = Book([Linear({"A": 1.0})], ["A", "B"])
>>> book.pnl(torch.full((1, 2, 2), -0.05)).round(decimals=4).tolist()
[-0.0952]
"""

from workbench.books.book import Book, Position
from workbench.books.explain import explain
from workbench.books.files import read_books
from workbench.books.positions import Bond, Linear, Option, black_scholes_merton
from workbench.books.presets import BOOKS, equal_weight, random_books, short_volatility
from workbench.books.volatility import ImpliedVolatility

__all__ = [
    "BOOKS", "equal_weight", "short_volatility", "Book", "Linear", "Option", "Bond", "Position", "ImpliedVolatility",
    "black_scholes_merton", "explain", "read_books", "random_books",
]  # fmt: skip
