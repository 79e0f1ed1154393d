"""Given: closed forms for normal samplers, brute force for the others, refusals where there is no answer."""

import math
import re
import sys

import numpy as np
import pytest
import torch
from scipy import stats
from stress_panel import panel

from workbench import scenarios
from workbench.books import equal_weight
from workbench.errors import ParameterError, Refusal
from workbench.samplers import make
from workbench.stress import (
    Constraint,
    Loss,
    Move,
    RealisedVolatility,
    View,
    factor_path,
    given,
    pool,
)
from workbench.stress.conditioning import FactorModel
from workbench.stress.conditioning._affine import affine
from workbench.stress.problem import Problem, starts_with_volatility

HORIZON = 5


def _moments(sampler):
    """Mean and covariance of the horizon move of a lognormal sampler, from its own fitted numbers."""
    scale = sampler.filter.scale_[0].double().numpy()
    root = sampler.shocks.root_.double().numpy()
    return sampler.filter.mean_[0].double().numpy() * HORIZON, HORIZON * (root @ root.T) * np.outer(scale, scale)


def test_normal_sampler_has_the_textbook_conditional_mean_and_covariance(normal):
    mean, cov = _moments(normal)
    functionals = [Move(name) for name in normal.assets_]
    problem = Problem(normal, HORIZON)
    one, every = affine(problem, functionals[:1]), affine(problem, functionals)
    at_rest, *moved = one.conditional(
        torch.tensor([-0.08]).double(), torch.cat([torch.zeros(1, problem.dim), torch.eye(problem.dim)])
    )
    spread = (torch.stack(moved) - at_rest) @ every.slope.T  # (noise, functional): how each normal moves the draws
    got_mean, got_cov = every.offset + every.slope @ at_rest, spread.T @ spread
    want_mean = mean + cov[:, 0] / cov[0, 0] * (-0.08 - mean[0])
    want_cov = cov - np.outer(cov[:, 0], cov[0]) / cov[0, 0]
    np.testing.assert_allclose(got_mean, want_mean, rtol=1e-3, atol=1e-8)
    np.testing.assert_allclose(got_cov, want_cov, rtol=1e-3, atol=1e-3 * cov[0, 0])


def test_exact_draws_sit_on_the_value_and_have_that_moments(normal):
    mean, cov = _moments(normal)
    found = given(normal, [Constraint(Move("A"), -0.08, -0.08)], 4000, HORIZON, seed=3)
    moves = found.tree["scenarios"]["ret"].sum("time").values[0]
    assert found.method == "exact"
    np.testing.assert_allclose(moves[:, 0], -0.08, atol=1e-5)
    want = mean[1] + cov[0, 1] / cov[0, 0] * (-0.08 - mean[0])
    spread = np.sqrt(cov[1, 1] - cov[0, 1] ** 2 / cov[0, 0])
    assert abs(moves[:, 1].mean() - want) < 4 * spread / np.sqrt(4000)  # false alarm 6e-5
    assert moves[:, 1].std() == pytest.approx(spread, rel=0.05)


def test_contradictory_values_are_refused(normal):
    constraints = [Constraint(Move("A"), 0.0, 0.0), Constraint(Move({"A": 2.0}), 0.1, 0.1)]
    with pytest.raises(Refusal, match="contradict"):
        given(normal, constraints, 100, HORIZON)


def test_guided_band_agrees_with_the_normal_closed_form(normal):
    """Three standard errors of a truncated normal's mean at 2,000 effective draws; false alarm about .003 a number."""
    mean, cov = _moments(normal)
    sd = np.sqrt(cov[0, 0])
    low, high = mean[0] - 3 * sd, mean[0] - 2 * sd
    found = given(normal, [Constraint(Move("A"), low, high)], 4000, HORIZON, seed=1)
    moves = found.tree["scenarios"]["ret"].sum("time")
    truncated = stats.truncnorm(-3, -2, mean[0], sd)
    assert found.method == "guided"
    assert found.probability == pytest.approx(stats.norm.cdf(-2) - stats.norm.cdf(-3), rel=0.15)
    assert abs(float(moves.sel(asset="A").mean()) - truncated.mean()) < 3 * truncated.std() / np.sqrt(1000)
    want = mean[1] + cov[0, 1] / cov[0, 0] * (truncated.mean() - mean[0])
    assert abs(float(moves.sel(asset="B").mean()) - want) < 4 * np.sqrt(cov[1, 1] / 1000)


