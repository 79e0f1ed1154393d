"""Where one frequency ends and the next begins, and how long a gap each explains."""

import numpy as np
import pandas as pd
import pytest

from workbench.data import frequency, periods_per_year, validate
from workbench.data._frequency import EXPLAINED, steps


def every(days: float, count: int = 30) -> pd.DatetimeIndex:
    return pd.date_range("2001-01-01", periods=count, freq=pd.Timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (0.02, "intraday"), (0.021, "hourly"), (0.05, "hourly"), (0.051, "intraday"), (0.7, "intraday"), (0.71, "7-day"),
        (2.0, "7-day"), (4.0, "7-day"), (4.1, "weekly"), (10.0, "weekly"), (10.1, "monthly"), (45.0, "monthly"),
        (45.1, "quarterly"), (125.0, "quarterly"), (125.1, "annual"),
    ],
)  # fmt: skip
def test_a_median_step_at_a_bound_belongs_below_it(days, name):
    assert frequency(every(days, 200)) == name


def test_a_seventh_day_counts_from_a_twentieth_of_the_dates():
    """600 weekdays; a share of one in twenty is passed by 36 Saturdays and Sundays of 672 and not by 33 of 666."""
    weekdays = pd.bdate_range("2001-01-01", periods=600)
    weekend = pd.date_range("2001-01-01", weekdays[-1])
    for count, name in ((36, "7-day"), (33, "daily")):
        more = [weekend[weekend.day_of_week == day][:count] for day in (5, 6)]
        index = weekdays.append(more)
        assert frequency(index) == name and periods_per_year(index) == {"7-day": 365, "daily": 252}[name]


def test_rows_out_of_order_or_doubled_change_nothing():
    months = pd.date_range("2001-01-31", periods=30, freq="ME")
    assert frequency(months[::-1].append(months[:5])) == "monthly"
    assert frequency(months[:1].append(months[:1])) == "daily" and frequency(months[:2]) == "monthly"


def test_steps_are_calendar_days():
    index = pd.DatetimeIndex(["2001-01-01", "2001-01-02 12:00", "2001-02-01"]).as_unit("s")
    assert steps(index).tolist() == [1.5, 29.5]


LONGEST = {
    "D": ("7-day", 7), "B": ("daily", 7), "W-FRI": ("weekly", 14), "ME": ("monthly", 45), "QE": ("quarterly", 125),
    "YE": ("annual", 500),
}  # fmt: skip


@pytest.mark.parametrize("rule", LONGEST)
def test_a_gap_is_explained_up_to_its_bound_a_warning_beyond_and_an_error_beyond_four_times_that(rule):
    name, longest = LONGEST[rule]
    assert EXPLAINED[name] == longest
    before = pd.date_range(end="2001-06-29", periods=60, freq=rule)
    rng = np.random.default_rng(2)
    for days, severity in (
        (longest, None),
        (longest + 1, "warning"),
        (4 * longest, "warning"),
        (4 * longest + 1, "error"),
    ):
        after = pd.date_range(before[-1] + pd.Timedelta(days=days), periods=60, freq=rule)
        shift = before[-1] + pd.Timedelta(days=days) - after[0]
        index = before.append(after + shift)
        panel = pd.DataFrame({"A": 100 * np.exp(rng.normal(0, 0.01, len(index)).cumsum())}, index)
        flaws = validate(panel, kind="price")
        found = flaws[flaws["message"].str.startswith("nothing between")]
        assert list(found["severity"]) == ([] if severity is None else [severity]), days
