"""Monitors: bets of mean 1, wealth that Ville's inequality bounds, alarms as rare as promised, breaks found in time."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from workbench.backtesting import align, observed
from workbench.backtesting.backtests._null import t_var_es
from workbench.backtesting.backtests._ranks import joint_movement, panel_pits, rank_among, total_width
from workbench.backtesting.monitors import (
    MONITORS,
    Stream,
    conformal_p_values,
    es_evalues,
    first_alarm,
    gree,
    grem,
    run_monitors,
    simple_jumper,
    threshold,
    var_evalues,
)
from workbench.backtesting.monitors import _detection_delay as delay
from workbench.backtesting.monitors._detectors import alarms, calibrate, cusum, mixture_wealth, shiryaev_roberts
from workbench.backtesting.monitors._evidence import best_stake, grel_stakes, unlikeliness
from workbench.backtesting.monitors._monitors import null_stream
from workbench.errors import DataError

BETTING = [m.name for m in MONITORS.values() if m.bets]
YEARS = 10.0


def quiet(histories, days, seed=0, level=0.975):
    return null_stream(np.random.Generator(np.random.Philox(seed)), histories, days, level)


@pytest.mark.parametrize("name", [name for name in BETTING if name != "evenness"])
def test_bets_have_mean_one_while_the_forecast_is_right(name):
    """200,000 quiet days; 4 standard errors of each bet's mean."""
    bets = MONITORS[name].evalues(quiet(200, 1000)).reshape(-1, MONITORS[name].evalues(quiet(1, 2)).shape[-1])
    assert (bets >= 0).all()
    error = bets.std(axis=0) / np.sqrt(len(bets))
    assert np.all(np.abs(bets.mean(axis=0) - 1.0) < 4 * error + 1e-12)


@pytest.mark.parametrize("name", ["scale", "evenness"])
def test_bets_of_infinite_variance_have_mean_one_by_quadrature(name):
    """Their sample mean is not normally distributed. Beyond a PIT of 1e-12 nothing is bet on: mean 1, less at most 2 %."""
    y = np.linspace(-9.0, 9.0, 40_001)
    u = stats.norm.cdf(y)
    bets = MONITORS[name].evalues(Stream(observed(-y, 9.0, 0.975, pit=u), u, u))
    mean = np.trapezoid(bets * stats.norm.pdf(y)[:, None], y, axis=0)
    assert (mean <= 1.0 + 1e-9).all() and (mean >= 0.98).all()


@pytest.mark.parametrize("name", BETTING)
def test_wealth_reaches_twenty_in_at_most_one_quiet_history_of_twenty(name):
    """Ville, read daily for 1,000 days: 300 histories, 5 % and 3 standard errors (.038)."""
    wealth = mixture_wealth(MONITORS[name].evalues(quiet(300, 1000, seed=1)))
    assert np.mean(wealth.max(axis=-1) >= np.log(20)) <= 0.05 + 0.038


def test_es_e_backtest_holds_its_size_and_finds_an_es_a_fifth_too_small():
    """16 right histories of 400 days read daily: at most 4 alarms (more happens once in 900 at 5 %)."""
    var, es = t_var_es(0.025, 5.0)
    rng = np.random.Generator(np.random.Philox(2))
    loss = -rng.standard_t(5, (16, 400))
    right = [first_alarm(grem(observed(x, var, 0.975, np.full(400, es)))) for x in loss]
    assert sum(day is not None for day in right) <= 4
    wrong = [first_alarm(grem(observed(x, var, 0.975, np.full(400, 0.8 * es)))) for x in loss]
    assert sum(day is not None for day in wrong) >= 5


def test_a_fixed_stake_on_es_has_the_known_power():
    """Stake .025, ES 20 % too small, t5, level .975: 50 % in 250 days, 88 % in 1,000; false alarms 2.0 and 3.6 %."""
    var, es = t_var_es(0.025, 5.0)
    loss = -np.random.Generator(np.random.Philox(3)).standard_t(5, (1500, 1000))
    for said, known in ((0.8, (0.50, 0.88)), (1.0, (0.020, 0.036))):
        e = es_evalues(observed(loss, var, 0.975, np.full(1000, said * es)))
        log_m = np.cumsum(np.log1p(0.025 * (e - 1.0)), axis=-1)
        found = [np.mean(log_m[:, :days].max(axis=-1) >= np.log(20)) for days in (250, 1000)]
        assert found == pytest.approx(known, abs=0.06 if said < 1 else 0.02)


