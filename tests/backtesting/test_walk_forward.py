"""The rolling engine: nothing of the future enters, nothing depends on workers or interruptions, horizons add up."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from workbench import samplers
from workbench.backtesting import align, backtest
from workbench.backtesting.walk_forward import (  # fmt: skip
    ForecastSpec,
    Schedule,
    asset_books,
    coverage,
    desk_books,
    equal_book,
    non_overlapping,
    of_book,
    walk_forward,
)
from workbench.backtesting.walk_forward import _engine as engine
from workbench.books import BOOKS
from workbench.errors import DataError, ParameterError, WorkbenchError

FIRST, LAST = "2002-06-03", "2002-09-30"
QUICK = ForecastSpec(draws=300, every=4)


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    scale = np.exp(0.5 * np.sin(np.arange(760) / 50))[:, None]
    shocks = rng.standard_t(6, (760, 1)) + rng.standard_t(6, (760, 3))
    return pd.DataFrame(0.006 * scale * shocks, pd.bdate_range("2000-01-03", periods=760), ["A", "B", "C"])


def roll(returns, sampler="ewma", books=None, first=FIRST, last=LAST, **options) -> pd.DataFrame:
    books = books or asset_books(returns.columns) | {"all": equal_book(returns.columns)}
    return walk_forward(sampler, returns, books, first, last, **({"spec": QUICK} | options))


def test_table_has_a_row_a_day_and_book_and_what_a_backtest_reads(returns) -> None:
    table = roll(returns, spec=ForecastSpec(draws=500))
    days = returns.loc[FIRST:LAST].index
    assert len(table) == 4 * len(days) and set(table["book"]) == {"A", "B", "C", "all"}
    one = of_book(table, "A")
    assert (one.index == days).all()
    np.testing.assert_allclose(one["realised"], np.expm1(returns.loc[days, "A"]), rtol=1e-12)
    assert (one["es_0.99"] >= one["var_0.99"]).all() and one["pit"].between(0, 1).all()
    aligned = align(one.drop(columns="realised"), one["realised"])
    assert set(aligned.var) == set(aligned.es) == {0.975, 0.99} and aligned.pit is not None
    assert len(backtest(one.drop(columns="realised"), one["realised"])) > 10


@pytest.mark.parametrize("sampler", ["historical", "ewma", "fhs"])
@pytest.mark.parametrize("schedule", [Schedule(), Schedule(30, window=400), Schedule(None)], ids=str)
def test_the_future_does_not_enter(returns, sampler: str, schedule: Schedule) -> None:
    known = roll(returns, sampler, schedule=schedule)
    cut = known["date"].sort_values().unique()[8]
    changed = returns.copy()
    changed.loc[changed.index >= cut] *= -7.0
    again = roll(changed, sampler, schedule=schedule)
    forecast = [column for column in known if column.startswith(("var_", "es_"))]
    before = known["date"] <= cut  # the forecast of the first changed day was made at the close before
    pd.testing.assert_frame_equal(known.loc[before, forecast], again.loc[before, forecast])
    assert not np.allclose(known.loc[~before, forecast], again.loc[~before, forecast]) or sampler == "historical"


def test_a_rolling_window_forgets_and_an_expanding_one_does_not(returns) -> None:
    changed = returns.copy()
    changed.iloc[:100] *= 3.0
    rolling, expanding = Schedule("yearly", window=400), Schedule("yearly")
    risk = "var_0.99"
    assert (
        roll(returns, "historical", schedule=rolling)[risk] == roll(changed, "historical", schedule=rolling)[risk]
    ).all()
    grown = (
        roll(changed, "historical", schedule=expanding)[risk] / roll(returns, "historical", schedule=expanding)[risk]
    )
    assert (grown >= 1).all() and grown.max() > 1.05


def test_purge_and_embargo_end_training_earlier() -> None:
    dates = pd.bdate_range("2000-01-03", periods=700)
    plain, gap = (Schedule("yearly", **more).periods(dates, "2001-01-01") for more in ({}, {"purge": 9, "embargo": 5}))
    assert [a.end - b.end for a, b in zip(plain, gap)] == [14] * len(plain)
    assert [p.firsts for p in plain] == [p.firsts for p in gap] and all(p.end == p.firsts[0] for p in plain)
    assert [p.name[:4] for p in plain] == ["2001", "2002"] and plain[0].trained < pd.Timestamp("2001-01-01")


@pytest.mark.parametrize("every", [1, 3, 10])
@pytest.mark.parametrize("refit", ["yearly", 7, None])
def test_periods_share_out_the_grid_of_forecasts(every: int, refit) -> None:
    dates = pd.bdate_range("2000-01-03", periods=700)
    periods = Schedule(refit).periods(dates, "2000-12-01", "2002-03-29", horizon=10, every=every)
    firsts = [first for period in periods for first in period.firsts]
    begin = dates.searchsorted(pd.Timestamp("2000-12-01"))
    last = dates.searchsorted(pd.Timestamp("2002-03-29"))
    assert firsts == list(range(begin, last - 10 + 2, every)) and all(p.end <= p.firsts[0] for p in periods)


def test_ten_days_are_the_sum_of_ten_and_dated_when_they_are_known(returns) -> None:
    table = of_book(roll(returns, spec=ForecastSpec(horizon=10, every=10, draws=300, pnl="log")), "B")
    first = returns.index.get_loc(pd.Timestamp(FIRST))
    np.testing.assert_allclose(table["realised"].iloc[0], returns["B"].iloc[first : first + 10].sum())
    assert table.index[0] == returns.index[first + 9] and (np.diff(returns.index.get_indexer(table.index)) == 10).all()


def test_log_and_simple_profits_differ_by_convexity(returns) -> None:
    simple, log = (
        of_book(roll(returns, spec=ForecastSpec(every=4, draws=300, pnl=kind)), "all") for kind in ("simple", "log")
    )
    assert (simple["realised"] >= log["realised"]).all() and not np.allclose(
        simple["realised"], log["realised"], atol=1e-6
    )


def test_desks_and_books_valued_in_full(returns) -> None:
    books = desk_books({"x": ["A", "B"], "y": ["C"]})
    assert books["firm"] == {"A": 0.25, "B": 0.25, "C": 0.5}
    full = books | {"full": BOOKS.make("equal_weight", returns=returns)}
    table = roll(returns, books=full | {"equal": equal_book(returns.columns)})
    figures = ["var_0.99", "es_0.975", "realised"]
    np.testing.assert_allclose(of_book(table, "full")[figures], of_book(table, "equal")[figures], rtol=1e-5, atol=1e-9)


def test_a_fit_serves_every_horizon_and_no_other_window_seed_or_option(returns, monkeypatch) -> None:
    true_make, made = samplers.make, []
    monkeypatch.setattr(engine, "_kept", {})
    monkeypatch.setattr(engine.samplers, "make", lambda name, **given: made.append(given) or true_make(name, **given))
    short = roll(returns, schedule=Schedule(None))
    roll(returns, schedule=Schedule(None), spec=ForecastSpec(horizon=10, every=10, draws=300))
    assert len(made) == 1
    for changed in (
        {"options": {"decay": 0.9}},
        {"spec": ForecastSpec(draws=300, every=4, seed=1)},
        {"first": "2002-07-01"},
    ):
        roll(returns, **({"schedule": Schedule(None)} | changed))
    assert len(made) == 4
    pd.testing.assert_frame_equal(short, roll(returns, schedule=Schedule(None)), check_exact=True)
    monkeypatch.setattr(engine, "FITS", 2)
    roll(returns, schedule=Schedule(20))
    assert len(engine._kept) == 2


@pytest.mark.parametrize("schedule", [Schedule(25), Schedule(25, window=300)], ids=str)
def test_an_interrupted_run_goes_on_with_identical_results(returns, tmp_path, monkeypatch, schedule) -> None:
    whole = roll(returns, "fhs", schedule=schedule, store=tmp_path / "whole")
    true_days, served = engine._days, []

    def breaks_on_the_third(work, period):
        served.append(period.name)
        if len(served) == 3:
            raise KeyboardInterrupt
        return true_days(work, period)

    monkeypatch.setattr(engine, "_days", breaks_on_the_third)
    with pytest.raises(KeyboardInterrupt):
        roll(returns, "fhs", schedule=schedule, store=tmp_path / "part")
    files = sorted((tmp_path / "part").rglob("*"))
    assert sum(path.suffix == ".parquet" for path in files) == 2 and not [path for path in files if path.name[0] == "."]
    again = roll(returns, "fhs", schedule=schedule, store=tmp_path / "part")
    assert served[3] == served[2], "finished periods are not done twice"
    pd.testing.assert_frame_equal(again, whole, check_exact=True)
    monkeypatch.setattr(engine, "_days", None)
    pd.testing.assert_frame_equal(roll(returns, "fhs", schedule=schedule, store=tmp_path / "part"), whole)


def test_the_store_knows_its_inputs_and_workers_do_not_matter(returns, tmp_path) -> None:
    answer = [
        roll(returns, store=tmp_path),
        roll(returns * 1.0001, store=tmp_path),
        roll(returns, store=tmp_path, options={"decay": 0.97}),
        roll(returns, store=tmp_path, spec=ForecastSpec(draws=300, every=4, seed=1)),
        roll(returns, store=tmp_path, books={"all": equal_book("AB")}),
        roll(returns, store=tmp_path, schedule=Schedule(20)),
    ]
    assert len({table.attrs["key"] for table in answer}) == len(answer) == len(list(tmp_path.iterdir()))
    with ThreadPoolExecutor(2) as pool:
        apart_ = roll(returns, schedule=Schedule(20), executor=pool)
    pd.testing.assert_frame_equal(apart_, answer[-1], check_exact=True)


def test_every_forecast_is_that_of_the_sampler(returns) -> None:
    whole = roll(returns, "fhs", schedule=Schedule(None))
    table = of_book(whole, "C")
    fitted = samplers.make("fhs").fit(returns.loc[: whole["made"].iloc[0]], 0)
    days = samplers.roll(fitted, returns, FIRST, LAST, draws=300, every=4)
    worst = [np.sort(-np.expm1(draws[:, 0, 2].astype(float)))[-4] for _, draws in days]
    np.testing.assert_allclose(table["var_0.99"], worst, rtol=1e-6)


def test_coverage_of_overlapping_forecasts_has_the_wider_error() -> None:
    """Two-sided at 5 %, 400 histories of 2,000 days: the share rejected stays within .5 and 11 %."""
    rng = np.random.default_rng(3)
    level, quantile = 0.975, 1.959963984540054
    naive, correct = [], []
    for _ in range(400):
        sums = np.convolve(rng.standard_normal(2009), np.ones(10) / np.sqrt(10), "valid")
        table = pd.DataFrame({"realised": sums, f"var_{level}": quantile})
        naive.append(coverage(table, level)["p_value"] < 0.05)
        correct.append(coverage(table, level, horizon=10)["p_value"] < 0.05)
        assert coverage(non_overlapping(table, 10), level)["forecasts"] == 200
    assert np.mean(naive) > 0.3 and 0.005 <= np.mean(correct) <= 0.11


WRONG = {
    "book": {"books": {"x": {"Z": 1.0}}},
    "empty": {"books": {}, "first": FIRST},
    "day": {"first": "2031-01-01"},
    "window": {"schedule": Schedule(window=5000)},
    "sampler": {"sampler": "magic"},
    "options": {"options": {"decay_": 0.9}},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_rolled_is_refused_with_a_reason(returns, case: str) -> None:
    given = {"books": {"A": {"A": 1.0}}, "sampler": "ewma", "first": FIRST} | WRONG[case]
    with pytest.raises(WorkbenchError):
        walk_forward(given.pop("sampler"), returns, given.pop("books"), given.pop("first"), **given)


@pytest.mark.parametrize(
    "options", [{"horizon": 0}, {"every": 0}, {"draws": 9999}, {"levels": (0.4,)}, {"pnl": "cash"}]
)
def test_questions_without_sense_are_refused(options: dict) -> None:
    with pytest.raises(ParameterError):
        ForecastSpec(**options)
    with pytest.raises((ParameterError, DataError)):
        Schedule(refit=-1) if "horizon" in options else non_overlapping(pd.DataFrame(), 10, offset=11)
