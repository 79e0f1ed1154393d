"""Online recalibration: the recursions of the papers, nothing of the future, coverage by construction, and no more."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.backtesting.backtests._null import t_var_es
from workbench.backtesting.recalibration import (
    FARTHEST,
    METHODS,
    RATES,
    Recalibration,
    compare,
    least_rate,
    recalibrate,
    tune,
)
from workbench.errors import DataError, ParameterError

LEVELS = (0.975, 0.99)
FIGURES = ["var_0.975", "es_0.975", "var_0.99", "es_0.99"]


def table(days: int = 1500, factor: float | np.ndarray = 1.0, seed: int = 1) -> pd.DataFrame:
    """A forecaster who believes in a t5 of scale one per cent; the world's scale is ``factor`` times that."""
    rng = np.random.default_rng(seed)
    columns = {"realised": 0.01 * factor * rng.standard_t(5, days)}
    for level in LEVELS:
        var, es = t_var_es(1 - level, 5)
        columns |= {f"var_{level:g}": 0.01 * var, f"es_{level:g}": 0.01 * es}
    return pd.DataFrame(columns, index=pd.bdate_range("2000-01-03", periods=days))


@pytest.mark.parametrize("method", METHODS)
def test_a_rate_of_zero_leaves_forecasts_alone(method: str) -> None:
    given = table()
    same = recalibrate(given, LEVELS, Recalibration(method, rate=0.0, es_rate=0.0, integral=0.0))
    pd.testing.assert_frame_equal(same[FIGURES], given[FIGURES], rtol=1e-9)


def test_tracking_is_the_recursion_of_its_paper() -> None:
    given, alpha, eta = table(300, 1.7), 0.025, 0.08
    q, expected = 0.0, []
    for loss, var in zip(-given["realised"], given["var_0.975"]):
        expected.append(var * np.exp(q))
        q += eta * ((loss > expected[-1]) - alpha)
    found = recalibrate(given, [0.975], Recalibration("tracking", eta))
    np.testing.assert_allclose(found["var_0.975"], expected, rtol=1e-9)


def test_aci_is_the_recursion_of_its_paper() -> None:
    given, alpha, gamma = table(300, 1.3), 0.025, 0.001
    a, expected = alpha, []
    for loss, var in zip(-given["realised"], given["var_0.975"]):
        expected.append(var * stats.t.ppf(max(a, 1e-4 * alpha), 5) / stats.t.ppf(alpha, 5))
        a += gamma * (alpha - (loss > expected[-1]))
    found = recalibrate(given, [0.975], Recalibration("aci", gamma))
    np.testing.assert_allclose(
        found["var_0.975"], expected, rtol=5e-3
    )  # the distribution's dof is read off ES/VaR, rounded


@pytest.mark.parametrize("method", METHODS)
def test_a_day_uses_the_days_before_it_alone(method: str) -> None:
    given = table(400, 1.5)
    changed = given.copy()
    changed.iloc[250:, 0] *= -9.0
    before, after = (recalibrate(one, LEVELS, Recalibration(method, RATES[method][-1])) for one in (given, changed))
    pd.testing.assert_frame_equal(before[FIGURES].iloc[:251], after[FIGURES].iloc[:251])
    assert not np.allclose(before[FIGURES].iloc[251:], after[FIGURES].iloc[251:])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("factor", [0.6, 1.0, 1.8])
def test_coverage_is_within_the_bound_of_its_construction(level: float, factor: float) -> None:
    eta = 0.05
    given = table(3000, factor)
    done = recalibrate(given, [level], Recalibration("tracking", eta))
    hits = (-done["realised"] > done[f"var_{level:g}"]).mean()
    end = np.abs(np.log(done[f"factor_{level:g}"].iloc[-1])) + eta
    assert abs(hits - (1 - level)) <= end / (eta * len(done)) + 1e-12
    if abs(np.log(factor)) <= eta * np.sqrt(level * (1 - level) * len(done)):  # the step is large enough for the drift
        assert abs(hits - (1 - level)) <= 1.1 * np.sqrt(level * (1 - level) / len(done))  # held in 80 of 80 seeds


