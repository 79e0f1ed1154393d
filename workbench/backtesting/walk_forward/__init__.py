"""Rolling forecasts: any sampler over any history, refitted as it would have been, for any number of books.

The question: what would VaR, ES and the PIT of each day have been the evening before, with what was known then?

>>> import pandas as pd
>>> dates = pd.bdate_range("2020-01-01", "2021-12-31")
>>> [f"{p.trained:%Y-%m-%d}" for p in Schedule("yearly").periods(dates, "2021-01-01")]
['2020-12-31']
"""

from workbench.backtesting.walk_forward.book_set import asset_books, desk_books, equal_book
from workbench.backtesting.walk_forward.engine import of_book, rollout
from workbench.backtesting.walk_forward.forecast_spec import Ask
from workbench.backtesting.walk_forward.overlap import apart, coverage
from workbench.backtesting.walk_forward.schedule import Period, Schedule

__all__ = [
    "Ask",
    "Period",
    "Schedule",
    "apart",
    "asset_books",
    "coverage",
    "desk_books",
    "equal_book",
    "of_book",
    "rollout",
]