def test_stakes_maximise_past_growth():
    rng = np.random.Generator(np.random.Philox(4))
    for _ in range(20):
        e = rng.exponential(1.4, 60) * (rng.random(60) < 0.8)
        growth = partial(lambda e, x: -np.mean(np.log1p(x * (e - 1.0))), e)
        best = optimize.minimize_scalar(growth, bounds=(0, 0.5), method="bounded")
        assert best_stake(e) == pytest.approx(best.x, abs=2e-5)
    assert best_stake(np.array([])) == 0.0
    assert best_stake(np.array([0.1, 0.2])) == 0.0
    assert best_stake(np.array([5.0])) == pytest.approx(0.5)


def test_stakes_never_look_ahead():
    sample = quiet(1, 200, seed=5).sample
    day = 120
    one = observed(sample.loss[0], sample.var, 0.975, sample.es)
    loss = sample.loss[0].copy()
    loss[day:] = 9.0
    other = observed(loss, sample.var, 0.975, sample.es)
    assert grel_stakes(one)[: day + 1] == pytest.approx(grel_stakes(other)[: day + 1])
    assert gree(es_evalues(one))[:day] == pytest.approx(gree(es_evalues(other))[:day])
    assert grem(one)[:day] == pytest.approx(grem(other)[:day])


def test_evalues_are_those_of_the_paper():
    sample = observed([3.0, 1.5, 0.0], 1.0, 0.975, [2.0, 2.0, 2.0])
    assert var_evalues(sample) == pytest.approx([40.0, 40.0, 0.0])
    assert es_evalues(sample) == pytest.approx([80.0, 20.0, 0.0])
    assert np.isfinite(es_evalues(observed([3.0], 1.0, 0.975, [1.0]))).all()


def test_simple_jumper_is_the_sum_over_all_ways_to_jump():
    """Three days by hand: every sequence of bets with its probability."""
    u, j = np.array([0.9, 0.2, 0.7]), 0.01
    move = np.where(np.eye(3, dtype=bool), 1 - j + j / 3, j / 3)
    total = 0.0
    for a in range(3):
        for b in range(3):
            for c in range(3):
                x = np.array([-1.0, 0.0, 1.0])[[a, b, c]]
                total += move[:, a].sum() / 3 * move[a, b] * move[b, c] * np.prod(1 + x * (u - 0.5))
    assert np.exp(simple_jumper(u, j)[-1]) == pytest.approx(total)


def test_jumpers_find_what_they_bet_on():
    rng = np.random.Generator(np.random.Philox(6))
    u = rng.random((200, 300))
    right = [simple_jumper(x).max() for x in u]
    assert np.mean(np.array(right) >= np.log(20)) <= 0.05 + 0.046
    wide = stats.norm.cdf(2.0 * rng.standard_normal(300))
    assert simple_jumper(unlikeliness(wide)).max() > np.log(20)


def test_conformal_p_values_are_uniform_and_see_a_change():
    rng = np.random.Generator(np.random.Philox(7))
    calm = np.abs(rng.standard_normal(400))
    p = conformal_p_values(calm)
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert conformal_p_values(np.zeros(50)).std() > 0.1  # ties are broken at random
    storm = np.concatenate([calm[:200], 3.0 * calm[200:]])
    assert simple_jumper(conformal_p_values(storm)).max() > np.log(100)


def test_detectors_are_the_recursions_of_their_definition():
    bets = np.random.Generator(np.random.Philox(8)).exponential(1.0, (3, 40, 2))
    for history in range(3):
        r, c = np.zeros(2), np.zeros(2)
        for day in range(40):
            e = bets[history, day]
            r, c = e * (r + 1), e * np.maximum(c, 1)
            assert shiryaev_roberts(bets)[history, day] == pytest.approx(r.mean())
            assert cusum(bets)[history, day] == pytest.approx(c.mean())
    sums = [sum(np.prod(bets[0, s:40, k]) for s in range(40)) for k in range(2)]
    assert shiryaev_roberts(bets)[0, -1] == pytest.approx(np.mean(sums))


