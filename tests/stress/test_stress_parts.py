"""Parts of the stress methods against closed forms, where a whole answer would hide a wrong part."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from stress_panel import design_point, panel

from workbench.books import equal_weight
from workbench.errors import FitError, ParameterError, Refusal
from workbench.samplers import make
from workbench.stress import Constraint, Loss, Move, Question, RealisedVolatility, View, given, pool, rare, reverse
from workbench.stress._kernels import JUMPS, SMOOTH, Kernel
from workbench.stress._modes import distinct
from workbench.stress.conditioning import FactorModel
from workbench.stress.conditioning._affine import affine
from workbench.stress.conditioning._convergence import caveats, converged, require_converged
from workbench.stress.conditioning._guided import Guide, _close, _look_ahead
from workbench.stress.problem import Event, Problem, starts_with_volatility
from workbench.stress.rare_events._design_points import _step, form, to_level
from workbench.stress.rare_events._importance import importance
from workbench.stress.rare_events._rare import RareEvent, _agree
from workbench.stress.reverse_stress import closest_episode
from workbench.stress.reverse_stress._plausibility import Plausibility
from workbench.stress.reverse_stress._shapley import by_asset, shapley

HORIZON, EQUAL = 5, {"A": -1 / 3, "B": -1 / 3, "C": -1 / 3}


def test_a_value_of_a_loss_is_held_within_the_band_that_the_answer_names(normal):
    loss, problem = Loss(equal_weight(panel())), Problem(normal, 2)
    found = given(normal, [Constraint(loss, 0.01, 0.01)], 800, 2, seed=1, particles=200, thin=6, least_ess=50.0)
    half = 0.05 * float(loss(problem.decode(problem.prior(1000, 1, "scale")), problem.assets).std())
    values = loss(torch.as_tensor(found.tree["scenarios"]["ret"].values).flatten(0, 1), problem.assets)
    assert float((values - 0.01).abs().max()) <= half + 1e-7
    assert f"{half:.3g}" in found.notes[0] and math.isnan(found.probability)


def test_chains_that_disagree_or_stand_still_are_refused():
    good = pd.DataFrame({"r_hat": [1.01, 1.04], "ess_bulk": [900.0, 500.0], "ess_tail": [700.0, 400.0]}, ["A", "B"])
    assert converged(good, 200.0) and not caveats(good)
    for column, value in (("r_hat", 1.06), ("ess_bulk", 199.0), ("ess_tail", 150.0)):
        bad = good.assign(**{column: [good[column].iloc[0], value]})
        assert not converged(bad, 200.0)
        with pytest.raises(Refusal, match="'B'.*least_ess"):
            require_converged(bad, [Constraint(Move("A"), high=0.0)], 100, 200.0)
    assert "150 effective draws for the move of 'B'" in caveats(good.assign(ess_tail=[700.0, 150.0]))[0]


def _guide(low, high, horizon=3):
    return Guide.of([Constraint(Move("A"), low, high)], ["A", "B"], horizon, 1)


def test_the_look_ahead_is_the_normal_chance_of_what_is_left_to_go():
    """Two days left, drift mu a day, variance 2 c sigma^2 with c = 2 for the guess: log(Phi(b) - Phi(a))."""
    mean, scale, covariance = torch.tensor([[0.003, 0.0]]), torch.tensor([[0.01, 0.02]]), torch.eye(2)
    guide = _guide(-0.05, -0.03)
    guide.so_far[:] = -0.02
    got = _look_ahead(guide, 1, mean, scale, covariance, [0], torch.tensor([[[-0.01]]]))
    centre, width = -0.02 - 0.01 + 2 * 0.003, math.sqrt(2.0 * 2 * 0.01**2)
    want = math.log(stats.norm.cdf(-0.03, centre, width) - stats.norm.cdf(-0.05, centre, width))
    assert float(got[0, 0]) == pytest.approx(want, rel=1e-4)


def test_a_value_is_closed_along_the_covariance():
    """Var(A) = 1e-4, Cov(A, B) = .5 x .01 x .02: what A lacks moves B by Cov/Var as much."""
    guide = _guide(-0.04, -0.04)
    scale, covariance = torch.tensor([[0.01, 0.02]]), torch.tensor([[1.0, 0.5], [0.5, 1.0]])
    closed = _close(guide, [0], torch.tensor([[-0.01, 0.005]]), scale, covariance)
    np.testing.assert_allclose(closed, [[-0.04, 0.005 + (0.5 * 0.01 * 0.02 / 1e-4) * -0.03]], atol=1e-7)


def test_loadings_are_the_least_squares_slopes():
    returns, model = panel(), FactorModel.fit(panel(), "A")
    for name in ("B", "C"):
        assert model.loadings[name] == pytest.approx(np.polyfit(returns["A"], returns[name], 1)[0])
    assert model.panel(returns)[["B", "C"]].corrwith(returns["A"]).abs().max() < 1e-12
    with pytest.raises(ParameterError, match="does not vary"):
        FactorModel.fit(returns.assign(cash=0.0), "cash")


def test_only_mass_that_importance_sampling_misses_speaks_against_it():
    assert _agree((1e-4, 0.1), (1e-4, 0.01)) and _agree((1e-5, 0.1), (1e-4, 0.01))
    assert not _agree((1e-3, 0.1), (1e-4, 0.01)) and not _agree((1e-4, 0.1), (1e-4, 0.25))


def test_the_interval_of_a_probability_is_lognormal():
    event = RareEvent(1e-3, 0.5, 0.1, "splitting", 10, None, np.ones(1), {})
    width = 1.96 * math.sqrt(math.log(1.25))
    assert event.interval == pytest.approx((1e-3 * math.exp(-width), 1e-3 * math.exp(width)))
    assert RareEvent(0.9, 0.5, 0.1, "splitting", 10, None, np.ones(1), {}).interval[1] == 1.0


@pytest.mark.parametrize("shift", [2.0, 3.0])
def test_the_error_of_importance_sampling_is_that_of_the_normal_closed_form(normal, shift):
    """One design point at distance b with a defensive share a: the second moment is an integral in one dimension."""
    problem = Problem(normal, HORIZON)
    point = torch.zeros(1, problem.dim)
    point[0, 0] = shift
    first_noise = _first_noise(problem)
    found = importance(Event(problem, first_noise, shift, seed=3), point, 20_000)
    assert found.probability == pytest.approx(stats.norm.sf(shift), rel=4 * found.relative_error)
    z = np.linspace(shift, shift + 12, 200_001)
    density = stats.norm.pdf(z)
    second = np.trapezoid(density / (0.05 + 0.95 * np.exp(shift * z - shift**2 / 2)), z)
    chance = stats.norm.sf(shift)
    want = math.sqrt((second - chance**2) / 20_000) / chance
    assert found.relative_error == pytest.approx(want, rel=0.05)


def _first_noise(problem):
    """A score that is the first coordinate of the noise itself, read back from the path's first return."""
    sampler = problem.sampler
    root = sampler.shocks.root_.double() * sampler.filter.scale_[0].double()[:, None]
    inverse = torch.linalg.inv(root)
    return lambda paths: (inverse @ (paths[:, 0].double() - sampler.filter.mean_[0].double()).T)[0]


