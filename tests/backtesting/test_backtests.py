"""Backtests against a second source, their size against the nominal one, and degenerate histories.

The second source of ``SECOND_SOURCE`` is the packages vetted 0.1.0 and riskvalidation 1.0.1 (duration also vartests
0.4.1) run on the closed-form history below; they agree with R's rugarch and esback to 5e-12.
"""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats

from workbench.backtesting import BY_NAME, TESTS, observed, power_of
from workbench.backtesting.backtests import _hits as coverage
from workbench.backtesting.backtests import _hits as durations
from workbench.backtesting.backtests import _pit as pit
from workbench.backtesting.backtests import _power as power
from workbench.backtesting.backtests import _regression as regression
from workbench.backtesting.backtests import _regression as regression_null
from workbench.backtesting.backtests import _shortfall as shortfall
from workbench.backtesting.backtests._null import dof_of_ratio, null_statistics, t_var_es, tail_share

SECOND_SOURCE = {
    0.99: {
        "kupiec": 0.0978343969784703,
        "christoffersen_independence": 0.24494433183380693,
        "christoffersen_cc": 0.3427787288122772,
        "duration_weibull": 0.6937815257180517,
        "dynamic_quantile": 8.08898983756435,
        "z1": 0.07125295892516659,
        "z2": -0.021621745182315966,
        "du_escanciano_u": 0.3556755894319519,
        "du_escanciano_c": 0.499572951071557,
        "fz0": -3.189010476370261,
        "nolde_ziegel": 2.7233884681536726,
    },
    0.975: {
        "kupiec": 0.693545600873847,
        "christoffersen_independence": 0.5492582713250442,
        "christoffersen_cc": 1.2428038721988912,
        "duration_weibull": 0.8000231288221471,
        "dynamic_quantile": 7.39367914146964,
        "z1": -0.01621649762479005,
        "z2": 0.14637814199517707,
        "du_escanciano_u": -0.05647979080300097,
        "du_escanciano_c": 2.2916518077061703,
        "fz0": -3.3991837397323192,
        "nolde_ziegel": 2.79108422070497,
    },
}


def history(days=1000):
    """Closed-form returns, and the volatility of a forecaster who sees half of its movement."""
    t = np.arange(1, days + 1)
    u = np.modf(t * (np.sqrt(5) - 1) / 2 + t * t * (np.sqrt(2) - 1))[0]
    r = 0.01 * (1 + 0.6 * np.sin(t / 40.0)) * stats.t.ppf(u, 5)
    return r, 0.01 * (1 + 0.3 * np.sin(t / 40.0))


def sample_of(level, days=1000):
    r, scale = history(days)
    var, es = t_var_es(1 - level, 5.0)
    return observed(-r, scale * var, level, scale * es, stats.t.cdf(r / scale, 5))


@pytest.mark.parametrize("level", SECOND_SOURCE)
@pytest.mark.parametrize("name", SECOND_SOURCE[0.99])
def test_statistics_agree_with_the_second_source(name, level):
    assert float(BY_NAME[name].statistic(sample_of(level))) == pytest.approx(SECOND_SOURCE[level][name], rel=1e-9)


@pytest.mark.parametrize("level", [0.95, 0.975, 0.99])
def test_berkowitz_tail_finds_the_maximum_a_general_optimiser_finds(level):
    sample = sample_of(level)
    z, c = stats.norm.ppf(sample.pit), stats.norm.ppf(1 - level)

    def negative(p):
        seen = stats.norm.logpdf(z[z < c], p[0], p[1]).sum()
        return -seen - np.sum(z >= c) * stats.norm.logsf(c, p[0], p[1])

    tight = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 5000}
    starts = ([0, 0.95], [0.3, 1.2], [-0.3, 0.8])
    best = min(optimize.minimize(negative, s, method="Nelder-Mead", options=tight).fun for s in starts)
    assert float(pit.berkowitz_tail(sample)) == pytest.approx(2 * (negative([0, 1]) - best), abs=1e-8)


def test_berkowitz_is_the_likelihood_ratio_of_rugarch():
    """The regression of rugarch's BerkowitzTest by statsmodels: demeaned, lag padded with 0, no constant."""
    sample = sample_of(0.99)
    z = stats.norm.ppf(sample.pit)
    x = z - z.mean()
    model = sm.OLS(x, np.r_[0.0, x[:-1]]).fit()
    free = stats.norm.logpdf(model.resid[1:], scale=np.sqrt(model.scale)).sum()
    expected = 2 * (free - stats.norm.logpdf(z[1:]).sum())
    assert float(pit.berkowitz(sample)) == pytest.approx(expected, rel=1e-10)


def test_es_regression_finds_the_minimum_that_many_starts_find():
    r, scale = history()
    e = -scale / r.std() * t_var_es(0.025, 5.0)[1]
    best, x, y = regression.fit(r / r.std(), e, 0.025)
    rng = np.random.default_rng(5)
    starts = best + rng.normal(0, [0.3, 0.1, 0.3, 0.1], (6, 4))
    loss = [
        optimize.minimize(regression._loss, s, (y, x, 0.025), "Nelder-Mead", options={"maxfev": 4000}).fun
        for s in starts
    ]
    assert regression._loss(best, y, x, 0.025) < min(loss) + 1e-5


