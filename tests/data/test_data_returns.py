"""Returns of a panel: what is computed, what is left out and said, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data import load, returns
from workbench.errors import DataError


def panel(rows: int = 30, **columns) -> pd.DataFrame:
    index = pd.bdate_range("2020-03-02", periods=rows, name="date")
    steps = np.random.default_rng(3).normal(0, 0.02, (rows, 2))
    return pd.DataFrame(50 * np.exp(steps.cumsum(axis=0)), index, ["A", "B"]).assign(**columns)


def test_prices_give_log_returns_and_nothing_is_left_out() -> None:
    prices = panel()
    change = returns(prices)
    expected = np.log(prices["A"].to_numpy()[1:] / prices["A"].to_numpy()[:-1])
    np.testing.assert_allclose(change["A"], expected, rtol=0, atol=1e-15)
    assert change.attrs["dropped"] == []


def test_oil_below_zero_is_refused_with_its_date() -> None:
    oil = pd.DataFrame({"WTI": [18.31, -36.98, 8.91]}, pd.to_datetime(["2020-04-17", "2020-04-20", "2020-04-21"]))
    with pytest.raises(DataError, match=r"'WTI', 2020-04-20: price -36.98 is not positive"):
        returns(oil)


def test_a_date_missing_in_one_column_costs_both_neighbouring_returns() -> None:
    prices = panel()
    prices.iloc[10, 1] = np.nan
    change = returns(prices)
    assert not set(prices.index[10:12]) & set(change.index) and len(change) == 27
    assert "2 dates between 2020-03-16 and 2020-03-17" in change.attrs["dropped"][0]
    assert "B 2" in change.attrs["dropped"][0]


def test_a_closed_day_is_passed_over_and_no_return_is_lost() -> None:
    prices = panel()
    whole = np.log(prices.iloc[-1] / prices.iloc[0])
    prices.iloc[10] = np.nan
    change = returns(prices)
    assert len(change) == 28 and "closed days" in change.attrs["dropped"][0]
    pd.testing.assert_series_equal(change.sum(), whole)


def test_a_return_over_a_long_silence_is_left_out() -> None:
    prices = panel().drop(panel().index[10:20])
    change = returns(prices)
    assert len(change) == 18 and "more than 7 calendar days" in change.attrs["dropped"][0]
    assert panel().index[20] not in change.index


def test_eleven_september_is_no_gap() -> None:
    assert pd.Timestamp("2001-09-17") in returns("us_equities").index


def test_several_fields_give_the_close() -> None:
    indices = load("us_indices")
    change = returns(indices)
    assert list(change.columns) == ["SP500", "NASDAQ"]
    crash = np.log(indices.loc["2008-10-15", ("close", "SP500")] / indices.loc["2008-10-14", ("close", "SP500")])
    assert change.loc["2008-10-15", "SP500"] == pytest.approx(crash, abs=1e-15)
    with pytest.raises(DataError, match="no 'close'"):
        returns(indices[["open", "volume"]])


def test_yields_give_differences_and_returns_stay() -> None:
    yields = panel() / 1000
    yields.attrs["kind"] = "yield"
    np.testing.assert_array_equal(returns(yields), yields.diff().iloc[1:])
    once = returns(panel())
    pd.testing.assert_frame_equal(returns(once), once)


def test_an_unknown_kind_unordered_dates_and_an_empty_result_are_refused() -> None:
    odd = panel()
    odd.attrs["kind"] = "spread"
    with pytest.raises(DataError, match="'spread'"):
        returns(odd)
    with pytest.raises(DataError, match=r"row 2: 2020-03-02 does not come after 2020-03-03"):
        returns(panel().iloc[[1, 0, 2]])
    with pytest.raises(DataError, match=r"no date has a return for every column.*'C'"):
        returns(panel(C=np.nan))
    with pytest.raises(DataError, match="DatetimeIndex"):
        returns(panel().reset_index(drop=True))


@given(st.sets(st.integers(1, 28), max_size=8), st.sampled_from("AB"))
def test_what_is_left_out_is_exactly_what_lacks_a_neighbour(missing: set[int], column: str) -> None:
    prices = panel()
    prices.loc[prices.index[sorted(missing)], column] = np.nan
    known = prices.notna().all(axis=1)
    expected = prices.index[known & known.shift(fill_value=False)]
    assert list(returns(prices).index) == list(expected)