def test_guided_particles_agree_with_brute_force_for_a_bootstrap(resampled):
    functional = Move({"A": 0.5, "B": 0.5})
    problem = Problem(resampled, HORIZON)
    paths = problem.decode(problem.prior(40_000, 9, "brute"))
    values = functional(paths, problem.assets)
    low, high = np.quantile(values, [0.01, 0.03])
    inside = (values >= low) & (values <= high)
    found = given(resampled, [Constraint(functional, float(low), float(high))], 4000, HORIZON, seed=2)
    moves = found.tree["scenarios"]["ret"].sum("time").mean(("chain", "draw")).values
    want, spread = paths[inside].sum(1).mean(0).numpy(), paths[inside].sum(1).std(0).numpy()
    assert found.probability == pytest.approx(0.02, rel=0.25)
    assert (np.abs(moves - want) < 4 * spread * np.sqrt(1 / 800 + 1 / 400)).all()
    assert found.diagnostics["r_hat"].max() < 1.05


def test_value_on_a_bootstrap_is_met_and_a_second_beside_it(resampled):
    both = [Constraint(Move("A"), -0.06, -0.06), Constraint(Move("C", 2, 4), 0.01, 0.01)]
    found = given(resampled, both, 2000, HORIZON, seed=2)
    values = found.tree["scenarios"]["ret"]
    np.testing.assert_allclose(values.sel(asset="A").sum("time"), -0.06, atol=1e-5)
    np.testing.assert_allclose(values.sel(asset="C", time=[2, 3, 4]).sum("time"), 0.01, atol=1e-5)


def test_chains_answer_for_a_books_loss_and_volatility(resampled):
    book = equal_weight(resampled.history_)
    asked = [Constraint(Loss(book), 0.02, 0.05), Constraint(RealisedVolatility("A"), 0.1, 0.9)]
    found = given(resampled, asked, 1600, HORIZON, seed=5, particles=200, thin=4)
    losses = -book.profits(found.tree)
    assert found.method == "mcmc" and float(losses.min()) >= 0.02 - 1e-6 and float(losses.max()) <= 0.05 + 1e-6
    assert 0 < found.probability < 0.5


def test_start_may_be_a_date_or_a_volatility(resampled):
    dated = given(resampled, [Constraint(Move("A"), high=0.0)], 800, 2, start="2003-05-05")
    assert dated.probability == pytest.approx(0.5, abs=0.15)
    wild = starts_with_volatility(resampled, 0.2, 9.0)
    assert len(wild.dates) < len(resampled.history_)
    assert Problem(resampled, 2, wild).dim == 2 * resampled.width + 1
    with pytest.raises(ParameterError, match="ranged from"):
        starts_with_volatility(resampled, 8.0, 9.0)


def test_what_a_bootstrap_cannot_do_is_refused(resampled):
    with pytest.raises(Refusal):
        given(resampled, [Constraint(Move("A"), -9.0, -8.0)], 400, HORIZON)
    with pytest.raises(Refusal, match="cannot produce"):
        given(resampled, [Constraint(Loss(equal_weight(panel())), low=0.9999)], 400, HORIZON, particles=64)


def test_a_factor_is_followed_day_by_day(resampled):
    against = FactorModel.fit(panel(), "A")
    sampler = make("filtered", filter="ewma", shocks="bootstrap").fit(against.panel(panel()))
    values = [-0.03, 0.02, -0.05, 0.0]
    tree = against.rebuild(factor_path(sampler, "A", values, 800, seed=1).tree)
    returns = tree["scenarios"]["ret"]
    np.testing.assert_allclose(returns.sel(asset="A").mean(("chain", "draw")), values, atol=1e-6)
    assert float(returns.sel(asset="A").std(("chain", "draw")).max()) < 1e-6
    assert float(returns.sel(asset="B", time=3).mean()) < 0


