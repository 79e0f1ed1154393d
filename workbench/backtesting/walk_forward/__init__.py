"""Walk-forward forecasts: any sampler over any history, refitted as it would have been, for any number of books.

The question: what would VaR, ES and the PIT of each day have been at the previous close, with what was known then?

>>> import pandas as pd
>>> dates = pd.bdate_range("2020-01-01", "2021-12-31")
>>> [f"{p.trained:%Y-%m-%d}" for p in Schedule("yearly").periods(dates, "2021-01-01")]
['2020-12-31']
"""

from workbench.backtesting.walk_forward._book_set import BookSet, asset_books, desk_books, equal_book
from workbench.backtesting.walk_forward._engine import of_book, walk_forward
from workbench.backtesting.walk_forward._overlap import coverage, non_overlapping
from workbench.backtesting.walk_forward._schedule import ForecastSpec, Period, Schedule

__all__ = [
    "walk_forward", "of_book", "ForecastSpec", "Schedule", "Period", "equal_book", "asset_books", "desk_books",
    "BookSet", "coverage", "non_overlapping",
]  # fmt: skip
