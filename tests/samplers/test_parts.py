"""Filters, shocks and margins against closed forms and second implementations."""

import numpy as np
import pytest
import torch
from arch import arch_model
from scipy import stats

from workbench import data, samplers, scenarios
from workbench.data import returns as load_returns
from workbench.errors import ParameterError
from workbench.samplers._composed import Filtered
from workbench.samplers.filters import QuantileTracking
from workbench.samplers.filters._classical import Ewma, Gjr
from workbench.samplers.filters._correlation import MovingCorrelation
from workbench.samplers.filters._neural import BOUND, NeuralFilter
from workbench.samplers.noise import block_noise
from workbench.samplers.shocks._classical import SHOCKS
from workbench.samplers.shocks._margins import SplicedMargins


def test_the_gjr_walk_is_the_variance_that_arch_computes(panel):
    filter = Gjr().fit(panel, seed=0)
    ours = filter.filter_path(panel)["variance"][:-1, 0].sqrt().numpy()
    fit = arch_model(100 * panel["A"], mean="Constant", p=1, o=1, q=1, dist="t").fit(disp="off")
    np.testing.assert_allclose(ours[300:], fit.conditional_volatility.to_numpy()[300:] / 100, rtol=1e-3)


@pytest.mark.parametrize("until", ["2006-12-29", "2014-06-30", "2015-12-31", "2018-12-28"])
def test_a_bond_that_hardly_moves_gets_a_sound_variance(until):
    bond = data.returns("multi_asset").loc[:until, ["UST2Y"]]
    filter = Gjr().fit(bond, seed=0)
    assert abs(filter.mu_.item()) < 0.2 * bond["UST2Y"].std()
    persistence = filter.alpha_ + filter.gamma_ / 2 + filter.beta_
    assert 0.97 < persistence.item() < 1.01
    assert filter.standardise(bond).std().item() == pytest.approx(1.0, abs=0.1)


def test_the_ewma_walk_is_the_weighted_sum(panel):
    filter = Ewma(0.94).fit(panel, seed=0)
    weights = 0.06 * 0.94 ** np.arange(899, -1, -1)
    sums = (weights[:, None] * panel.to_numpy() ** 2).sum(axis=0) + 0.94**900 * (panel.to_numpy() ** 2).mean(axis=0)
    np.testing.assert_allclose(filter.filter_path(panel)["variance"][-1].numpy(), sums, rtol=1e-4)


def test_the_neural_correction_stays_within_its_bound_and_helps_where_it_was_trained(panel):
    filter = NeuralFilter(members=2, steps=60).fit(panel, seed=1)
    states = filter.filter_path(panel)
    ratio = (states["volatility"] / states["variance"].sqrt()).log()
    assert ratio.abs().max() <= BOUND / 2 + 1e-6


