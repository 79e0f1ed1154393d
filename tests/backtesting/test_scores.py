"""Scores, comparison of forecasters, zones of supervisors and ranks of whole days, against second sources."""

import numpy as np
import pandas as pd
import pytest
import scoringrules
import statsmodels.api as sm
from scipy import stats
from test_backtests import history, sample_of

from workbench.backtesting import BY_NAME, profit_attribution, traffic_zone
from workbench.backtesting.backtests import _desk as desk
from workbench.backtesting.backtests import _shortfall as shortfall
from workbench.backtesting.backtests._null import t_var_es
from workbench.backtesting.backtests._ranks import energy_rank
from workbench.backtesting.backtests._shortfall import z3
from workbench.backtesting.comparison import diebold_mariano, giacomini_white, model_confidence_set
from workbench.backtesting.scores import fz0_score, quantile_score
from workbench.errors import DataError, ParameterError
from workbench.stats import crps, energy_score, variogram_score


def test_basel_constants():
    assert desk.zone_limits(250, 0.99) == (5, 10)
    assert [traffic_zone(x, 250, 0.99) for x in (0, 4, 5, 9, 10)] == ["green", "green", "yellow", "yellow", "red"]
    assert stats.binom.cdf(4, 250, 0.01) == pytest.approx(0.8922, abs=5e-5)  # Basel Committee 1996, table 2
    assert desk.desk_passes(12, 0.99) and not desk.desk_passes(13, 0.99)
    assert desk.desk_passes(30, 0.975) and not desk.desk_passes(31, 0.975)
    with pytest.raises(DataError, match="not 0.95"):
        desk.desk_passes(1, 0.95)


@pytest.mark.parametrize(
    "spearman, distance, zone",
    [
        (0.81, 0.08, "green"),
        (0.80, 0.08, "amber"),
        (0.81, 0.09, "amber"),
        (0.70, 0.12, "amber"),
        (0.69, 0.05, "red"),
        (0.95, 0.121, "red"),
    ],
)
def test_attribution_zones_have_amber_boundaries(spearman, distance, zone):
    assert desk.attribution_zone(spearman, distance) == zone


def test_attribution_figures_are_those_of_scipy():
    rng = np.random.default_rng(2)
    a = rng.standard_normal(250)
    b = a + 0.3 * rng.standard_normal(250)
    answer = profit_attribution(a, b)
    assert answer["spearman"] == pytest.approx(pd.Series(a).corr(pd.Series(b), method="spearman"))
    assert answer["distance"] == pytest.approx(stats.ks_2samp(a, b).statistic)
    assert profit_attribution(np.zeros(9), a[:9])["zone"] == "red"
    with pytest.raises(DataError):
        profit_attribution(a, b[:-1])


def test_fz0_and_the_minimally_biased_z_are_one_statistic():
    sample = sample_of(0.975)
    by_day = fz0_score(sample.loss, sample.var, sample.es, 0.975)
    assert by_day.mean() == pytest.approx(float(BY_NAME["fz0"].statistic(sample)))
    assert by_day.mean() == pytest.approx(np.log(sample.es).mean() - float(shortfall.z2_minimally_biased(sample)))
    assert shortfall.z_minimally_biased_absolute(sample) == pytest.approx(
        np.mean(sample.es - sample.var - np.maximum(sample.loss - sample.var, 0) / 0.025)
    )
    with pytest.raises(DataError):
        fz0_score([0.1], [0.0], [0.0], 0.99)


