"""A year is a year of the panel: monitors, comparisons, walks and tournaments on daily, weekly, monthly, hourly and
7-day dates."""

import numpy as np
import pandas as pd
import pytest

from workbench import samplers
from workbench.backtesting import align, tournament
from workbench.backtesting.backtests._null import t_var_es
from workbench.backtesting.comparison import compare_scores, difference_t, memory_lags
from workbench.backtesting.monitors import MONITORS, MonitorReport, replay, run_monitors, threshold
from workbench.backtesting.monitors import _monitors as thresholds
from workbench.backtesting.walk_forward import ForecastSpec, Schedule, equal_book, of_book, walk_forward
from workbench.errors import ParameterError
from workbench.studies import setting

YEAR = {"B": 252, "W-FRI": 52, "ME": 12, "h": 8760, "D": 365}
frequencies = pytest.mark.parametrize("step", YEAR)


def dates(step: str, size: int) -> pd.DatetimeIndex:
    return pd.date_range("2000-01-03", periods=size, freq=step)


def panel(step: str, size: int = 400) -> pd.DataFrame:
    draws = np.random.default_rng(3).standard_t(5, (size, 2)) / 100
    return pd.DataFrame(draws, dates(step, size), ["A", "B"]).rename_axis("date")


def forecasts(step: str, size: int = 240) -> tuple[pd.DataFrame, pd.Series]:
    var, es = t_var_es(0.025, 5.0)
    table = pd.DataFrame({"var_0.975": var / 100, "es_0.975": es / 100}, dates(step, size)).rename_axis("date")
    return table, panel(step, size)["A"]


@frequencies
def test_a_monitor_counts_years_in_the_dates_of_its_forecasts(step) -> None:
    years = 3.0 if step == "ME" else 0.5
    answer = run_monitors(align(*forecasts(step)), years=years)
    assert answer.periods == YEAR[step]
    days = round(years * YEAR[step])
    limit = threshold("hits", 0.975, 5.0, days / 252)
    stream = MONITORS["hits"].evalues(thresholds.Stream(align(*forecasts(step)).sample(0.975)))
    assert answer.level["hits"].iloc[0] == stream[0].mean() / limit
    assert threshold("hits", 0.975, 5.0, years, YEAR[step]) == limit


def test_blocks_of_long_histories_hold_the_false_alarms(monkeypatch) -> None:
    """Smaller blocks draw other histories; the mean time to a false alarm stays within its error, 4 % of each."""
    whole = threshold("scale", 0.975, 5.0, 1.0)
    monkeypatch.setattr(thresholds, "CELLS", 252 * 30)
    again = threshold.__wrapped__("scale", 0.975, 5.0, 1.0)
    assert again != whole
    quiet = thresholds.null_stream(np.random.Generator(np.random.Philox(99)), 4000, 252, 0.975, 5.0)
    largest = MONITORS["scale"].detector(quiet).max(axis=-1)
    for limit in (whole, again):  # 1 - 1/e, four standard errors of the share and of the threshold
        assert np.mean(largest >= limit) == pytest.approx(
            1 - np.exp(-1), abs=4 * np.sqrt(0.2325 * (1 / 4000 + 1 / 1000))
        )


def test_a_year_without_dates_is_refused() -> None:
    with pytest.raises(ParameterError, match="periods must be"):
        threshold("hits", 0.975, periods=0)


@frequencies
def test_quiet_years_are_years_of_the_panel(step) -> None:
    watch = run_monitors(align(*forecasts(step)), years=0.5)
    false = replay.false_alarms({"one": watch, "two": watch})
    assert false["years"].to_numpy() == pytest.approx(480 / YEAR[step])
    assert (false["in ten years"] / false["alarms"].where(false["alarms"] > 0)).dropna().to_numpy() == pytest.approx(
        10 * YEAR[step] / 480
    )


def test_delays_are_found_where_a_false_alarm_comes_sooner_than_the_quiet_days_asked_for() -> None:
    """Monthly forecasts, a false alarm a year: 100 quiet months would leave no history without an alarm."""
    curves = replay.delay_curve([1.0], histories=60, periods=12).set_index(["break", "monitor"])
    assert curves["early"].between(0, 0.8).all() and (curves["found"] > 0).all()
    assert curves.loc[("volatility", "scale"), "median"] < curves.loc[("tail", "scale"), "median"]
    with pytest.raises(ParameterError, match="had an alarm of .* in the 63 days before the break"):
        replay.delay_curve([0.25], histories=2)


