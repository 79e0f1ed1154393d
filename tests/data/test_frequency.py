"""The frequency of a panel, and the periods a year that follow from it."""

import numpy as np
import pandas as pd
import pytest

from workbench.data import frequency, load, periods_per_year, returns


def exchange_hours(days: int) -> pd.DatetimeIndex:
    """Seven bars on every weekday, the first at half past nine."""
    opens = pd.bdate_range("2024-01-01", periods=days)
    return pd.DatetimeIndex([day + pd.Timedelta(hours=9.5 + bar) for day in opens for bar in range(7)])


INDICES = {
    "business days": (pd.bdate_range("2020-01-01", periods=500), "daily", 252),
    "sunday to thursday": (
        pd.bdate_range("2020-01-01", periods=500, freq="C", weekmask="Sun Mon Tue Wed Thu"),
        "daily",
        252,
    ),
    "every day": (pd.date_range("2020-01-01", periods=500), "7-day", 365),
    "weeks": (pd.date_range("2020-01-03", periods=120, freq="W-FRI"), "weekly", 52),
    "months": (pd.date_range("2020-01-31", periods=60, freq="ME"), "monthly", 12),
    "quarters": (pd.date_range("2020-01-31", periods=30, freq="QE"), "quarterly", 4),
    "years": (pd.date_range("1950-01-31", periods=30, freq="YE"), "annual", 1),
    "hours of every day": (pd.date_range("2024-01-01", periods=2000, freq="h"), "hourly", 24 * 365),
    "hours of an exchange": (exchange_hours(200), "hourly", 7 * 252),
    "minutes": (pd.date_range("2024-01-01", periods=30_000, freq="min"), "intraday", 1440 * 365),
    "four hours": (pd.date_range("2024-01-01", periods=900, freq="4h"), "intraday", 6 * 365),
    "one date": (pd.DatetimeIndex(["2024-01-01"]), "daily", 252),
}


@pytest.mark.parametrize("kind", INDICES)
def test_the_frequency_and_the_periods_a_year_of_a_calendar(kind):
    index, name, periods = INDICES[kind]
    assert (frequency(index), periods_per_year(index)) == (name, periods)
    panel = pd.DataFrame({"A": 1.0}, index)
    assert periods_per_year(panel) == periods


@pytest.mark.parametrize("gone", [0.05, 0.2])
@pytest.mark.parametrize("kind", list(INDICES)[:-1])
def test_missing_rows_do_not_change_the_periods_a_year(kind, gone):
    index, _, periods = INDICES[kind]
    kept = index[np.random.default_rng(3).random(len(index)) >= gone]
    assert periods_per_year(kept) == pytest.approx(periods, rel=0.25 if "hour" in kind or kind == "minutes" else 0)


@pytest.mark.parametrize(
    ("name", "periods"), [("us_equities", 252), ("fama_french", 12), ("moodys", 12), ("ecb_fx", 252)]
)
def test_named_sets(name, periods):
    assert periods_per_year(load(name)) == periods_per_year(returns(name)) == periods
