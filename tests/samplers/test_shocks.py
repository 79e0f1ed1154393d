"""Noise, shock models and margins against closed forms worked out by hand."""

import numpy as np
import pytest
import torch
from scipy import stats

from workbench.samplers._tables import lookup
from workbench.samplers.noise import BLOCK, block_noise, blocks, long_run_days, stream
from workbench.samplers.shocks import SHOCKS, Bootstrap, Factor, GaussianCopula, SplicedMargins, uniform_index
from workbench.samplers.shocks._classical import _kendall_correlation
from workbench.samplers.shocks._margins import GaussianMargins, _excess, _fit_pooled


def test_a_table_is_read_between_its_knots_and_constant_beyond():
    table = torch.tensor([[0.0, 10.0, 30.0], [5.0, 5.0, 6.0]])
    places = torch.tensor([[-1.0, 0.0], [0.5, 1.5], [1.5, 2.0], [9.0, 9.0]])
    torch.testing.assert_close(lookup(table, places), torch.tensor([[0.0, 5.0], [5.0, 5.5], [20.0, 6.0], [30.0, 6.0]]))
    torch.testing.assert_close(lookup(table[0], torch.tensor([0.25, 1.75])), torch.tensor([2.5, 25.0]))


def test_draws_come_in_whole_blocks():
    assert [len(blocks(draws)) for draws in (1, BLOCK, BLOCK + 1)] == [1, 1, 2]


def test_every_seed_stage_block_and_column_has_its_own_stream_and_more_columns_begin_alike():
    keys = [(1, "a", 0, 0), (2, "a", 0, 0), (1, "b", 0, 0), (1, "a", 1, 0), (1, "a", 0, 1)]
    first = {float(stream(*key).standard_normal()) for key in keys}
    assert len(first) == len(keys)
    few, more = block_noise(1, "a", 0, 2, 1), block_noise(1, "a", 0, 3, 2)
    assert few.shape == (BLOCK, 2, 1) and more.shape == (BLOCK, 3, 2)
    assert np.array_equal(few[..., 0], more[:, :2, 0])
    assert stats.kstest(more[:, 2, 1], "norm").pvalue > 0.001
    assert not np.array_equal(more[..., 0], more[..., 1])


def test_long_run_days_are_uniform_over_all_days():
    """Chi-square of 2 x 4,096 days in 50 bins, at one in a thousand; the first and the last day are met."""
    days = np.concatenate([long_run_days(3, block, 50) for block in (0, 1)])
    assert days.min() == 0 and days.max() == 49
    assert stats.chisquare(np.bincount(days, minlength=50)).pvalue > 0.001
    assert not np.array_equal(long_run_days(3, 0, 50), long_run_days(3, 1, 50))


def test_positions_are_uniform_and_monotone_in_the_noise():
    noise = torch.tensor([-50.0, -1.0, -1e-6, 1e-6, 1.0, 50.0])
    assert uniform_index(noise, 10).tolist() == [0, 1, 4, 5, 8, 9]


@pytest.fixture(scope="module")
def days():
    return np.random.default_rng(3).standard_t(5, size=(200, 2)) @ np.array([[1.0, 0.5], [0.0, 1.0]])


def test_a_bootstrap_draws_whole_days(days):
    shocks = Bootstrap().fit(days, SplicedMargins(0.0).fit(days), 0, list("ab"))
    drawn = shocks.decode(torch.tensor([[-50.0], [50.0], [0.0]])).numpy()
    np.testing.assert_allclose(drawn, days[[0, 199, 100]], rtol=1e-6)
    assert shocks.width == 1


def test_a_bootstrap_with_tails_keeps_the_ranks_of_a_day_and_jitters_within_their_step(days):
    margins = SplicedMargins(0.05).fit(days)
    shocks = Bootstrap().fit(days, margins, 0, list("ab"))
    assert shocks.width == 3
    row = 100  # the position of a normal score of zero
    ranks = stats.rankdata(days, axis=0, method="ordinal")[row] - 1
    low, high = (shocks.decode(torch.tensor([[0.0, end, end]]))[0].numpy() for end in (-8.0, 8.0))
    for asset, rank in enumerate(ranks):
        scores = torch.tensor(stats.norm.ppf([(rank + 1e-9) / 200, (rank + 1 - 1e-9) / 200]), dtype=torch.float32)
        edges = margins.quantile(scores[:, None].expand(-1, 2))[:, asset].numpy()
        np.testing.assert_allclose([low[asset], high[asset]], edges, rtol=1e-3, atol=1e-4)