def test_an_episode_without_an_alarm_has_no_delay() -> None:
    watch = run_monitors(align(*forecasts("B")), years=0.5)
    silent = MonitorReport(watch.level, watch.evidence, watch.alarms.iloc[:0])
    delays = replay.days_to_detection({"silent": silent}, {"silent": watch.level.index[100]})
    assert delays["silent"].isna().all() and delays["silent"].dtype == float and list(delays.index) == list(watch.level)


@frequencies
@pytest.mark.parametrize("every", [1, 2])
def test_a_walk_says_how_many_forecasts_make_a_year(step, every) -> None:
    returns = panel(step)
    spec = ForecastSpec(every=every, draws=300, levels=(0.975,))
    table = walk_forward(
        "ewma", returns, {"equal": equal_book(returns)}, returns.index[300], None, Schedule(None), spec
    )
    book = of_book(table, "equal")
    assert book.attrs["periods"] == YEAR[step]
    assert replay.monitor_book(book, years=0.1).periods == YEAR[step] / every


def test_errors_reach_over_twenty_trading_days_of_any_panel_and_never_less_than_the_horizon() -> None:
    cases = {
        ("B", 1): 20, ("B", 30): 30, ("W-FRI", 1): 4, ("W-FRI", 10): 10, ("ME", 1): 1, ("ME", 3): 3, ("D", 1): 29,
        ("h", 1): 695, ("h", 24): 695,
    }  # fmt: skip
    for (step, horizon), lags in cases.items():
        assert memory_lags(dates(step, 400), horizon, YEAR[step]) == lags, (step, horizon)
    assert memory_lags(dates("B", 400)[::5], 10) == 4 and memory_lags(dates("W-FRI", 400)[::2], 10, 52) == 5


def test_scores_of_weekly_forecasts_ten_weeks_ahead_share_ten_weeks() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.random((200, 2)), dates("W-FRI", 200), ["a", "b"])
    gains = compare_scores({"CRPS": frame}, "a", 10, 52)
    assert gains["t"].iloc[0] == difference_t((frame["b"] - frame["a"]).to_numpy(), 10)


@frequencies
def test_a_tournament_keeps_the_frequency_of_its_panel(step, tmp_path) -> None:
    returns = panel(step, 330)
    design = tournament.Design(returns, str(returns.index[299]), horizon=10, draws=60, few=20)
    names = ["ewma", "historical"]
    own = dict(tournament.rows(names, design, 1, store=tmp_path))
    kept = tournament.stored(names, design, 1, tmp_path)
    assert {row.attrs["periods"] for row in [*own.values(), *kept.values()]} == {YEAR[step]}
    difference = tournament.series(own["ewma", 0], "crps") - tournament.series(own["historical", 0], "crps")
    t = tournament.compare(own, "historical", 10, ["crps"])["t"].iloc[0]
    assert t == difference_t(difference.to_numpy(), memory_lags(difference.index, 10, YEAR[step]))
    hits = tournament.coverage(own, 10)
    assert (hits["days"] == -(-len(difference) // 10)).all(), "forecasts that share a day are passed over"


@pytest.mark.parametrize("step, cycle", [("B", 5), ("D", 7), ("h", 24)])
def test_held_out_dates_are_never_of_one_weekday_or_hour(step, cycle) -> None:
    every = setting.spacing(panel(step, setting.SCORED_DAYS * cycle))
    assert every == cycle + 1
    assert setting.spacing(panel("W-FRI", setting.SCORED_DAYS * 5)) == 5


@pytest.mark.parametrize("step, half", [("B", 126), ("W-FRI", 26), ("ME", 6), ("D", 182)])
def test_half_a_year_between_fits_is_of_the_panel(step, half, tmp_path, monkeypatch) -> None:
    prices, asked = 100 * np.exp(panel(step, 600).cumsum()), []
    prices.to_csv(tmp_path / "mine.csv")
    monkeypatch.setattr(samplers, "make", lambda name, **options: asked.append(name) or make(name, **options))
    first, last = (str(prices.index[place].date()) for place in (300, 300 + half))
    setting.equal_book_forecasts("ewma", str(tmp_path / "mine.csv"), first, last, spec=ForecastSpec(draws=20), refit=0)
    assert len(asked) == 2, "the second fit serves the day that is half a year after the first"


make = samplers.make
