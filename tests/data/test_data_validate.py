"""Validation: real sets pass, planted accidents are found, real crashes are not called splits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import DATASETS, clean_from, load, require_valid, returns, stale_runs, validate
from workbench.data._flaws import RULES
from workbench.errors import DataError, ParameterError


@pytest.mark.parametrize("name", DATASETS)
def test_the_named_sets_hold_no_error(name: str) -> None:
    require_valid(load(name))


def test_what_is_odd_in_the_us_stocks_is_a_warning() -> None:
    table = validate(load("us_equities"))
    assert set(table["severity"]) == {"warning"} and set(table["column"]) == {"RRC", "AAPL"}
    apple = table[table["column"] == "AAPL"].iloc[0]
    assert apple["first"] == pd.Timestamp("2000-09-29") and "read as a real move" in apple["message"]


def test_stale_runs_flag_range_resources_and_nobody_else() -> None:
    runs = stale_runs(returns("us_equities"))
    assert set(runs["column"]) == {"RRC"} and runs["length"].max() == 68 and len(runs) == 19
    assert runs["last"].max() == pd.Timestamp("1992-06-10")


def test_a_series_is_clean_after_the_return_that_catches_up() -> None:
    change = returns("us_equities")
    start = clean_from(change)
    assert list(start.index) == list(change.columns)
    assert start["RRC"] == pd.Timestamp("1992-06-12") and start.drop("RRC").nunique() == 1
    assert start["XOM"] == change.index[0]
    assert stale_runs(change.loc[start["RRC"] :]).empty


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 15)), min_size=1, max_size=6), st.integers(2, 12))
def test_stale_runs_are_the_planted_ones(blocks: list[tuple[int, int]], minimum: int) -> None:
    values = np.concatenate([np.r_[np.ones(moving), np.zeros(still)] for moving, still in blocks])
    index = pd.bdate_range("2020-01-01", periods=len(values))
    runs = stale_runs(pd.DataFrame({"A": values}, index), minimum)
    assert runs["length"].tolist() == [still for _, still in blocks if still >= minimum]
    start = clean_from(pd.DataFrame({"A": values}, index), minimum)["A"]
    if runs.empty:
        assert start == index[0]
    else:
        after = index.get_loc(runs["last"].iloc[-1]) + 2
        assert start is pd.NaT if after >= len(index) else start == index[after]


def market(seed: int, rows: int = 300, columns: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = rng.standard_t(5, (rows, 1)) * 0.008
    return common + rng.standard_t(5, (rows, columns)) * 0.01


def priced(change: np.ndarray) -> pd.DataFrame:
    index = pd.bdate_range("2015-01-01", periods=len(change) + 1, name="date")
    levels = 80 * np.exp(np.vstack([np.zeros(change.shape[1]), change.cumsum(axis=0)]))
    return pd.DataFrame(levels, index, list("ABCDE")[: change.shape[1]])


def rules_of(panel: pd.DataFrame, severity: str = "error") -> set[str]:
    table = validate(panel)
    return set(table.loc[table["severity"] == severity, "rule"])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_clean_markets_are_clean(seed: int) -> None:
    assert validate(priced(market(seed))).empty


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.sampled_from([10, 100, 1000, 0.1, 0.01]), st.integers(70, 250), st.integers(1, 40))
def test_a_decimal_shift_is_found_where_it_is(seed: int, factor: float, start: int, length: int) -> None:
    prices = priced(market(seed))
    prices.iloc[start : start + length, 2] *= factor
    table = validate(prices).query("rule == 'decimal shifts'")
    assert table["column"].tolist() == ["C"] and table["first"].tolist() == [prices.index[start]]
    assert table["last"].tolist() == [prices.index[start + length - 1]]


def test_missed_splits_are_found_in_real_prices_nine_times_in_ten() -> None:
    """40 splits planted at random; 89 % are found among 4,000: fewer than 28 has a chance below 0.001."""
    change = returns("us_equities").drop(columns="RRC")
    rng, found = np.random.default_rng(5), 0
    for _ in range(40):
        column, row = rng.choice(change.columns), int(rng.integers(100, len(change) - 60))
        part = change.iloc[row - 100 : row + 60].copy()
        part.iloc[100, part.columns.get_loc(column)] -= np.log(rng.choice([2, 3, 4]))
        table = validate(part, kind="return", minimum_rows=50)
        hit = table[(table["rule"] == "missed splits") & (table["severity"] == "error")]
        found += bool(((hit["column"] == column) & (hit["first"] == part.index[100])).any())
    assert found >= 28


def crash(kind: str) -> pd.DataFrame:
    change = market(7)
    change[150, 1] = -np.log(2)
    if kind == "volatility":
        change[151:171, 1] *= 3
    if kind == "market":
        change[150] -= 0.12
        change[150, 1] = -np.log(2)
    if kind == "recovery":
        change[153, 1] += 0.6
    return priced(change)


@pytest.mark.parametrize("kind", ["volatility", "market", "recovery"])
def test_a_halving_with_company_is_a_real_move(kind: str) -> None:
    table = validate(crash(kind)).query("rule == 'missed splits'")
    assert table["severity"].tolist() == ["warning"] and "read as a real move" in table["message"].iloc[0]


def test_a_halving_and_nothing_else_is_a_missed_split() -> None:
    table = validate(crash("none")).query("rule == 'missed splits'")
    assert table["severity"].tolist() == ["error"] and "2-for-1 split" in table["message"].iloc[0]


def test_volume_distinguishes_a_crash_from_a_split() -> None:
    close = crash("none")["B"]
    fields = {("close", "B"): close, ("volume", "B"): pd.Series(1e6, close.index)}
    assert rules_of(pd.DataFrame(fields)) == {"missed splits"}
    fields["volume", "B"].iloc[151] = 9e6
    assert rules_of(pd.DataFrame(fields)) == set()
    assert "volume was 9.0 times the usual" in validate(pd.DataFrame(fields))["message"].iloc[0]


def test_october_1987_style_days_are_not_called_splits() -> None:
    change = market(3)
    change[200] -= 0.69
    assert rules_of(priced(change)) == set()


def test_impossible_bars_are_found() -> None:
    bars = load("us_indices").copy()
    bars.loc["2003-03-04", ("low", "SP500")] *= 1.2
    bars.loc["2003-03-05", ("volume", "NASDAQ")] = -1
    table = validate(bars)
    assert set(table["column"]) == {"low/SP500", "high/SP500", "volume/NASDAQ"}
    assert "2003-03-04" in table["message"].str.cat()


def test_a_short_gap_warns_and_missing_values_are_counted() -> None:
    prices = priced(market(2)).drop(priced(market(2)).index[50:60])
    prices.iloc[80:83, 1] = np.nan
    prices.iloc[:5, 3] = np.nan
    messages = validate(prices).set_index(["rule", "column"])["message"]
    assert "15 days in a daily panel" in messages["gaps", ""]
    assert "3 of 291 values missing inside" in messages["missing values", "B"]
    assert "begins on 2015-01-08" in messages["missing values", "D"]
    require_valid(prices)


def test_somebody_may_accept_a_rule_but_not_an_unknown_one() -> None:
    panel = crash("none")
    with pytest.raises(DataError, match="missed splits: column 'B', 2015-07-31"):
        require_valid(panel)
    assert require_valid(panel, accept=["missed splits"]) is panel
    with pytest.raises(ParameterError, match="no such rule: splits"):
        require_valid(panel, accept=["splits"])


def test_a_panel_without_dates_or_columns_is_refused() -> None:
    panel = priced(market(1))
    with pytest.raises(DataError, match="is empty"):
        validate(panel.iloc[:0])
    with pytest.raises(DataError, match="expected dates"):
        validate(panel.reset_index(drop=True))
    with pytest.raises(DataError, match="row 3 has no date"):
        validate(panel.set_axis([*panel.index[:2], pd.NaT, *panel.index[3:]]))
    with pytest.raises(DataError, match="'A' is there more than once"):
        validate(panel.set_axis(list("AABCD"), axis=1))
    with pytest.raises(ParameterError, match="'spread'"):
        validate(panel, kind="spread")


def test_every_rule_says_what_it_looks_for() -> None:
    assert all(RULES.summary(name) for name in RULES) and len(RULES) >= 12
