"""Rare and reverse: closed forms for normal samplers, brute force for the others, shares that add up."""

import math

import numpy as np
import pytest
import torch
import xarray as xr
from scipy import stats
from stress_panel import design_point, panel

from workbench.books import Book, Linear, equal_weight, short_volatility
from workbench.errors import ParameterError, Refusal
from workbench.reporting.stories import describe, describe_reverse
from workbench.samplers import make
from workbench.stress import Constraint, Loss, Move, given, rare, reverse
from workbench.stress._smoothness import continuous, smooth
from workbench.stress.conditioning._affine import affine
from workbench.stress.problem import Event, Problem
from workbench.stress.rare_events import RareEvent
from workbench.stress.rare_events._importance import expected_error
from workbench.stress.rare_events._splitting import split
from workbench.stress.reverse_stress import closest_episode
from workbench.stress.reverse_stress._shapley import by_asset, by_factor, shapley

HORIZON = 5
EQUAL = {"A": -1 / 3, "B": -1 / 3, "C": -1 / 3}


def _moments(sampler, weights):
    scale, root = sampler.filter.scale_[0].double().numpy(), sampler.shocks.root_.double().numpy()
    w = np.array(list(weights.values()))
    return HORIZON * float(w @ sampler.filter.mean_[0].numpy()), math.sqrt(HORIZON) * np.linalg.norm((w * scale) @ root)


def test_design_point_distance_and_exceedance_are_the_closed_forms(normal):
    mean, sd = _moments(normal, EQUAL)
    linear = affine(Problem(normal, HORIZON), [Move(EQUAL)])
    distance = float((0.05 - linear.offset[0]) / linear.slope[0].norm())
    assert distance == pytest.approx((0.05 - mean) / sd, rel=1e-3)
    assert stats.norm.sf(distance) == pytest.approx(stats.norm.sf((0.05 - mean) / sd), rel=1e-3)
    moved = Move(EQUAL)(Problem(normal, HORIZON).decode(design_point(linear, 0.05).float()[None]), normal.assets_)
    assert float(moved[0]) == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_one_in_a_million_by_importance_sampling(normal, seed):
    """One seed's error is below .04 with probability .95; .1 is beyond five standard errors."""
    mean, sd = _moments(normal, EQUAL)
    found = rare(normal, Move(EQUAL), mean + sd * stats.norm.isf(1e-6), HORIZON, seed)
    assert found.method == "importance" and found.evaluations <= 50_000
    assert found.probability == pytest.approx(1e-6, rel=0.1)
    assert found.relative_error < 0.05
    assert found.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(3))
def test_one_in_a_million_with_a_regressed_slope(normal, seed):
    mean, sd = _moments(normal, EQUAL)
    found = rare(normal, Move(EQUAL), mean + sd * stats.norm.isf(1e-6), HORIZON, seed, method="response")
    assert found.method == "response" and found.evaluations <= 50_000
    assert found.probability == pytest.approx(1e-6, rel=0.1)


def test_an_estimate_says_one_in_so_many():
    found = RareEvent(8.6e-5, 0.2, 0.1, "splitting", 9_000, xr.DataTree(), np.ones(1), {})
    assert str(found).startswith("P = 1 in 12,000 (95 % interval 1 in 17,000 to 1 in 7,900; splitting")


def test_importance_sampling_that_misses_a_mode_is_not_believed(normal):
    """Points on one side of a two-sided event see half of it; paths of the other side predict a large error."""
    problem = Problem(normal, HORIZON)
    linear = affine(problem, [Move(EQUAL)])
    target = 4.0 * float(linear.slope[0].norm())

    def both_sides(paths):
        return (Move(EQUAL)(paths, normal.assets_) - linear.offset[0]).abs()

    found = split(Event(problem, both_sides, target), 400)
    one = design_point(linear, target + float(linear.offset[0])).float()[None]
    draws = 10_000
    assert expected_error(found.noise, torch.cat([one, -one]), 2 * stats.norm.sf(4.0), draws) < 0.1
    assert expected_error(found.noise, one, 2 * stats.norm.sf(4.0), draws) > 1.0


def test_subset_simulation_needs_no_gradient_and_knows_its_error(normal, resampled):
    mean, sd = _moments(normal, EQUAL)
    target = mean + sd * stats.norm.isf(1e-4)
    runs = [rare(normal, Move(EQUAL), target, HORIZON, seed, budget=8000, method="splitting") for seed in range(8)]
    logs = np.log([run.probability / 1e-4 for run in runs])
    estimated = np.median([run.relative_error for run in runs])
    assert abs(logs.mean()) < 3 * estimated / math.sqrt(8) + 0.1
    assert 0.4 < logs.std(ddof=1) / estimated < 2.2  # chi-square with 7 degrees of freedom leaves this in 1 % of fits
    assert all(run.evaluations <= 8000 for run in runs)


def test_bootstrap_probability_agrees_with_brute_force(resampled):
    loss, problem = Loss(equal_weight(panel())), Problem(resampled, HORIZON)
    values = loss(problem.decode(problem.prior(60_000, 3, "brute")), problem.assets)
    target = float(values.quantile(0.997))
    found = rare(resampled, loss, target, HORIZON, seed=2, budget=12_000)
    assert found.method == "splitting"
    assert abs(math.log(found.probability / 0.003)) < 4 * found.relative_error + 0.3
    losses = -equal_weight(panel()).profits(found.tree)
    assert float(losses.min()) >= target - 1e-6


