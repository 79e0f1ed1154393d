r"""Profit explained by factor: a Taylor expansion of the book's value, and what it leaves unexplained.

.. math:: V(f, t) - V(0, 0) = \underbrace{V(0,t) - V(0,0)}_{\text{time}} + \sum_i \underbrace{V_i f_i +
          \tfrac12 f_i \sum_j V_{ij} f_j}_{\text{factor } i} + \text{unexplained},

with the derivatives at :math:`(0, t)`. A cross term is split in halves between its two factors, which is the
Aumann-Shapley split of a quadratic, so that the columns add up to the full revaluation whatever the order of factors.
"""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from workbench.books.book import Book
from workbench.books.volatility import DAYS


def explain(book: Book, paths: Tensor) -> pd.DataFrame:
    """Profit of each path (draw, time, asset) by factor: one row a draw; columns ``time``, the factors that matter,
    ``unexplained`` and ``pnl`` (full revaluation). Every row adds up to ``pnl``.
    """
    factors, years = book.factors(paths), paths.shape[1] / DAYS
    slope, curvature = _derivatives(book, years)
    parts = slope * factors + 0.5 * factors * (factors @ curvature)
    table = pd.DataFrame(parts.numpy(), columns=book.factor_names)
    table = table.loc[:, (slope.abs() + curvature.abs().sum(dim=1)).numpy() > 0]
    origin = torch.zeros(1, len(book.factor_names), dtype=torch.float64)
    pnl = book.pnl(paths).numpy()
    table.insert(0, "time", float(book.value(origin, years)[0]) - book.today())
    table["unexplained"] = pnl - table.sum(axis=1)
    table["pnl"] = pnl
    return table


def _derivatives(book: Book, years: float) -> tuple[Tensor, Tensor]:
    """Gradient (factor,) and Hessian (factor, factor) of the value where nothing has moved."""
    origin = torch.zeros(len(book.factor_names), dtype=torch.float64)

    def value(factors: Tensor) -> Tensor:
        return book.value(factors[None], years)[0]

    return torch.autograd.functional.jacobian(value, origin), torch.autograd.functional.hessian(value, origin)