def test_a_gaussian_copula_without_margins_has_the_correlation_of_the_sample(days):
    shocks = GaussianCopula().fit(days, GaussianMargins(), 0, list("ab"))
    torch.testing.assert_close(
        shocks.root_ @ shocks.root_.T, torch.as_tensor(np.corrcoef(days.T), dtype=torch.float32), rtol=1e-4, atol=1e-5
    )
    assert shocks.root_[0, 1] == 0  # a Cholesky factor


def test_a_correlation_from_ranks_is_the_sine_of_kendalls_tau():
    pairs = np.array([[1.0, 1.0], [2.0, 3.0], [3.0, 2.0], [4.0, 4.0]])  # five of six pairs agree: tau = 2/3
    np.testing.assert_allclose(_kendall_correlation(pairs)[0, 1], np.sin(np.pi / 3))
    assert (np.diag(_kendall_correlation(pairs)) == 1).all()


def test_a_factor_model_adds_each_assets_own_residual_to_a_past_day_of_the_factors(days):
    shocks = Factor(1).fit(days, SplicedMargins(0.0).fit(days), 0, list("ab"))
    drawn = shocks.decode(torch.tensor([[50.0, -50.0, 50.0]])).numpy()[0]
    own = shocks.unexplained_.numpy()
    common = days[199] - own[199]
    np.testing.assert_allclose(drawn, common + [own[0, 0], own[199, 1]], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-6)


def test_observed_factors_are_the_columns_named(days):
    shocks = Factor(observed=("b",)).fit(days, SplicedMargins(0.0).fit(days), 0, list("ab"))
    slope = np.polyfit(days[:, 1], days[:, 0], 1)
    np.testing.assert_allclose(shocks.loadings_[:, 0], slope[::-1], rtol=1e-4, atol=1e-6)
    assert shocks.unexplained_[:, 1].abs().max() < 1e-6


@pytest.mark.parametrize("tail", [0.0, 0.05])
def test_the_body_of_a_margin_is_the_empirical_quantile(tail, days):
    margins = SplicedMargins(tail).fit(days)
    share = np.array([0.1, 0.3, 0.5, 0.8])
    scores = torch.as_tensor(stats.norm.ppf(share))[:, None].expand(-1, 2)
    expected = np.quantile(days, share, axis=0, method="hazen")
    np.testing.assert_allclose(margins.quantile(scores).numpy(), expected, atol=0.01)
    if not tail:
        far = margins.quantile(torch.tensor([[-9.0, -9.0], [9.0, 9.0]])).numpy()
        np.testing.assert_allclose(far, [days.min(axis=0), days.max(axis=0)], rtol=1e-5)


def test_a_pareto_excess_at_shape_zero_is_the_exponential_one():
    beyond = torch.tensor([-1.0, -3.0], dtype=torch.float64)
    torch.testing.assert_close(_excess(beyond, 0.0), -beyond)
    torch.testing.assert_close(_excess(beyond, 1e-9), -beyond, rtol=1e-6, atol=0)
    torch.testing.assert_close(_excess(beyond, 0.5), ((-0.5 * beyond).exp() - 1) / 0.5)


def test_a_pooled_pareto_fit_finds_the_index_and_each_assets_scale():
    """Standard errors for 2 x 20,000 exceedances: of the index (1 + xi) / sqrt(n) = .006, of a log scale .01."""
    rng = np.random.default_rng(5)
    sample = stats.genpareto.rvs(0.25, scale=[1.0, 3.0], size=(20_000, 2), random_state=rng)
    shape, scale = _fit_pooled(np.sort(sample, axis=0), np.zeros(2))
    assert abs(shape - 0.25) < 0.025
    np.testing.assert_allclose(scale, [1.0, 3.0], rtol=0.05)


def test_the_tails_of_both_sides_are_the_survival_of_each():
    days = np.random.default_rng(7).standard_normal((4000, 1))
    margins = SplicedMargins(0.05).fit(days)
    np.testing.assert_allclose(margins.threshold_[:, 0], 1.645, atol=0.1)
    assert margins.survival(margins.threshold_[0], 0, "lower") == pytest.approx(0.05)
    assert margins.survival(margins.threshold_[1] + margins.scale_[1, 0], 0, "upper") == pytest.approx(
        0.05 * (1 + margins.shape_[1]) ** (-1 / margins.shape_[1])
    )


@pytest.mark.parametrize("name", ["gaussian", "t", "vine"])
def test_a_twin_of_an_asset_moves_with_it(name, days):
    twins = np.column_stack([days[:, 0], days[:, 0], days[:, 1]])
    shocks = SHOCKS.make(name).fit(twins, SplicedMargins(0.05).fit(twins), 0, list("abc"))
    noise = torch.randn(500, shocks.width, generator=torch.Generator().manual_seed(1))
    drawn = shocks.decode(noise).numpy()
    assert np.isfinite(drawn).all() and stats.spearmanr(drawn[:, :2]).statistic > 0.98
