"""Filters against recursions and closed forms worked out by hand."""

import numpy as np
import pandas as pd
import pytest
import torch

from workbench import samplers
from workbench.samplers.filters import Constant, Ewma, Gjr, LeadLag, MovingCorrelation, NeuralFilter, QuantileTracking
from workbench.samplers.filters._classical import CEILING, FLOOR
from workbench.samplers.filters._correlation import RIDGE, SLOW, colour, covariance_root, whiten_daily
from workbench.samplers.filters._lead_lag import CLIP, _penalty, _ridge
from workbench.samplers.filters._neural import LEVEL_HALF_LIFE, LEVEL_SHARE, decay_rate
from workbench.samplers.filters._pretrained import CEILING as SLOW_CEILING
from workbench.samplers.filters._pretrained import PretrainedFilter
from workbench.samplers.filters._tracking import BEYOND, LEAST, LEVELS, MOST

DAYS = pd.bdate_range("2000-01-03", periods=3)


def one(*values: float) -> torch.Tensor:
    return torch.tensor([values], dtype=torch.float64)


def hand_made_gjr(omega: float = 1e-6) -> Gjr:
    """One asset: mean .001, reaction .05 to a gain and .15 to a loss, persistence .9."""
    filter = Gjr()
    filter.mu_, filter.omega_, filter.alpha_ = one(0.001), one(omega), one(0.05)
    filter.gamma_, filter.beta_ = one(0.10), one(0.9)
    filter.start_ = {"variance": one(1e-4)}
    filter.floor_ = FLOOR * filter.start_["variance"]
    return filter