def test_networks_trained_from_other_seeds_differ_and_from_the_same_seed_do_not(panel):
    one, same, other = (
        NeuralFilter(members=2, steps=40).fit(panel, seed=seed).network_.weights[0] for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.fixture(scope="module")
def residuals():
    """2,000 days of a trivariate t(5) distribution with correlation .6."""
    shape = np.full((3, 3), 0.6) + 0.4 * np.eye(3)
    return stats.multivariate_t(shape=shape, df=5, seed=8).rvs(2000)


def test_the_tail_is_the_pareto_distribution_to_the_last_digit(residuals):
    margins = SplicedMargins(0.05).fit(residuals)
    for side, sign in (("lower", -1.0), ("upper", 1.0)):
        beyond = np.geomspace(1e-9, 0.0499, 200)
        scores = torch.as_tensor(sign * -stats.norm.ppf(beyond))
        values = sign * margins.quantile(scores[:, None].expand(-1, 3)).numpy()
        for asset in range(3):
            np.testing.assert_allclose(margins.survival(values[:, asset], asset, side), beyond, rtol=1e-12)


def test_the_margin_is_continuous_at_the_splice_and_increasing(residuals):
    margins = SplicedMargins(0.05).fit(residuals)
    scores = torch.linspace(-5, 5, 20_001, dtype=torch.float64)[:, None].expand(-1, 3)
    steps = margins.quantile(scores).diff(dim=0)
    assert (steps >= 0).all()
    near = torch.tensor([-margins.edge_ - 1e-7, -margins.edge_ + 1e-7], dtype=torch.float64)[:, None].expand(-1, 3)
    assert margins.quantile(near).diff(dim=0).abs().max() < 1e-4


def test_the_pooled_index_of_a_t5_distribution_is_a_fifth(residuals):
    """Standard error of the pooled index, 300 exceedances a side: (1 + xi) / sqrt(300) = .07; three of them."""
    assert np.abs(SplicedMargins(0.05).fit(residuals).shape_ - 0.2).max() < 0.21


@pytest.mark.parametrize("name", ["bootstrap", "gaussian", "t", "vine"])
@pytest.mark.parametrize("tail", [0.0, 0.05])
def test_shocks_keep_the_margins_they_were_given(name, tail, residuals):
    """Kolmogorov-Smirnov distance over 4 x 4,096 draws and 2,000 days: 1.95 sqrt(1/16384 + 1/2000) = .046 at .1 %."""
    margins = SplicedMargins(tail).fit(residuals)
    shocks = SHOCKS.make(name).fit(residuals, margins, seed=0, assets=list("abc"))
    noise = torch.from_numpy(np.concatenate([block_noise(1, "t", b, 1, shocks.width)[:, 0] for b in range(4)]))
    drawn = shocks.decode(noise).numpy()
    for asset in range(3):
        assert stats.ks_2samp(drawn[:, asset], residuals[:, asset]).statistic < 0.046
    assert np.abs(stats.spearmanr(drawn).statistic - stats.spearmanr(residuals).statistic).max() < 0.07


def test_the_t_copula_has_the_joint_tail_of_the_closed_form(residuals):
    """P(both below their q-quantile) / q at q = .005, 40 blocks; the t copula's own value by integration."""
    margins = SplicedMargins(0.05).fit(residuals)
    shocks = SHOCKS.make("t").fit(residuals, margins, seed=0, assets=list("abc"))
    noise = torch.from_numpy(np.concatenate([block_noise(2, "t", b, 1, shocks.width)[:, 0] for b in range(40)]))
    drawn, q = shocks.decode(noise).numpy(), 0.005
    rho = float((shocks.root_ @ shocks.root_.T)[0, 1])
    edge = stats.t.ppf(q, shocks.dof_)
    exact = stats.multivariate_t.cdf([edge, edge], shape=[[1, rho], [rho, 1]], df=shocks.dof_, random_state=0) / q
    below = drawn[:, :2] < [np.quantile(drawn[:, 0], q), np.quantile(drawn[:, 1], q)]
    joint = below.all(axis=1).mean() / q
    assert abs(joint - exact) < 4 * np.sqrt(exact / (q * len(drawn)))


def test_the_factor_model_keeps_variances_and_gives_up_what_factors_do_not_carry(residuals):
    shocks = SHOCKS.make("factor", factors=1).fit(
        residuals, SplicedMargins(0.0).fit(residuals), seed=0, assets=list("abc")
    )
    noise = torch.from_numpy(np.concatenate([block_noise(1, "t", b, 1, shocks.width)[:, 0] for b in range(8)]))
    drawn = shocks.decode(noise).numpy()
    np.testing.assert_allclose(drawn.std(axis=0), residuals.std(axis=0), rtol=0.06)
    all_three = SHOCKS.make("factor", factors=3).fit(residuals, SplicedMargins(0.0).fit(residuals), 0, list("abc"))
    assert all_three.unexplained_.abs().max() < 1e-5


def test_whitened_residuals_are_white_and_coloured_ones_have_the_correlation(residuals):
    moving = MovingCorrelation(0.98).fit(torch.as_tensor(residuals))
    roots = moving.filter_path(torch.as_tensor(residuals))
    white = moving.whiten(roots, torch.as_tensor(residuals).float())
    np.testing.assert_allclose(np.cov(white.clamp(-8, 8).numpy(), rowvar=False), np.eye(3), atol=0.05)
    matrices = roots @ roots.transpose(-1, -2)
    np.testing.assert_allclose(matrices.diagonal(dim1=-2, dim2=-1).numpy(), 1.0, atol=1e-4)
    assert abs(float(matrices[:, 0, 1].mean()) - 0.6) < 0.1


def test_lognormal_scenarios_have_the_closed_form_moments(panel):
    """Mean and covariance of 10-day returns over 16,384 draws, within four standard errors."""
    drawn = scenarios.pooled(samplers.make("lognormal").fit(panel).sample(16_384, 10, seed=2)).astype(float).sum(axis=1)
    mean, covariance = 10 * panel.mean().to_numpy(), 10 * panel.cov().to_numpy()
    error = np.sqrt(np.diag(covariance) / len(drawn))
    assert (np.abs(drawn.mean(axis=0) - mean) < 4 * error).all()
    spread = np.sqrt((np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / len(drawn))
    assert (np.abs(np.cov(drawn, rowvar=False) - covariance) < 4 * spread).all()


def test_the_stationary_bootstrap_replays_runs_of_geometric_length(panel):
    """Share of consecutive pairs that were consecutive in the past: 1 - 1/20, within four standard errors."""
    sampler = samplers.make("block_bootstrap", mean_block=20).fit(panel)
    drawn = scenarios.pooled(sampler.sample(2000, 20, seed=1))[..., 0]
    place = {np.float32(value): day for day, value in enumerate(panel["A"].to_numpy())}
    days = np.vectorize(place.__getitem__)(drawn)
    share = ((np.diff(days, axis=1) % len(panel)) == 1).mean()
    assert abs(share - (1 - 1 / 20)) < 4 * np.sqrt(0.95 * 0.05 / (2000 * 19)) + 1 / 900


def test_range_resources_is_guarded_not_dropped():
    returns = load_returns("us_equities").loc[:"2006"]
    sampler = samplers.make("fhs").fit(returns)
    assert "RRC" in sampler.assets_
    assert float(sampler.shocks.pool_.abs().max()) < 40
    assert sampler.shocks.pool_.shape[1] == 20


def test_a_tracked_book_keeps_its_coverage_when_its_moves_double():
    rng = torch.Generator().manual_seed(2)
    tracked = QuantileTracking(0.02).fit(torch.randn(4096, 2, generator=rng))
    residuals = torch.randn(4000, 2, generator=rng) * torch.cat([torch.ones(2000), torch.full((2000,), 1.5)])[:, None]
    scales, roots = torch.full((4001, 2), 0.01), torch.eye(2).expand(4001, 2, 2)
    tracked_state = tracked.filter_path(residuals, scales, roots)
    moves = residuals.sum(dim=1) / 2**0.5
    plain, kept = ((-moves > edge).float().mean().item() for edge in (
        tracked_state["edge"][:-1, 0, 0], (tracked_state["stretch"] * tracked_state["edge"])[:-1, 0, 0]
    ))  # fmt: skip
    assert plain > 0.04
    assert abs(kept - 0.025) < 1 / (0.02 * 4000) + 0.001  # the rule's own bound: (range of k) / (rate x days)
    assert 1.2 < tracked_state["stretch"][-1, 0, 0] < 1.8


def test_a_stretch_moves_the_book_and_leaves_the_rest_as_drawn():
    rng = torch.Generator().manual_seed(3)
    shock, scale, root = torch.randn(500, 3, generator=rng), torch.tensor([[0.01, 0.02, 0.03]]), torch.eye(3)[None]
    edge, ones = torch.tensor([[[2.0, 2.4], [1.9, 2.3]]]), torch.ones(1, 2, 2)
    torch.testing.assert_close(QuantileTracking.stretched(shock, scale, root, edge, ones), shock)
    moved = QuantileTracking.stretched(shock, scale, root, edge, torch.tensor([[[1.2, 1.3], [1.0, 1.0]]]))
    norm = scale.norm()
    before, after = ((values * scale).sum(dim=1) / norm for values in (shock, moved))
    far = before < -2.4
    torch.testing.assert_close(after[far], 1.3 * before[far])
    torch.testing.assert_close(after[before > 0], before[before > 0])
    rest = torch.eye(3) - scale.T @ scale / norm**2
    torch.testing.assert_close(moved @ rest, shock @ rest, atol=1e-5, rtol=1e-5)


def test_tracking_asks_for_a_correlation():
    with pytest.raises(ParameterError, match="moving correlation"):
        Filtered("ewma", tracking=QuantileTracking())
