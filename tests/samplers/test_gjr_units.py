"""In which units a GJR-GARCH is estimated, and how its parameters come back to fractions."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from workbench.errors import FitError, ParameterError
from workbench.samplers.filters import Constant, Ewma, Gjr, _classical

FITTED = {"mu": 0.5, "omega": 0.02, "alpha[1]": 0.05, "gamma[1]": 0.1, "beta[1]": 0.9}


@pytest.fixture
def estimates(monkeypatch):
    """Scales that were tried; ``failing`` of them end without convergence."""
    tried = []
    settings = SimpleNamespace(tried=tried, failing=(), params=dict(FITTED))

    def estimate(returns, scale):
        tried.append(scale)
        return SimpleNamespace(convergence_flag=int(scale in settings.failing), params=pd.Series(settings.params))

    monkeypatch.setattr(_classical, "_estimate", estimate)
    return settings


def series(deviation: float) -> pd.Series:
    values = np.array([1.0, -1.0, 1.0, -1.0])
    return pd.Series(values / values.std(ddof=1) * deviation, name="A")


@pytest.mark.parametrize(
    ("deviation", "scale"),
    [(0.01, 100.0), (0.0032, 100.0), (0.0031, 1 / 0.0031), (0.99997, 100.0), (1.00003, 1 / 1.00003)],
)
def test_returns_are_scaled_to_percent_where_their_variance_suits_the_optimiser(estimates, deviation, scale):
    """A variance in percent from .1 to 10,000: deviations from .00316 to 1."""
    found = _classical._fit_gjr(series(deviation))
    assert estimates.tried == [pytest.approx(scale, rel=1e-9)]
    assert found["mu"] == pytest.approx(0.5 / scale) and found["omega"] == pytest.approx(0.02 / scale**2)
    assert (found["alpha[1]"], found["gamma[1]"], found["beta[1]"]) == (0.05, 0.1, 0.9)


def test_the_range_of_percent_holds_its_lower_end_and_not_its_upper(estimates, monkeypatch):
    returns = series(0.01)
    variance = 1e4 * returns.var()
    monkeypatch.setattr(_classical, "SCALED", (variance, 1e4))
    _classical._fit_gjr(returns)
    monkeypatch.setattr(_classical, "SCALED", (0.0, variance))
    _classical._fit_gjr(returns)
    assert estimates.tried == [100.0, pytest.approx(100.0 / np.sqrt(variance))]


def test_where_percent_does_not_converge_own_deviations_are_tried_once(estimates):
    estimates.failing = (100.0,)
    found = _classical._fit_gjr(series(0.02))
    assert estimates.tried == [100.0, pytest.approx(50.0)]
    assert found["mu"] == pytest.approx(0.5 / 50) and found["omega"] == pytest.approx(0.02 / 50**2)
    own = 1.0 / float(series(1e-4).std())
    estimates.tried.clear()
    estimates.failing = (own,)
    _classical._fit_gjr(series(1e-4))
    assert estimates.tried == [own]


def test_parameters_that_are_no_numbers_are_refused_with_the_column(estimates):
    estimates.params["omega"] = np.nan
    with pytest.raises(
        FitError, match="^GJR-GARCH did not converge for 'A'; drop the column or take the filter 'ewma'$"
    ):
        _classical._fit_gjr(series(0.01))


def test_parameters_of_a_fit_are_those_that_made_the_returns():
    """3,000 days of a GJR(1,1) with Student-t shocks: each parameter within four standard errors of such a fit."""
    rng = np.random.default_rng(12)
    shocks, variance, days = rng.standard_t(8, 3200) / np.sqrt(8 / 6), 1e-4, []
    for shock in shocks:
        days.append(0.0005 + np.sqrt(variance) * shock)
        move = days[-1] - 0.0005
        variance = 2e-6 + (0.03 + 0.08 * (move < 0)) * move**2 + 0.91 * variance
    index = pd.bdate_range("2000-01-03", periods=3000)
    returns = pd.DataFrame({"A": days[200:]}, index=index)
    filter = Gjr().fit(returns, 0)
    found = [float(value) for value in (filter.mu_, filter.alpha_, filter.gamma_, filter.beta_)]
    for value, true, error in zip(found, (0.0005, 0.03, 0.08, 0.91), (0.00018, 0.012, 0.02, 0.015)):
        assert abs(value - true) < 4 * error
    assert float(filter.start_["variance"]) == pytest.approx(returns["A"].var(), rel=1e-5)
    unconditional = float(filter.omega_ / (1 - filter.alpha_ - filter.gamma_ / 2 - filter.beta_))
    assert unconditional == pytest.approx(2e-6 / 0.02, rel=0.5)


@pytest.mark.parametrize("huge", [3e20, -3e20])
def test_a_simulated_return_beyond_all_prices_keeps_the_variance_a_number(huge):
    ewma = Ewma(0.9).fit(pd.DataFrame({"A": [0.01, -0.02]}), 0)
    after = ewma.update(ewma.start_, torch.tensor([[huge]]))["variance"]
    torch.testing.assert_close(after, torch.tensor([[0.1 * 1e30]]), rtol=1e-5, atol=0)
    gjr = Gjr()
    gjr.mu_, gjr.omega_, gjr.alpha_, gjr.gamma_, gjr.beta_ = (torch.tensor([[v]]) for v in (0.0, 1e-6, 0.05, 0.1, 0.8))
    gjr.start_, gjr.floor_ = {"variance": torch.tensor([[1e-4]])}, torch.tensor([[1e-7]])
    after = gjr.update(gjr.start_, torch.tensor([[huge]]))["variance"]
    torch.testing.assert_close(after, torch.tensor([[(0.15 if huge < 0 else 0.05) * 1e30]]), rtol=1e-5, atol=0)


def test_a_constant_filter_counts_a_state_a_close_and_uses_every_day():
    returns = pd.DataFrame({"A": [0.0, 0.0, 0.01], "B": [0.02, 0.0, 0.01]})
    constant = Constant().fit(returns, 0)
    assert constant.filter_path(returns)["level"].shape == (4, 2) and constant.joint_from(returns) == 0
    assert (constant.filter_path(returns)["level"] == 0).all() and constant.start_["level"].shape == (1, 2)
    assert constant.update(constant.start_, torch.ones(1, 2)) is constant.start_


@pytest.mark.parametrize("decay", [0.0, 1.01, -0.5])
def test_a_decay_lies_above_zero_and_up_to_one(decay):
    with pytest.raises(ParameterError, match="^decay must be a number, above 0 and at most 1, got"):
        Ewma(decay)
    assert Ewma(1.0).decay == 1.0 and Ewma().decay == 0.94


def test_residuals_use_the_states_given_and_each_days_own_forecast():
    returns = pd.DataFrame({"A": [0.01, -0.02, 0.03]})
    ewma = Ewma(0.9).fit(returns, 0)
    states = {"variance": torch.tensor([[1e-4], [4e-4], [9e-4], [1.0]])}
    torch.testing.assert_close(ewma.standardise(returns, states), torch.tensor([[1.0], [-1.0], [1.0]]))