def test_form_ends_at_the_least_norm_and_on_the_level(normal):
    problem = Problem(normal, HORIZON)
    event, mean = problem.reaching(Move(EQUAL), 0.06), -panel().mean(axis=1).mean() * HORIZON
    points, spent = form(event, problem.prior(4, 1, "starts"), steps=40)
    reached = event.values(points).double().numpy()
    assert len(points) == 4
    np.testing.assert_allclose(reached, 0.06, rtol=1e-4)
    spread = panel().mean(axis=1).std() * math.sqrt(HORIZON)
    np.testing.assert_allclose(points.norm(dim=1), (0.06 - mean) / spread, rtol=0.02)
    assert spent == 41 * 4 + 25 * 4
    level, _ = to_level(event, 1.2 * points)
    np.testing.assert_allclose(level, points, rtol=1e-3, atol=1e-4)


CURVED = {
    "a parabola that bends away": (lambda n: n[:, 0] - 0.8 * n[:, 1] ** 2, 3.0, 3.0),
    "a parabola that bends towards": (lambda n: n[:, 0] + 0.8 * n[:, 1] ** 2, 3.0, math.sqrt(0.625**2 + 2.96875)),
    "a disk of radius 1 around (4, 3)": (lambda n: -((n[:, 0] - 4) ** 2) - (n[:, 1] - 3) ** 2, -1.0, 4.0),
}


