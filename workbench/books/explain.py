r"""Profit explained by factor: a Taylor expansion of the book's value, and what it leaves unexplained.

.. math:: V(f, t) - V(0, 0) = \underbrace{V(0,t) - V(0,0)}_{\text{time}} + \sum_i \underbrace{V_i f_i +
          \tfrac12 f_i \sum_j V_{ij} f_j}_{\text{factor } i} + \text{unexplained},

with the derivatives at :math:`(0, t)`. A cross term is split in halves between its two factors, which is the
Aumann-Shapley split of a quadratic, so that the columns add up to the full revaluation whatever the order of factors.
What matures inside the horizon is expanded on its own last day.
"""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from workbench.books.book import Book


def explain(book: Book, paths: Tensor) -> pd.DataFrame:
    """Profit of each path (draw, time, asset) by factor: one row a draw; columns ``time``, the factors that matter,
    ``unexplained`` and ``pnl`` (full revaluation). Every row adds up to ``pnl``.
    """
    effects = torch.zeros(len(paths), len(book.factor_names), dtype=torch.float64)
    matters, time = torch.zeros(len(book.factor_names), dtype=torch.bool), -book.today()
    for day, part in book.by_last_day(paths.shape[1]):
        factors, years = part.factors(paths[:, :day]), day / book.periods
        value, slope, curvature = _derivatives(part, years)
        effects += slope * factors + 0.5 * factors * (factors @ curvature)
        matters |= (slope != 0) | (curvature != 0).any(dim=1)
        time += value
    table = pd.DataFrame(effects.numpy(), columns=book.factor_names).loc[:, matters.numpy()]
    table.insert(0, "time", time)
    pnl = book.pnl(paths).numpy()
    return table.assign(unexplained=pnl - table.sum(axis=1), pnl=pnl)


def _derivatives(book: Book, years: float) -> tuple[float, Tensor, Tensor]:
    """Value, gradient (factor,) and Hessian (factor, factor) where nothing has moved."""
    origin = torch.zeros(len(book.factor_names), dtype=torch.float64)

    def value(factors: Tensor) -> Tensor:
        return book.value(factors[None], years)[0]

    return float(value(origin)), torch.func.jacrev(value)(origin), torch.autograd.functional.hessian(value, origin)