def test_what_cannot_be_lost_is_refused(resampled):
    with pytest.raises(Refusal, match="cannot produce"):
        split(Problem(resampled, 2).reaching(Loss(equal_weight(panel())), 0.999), 200)
    with pytest.raises(ParameterError, match="gradient"):
        rare(resampled, Loss(equal_weight(panel())), 0.05, 2, method="importance")
    with pytest.raises(ParameterError, match="method"):
        rare(resampled, Loss(equal_weight(panel())), 0.05, 2, method="guess")


def test_a_bootstraps_gradient_is_not_believed(normal, resampled):
    jittered = make("filtered", filter="ewma", shocks="bootstrap", tails="gpd").fit(panel())
    kinds = (normal, jittered, resampled)
    events = [Problem(sampler, 3).reaching(Move(EQUAL), 0.0) for sampler in kinds]
    trusted = [smooth(event) for event in events]
    assert trusted == [True, False, False]
    assert [continuous(event) for event in events] == trusted


def test_a_map_that_is_continuous_without_a_gradient_has_its_design_point_regressed(normal, monkeypatch):
    """The same sampler with its gradient taken away must find the same point."""
    smoothly = reverse(normal, equal_weight(panel()), 0.06, HORIZON, seed=1)
    decode = normal.decode
    monkeypatch.setattr(normal, "decode", lambda noise, *rest: decode(noise.detach(), *rest))
    found = reverse(normal, equal_weight(panel()), 0.06, HORIZON, seed=1)
    assert found.method == "regressed slope"
    assert found.modes[0].distance == pytest.approx(smoothly.modes[0].distance, rel=0.01)
    assert found.modes[0].loss == pytest.approx(0.06, rel=2e-3)


def test_reverse_of_a_normal_sampler_is_its_design_point(normal):
    """A linear book in log returns would be exact; a held one bends by less than a percent over these moves."""
    mean, sd = _moments(normal, EQUAL)
    found = reverse(normal, equal_weight(panel()), 0.06, HORIZON, seed=1)
    mode = found.modes[0]
    assert found.method == "gradient" and mode.loss == pytest.approx(0.06, rel=1e-3)
    assert mode.distance == pytest.approx((-math.log(1 - 0.06) - mean) / sd, rel=0.03)
    assert found.probability == pytest.approx(stats.norm.sf(mode.distance), rel=4 * found.relative_error)
    assert mode.log_likelihood_ratio == pytest.approx(-0.5 * mode.distance**2)
    assert mode.by_asset["share"].sum() == pytest.approx(mode.loss, rel=1e-6)
    assert mode.by_factor["share"].sum() == pytest.approx(mode.loss, rel=1e-4)


def test_short_volatility_loses_in_more_than_one_way(normal):
    book = short_volatility(panel(), ["A"], elasticity=0.0)
    found = reverse(normal, book, 0.06, HORIZON, seed=1)
    directions = [np.sign(mode.moves["A"]) for mode in found.modes]
    assert sorted(directions) == [-1.0, 1.0]
    assert all(mode.loss == pytest.approx(0.06, rel=2e-3) for mode in found.modes)


def test_reverse_without_a_gradient_is_cheaper_than_what_it_started_from(resampled):
    quick = reverse(resampled, equal_weight(panel()), 0.05, HORIZON, seed=1, particles=300, sweeps=0)
    found = reverse(resampled, equal_weight(panel()), 0.05, HORIZON, seed=1, particles=300, sweeps=150)
    assert found.method == "gradient-free" and found.modes[0].loss >= 0.05
    assert found.modes[0].distance < quick.modes[0].distance
    story = describe_reverse(found, panel())
    assert "Falsified if" in story and "Closest precedent" in story


def test_precedent_finds_a_window_that_is_there():
    window = panel().iloc[300:305]
    found = closest_episode(window.sum(), panel(), 5)
    assert (found.first, found.last) == (window.index[0], window.index[-1])
    assert found.distance == pytest.approx(0.0, abs=1e-9) and found.similarity == pytest.approx(1.0)


def test_shapley_of_a_linear_book_is_each_positions_loss_and_of_a_product_is_half():
    path = torch.full((4, 3), -0.01, dtype=torch.float64)
    book = Book([Linear({"A": 0.2, "B": 0.3, "C": 0.5})], ["A", "B", "C"])
    shares = by_asset(book, path)
    np.testing.assert_allclose(shares["share"], np.array([0.2, 0.3, 0.5]) * -math.expm1(-0.04))
    assert shares["standard_error"].max() < 1e-12
    product = shapley(lambda s: s[:, 0] * s[:, 1] + 2 * s[:, 2], ["x", "y", "z"])
    np.testing.assert_allclose(product["share"], [0.5, 0.5, 2.0])
    assert by_factor(book, path, panel(), 2)["share"].sum() == pytest.approx(-math.expm1(-0.04), rel=1e-6)


def test_one_asset_is_enough(normal):
    """Every question of a single asset; the normal sampler's answers are closed forms."""
    one = panel()[["A"]]
    for name in ("lognormal", "ewma"):
        sampler, book = make(name).fit(one), equal_weight(one)
        found = reverse(sampler, book, 0.04, HORIZON, seed=1, particles=200, sweeps=20, modes=1)
        assert found.modes[0].by_factor["share"].sum() == pytest.approx(found.modes[0].loss)
        band = [Constraint(Move("A"), -0.08, -0.04)]
        chance = given(sampler, band, 800, HORIZON, seed=2).probability
        moves = sampler.sample(20_000, HORIZON, seed=3)["scenarios"]["ret"].sum("time").values.ravel()
        assert chance == pytest.approx(((moves >= -0.08) & (moves <= -0.04)).mean(), rel=0.2)
        assert describe(found.modes[0].path, one).count("The only asset: A") == 1