def test_alarms_start_afresh():
    bets = np.full((30, 1), 2.0)
    path, days = alarms(bets, 30.0)
    assert days == [3, 7, 11, 15, 19, 23, 27]
    assert path[:5] == pytest.approx([2, 6, 14, 30, 2])
    assert alarms(np.full((5, 1), 0.5), 30.0)[1] == []


def test_calibrated_threshold_of_counts_is_not_too_low():
    largest = np.repeat([3.0, 4.0, 5.0], [30, 20, 50])
    quiet_days = np.stack([np.zeros(100), largest], axis=-1)
    assert calibrate(quiet_days) == 5.0
    assert calibrate(np.full((10, 2), 4.0)) > 4.0


@pytest.mark.parametrize("name", list(MONITORS))
def test_false_alarms_come_once_in_ten_years(name):
    """100 fresh quiet decades: 63 with an alarm expected, standard error 5 (counts may have fewer)."""
    path = MONITORS[name].detector(quiet(100, 2520, seed=9))
    share = np.mean(path.max(axis=-1) >= threshold(name, 0.975, 5.0, YEARS))
    assert share <= 0.63 + 0.16
    assert share >= (0.63 - 0.16 if MONITORS[name].bets else 0.2)


def test_the_guaranteed_threshold_is_never_too_low():
    """Shiryaev-Roberts at c = 2,520 has no more than one false alarm in 2,520 days (Shin, Ramdas and Rinaldo)."""
    for name in BETTING:
        assert threshold(name, 0.975, 5.0, YEARS) <= 2520.0 * 1.05


@pytest.fixture(scope="module")
def delays():
    return delay.detection_delays(histories=120, quiet=60, after=260, seed=1).set_index(["break", "monitor"])


def test_a_doubling_of_volatility_is_found_within_ten_days(delays):
    """The width of ten assets in 7 days (median); the book alone cannot: see the bound below."""
    assert delays.loc[("volatility", "width"), "median"] <= 10
    assert delays.loc[("volatility", "scale"), "median"] <= 20
    assert delays.loc[("volatility", "scale"), "median"] <= delays.loc[("volatility", "cusum"), "median"] + 2
    assert delays.loc[("volatility", "rolling_kupiec"), "median"] > 40


def test_each_break_is_found_first_by_its_own_monitor(delays):
    own = {"volatility": "width", "correlation": "dependence", "mean": "mean", "tail": "evenness"}
    for broken, monitor in own.items():
        assert delays.loc[broken, "median"].idxmin() == monitor
    assert delays.loc[("correlation", "dependence"), "median"] <= 25
    assert delays.loc[("tail", "evenness"), "median"] <= 60 < delays.loc[("tail", "cusum"), "median"]
    assert (delays["low"] <= delays["median"]).all() and (delays["median"] <= delays["high"]).all()


def test_monitors_stay_silent_about_breaks_that_are_not_theirs(delays):
    """A quarter of 260 days' false alarms at one in ten years: .10 expected, .27 at most in 120 histories."""
    for broken, monitor in (("volatility", "dependence"), ("volatility", "mean"), ("correlation", "mean")):
        assert delays.loc[(broken, monitor), "found"] <= 0.27


def test_information_of_a_doubling():
    """Closed form for the normal: 1.5 - log 2 nats a day; of the tail, the mean over draws of the distribution that came."""
    assert delay.information(1e7) == pytest.approx(1.5 - np.log(2), abs=1e-3)
    assert delay.information(5.0) == pytest.approx(0.351, abs=2e-3)
    wider, nu = stats.t.ppf(0.75, 5) / stats.t.ppf(0.75, 2.5), 2.5
    x = wider * np.random.Generator(np.random.Philox(13)).standard_t(nu, 200_000)
    ratio = stats.t.logpdf(x, nu, scale=wider) - stats.t.logpdf(x, 5)
    assert delay.information_of_tail() == pytest.approx(ratio.mean(), abs=4 * ratio.std() / np.sqrt(ratio.size))
    assert delay.information_of_tail(10) == pytest.approx(0.110, abs=2e-3)