def test_es_regression_of_right_forecasts_is_near_chi_square():
    """40 right histories of 1,000 days at 5 %: the mean within 3.5 standard errors (.32) of 2, the chi-square's."""
    wald = regression_null.simulate(1000, 0.05, 1.0, 40, 3)
    assert wald.mean() == pytest.approx(2.0, abs=1.1)


def test_es_regression_table_is_what_its_simulation_gives():
    """The tabulated 95 % quantile at 250 days and 2.5 % rejects 5 % of 60 fresh histories (at most 9: 99.7 %)."""
    fresh = regression_null.simulate(250, 0.025, 1.0, 60, 77)
    p = np.array([regression_null.p_value(w, 250, 0.025) for w in fresh])
    assert np.sum(p <= 0.05) <= 9
    assert 0.3 < p.mean() < 0.7
    assert regression_null.p_value(1e9, 250, 0.025) == pytest.approx(0.005)


KUPIEC_TABLE = {  # share .0 / .1 / .2 by which VaR is too small: rejections at 5 % by chi-square(1)
    250: (0.095, 0.10, 0.30),
    500: (0.071, 0.20, 0.64),
    1000: (0.055, 0.30, 0.87),
    2500: (0.044, 0.55, 0.996),
}


@pytest.mark.parametrize("days", KUPIEC_TABLE)
def test_kupiec_size_and_power_by_chi_square_are_the_known_ones(days):
    counts = np.arange(days + 1)
    rejects = stats.chi2.sf(coverage.binomial_lr(counts, days, 0.01), 1) <= 0.05
    var = -stats.t.ppf(0.01, 5)
    for short, known in zip((0.0, 0.1, 0.2), KUPIEC_TABLE[days]):
        chance = stats.t.sf((1 - short) * var, 5)
        assert stats.binom.pmf(counts, days, chance) @ rejects == pytest.approx(known, abs=0.006)


@pytest.mark.parametrize("days, alpha", [(250, 0.01), (500, 0.025), (1000, 0.05), (2500, 0.01)])
def test_exact_kupiec_never_exceeds_its_size(days, alpha):
    counts = np.arange(days + 1)
    p = coverage.kupiec_p_value(counts, days, alpha)
    chance = stats.binom.pmf(counts, days, alpha)
    assert p.max() == pytest.approx(1.0)
    for size in (0.01, 0.05, 0.10, 0.5):
        assert chance @ (p <= size) <= size + 1e-12
    direct = [
        chance @ (coverage.binomial_lr(counts, days, alpha) >= coverage.binomial_lr(x, days, alpha) - 1e-9)
        for x in (0, 1, 3, 12, 40)
    ]
    assert coverage.kupiec_p_value([0, 1, 3, 12, 40], days, alpha) == pytest.approx(direct)


@pytest.mark.parametrize("truth, critical", [(stats.norm(), -0.699), (stats.t(5), -0.736), (stats.t(3), -0.813)])
def test_z2_critical_values(truth, critical):
    """5 % critical value at 250 days and 2.5 %; standard error about .009 with 8,000 histories."""
    rng = np.random.Generator(np.random.Philox(11))
    var = -truth.ppf(0.025)
    es = -truth.expect(lambda x: x, lb=-np.inf, ub=-var) / 0.025
    r = truth.ppf(rng.random((8000, 250)))
    z = shortfall.z2(observed(-r, var, 0.975, np.full(250, es)))
    assert np.quantile(z, 0.05) == pytest.approx(critical, abs=0.035)


@pytest.mark.parametrize("name, known", [("z2", (0.17, 0.33)), ("z2_minimally_biased", (0.33, 0.82))])
def test_power_against_an_es_a_fifth_too_small_with_the_critical_value_of_the_true_distribution(name, known):
    """Known power at 250 and 1,000 days, t5, level .975; standard error .008 with 4,000 histories."""
    var, es = t_var_es(0.025, 5.0)
    rng = np.random.Generator(np.random.Philox(12))
    for days, expected in zip((250, 1000), known):
        right = observed(-rng.standard_t(5, (4000, days)), var, 0.975, np.full(days, es))
        wrong = observed(right.loss[::-1], var, 0.975, np.full(days, 0.8 * es))
        statistic = BY_NAME[name].statistic
        found = np.mean(statistic(wrong) < np.quantile(statistic(right), 0.05))
        assert found == pytest.approx(expected, abs=0.035)


@pytest.mark.parametrize("nu", [3.0, 5.0, 12.0])
def test_implied_degrees_of_freedom_invert_the_ratio(nu):
    var, es = t_var_es(0.025, nu)
    numeric = -stats.t(nu).expect(lambda x: x, lb=-np.inf, ub=-var) / 0.025
    assert es == pytest.approx(numeric, rel=1e-6)
    assert dof_of_ratio(es / var, 0.025) == pytest.approx(nu, rel=1e-4)