@pytest.mark.parametrize("name", CURVED)
def test_form_finds_the_distance_of_curved_level_sets(name):
    """Distances from the origin by hand; without the merit function the first and the last are not found."""
    score, target, distance = CURVED[name]
    identity = SimpleNamespace(decode=lambda noise: noise)
    starts = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)) + torch.tensor([3.0, 0.0])
    points, _ = form(Event(identity, score, target), starts)
    assert len(points) == 4
    np.testing.assert_allclose(points.norm(dim=1), distance, rtol=1e-3)


def test_a_regressed_step_ends_at_the_design_point_wherever_it_begins(normal):
    problem = Problem(normal, HORIZON)
    event, linear = problem.reaching(Move(EQUAL), 0.06), affine(problem, [Move(EQUAL)])
    centre = problem.prior(1, 4, "centre")[0]
    found = _step(event, centre, problem.prior(300, 5, "around"))
    np.testing.assert_allclose(found, design_point(linear, 0.06), atol=0.02)


@pytest.mark.parametrize("mix", [SMOOTH, JUMPS, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
def test_a_kernel_keeps_the_standard_normal_distribution(normal, mix):
    """20 moves of 2,000 chains without a set to stay in: 30,000 normals, mean within 5/sqrt(n), variance within 5 s.e."""
    kernel = Kernel(Problem(normal, HORIZON).reaching(Move(EQUAL), 0.0), np.random.default_rng(5), mix)
    noise = kernel.event.problem.prior(2000, 1, "kernel")
    for _ in range(20):
        noise, _ = kernel.propose(noise)
    values = noise.double().flatten()
    assert abs(float(values.mean())) < 5 / math.sqrt(len(values))
    assert float(values.var()) == pytest.approx(1.0, abs=5 * math.sqrt(2 / len(values)))


def test_a_swap_changes_the_order_of_days_and_nothing_else(normal):
    kernel = Kernel(Problem(normal, HORIZON).reaching(Move(EQUAL), 0.0), np.random.default_rng(5), (0.0, 0.0, 1.0))
    noise = kernel.event.problem.prior(50, 1, "swap")
    moved, _ = kernel.propose(noise)
    np.testing.assert_array_equal(moved.sort(dim=1).values, noise.sort(dim=1).values)
    days = noise.reshape(50, HORIZON, -1), moved.reshape(50, HORIZON, -1)
    assert all({tuple(day) for day in old.tolist()} == {tuple(day) for day in new.tolist()} for old, new in zip(*days))


def test_plausibility_of_a_normal_sampler_is_the_chi_square_tail(normal):
    """Share of 4,000 draws at least as far out: within four binomial standard errors of chi-square with 3 degrees."""
    problem = Problem(normal, HORIZON)
    plausible = Plausibility(problem, True, seed=2)
    moves = problem.decode(problem.prior(200, 9, "probe")).sum(dim=1).double()
    gap = moves - plausible.centre
    want = stats.chi2.sf(((gap @ plausible.precision) * gap).sum(dim=1).numpy(), 3)
    error = 4 * np.sqrt(want * (1 - want) / 4000) + 0.01
    assert (np.abs(plausible.level(moves).numpy() - want) < error).all()
    assert plausible.log_ratio(torch.tensor(9.0)) == pytest.approx(-4.5)


def test_of_alike_solutions_the_cheapest_is_kept(normal):
    problem = Problem(normal, HORIZON)
    down = problem.prior(1, 3, "one").abs()
    both = torch.cat([1.5 * down, down, -down])
    kept = distinct(problem, both)
    np.testing.assert_array_equal(kept.norm(dim=1), torch.sort(kept.norm(dim=1)).values)
    assert any(torch.equal(row, down[0]) for row in kept) and not any(torch.equal(row, both[0]) for row in kept)


def test_modes_share_out_the_conditional_sample(normal):
    found = reverse(normal, equal_weight(panel()), 0.06, HORIZON, seed=1, particles=200)
    members = np.concatenate([mode.members for mode in found.modes])
    assert sorted(members) == list(range(found.conditional["scenarios"].sizes["draw"]))


def test_typical_distance_of_a_precedent_by_hand():
    """Windows of one day of one asset, z-scores 0, 1 and 3 (in units of its spread): nearest others 1, 1 and 2."""
    history = pd.DataFrame({"A": [0.0, 0.01, 0.03]}, pd.bdate_range("2020-01-01", periods=3))
    spread = history["A"].std()
    found = closest_episode(pd.Series({"A": 0.018}), history, 1)
    assert found.typical == pytest.approx(0.01 / spread) and found.distance == pytest.approx(0.008 / spread)
    assert found.moves["A"] == pytest.approx(0.01) and found.first == history.index[1]


def test_shares_of_an_options_loss_add_up_with_the_passing_of_time():
    from workbench.books import short_volatility

    book = short_volatility(panel(), ["A"], elasticity=0.6)
    path = torch.full((HORIZON, 3), -0.02, dtype=torch.float64)
    shares = by_asset(book, path)
    assert shares["share"].sum() == pytest.approx(float(book.loss(path[None])[0]), rel=1e-9)
    assert shares.loc["time", "share"] < 0, "a written option gains while time passes"


def test_reversed_orders_make_quadratic_games_exact():
    """x y + y z: every pair's cross term falls in halves, whatever the orders drawn."""
    shares = shapley(lambda s: s[:, 0] * s[:, 1] + s[:, 1] * s[:, 2], ["x", "y", "z"], orders=6, seed=4)
    np.testing.assert_allclose(shares["share"], [0.5, 1.0, 0.5], atol=1e-12)


def test_a_long_run_start_takes_every_day_alike(normal, resampled):
    """The first normal picks the day: 4,000 draws over 900 days, mean position within five standard errors."""
    problem = Problem(resampled, 1, "long-run")
    noise = problem.prior(4000, 2, "days")
    taken = problem._state(noise)
    every = problem.starts.values
    name = next(iter(every))
    assert len(torch.unique(taken[name].flatten(1), dim=0)) > 0.9 * len(every[name]) * (1 - math.exp(-4000 / 900))
    mean, spread = every[name].double().mean(), every[name].double().std()
    assert abs(float(taken[name].double().mean() - mean)) < 5 * float(spread) / math.sqrt(4000)


def test_the_first_number_of_the_noise_alone_picks_the_start(resampled):
    problem = Problem(resampled, 2, start="long-run")
    noise = torch.zeros(2, problem.dim)
    noise[1, 0] = 8.0
    first, last = (problem.starts.rows([row]) for row in (0, len(problem.starts.dates) - 1))
    picked = problem._state(noise)
    middle = problem.starts.rows([len(problem.starts.dates) // 2])
    for name, values in picked.items():
        assert torch.equal(values[1], last[name][0]) and torch.equal(values[0], middle[name][0]), first
    noise[:, -1] = -8.0
    assert all(torch.equal(values, picked[name]) for name, values in problem._state(noise).items())


def test_starts_of_a_band_have_the_annual_volatility_of_the_band(resampled):
    found = starts_with_volatility(resampled, 0.1, 0.2)
    volatility = panel().mean(axis=1).rolling(20).std().mul(math.sqrt(252))
    assert volatility[found.dates].between(0.1, 0.2).all()
    assert len(found.dates) == int(volatility.between(0.1, 0.2).sum())
    monthly = panel().set_axis(pd.date_range("1930-01-31", periods=900, freq="ME"))
    sampler = make("lognormal").fit(monthly)
    annual = monthly.mean(axis=1).rolling(20).std().mul(math.sqrt(12))
    assert starts_with_volatility(sampler, 0.02, 0.05).dates.equals(annual.index[annual.between(0.02, 0.05)])


def test_a_view_below_binds_from_above():
    paths = np.random.default_rng(0).normal(0, 0.02, (2000, 1, 1)).astype("float32")
    below = pool(paths, ["A"], [View(Move("A"), "<=", -0.01)])
    assert below.weights @ paths[:, 0, 0] == pytest.approx(-0.01, abs=1e-5)
    slack = pool(paths, ["A"], [View(Move("A"), "<=", 0.01)])
    assert slack.effective == pytest.approx(2000, rel=1e-4), "a view that holds anyway costs nothing"
    with pytest.raises(Refusal, match="nearest that can be reached"):
        pool(paths, ["A"], [View(Move("A"), ">=", 0.5)])
    with pytest.raises(Refusal, match="the same in all"):
        pool(np.zeros((100, 1, 1), "float32"), ["A"], [View(Move("A"), "==", 0.0)])


def test_realised_volatility_is_annualised_by_its_own_periods():
    paths = torch.full((1, 4, 1), 0.02)
    assert float(RealisedVolatility("A")(paths, ["A"])[0]) == pytest.approx(0.02 * math.sqrt(252))
    assert float(RealisedVolatility("A", 2, 3, periods=12)(paths, ["A"])[0]) == pytest.approx(0.02 * math.sqrt(12))
    assert float(Move("A", 2, 3)(torch.tensor([[[1.0], [2.0], [4.0], [8.0]]]), ["A"])[0]) == 6.0


NAN = float("nan")


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda s: Move({}), "at least one asset"),
        (lambda s: Move({"A": NAN}), "weight of 'A'.*nan"),
        (lambda s: Move("A", first=0), "first.*at least 1, got 0"),
        (lambda s: Move("A", first=3, last=2), "last.*at least 3"),
        (lambda s: Move("A", last=0), "last"),
        (lambda s: RealisedVolatility("A", periods=0), "periods"),
        (lambda s: Constraint(Move("A"), NAN, 0.0), "low <= high"),
        (lambda s: View(Move("A"), "==", NAN), "value of a view"),
        (lambda s: Question("?", (), Constraint(Move("A"), high=0.0), 0.5), "event"),
        (lambda s: Question("?", (Constraint(Move("A"), high=0.0),), Constraint(Move("A"), high=0.0), NAN), "share"),
        (lambda s: given(s, []), "at least one constraint"),
        (lambda s: given(s, [Constraint(Move("A"), high=0.0)], draws=0), "draws"),
        (lambda s: given(s, [Constraint(Move("A"), high=0.0)], horizon=-1), "horizon"),
        (lambda s: given(s, [Constraint(Move("A"), high=0.0)], least_ess=NAN), "least_ess"),
        (lambda s: rare(s, Move("A"), NAN), "threshold"),
        (lambda s: rare(s, Move("A"), 0.1, budget=10), "budget.*1500"),
        (lambda s: rare(s, Move("A"), 0.1, horizon=2.5), "horizon.*2.5"),
        (lambda s: reverse(s, equal_weight(panel()), -0.1), "loss.*positive"),
        (lambda s: reverse(s, equal_weight(panel()), NAN), "loss.*positive"),
        (lambda s: reverse(s, equal_weight(panel()), 0.1, modes=0), "modes"),
        (lambda s: starts_with_volatility(s, -0.1, 0.2), "low"),
        (lambda s: starts_with_volatility(s, 0.3, 0.2), "high"),
        (lambda s: pool(np.zeros((10, 1, 1)), ["A"], []), "at least one view"),
    ],
)
def test_nonsense_is_refused_with_its_name_and_bound(normal, ask, message):
    with pytest.raises(ParameterError, match=message):
        ask(normal)


def test_a_sampler_that_is_not_fitted_is_refused():
    with pytest.raises(FitError, match="not fitted"):
        rare(make("lognormal"), Move("A"), 0.1)