def test_entropy_pooling_reports_its_price_and_refuses_what_cannot_be(normal):
    paths = normal.sample(3000, HORIZON, seed=1)["scenarios"]["ret"].values[0]
    found = pool(paths, normal.assets_, [View(Move("A"), "==", -0.02), View(Move("B"), ">=", 0.0)])
    moves = paths.sum(axis=1)
    assert found.weights @ moves[:, 0] == pytest.approx(-0.02, abs=1e-5) and found.weights @ moves[:, 1] >= -1e-6
    assert found.divergence == pytest.approx(float((found.weights * np.log(found.weights.clip(1e-300) * 3000)).sum()))
    assert found.effective == pytest.approx(3000 * np.exp(-found.divergence))
    single = pool(paths, normal.assets_, [View(Move("A"), "==", -0.02)])
    tilt = np.polyfit(moves[:, 0], np.log(single.weights), 1)
    np.testing.assert_allclose(np.polyval(tilt, moves[:, 0]), np.log(single.weights), atol=1e-3)
    with pytest.raises(Refusal, match="nearest that can be reached"):
        pool(paths, normal.assets_, [View(Move("A"), "==", -0.9)])
    with pytest.raises(Refusal, match="effective"):
        pool(paths, normal.assets_, [View(Move("A"), "==", float(moves[:, 0].min()) * 0.999)])


def test_refusals_of_entropy_pooling_write_moves_as_simple_returns_in_per_cent(normal):
    paths = normal.sample(500, HORIZON, seed=1)["scenarios"]["ret"].values[0]
    lowest = math.expm1(float(paths.sum(axis=1)[:, 0].min()))
    with pytest.raises(Refusal) as refused:
        pool(paths, normal.assets_, [View(Move("A"), "==", -0.9)])
    asked, reached = re.findall(r"(−[\d.]+) %", str(refused.value))
    assert float(asked.replace("−", "-")) == pytest.approx(100 * math.expm1(-0.9), abs=0.005)
    assert float(reached.replace("−", "-")) == pytest.approx(100 * lowest, abs=0.005)
    assert str(View(RealisedVolatility("A"), ">=", 0.3)).endswith(">= 30.00 %")
    assert str(View(Loss(None), "==", 1234.56)) == "mean loss of the book == 1235"


@pytest.mark.parametrize(
    "wrong", [lambda: Constraint(Move("A")), lambda: Constraint(Move("A"), 2.0, 1.0), lambda: View(Move("A"), "=", 0.0)]
)
def test_malformed_questions_are_refused(wrong):
    with pytest.raises(ParameterError):
        wrong()


def test_unknown_assets_and_days_are_named(resampled):
    with pytest.raises(ParameterError, match="'Z'"):
        given(resampled, [Constraint(Move("Z"), high=0.0)], 100, HORIZON)
    with pytest.raises(ParameterError, match="horizon"):
        given(resampled, [Constraint(Move("A", 2, 9), high=0.0)], 100, HORIZON)


def test_an_answer_of_few_draws_must_be_asked_for_and_says_so(resampled, monkeypatch):
    monkeypatch.setattr(sys.modules["workbench.stress.conditioning._condition"], "GUIDED", (64,))
    path = [-0.03, 0.02, -0.04, 0.03, 0.02, -0.03]
    with pytest.raises(Refusal, match="at least 2000"):
        factor_path(resampled, "A", path, draws=40, least_ess=2000.0)
    answer = factor_path(resampled, "A", path, draws=40, least_ess=1.0)
    assert scenarios.returns(answer.tree).shape == (4, 10, 6, 3)
    least = answer.diagnostics[["ess_bulk", "ess_tail"]].min(axis=None)
    assert least < 200 and f"rests on {least:.0f} effective draws" in answer.notes[0]