def test_a_constant_filter_has_the_moments_of_the_sample(panel):
    filter = Constant().fit(panel, seed=0)
    mean, scale = filter.moments(filter.start_)
    np.testing.assert_allclose(mean[0], panel.mean(), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(scale[0], panel.std(), rtol=1e-5)
    np.testing.assert_allclose(filter.standardise(panel), (panel - panel.mean()) / panel.std(), atol=1e-4)


def test_ewma_forecasts_no_mean_and_a_volatility_of_decayed_squares():
    returns = pd.DataFrame({"A": [0.01, -0.03, 0.02]}, index=DAYS)
    filter = Ewma(0.9).fit(returns, seed=0)
    first = (0.01**2 + 0.03**2 + 0.02**2) / 3
    second = 0.9 * first + 0.1 * 0.01**2
    third = 0.9 * second + 0.1 * 0.03**2
    mean, scale = filter.moments(filter.filter_path(returns))
    assert (mean == 0).all()
    np.testing.assert_allclose(scale[:3, 0], np.sqrt([first, second, third]), rtol=1e-5)
    np.testing.assert_allclose(
        filter.standardise(returns)[:, 0], np.array([0.01, -0.03, 0.02]) / scale[:3, 0].numpy(), rtol=1e-5
    )


@pytest.mark.parametrize("filter", [Ewma(0.5), hand_made_gjr(omega=0.0)], ids=["ewma", "gjr"])
def test_a_variance_never_falls_below_a_thousandth_of_the_assets_own(filter):
    if isinstance(filter, Ewma):
        filter.fit(pd.DataFrame({"A": [0.01, -0.01]}, index=DAYS[:2]), seed=0)
    still, state = torch.full((1, 1), float(getattr(filter, "mu_", torch.zeros(1)))), filter.start_
    for _ in range(200):
        state = filter.update(state, still)
    torch.testing.assert_close(state["variance"], FLOOR * filter.start_["variance"], rtol=1e-6, atol=0)
    assert FLOOR == 1e-3


def test_a_gjr_variance_reacts_to_losses_more_than_to_gains():
    filter = hand_made_gjr()
    for move, reaction in ((-0.02, 0.15), (0.02, 0.05)):
        after = filter.update(filter.start_, one(0.001 + move))
        torch.testing.assert_close(after["variance"], one(1e-6 + reaction * 0.02**2 + 0.9 * 1e-4), rtol=1e-9, atol=0)
    torch.testing.assert_close(filter.surprise(filter.start_, one(0.031)), one(3.0))
    mean, scale = filter.moments(filter.start_)
    assert (float(mean), float(scale)) == pytest.approx((0.001, 0.01))


def test_simulated_days_of_a_gjr_filter_stay_below_four_times_the_largest_variance_of_the_history(panel):
    """Losses of thirty deviations a day would take the variance beyond all bounds; the history itself has no ceiling."""
    filter = Gjr().fit(panel, seed=0)
    path = filter.filter_path(panel)["variance"]
    assert torch.equal(filter.ceiling_, CEILING * path[:-1].amax(dim=0, keepdim=True)) and CEILING == 4
    state, losses = {"variance": path[-1:]}, -30 * path[-1:].sqrt()
    assert (filter.update(state, losses)["variance"] > filter.ceiling_).all()
    assert torch.equal(filter.simulate_step(state, losses)["variance"], filter.ceiling_)
    above = {"variance": 2 * filter.ceiling_}
    assert torch.equal(filter.simulate_step(above, losses)["variance"], above["variance"]), "it may not rise"
    calm = filter.simulate_step(above, filter.mu_)["variance"]
    assert torch.equal(calm, filter.update(above, filter.mu_)["variance"]), "it falls by its own dynamics"
    hand_made = hand_made_gjr()  # as read from a file of 0.1, which has no ceiling
    assert torch.equal(
        hand_made.simulate_step(hand_made.start_, one(-9.0))["variance"],
        hand_made.update(hand_made.start_, one(-9.0))["variance"],
    )


def test_a_half_life_halves():
    torch.testing.assert_close(decay_rate([1.0, 20.0]) ** torch.tensor([1.0, 20.0]), torch.tensor([0.5, 0.5]))


@pytest.fixture(scope="module")
def neural(panel):
    return NeuralFilter(members=1, steps=25).fit(panel, seed=1)


def test_the_level_of_the_neural_filter_follows_unexpected_squares_and_shapes_the_volatility(neural, panel):
    keep = 0.5 ** (1 / LEVEL_HALF_LIFE)
    states = neural.filter_path(panel)
    returns = torch.tensor(panel.to_numpy(dtype=np.float32))
    unexpected = ((returns - neural.mu_) / states["volatility"][:-1]).clamp(-6, 6) ** 2
    torch.testing.assert_close(states["level"][1:], keep * states["level"][:-1] + (1 - keep) * unexpected)
    assert (states["level"][0] == 1).all()
    mean, scale = neural.moments(states)
    torch.testing.assert_close(scale, states["volatility"] * states["level"] ** (LEVEL_SHARE / 2), rtol=1e-5, atol=0)
    assert LEVEL_SHARE == 0.8 and torch.equal(mean, neural.garch_.mu_)


def test_features_of_the_neural_filter_are_weighted_squares_over_the_variance_and_means_over_the_panel(neural, panel):
    state = {name: value[400:401] for name, value in neural.filter_path(panel).items()}
    features = neural.features(state)
    shock = panel.to_numpy()[:400] - neural.mu_.numpy()
    weights = 0.5 ** (np.arange(399, -1, -1) / 2.0)  # the fastest half-life is two days
    squares = (1 - 0.5**0.5) * (weights[:, None] * shock**2).sum(axis=0)
    np.testing.assert_allclose(features[0, :, 0], np.log(squares / state["variance"][0].numpy()), rtol=1e-2, atol=1e-2)
    own = features.shape[-1] // 2
    torch.testing.assert_close(features[..., own:], features[..., :own].mean(dim=1, keepdim=True).expand(-1, 4, -1))


@pytest.mark.parametrize("kind", ["neural", "pretrained"])
def test_simulated_days_bring_the_level_back_to_one_and_keep_the_variance_below_its_ceiling(kind, neural, panel):
    filter = neural if kind == "neural" else PretrainedFilter().fit(panel, seed=0)
    state = {name: value[-1:] for name, value in filter.filter_path(panel).items()}
    state["level"] = torch.full_like(state["level"], 3.0)
    before, slow = state["variance"], state.get("slow")
    for _ in range(30):
        state = filter.simulate_step(state, torch.full((1, 4), -0.5))
    torch.testing.assert_close(state["level"], torch.full((1, 4), 1 + 2 * 0.5 ** (30 / LEVEL_HALF_LIFE)))
    if kind == "pretrained":
        assert torch.equal(state["slow"], slow) and SLOW_CEILING == 100
        ceiling = SLOW_CEILING * slow
    else:
        largest = filter.filter_path(panel)["variance"][:-1].amax(dim=0, keepdim=True)
        ceiling = CEILING * largest
    torch.testing.assert_close(state["variance"], torch.maximum(ceiling, before), rtol=1e-4, atol=0)
    ratio = (state["volatility"] / state["variance"].sqrt()).log().abs()
    assert ratio.max() <= 0.5 + 1e-5  # the correction stays within its bound after the ceiling, too


def test_a_variance_above_its_ceiling_may_fall_by_its_own_dynamics_but_not_rise(neural, panel):
    state = {name: value[-1:] for name, value in neural.filter_path(panel).items()}
    state["variance"] = 10 * neural.ceiling(state)
    for move, kept in ((0.0, neural.garch_.update(state, torch.zeros(1, 4))["variance"]), (-0.9, state["variance"])):
        after = neural.simulate_step(state, torch.full((1, 4), move))
        torch.testing.assert_close(after["variance"], kept, rtol=1e-4, atol=0)


def test_a_moving_correlation_follows_its_recursion():
    first, second = np.array([1.0, 0.5]), np.array([-2.0, 20.0])
    moving = MovingCorrelation(0.9, 0.3)
    moving.start_ = torch.eye(2, dtype=torch.float64)
    roots = moving.filter_path(torch.tensor(np.array([first, second])))
    fast, slow = np.eye(2), np.eye(2)
    for day in (first, second.clip(-8, 8)):
        fast, slow = 0.9 * fast + 0.1 * np.outer(day, day), SLOW * slow + (1 - SLOW) * np.outer(day, day)
    ridged = [(1 - RIDGE) * s[0, 1] / np.sqrt(s[0, 0] * s[1, 1]) for s in (fast, slow)]
    root = roots[-1].double().numpy()
    np.testing.assert_allclose(root, root.T, atol=1e-6)
    np.testing.assert_allclose((root @ root)[0, 1], 0.7 * ridged[0] + 0.3 * ridged[1], atol=1e-5)
    np.testing.assert_allclose(np.diag(root @ root), 1.0, atol=1e-5)


def test_a_moving_correlation_begins_with_that_of_the_sample():
    residuals = torch.tensor([[1.0, 1.0], [1.0, -1.0], [2.0, 2.0]])
    start = MovingCorrelation().fit(residuals).start_
    torch.testing.assert_close(start[0, 1], torch.tensor((1 - RIDGE) * 4.0 / 6.0, dtype=torch.float64))


def test_whitening_undoes_the_root_of_the_previous_close_and_colouring_applies_it():
    generator = torch.Generator().manual_seed(4)
    roots = torch.stack([torch.eye(2), torch.tensor([[1.0, 0.4], [0.4, 1.0]]), torch.tensor([[2.0, 0.0], [0.0, 2.0]])])
    shocks = torch.randn(2, 2, generator=generator)
    coloured = torch.stack([roots[0] @ shocks[0], roots[1] @ shocks[1]])
    torch.testing.assert_close(whiten_daily(roots, coloured), shocks)
    torch.testing.assert_close(colour(roots[1:2], shocks), shocks @ roots[1])
    torch.testing.assert_close(colour(roots[:2], shocks), coloured)
    white = torch.randn(500, 1, generator=generator) * 3
    torch.testing.assert_close(covariance_root(white)[0, 0], white.clamp(-8, 8).std())


def test_the_lead_lag_regression_of_one_asset_is_the_closed_form():
    residuals = np.array([[1.0], [2.0], [-9.0], [0.5]])
    before, after = np.array([1.0, 2.0, -CLIP]), np.array([2.0, -CLIP, 0.5])
    expected = before @ (after - after.mean()) / (before @ before + 0.3 * 3)
    assert _ridge(residuals, 0.3)[0, 0] == pytest.approx(expected)


def test_the_lead_lag_penalty_is_that_of_a_clear_gain_on_days_to_come():
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((1200, 3))
    led = noise.copy()
    led[1:, 2] = 0.6 * noise[:-1, 0] + 0.8 * noise[1:, 2]
    assert _penalty(noise) is None
    assert _penalty(led) in (0.1, 0.3)  # the more a penalty pulls in, the less of .6 is left
    weak = noise.copy()
    weak[1:, 2] = 0.1 * noise[:-1, 0] + np.sqrt(0.99) * noise[1:, 2]
    gains = 0.1**2 / 3  # a day; its standard error over 800 days is as large: not clear
    assert gains < 3 * 0.2 / np.sqrt(800) and _penalty(weak) is None


def test_the_lead_lag_forecast_is_zero_on_day_one_and_follows_yesterdays_residuals(panel):
    filter = LeadLag(Ewma(0.94))
    filter.inner.fit(panel, 0)
    filter.weights_ = torch.diag(torch.tensor([0.5, 0.0, 0.0, 0.0]))
    assert (filter.start_["led"] == 0).all()
    state = filter.update(filter.start_, torch.tensor([[0.02, 0.02, 0.02, 0.02]]))
    residual = 0.02 / filter.inner.start_["variance"][0, 0].sqrt()
    mean, scale = filter.moments(state)
    torch.testing.assert_close(mean[0, 0], scale[0, 0] * 0.5 * residual.clamp(max=CLIP), rtol=1e-5, atol=0)
    assert (mean[0, 1:] == 0).all()
    assert torch.equal(filter.simulate_step(filter.start_, torch.zeros(1, 4))["led"], torch.zeros(1, 4))
    wild = filter.update(filter.start_, torch.full((1, 4), -0.9))
    torch.testing.assert_close(wild["led"][0, 0], torch.tensor(-0.5 * CLIP))


def test_a_simulated_day_is_one_for_the_filter_inside_too(neural, panel):
    filter = LeadLag(neural)
    filter.weights_ = torch.eye(4)
    state = {name: value[-1:] for name, value in filter.filter_path(panel).items()}
    drawn = torch.full((1, 4), -0.08)
    inner = {name: value for name, value in state.items() if name != "led"}
    expected = neural.simulate_step(inner, drawn)
    torch.testing.assert_close(filter.simulate_step(state, drawn)["level"], expected["level"], rtol=1e-6, atol=0)


@pytest.fixture(scope="module")
def tracking():
    return QuantileTracking(0.04).fit(torch.randn(4096, 2, generator=torch.Generator().manual_seed(2)))


def test_tracked_quantiles_begin_with_those_of_the_sampler(tracking):
    scales, roots = torch.tensor([[0.01, 0.03]]).expand(2, -1), torch.eye(2).expand(2, 2, 2)
    found = tracking.filter_path(torch.zeros(1, 2), scales, roots)
    book = tracking.pool_.numpy() @ (np.array([0.01, 0.03]) / np.hypot(0.01, 0.03))
    expected = [-np.quantile(book, BEYOND), np.quantile(book, LEVELS)]
    np.testing.assert_allclose(found["edge"][0], expected, rtol=0.02)
    assert (found["stretch"][0] == 1).all()


@pytest.mark.parametrize("side, sign", [(0, -1.0), (1, 1.0)])
def test_a_stretch_rises_by_its_rate_where_a_quantile_is_passed_and_falls_by_a_little_where_not(tracking, side, sign):
    scales, roots = torch.full((3, 2), 0.01), torch.eye(2).expand(3, 2, 2)
    days = torch.tensor([[10.0, 10.0], [0.0, 0.0]]) * sign
    stretch = tracking.filter_path(days, scales, roots)["stretch"]
    rates = 0.04 * np.sqrt(BEYOND[0] * (1 - BEYOND[0])) / np.sqrt(BEYOND * (1 - BEYOND))
    np.testing.assert_allclose(stretch[1, side], 1 + rates * (1 - BEYOND), rtol=1e-5)
    np.testing.assert_allclose(stretch[1, 1 - side], 1 - rates * BEYOND, rtol=1e-5)
    np.testing.assert_allclose(stretch[2, side], stretch[1, side].numpy() - rates * BEYOND, rtol=1e-5)


def test_a_stretch_stays_within_its_bounds_and_its_quantiles_in_order(tracking):
    scales, roots = torch.full((401, 2), 0.01), torch.eye(2).expand(401, 2, 2)
    wild, calm = (tracking.filter_path(torch.full((400, 2), move), scales, roots) for move in (-10.0, 0.0))
    assert float(wild["stretch"].max()) == MOST and (wild["stretch"][-1, 0] == MOST).all()
    assert float(QuantileTracking(1.0).fit(tracking.pool_).filter_path(
        torch.zeros(400, 2), scales, roots
    )["stretch"][..., 0].min()) == pytest.approx(LEAST)  # fmt: skip
    for found in (wild, calm):
        reached = found["edge"] * found["stretch"]
        assert (reached[..., 1] >= reached[..., 0] - 1e-6).all()


def test_a_book_counts_each_day_by_the_volatilities_of_the_close_before(tracking):
    """The move (1, -1) is no move of the book while both volatilities are alike, whatever they are the day after."""
    scales, roots = torch.tensor([[0.01, 0.01], [0.01, 0.09]]), torch.eye(2).expand(2, 2, 2)
    stretch = tracking.filter_path(torch.tensor([[9.0, -9.0]]), scales, roots)["stretch"][1]
    rates = 0.04 * np.sqrt(BEYOND[0] * (1 - BEYOND[0])) / np.sqrt(BEYOND * (1 - BEYOND))
    np.testing.assert_allclose(stretch, np.stack([1 - rates * BEYOND] * 2), rtol=1e-5)


def test_the_second_tracked_quantile_never_falls_below_the_first():
    """Moves between the two quantiles raise the first and lower the second, until they meet."""
    pool = torch.randn(4096, 1, generator=torch.Generator().manual_seed(2))
    found = QuantileTracking(0.2).fit(pool)
    edge = float(torch.quantile(pool[:, 0], 0.0246)) * -1.02
    out = found.filter_path(torch.full((300, 1), -edge), torch.full((301, 1), 0.01), torch.ones(301, 1, 1))
    reached = (out["edge"] * out["stretch"]).numpy()
    assert (reached[..., 1] >= reached[..., 0] - 1e-5).all()
    assert out["stretch"][-1, 0, 0] > 1


def test_a_book_is_stretched_linearly_between_its_quantiles_and_constantly_beyond():
    edge, stretch = torch.tensor([[[2.0, 3.0], [2.5, 4.0]]]), torch.tensor([[[1.2, 1.4], [1.0, 0.9]]])
    moves = torch.tensor([[-1.0, -2.0, -2.5, -3.0, -6.0, 2.0, 4.0, 8.0]])
    gains = torch.tensor([[0.1, 0.2, 0.3, 0.4, 0.4, 0.0, -0.1, -0.1]])
    torch.testing.assert_close(QuantileTracking.excess(moves, edge, stretch), gains * moves)
    norm, beta = QuantileTracking.book(torch.tensor([[0.03, 0.04]]), torch.eye(2)[None])
    torch.testing.assert_close(norm, torch.tensor([[0.05]]))
    torch.testing.assert_close(beta, torch.tensor([[0.6, 0.8]]))


def test_a_path_is_updated_with_the_unscaled_shock(panel):
    """Doubling the tracked quantiles doubles the book's far moves on the first day and changes no later volatility."""
    sampler = samplers.make("neural_single", members=1, steps=25, decay=0.98).fit(panel, seed=0)
    state = sampler.states(panel).rows([-1])
    noise = torch.from_numpy(samplers.noise.block_noise(5, "t", 0, 2, sampler.width))[:512]
    plain, wide = (
        sampler.decode(noise, state | {"stretch": torch.full((1, 2, 2), stretch)}, 2) for stretch in (1.0, 2.0)
    )
    first = {"root": state["root"]}
    shock = sampler.day_shocks(noise[:, 0], first)
    mean, scale = sampler.filter.moments(state)
    torch.testing.assert_close(plain[:, 0], mean + scale * shock, rtol=1e-4, atol=1e-7)
    assert ((wide - plain)[:, 0].abs().sum(dim=1) > 0).float().mean() > 0.9
    after = sampler.filter.simulate_step(state, mean + scale * shock)
    mean, scale = sampler.filter.moments(after)
    second = sampler.day_shocks(noise[:, 1], first)
    shown = QuantileTracking.stretched(second, scale, state["root"], state["edge"], torch.full((1, 2, 2), 2.0))
    torch.testing.assert_close(wide[:, 1], mean + scale * shown, rtol=1e-3, atol=1e-6)


def test_the_state_after_a_history_is_that_after_its_last_day(panel):
    sampler = samplers.make("ewma", decay=0.9).fit(panel, seed=0)
    variance = sampler.states(panel).values["variance"]
    expected = 0.9 * variance[-2] + 0.1 * torch.tensor(panel.iloc[-1].to_numpy(dtype=np.float32)) ** 2
    torch.testing.assert_close(variance[-1], expected, rtol=1e-5, atol=0)
    assert len(variance) == len(panel)


def test_shocks_are_learnt_from_days_on_which_every_price_moves_and_the_rest_is_said(panel):
    stale = panel.copy()
    stale.iloc[100:160, 1] = 0.0
    with pytest.warns(samplers.ShortenedHistory, match="2000-08-15: 161 of 900 .* because the price of 'B'"):
        sampler = samplers.make("fhs").fit(stale, seed=0)
    residuals = samplers.residuals(sampler, stale).to_numpy(dtype=np.float32)
    np.testing.assert_allclose(sampler.shocks.pool_, residuals[161:], rtol=1e-5, atol=1e-6)
    assert len(sampler.notes_) == 1 and "'B'" in sampler.notes_[0]


def test_a_state_is_that_of_the_date_or_of_the_last_trading_day_before_it(panel):
    states = samplers.make("ewma").fit(panel, seed=0).states(panel)
    friday = panel.index[4]
    for day in (friday, friday + pd.Timedelta(days=1), str(friday.date())):
        torch.testing.assert_close(states.at(day)["variance"], states.values["variance"][4:5])


def test_a_window_holds_the_last_days_in_their_order(panel):
    sampler = samplers.make("historical_window", window=250).fit(panel, seed=0)
    state = sampler.states(panel).at(panel.index[400])
    np.testing.assert_allclose(state["window"][0], panel.iloc[151:401], rtol=1e-6)


def test_a_start_in_the_long_run_is_a_fitted_day_drawn_for_each_path(panel):
    sampler = samplers.make("ewma").fit(panel, seed=0)
    drawn = sampler.sample(600, 2, seed=5, start="long-run")["scenarios"]["ret"].values[0]
    days = samplers.noise.long_run_days(5, 0, len(panel))[:600]
    noise = torch.from_numpy(samplers.noise.block_noise(5, "shocks", 0, 2, sampler.width))[:600]
    expected = sampler.decode(noise, sampler.states(panel).rows(days), 2)
    np.testing.assert_allclose(drawn, expected.numpy(), rtol=1e-5, atol=1e-8)
    assert len(set(days.tolist())) > 300