def test_the_interval_of_a_median_holds_it_as_often_as_it_says():
    """2,000 samples of 25 exponentials: at least 95 % (exact: 95.7 %, the 8th and 18th), 3.3 standard errors less."""
    samples = np.random.Generator(np.random.Philox(14)).exponential(1.0, (2000, 25))
    held = [low <= np.log(2) <= high for low, high in map(delay.median_interval, samples)]
    assert np.mean(held) >= 0.95 - 0.016
    assert delay.median_interval(np.arange(1.0, 26.0)) == (8.0, 18.0)


def test_joint_movement_ignores_scale_and_width_ignores_sign():
    z = np.random.Generator(np.random.Philox(10)).standard_normal((50, 6))
    assert joint_movement(3.0 * z) == pytest.approx(joint_movement(z))
    assert joint_movement(np.ones((1, 6))) == pytest.approx([1.0])
    assert total_width(-z) == pytest.approx(total_width(z))


def test_panel_pits_are_uniform_for_a_right_ensemble_common_or_daily():
    rng = np.random.Generator(np.random.Philox(11))
    pits, common, daily = rng.random((300, 5)), rng.random((4000, 5)), rng.random((300, 99, 5))
    for ensemble in (common, daily):
        for v in panel_pits(pits, ensemble):
            assert stats.kstest(v, "uniform").pvalue > 0.005
    ties = rank_among(np.zeros(2000), np.zeros(10))
    assert stats.kstest(ties, "uniform").pvalue > 0.005


def table(days=500, broken=300, wider=2.5, seed=1):
    rng = np.random.Generator(np.random.Philox(seed))
    dates = pd.bdate_range("2006-01-02", periods=days, name="date")
    scale = 0.01 * (1 + 0.3 * np.sin(np.arange(days) / 30))
    r = scale * rng.standard_t(5, days) * np.where(np.arange(days) >= broken, wider, 1.0)
    var, es = t_var_es(0.025, 5.0)
    frame = {"var_0.975": scale * var, "es_0.975": scale * es, "pit": stats.t.cdf(r / scale, 5)}
    return align(pd.DataFrame(frame, index=dates), pd.Series(r, index=dates))


def test_watch_tells_when_and_what_broke():
    forecasts = table()
    uniform = pd.Series(np.random.Generator(np.random.Philox(12)).random(500), index=forecasts.dates)
    answer = run_monitors(forecasts, dependence=uniform, width=uniform)
    first = answer.alarms[answer.alarms["monitor"] == "scale"].iloc[0]
    lag = forecasts.dates.get_loc(first["date"]) - 300
    assert 0 < lag < 40
    assert first["leading"] == "scale" and first["what"] == "the market is wider than forecast"
    assert set(answer.level.columns) == {name for name, monitor in MONITORS.items() if monitor.bets}
    assert {"jumper_mean", "jumper_scale", "shortfall", "hits"} <= set(answer.evidence.columns)
    assert (answer.evidence.loc[: forecasts.dates[299]] < np.log10(20)).all().all()
    assert answer.evidence["shortfall"].iloc[-1] > np.log10(20)
    assert np.isfinite(answer.evidence.to_numpy()).all() and np.isfinite(answer.level.to_numpy()).all()
    assert answer.level.max().max() >= 1.0


def test_watch_needs_no_more_than_var_and_says_what_is_wrong():
    forecasts = table()
    bare = align(
        pd.DataFrame({"var_0.975": forecasts.var[0.975]}, index=forecasts.dates),
        pd.Series(-forecasts.loss, index=forecasts.dates),
    )
    assert list(run_monitors(bare).level.columns) == ["hits"]
    with pytest.raises(DataError, match="no VaR at level 0.9"):
        run_monitors(bare, 0.9)
    half = pd.Series(0.5, index=forecasts.dates)
    with pytest.raises(DataError, match="dependence: no PIT on 2006-01-02"):
        run_monitors(forecasts, dependence=half.iloc[1:])
    with pytest.raises(DataError, match="width: the PIT on 2006-01-04 is not"):
        run_monitors(forecasts, width=half.where(np.arange(500) != 2, 1.5))


def test_a_stream_without_assets_cannot_be_asked_about_them():
    assert Stream(table().sample(0.975)).dependence is None