@pytest.mark.parametrize("method", ["aci", "tracking"])
@pytest.mark.parametrize("level", LEVELS)
def test_the_least_step_keeps_its_promise(method: str, level: float) -> None:
    """A calm training table chooses no step; the promise holds a world that turns out half as wide again.

    The bound is D and the noise of q: of 20 other seeds a method and level none broke it, the largest |z| was .94 for
    aci and 1.47 for tracking.
    """
    calm, wide = table(800, seed=5), table(3000, 1.5)
    assert tune(calm, level, method, rates=[0.0, 1.0]).rate == 0.0
    chosen = tune(calm, level, method, keep=3000)
    assert chosen.rate >= least_rate(level, 3000, method)
    done = recalibrate(wide, [level], chosen)
    hits = (-done["realised"] > done[f"var_{level:g}"]).sum()
    assert abs(hits - (1 - level) * 3000) <= 1.5 * np.sqrt(level * (1 - level) * 3000)  # D, and the noise of q


def test_coverage_proves_nothing_about_a_worthless_forecast() -> None:
    """VaR drawn at random is covered as well as any other once recalibrated; the score separates them.

    Of 60 other seeds t lay between 12 and 21, the larger |z| above 1.5 in 3 of them.
    """
    given = table(3000)
    noise = np.exp(0.7 * np.random.default_rng(4).standard_normal(len(given)))
    worthless = given.assign(**{name: given[name] * noise for name in FIGURES})
    found = compare({name: recalibrate(one, [0.975], Recalibration()) for name, one in
                     {"given": given, "worthless": worthless}.items()}, 0.975)  # fmt: skip
    assert (found["z"].abs() < 1.5).all()
    assert found.at["worthless", "t_quantile"] > 3 and found.at["worthless", "dq_p"] < 0.01 < found.at["given", "dq_p"]


def test_recalibration_mends_a_forecast_that_is_wrong_and_spares_one_that_is_right() -> None:
    """Of 60 other seeds t was above -2 once; the step chosen for a right forecast 0 in 51, .01 in 8, .02 in 1."""
    jump = np.repeat([1.0, 1.6], 1000)
    wrong = table(2000, jump)
    tables = {"raw": wrong, "mended": recalibrate(wrong, [0.975], tune(table(2000, jump, seed=9), 0.975))}
    found = compare(tables, 0.975)
    assert found.at["mended", "t_quantile"] < -2 and found.at["mended", "t_fz0"] < -2
    assert tune(table(3000, seed=5), 0.975).rate <= 0.02, "a right forecast has nothing to learn from its hits"


def test_expected_shortfall_follows_the_mean_excess_and_levels_do_not_cross() -> None:
    """By construction the mean of excess / (alpha (ES - VaR)) is 1 up to the last m over eta n, whatever the seed,
    while m is not held at its limit. The ratio of the means is another thing (m moves, and exp is convex): 1.20 in the
    median of 60 other seeds, .92 to 1.39, above 1.25 in a third of them.
    """
    given = table(4000, 1.5)
    thin = given.assign(**{"es_0.975": 1.2 * given["var_0.975"]})  # ES too near to VaR
    done = recalibrate(thin, LEVELS, Recalibration("tracking", 0.05, es_rate=0.01))
    excess = np.maximum(-done["realised"] - done["var_0.975"], 0).iloc[1000:].mean() / 0.025
    claimed = (done["es_0.975"] - done["var_0.975"]).iloc[1000:].mean()
    assert 0.75 < claimed / excess < 1.25 and (done["es_0.975"] >= done["var_0.975"]).all()
    assert (done["var_0.99"] >= done["var_0.975"]).all()
    slow = recalibrate(thin, [0.975], Recalibration("tracking", 0.05, es_rate=0.002))
    gap = slow["es_0.975"] - slow["var_0.975"]
    paid = np.minimum(np.maximum(-slow["realised"] - slow["var_0.975"], 0) / (0.025 * gap), 5 / 0.025)
    assert abs(paid.mean() - 1) <= FARTHEST / (0.002 * len(slow))


def test_what_can_not_be_recalibrated_is_refused() -> None:
    with pytest.raises(ParameterError, match="known: aci"):
        Recalibration("magic")
    with pytest.raises(DataError, match="es_0.95"):
        recalibrate(table(), [0.95], Recalibration())
    with pytest.raises(DataError, match="not a positive loss"):
        recalibrate(table().assign(**{"var_0.99": -0.01}), [0.99], Recalibration())


def test_forty_weekly_forecasts_can_be_compared() -> None:
    """Errors remember 20 trading days: 4 weekly forecasts, not half of all there are."""
    given = table(40)
    given.index = pd.date_range("2020-01-03", periods=40, freq="W-FRI")
    found = compare({"given": given, "mended": recalibrate(given, [0.975], Recalibration())}, 0.975)
    assert np.isfinite(found["t_quantile"]).all() and found.at["given", "t_quantile"] == 0