SIMULATED = [t.name for t in TESTS if t.null == "fair"]


@pytest.mark.parametrize("days, level, truth", [(250, 0.975, stats.t(5)), (500, 0.99, stats.t(3))])
def test_simulated_p_values_hold_their_size(days, level, truth):
    """400 right histories: at most 5 % rejected, up to 3.3 standard errors (.036); 26 looks, false alarm about 1 %."""
    rng = np.random.Generator(np.random.Philox(21))
    var, es = t_var_es(1 - level, truth.kwds.get("df", truth.args[0] if truth.args else 5))
    r = truth.ppf(rng.random((400, days)))
    sample = observed(-r, var, level, np.full(days, es), truth.cdf(r))
    null = null_statistics({n: BY_NAME[n].statistic for n in SIMULATED}, sample, "fair", 0, 999)
    for name in SIMULATED:
        p = tail_share(BY_NAME[name].statistic(sample), null[name], BY_NAME[name].worse)
        assert np.mean(p <= 0.05) <= 0.05 + 0.036, name


@pytest.mark.parametrize("name", ["christoffersen_independence", "duration_weibull"])
def test_shuffled_p_values_hold_their_size_whatever_the_rate(name):
    """Hits three times as often as promised but independent: 200 histories, 5 % and 3.3 standard errors (.051)."""
    rng = np.random.Generator(np.random.Philox(22))
    p = []
    for _ in range(200):
        sample = observed(np.where(rng.random(300) < 0.03, 2.0, 0.0), 1.0, 0.99)
        if sample.count == 0:
            continue
        null = null_statistics({name: BY_NAME[name].statistic}, sample, "shuffled", 0, 199)[name]
        p.append(float(tail_share(BY_NAME[name].statistic(sample), null)))
    assert np.mean(np.array(p) <= 0.05) <= 0.101


def test_clustered_hits_are_found():
    hits = np.zeros(500, bool)
    hits[[10, 11, 12, 13, 200, 201, 202, 203]] = True
    sample = observed(np.where(hits, 2.0, 0.0), 1.0, 0.99)
    for name in ("christoffersen_independence", "duration_weibull"):
        null = null_statistics({name: BY_NAME[name].statistic}, sample, "shuffled", 0)[name]
        assert tail_share(BY_NAME[name].statistic(sample), null) < 0.01
    assert durations.weibull(hits)[1][0] < 0.7


HITS = {
    "none": np.zeros(300, bool),
    "all": np.ones(300, bool),
    "one": np.arange(300) == 7,
    "first": np.arange(300) == 0,
    "last": np.arange(300) == 299,
    "never consecutive": np.arange(300) % 40 == 3,
    "alternating": np.arange(300) % 2 == 0,
    "one block": np.arange(300) < 5,
}


@pytest.mark.parametrize("hits", HITS.values(), ids=list(HITS))
@pytest.mark.parametrize("test", TESTS, ids=lambda t: t.name)
def test_degenerate_histories_stay_finite(test, hits):
    u = np.where(hits, 0.004, 0.5)
    for es in (1.3, 1.0):
        sample = observed(np.where(hits, 1.5, 0.2), 1.0, 0.99, np.full(300, es), u)
        value = float(test.statistic(sample))
        assert np.isfinite(value)
        if test.null:
            null = null_statistics({test.name: test.statistic}, sample, test.null, 0, 49)[test.name]
            assert np.isfinite(null).all()
            assert 0 < tail_share(value, null, test.worse) <= 1
        else:
            assert 0 <= test.exact(value, sample) <= 1


def test_statistics_of_many_histories_are_those_of_each():
    rng = np.random.Generator(np.random.Philox(3))
    r = rng.standard_t(4, (5, 260))
    var = 2.0 + np.abs(np.sin(np.arange(260)))
    many = observed(-r, var, 0.975, 1.4 * var, stats.t.cdf(r, 4))
    for test in TESTS:
        each = [float(test.statistic(observed(-x, var, 0.975, 1.4 * var, stats.t.cdf(x, 4)))) for x in r]
        assert test.statistic(many) == pytest.approx(each, rel=1e-9, abs=1e-12), test.name


@pytest.mark.parametrize("test", TESTS, ids=lambda t: t.name)
def test_power_grows_with_days(test):
    level = 0.975
    short, long = power_of(test, 250, level), power_of(test, 1000, level)
    assert 0 <= short <= 1 and 0 <= long <= 1
    assert long >= short - 0.05


def test_power_is_said_as_it_is():
    kupiec = BY_NAME["kupiec"]
    figure = power_of(kupiec, 250, 0.99)
    counts = np.arange(251)
    again = stats.binom.pmf(counts, 250, stats.t.sf(-0.8 * stats.t.ppf(0.01, 5), 5))
    assert figure == pytest.approx(again @ (coverage.kupiec_p_value(counts, 250, 0.01) <= 0.05))
    assert power.sentence(kupiec, 250, 0.26) == (
        "with 250 days this test finds a model that understates VaR by 20 % one time in four"
    )
    assert power.in_words(0.97) == "almost always" and power.in_words(0.01) == "almost never"
