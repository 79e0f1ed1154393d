"""The named sets load what the catalogue says, and every known trap is stepped around."""

from __future__ import annotations

import dataclasses
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data import DATASETS, ContentChanged, catalogue, content_hash, describe, load, returns, sources
from workbench.data.sets.rates import par_bond_returns
from workbench.errors import DataError, ParameterError


@pytest.mark.parametrize("name", DATASETS)
def test_a_set_is_what_its_entry_says(name: str) -> None:
    panel, entry = load(name), describe(name)
    assert content_hash(panel) == entry.sha256 == panel.attrs["sha256"]
    assert panel.shape == entry.shape
    assert (str(panel.index[0].date()), str(panel.index[-1].date())) == entry.span
    assert panel.index.is_monotonic_increasing and panel.index.is_unique
    assert panel.attrs["dataset"] == name and panel.attrs["kind"] == entry.kind
    assert (panel.columns.nlevels == 2) == (len(entry.fields) > 1)
    assert entry.licence and entry.origin and entry.traps and all(entry.traps) and DATASETS.summary(name)


@pytest.mark.parametrize("name", DATASETS)
def test_every_set_has_complete_returns(name: str) -> None:
    change = returns(name)
    assert np.isfinite(change.to_numpy()).all() and len(change) > 1000
    assert change.attrs["kind"] == "return" and change.attrs["change_of"] == describe(name).kind


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'us_equities'"):
        load("us_equity")
    with pytest.raises(ParameterError, match="did you mean 'wti'"):
        describe("wtl")


def test_changed_content_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = load("vix")
    panel.iloc[3, 0] = np.nextafter(panel.iloc[3, 0], np.inf)
    with pytest.warns(ContentChanged, match="'vix' is not what the catalogue describes"):
        catalogue._label(panel, describe("vix"))
    older = dataclasses.replace(describe("vix"), sha256="0" * 64)
    with pytest.warns(ContentChanged, match="sha256 58bdd42f1cc7 instead of 000000000000"):
        catalogue._label(load("vix"), older)


def test_a_missing_file_or_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(sources, "REPOSITORY_DATA", tmp_path)
    with pytest.raises(DataError, match="rebuild the file"):
        load("us_treasuries")
    with pytest.raises(DataError, match="not installed"):
        sources.package_file("no_such_package_here", "x.csv")
    with pytest.raises(DataError, match="constraints.txt"):
        sources.package_file("arch", "data/absent.csv")


def test_months_of_french_are_months_not_nanoseconds() -> None:
    factors = load("fama_french")
    assert (factors.index == pd.date_range("1926-07-31", "2018-11-30", freq="ME")).all()
    assert np.expm1(factors.loc["1926-07-31", "Mkt-RF"]) == pytest.approx(0.0296, abs=1e-9)
    assert np.expm1(factors.loc["1931-09-30", "Mkt-RF"]) == pytest.approx(-0.2913, abs=1e-9)


def test_ecb_is_turned_round_and_trimmed() -> None:
    rates = load("ecb_fx")
    with zipfile.ZipFile(sources.package_file("currency_converter", "eurofxref-hist.zip")) as archive:
        newest = archive.open(archive.namelist()[0]).read(2000).decode().splitlines()[:2]
    assert newest[0].endswith(",") and newest[1].startswith(str(rates.index[-1].date()))
    assert float(newest[1].split(",")[1]) == rates["USD"].iloc[-1]
    assert rates.notna().all(axis=None) and {"CNY", "TRY", "BGN"} <= set(rates.attrs["left_out"])


def test_the_curve_is_in_fractions_with_its_holes() -> None:
    curve = load("us_treasuries")
    assert curve.min(axis=None) >= 0 and curve.max(axis=None) == pytest.approx(0.0918)
    hole = curve.index[curve["30year"].isna()]
    assert (len(hole), *map(str, hole[[0, -1]].date)) == (994, "2002-02-19", "2006-02-08")
    assert str(curve["1month"].first_valid_index().date()) == "2001-07-31"
    change = returns(curve)
    assert change.index[change.index > "2002-02-18"][0] == pd.Timestamp("2006-02-10")
    assert "30year" in change.attrs["dropped"][-1] and change.abs().max(axis=None) < 0.02