@pytest.mark.parametrize("assets", [1, 2, 7])
def test_scores_of_ensembles_are_the_fair_ones_of_a_second_source(assets):
    rng = np.random.default_rng(3)
    observed, ensemble = rng.standard_normal((5, assets)), rng.standard_normal((5, 40, assets))
    ensemble[:, 20:30] = ensemble[:, :10]  # a bootstrap draws the same day twice
    by_asset = scoringrules.crps_ensemble(observed, np.swapaxes(ensemble, 1, 2), estimator="fair")
    assert crps(observed, np.swapaxes(ensemble, 1, 2)) == pytest.approx(by_asset, abs=1e-12)
    energy = scoringrules.es_ensemble(observed, ensemble, estimator="fair")
    assert energy_score(observed, ensemble) == pytest.approx(energy, abs=1e-6)
    assert energy_score(observed[0], ensemble[0]) == pytest.approx(energy[0], abs=1e-6)
    for power in (0.5, 1.0):
        variogram = scoringrules.vs_ensemble(observed, ensemble, p=power, estimator="fair")
        assert variogram_score(observed, ensemble, power) == pytest.approx(variogram, abs=1e-9)


def test_a_fair_score_does_not_depend_on_the_number_of_members():
    """Closed forms for standard normals: E|X - y| = sqrt(2/pi) at y = 0, E|X - X'| = 2/sqrt(pi); in three dimensions
    E|X| = 2 sqrt(2/pi), E|X - X'| = 4/sqrt(pi)."""
    rng = np.random.default_rng(4)
    for members, days in ((3, 12_000), (60, 1_000)):
        ensemble = rng.standard_normal((days, members, 3))
        answer = crps(np.zeros((days, 3)), np.swapaxes(ensemble, 1, 2))
        assert answer.mean() == pytest.approx(np.sqrt(2 / np.pi) - 1 / np.sqrt(np.pi), abs=0.02)
        assert energy_score(np.zeros((days, 3)), ensemble).mean() == pytest.approx(
            2 * np.sqrt(2 / np.pi) - 2 / np.sqrt(np.pi), abs=0.04
        )
        gap = 2 / np.sqrt(np.pi)  # of two standard normals, on average: six ordered pairs, at an observation of 0
        assert variogram_score(np.zeros((days, 3)), ensemble, 1.0).mean() == pytest.approx(6 * gap**2, abs=0.25)
    with pytest.raises(DataError, match="observations of shape"):
        energy_score(np.zeros((3, 2)), np.zeros((3, 9, 4)))


def test_scores_are_smallest_at_the_truth():
    rng = np.random.Generator(np.random.Philox(8))
    loss = rng.standard_t(5, 200_000)
    var, es = t_var_es(0.025, 5.0)
    right = fz0_score(loss, var, es, 0.975).mean()
    for wrong in ((0.8 * var, es), (1.2 * var, max(es, 1.2 * var)), (var, 0.85 * es), (var, 1.2 * es)):
        assert right < fz0_score(loss, *wrong, 0.975).mean()
    assert quantile_score(loss, var, 0.975).mean() < quantile_score(loss, 0.9 * var, 0.975).mean()


@pytest.mark.parametrize(
    "horizon, kernel, statistic, p_value",
    [
        (1, "unweighted", -2.362777870368005, 0.018329355811337853),
        (5, "unweighted", -2.4019851902573994, 0.01648810236613675),
        (10, "bartlett", -2.4984894948511736, 0.012632119146952833),
    ],
)
def test_diebold_mariano_agrees_with_the_second_source(horizon, kernel, statistic, p_value):
    """vetted 0.1.0, itself equal to R's forecast::dm.test."""
    r, _ = history()
    answer = diebold_mariano(np.abs(r), np.abs(r - 0.002), horizon, kernel)
    assert answer.statistic == pytest.approx(statistic, rel=1e-10)
    assert answer.p_value == pytest.approx(p_value, rel=1e-10)
    assert answer.better == "a"


def test_diebold_mariano_bounds():
    x = np.arange(50.0)
    assert diebold_mariano(x, x).p_value == 1.0
    assert diebold_mariano(x, x + 1).p_value == 0.0
    with pytest.raises(DataError):
        diebold_mariano(x, x[:-1])
    with pytest.raises(DataError, match="day 3"):
        diebold_mariano(x, np.where(x == 3, np.nan, x))
    with pytest.raises(ParameterError):
        diebold_mariano(x, x**2, horizon=40)
    with pytest.raises(ParameterError):
        diebold_mariano(x, x**2, horizon=4, kernel="flat")


def test_giacomini_white_is_n_r_squared_of_a_regression():
    """Giacomini and White (2006, section 3.4): n R^2, uncentred, of a constant 1 on w_{t-1} d_t."""
    rng = np.random.Generator(np.random.Philox(4))
    a, b = rng.standard_normal((2, 400)) ** 2
    d = a - b
    z = np.column_stack([d[1:], d[:-1] * d[1:]])
    answer = giacomini_white(a, b)
    assert answer.statistic == pytest.approx(399 * sm.OLS(np.ones(399), z).fit().rsquared, rel=1e-9)
    assert answer.p_value == pytest.approx(stats.chi2.sf(answer.statistic, 2))
    with pytest.raises(DataError):
        giacomini_white(a, b, np.ones((3, 1)))


def test_confidence_set_keeps_the_best_and_drops_the_bad():
    rng = np.random.Generator(np.random.Philox(6))
    common = rng.standard_normal(600)
    scores = pd.DataFrame(
        {
            "good": common + 0.3 * rng.standard_normal(600),
            "as good": common + 0.3 * rng.standard_normal(600),
            "bad": common + 0.15 + 0.3 * rng.standard_normal(600),
            "worse": common + 0.5 + 0.3 * rng.standard_normal(600),
        }
    )
    answer = model_confidence_set(scores, size=0.01, draws=500)
    assert answer["included"].to_dict() == {"good": True, "as good": True, "bad": False, "worse": False}
    pd.testing.assert_frame_equal(answer, model_confidence_set(scores, size=0.01, draws=500))
    twice = model_confidence_set(scores.assign(twin=scores["bad"]), size=0.01, draws=500)
    assert twice.loc["twin"].equals(twice.loc["bad"]) and not twice.loc["twin", "included"]
    pd.testing.assert_frame_equal(twice.drop(index="twin"), answer)
    assert model_confidence_set(scores[["good", "good"]].set_axis(["a", "b"], axis=1))["included"].all()


def test_z3_of_a_right_forecast_is_small_and_of_a_wide_one_is_not():
    rng = np.random.Generator(np.random.Philox(14))
    scale = 0.01 * (1 + 0.5 * np.sin(np.arange(500) / 30))
    r = scale * rng.standard_t(5, 500)

    def quantile(u):
        return scale * stats.t.ppf(u, 5)

    z, p = z3(stats.t.cdf(r / scale, 5), quantile, 0.975)
    assert abs(z) < 0.25 and p > 0.05
    z, p = z3(stats.t.cdf(1.6 * r / scale, 5), quantile, 0.975)
    assert z < -0.3 and p < 0.02


def test_energy_rank_is_uniform_for_a_right_ensemble_and_sees_a_narrow_or_uncorrelated_one():
    rng = np.random.Generator(np.random.Philox(15))
    root = np.linalg.cholesky(np.array([[1.0, 0.9, 0.9], [0.9, 1.0, 0.9], [0.9, 0.9, 1.0]]))
    ensemble = rng.standard_normal((300, 60, 3)) @ root.T
    day = rng.standard_normal((300, 3)) @ root.T
    assert stats.kstest(energy_rank(ensemble, day), "uniform").pvalue > 0.01
    assert stats.kstest(energy_rank(0.7 * ensemble, day, np.ones(3)), "uniform").pvalue < 0.01
    loose = rng.standard_normal((300, 60, 3))
    assert stats.kstest(energy_rank(loose, day, np.ones(3)), "uniform").pvalue < 0.01
    with pytest.raises(DataError, match="expected"):
        energy_rank(ensemble, day[:-1])