@pytest.mark.parametrize(("name", "holidays"), [("wti", 290), ("vix", 46)])
def test_weekday_holidays_stay_missing_and_are_passed_over(name: str, holidays: int) -> None:
    panel = load(name)
    assert panel.isna().sum().item() == holidays
    change = returns(panel)
    assert len(change) == len(panel) - holidays - 1 and f"{holidays} dates" in change.attrs["dropped"][0]
    values = panel.dropna()
    assert change.to_numpy().sum() == pytest.approx(np.log(values.iloc[-1] / values.iloc[0]).item())


def test_the_join_keeps_every_value_of_its_parts() -> None:
    joined, dollar = load("multi_asset"), load("ecb_fx")["USD"]
    days = joined.index
    for column in ("AAPL", "XOM"):
        assert (joined[column] == load("us_equities").loc[days, column]).all()
    assert (joined["SP500"] == load("us_indices").loc[days, ("close", "SP500")]).all()
    assert (joined["JPY"] == dollar[days] / load("ecb_fx").loc[days, "JPY"]).all()
    assert (joined["WTI"] == load("wti").loc[days, "WTI"]).all()
    assert joined.notna().all(axis=None) and len(joined.attrs["join"]) == 5


def bond_value(coupon: float, now: float, years: int, elapsed: float) -> float:
    """Present value, cash flow by cash flow, of a semi-annual bond issued at par ``elapsed`` years ago."""
    times = np.arange(1, 2 * years + 1) / 2
    flows = np.full(times.size, coupon / 2)
    flows[-1] += 1
    return float((flows * (1 + now / 2) ** (-2 * (times - elapsed))).sum())


@pytest.mark.parametrize("years", [2, 5, 10, 30])
@pytest.mark.parametrize(("coupon", "now"), [(0.05, 0.05), (0.03, 0.0437), (0.08, 0.0011), (0.02, 0.0)])
def test_a_held_bond_is_worth_its_cash_flows(years: int, coupon: float, now: float) -> None:
    index = pd.DatetimeIndex(["2001-03-01", "2001-03-05"])
    curve = pd.DataFrame({"y": [coupon, now]}, index)
    earned = par_bond_returns(curve, {"y": years}).iloc[0, 0]
    assert earned == pytest.approx(np.log(bond_value(coupon, now, years, 4 / 365.25)), abs=1e-12)


columns = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True)


@given(columns, st.data())
def test_the_hash_sees_every_bit_and_only_content(names: list[str], data: st.DataObject) -> None:
    shape = (5, len(names))
    index = pd.bdate_range("2020-01-01", periods=5)
    values = np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=shape)
    panel = pd.DataFrame(values, index, names)
    twin = panel.set_axis(index.as_unit("s").rename("t")).copy()
    twin.attrs["note"] = "other"
    assert content_hash(twin) == content_hash(panel)
    row, column = data.draw(st.integers(0, 4)), data.draw(st.integers(0, len(names) - 1))
    twin.iloc[row, column] = np.nextafter(twin.iloc[row, column], np.inf)
    assert content_hash(twin) != content_hash(panel)
    assert content_hash(panel.shift(freq="D")) != content_hash(panel)
    assert content_hash(panel.rename(columns={names[0]: "z"})) != content_hash(panel)


def test_the_hash_refuses_what_is_no_panel() -> None:
    with pytest.raises(DataError, match="DatetimeIndex"):
        content_hash(pd.DataFrame({"a": [1.0]}))
    with pytest.raises(DataError, match="'a' is not numeric"):
        content_hash(pd.DataFrame({"a": ["x"]}, pd.DatetimeIndex(["2020-01-01"])))
