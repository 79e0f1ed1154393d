"""The transformer and the path flow: what their docstrings promise."""

import numpy as np
import pandas as pd
import pytest
import torch

from workbench import samplers, scenarios
from workbench.errors import ParameterError
from workbench.samplers.filters._transformer import BURN_IN, WINDOW, Transformer, TransformerFilter
from workbench.samplers.noise import block_noise
from workbench.samplers.paths._path_flow import LARGEST, PathFlow, Velocity


@pytest.fixture(scope="module")
def flow(panel):
    return PathFlow("gjr", window=5, context=8, steps=30).fit(panel, seed=1)


def test_the_transformer_read_day_by_day_is_the_transformer_read_at_once():
    generator = torch.Generator().manual_seed(0)
    network = Transformer(6, 16, 2, 0.2, generator)
    tokens, memory = torch.randn(3, 40, 5, 6, generator=generator), network.blank(5).expand(3, -1, -1, -1, -1, -1)
    days = []
    for day in tokens.unbind(1):
        out, memory = network.step(day, memory)
        days.append(out)
    torch.testing.assert_close(torch.stack(days, dim=1), network(tokens), rtol=1e-4, atol=1e-5)


def test_assets_in_another_order_get_the_same_corrections():
    generator = torch.Generator().manual_seed(0)
    network, order = Transformer(6, 16, 1, 0.2, generator), torch.tensor([3, 1, 4, 0, 2])
    tokens = torch.randn(2, 10, 5, 6, generator=generator)
    torch.testing.assert_close(network(tokens)[:, :, order], network(tokens[:, :, order]), rtol=1e-4, atol=1e-5)


def test_every_asset_attends_to_every_other_and_to_its_past():
    network = Transformer(6, 16, 1, 0.2, torch.Generator().manual_seed(0))
    tokens = torch.randn(1, 10, 5, 6, generator=torch.Generator().manual_seed(1)).requires_grad_()
    network(tokens)[0, 7, 0, 0].backward()
    felt = tokens.grad[0].abs().sum(dim=-1)  # (time, asset)
    assert (felt[7] > 0).all() and (felt[:8, 0] > 0).all()
    assert (felt[8:] == 0).all()


def test_the_attention_learns_on_days_after_its_memory_has_filled(panel):
    assert BURN_IN < WINDOW
    filter = TransformerFilter(steps=30).fit(panel, seed=1)
    first, last = filter.record_.curve[0], filter.record_.curve[-1]
    assert len(filter.record_.best) == 1 and first[0] <= last[0] <= 30


def test_a_flow_that_has_learnt_nothing_is_the_identity():
    untrained = PathFlow("gjr", solver=2)
    untrained.network_ = Velocity(16, 20, torch.Generator().manual_seed(0))
    untrained.shift_ = torch.zeros(2049)
    noise = torch.randn(6, 20, 4, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(untrained.transport(noise, torch.zeros(1, 20, 4)), noise)


def test_a_score_is_its_noise_moved_by_no_more_than_a_constant(flow):
    """So the Pareto index of the margins is the splice's: LARGEST times the integral of the weight (1/2), and 1.2."""
    noise = 12 * torch.randn(200, 5, 4, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        moved = flow.transport(noise, torch.zeros(1, 8, 4)) - noise
    assert moved.abs().max() <= LARGEST / 2 + 1.2 + flow.shift_.abs().max()


def test_scores_are_what_the_margins_are_the_quantiles_of(flow):
    scores = torch.linspace(-0.9 * LARGEST, 0.9 * LARGEST, 101)[:, None].expand(-1, 4)
    torch.testing.assert_close(flow._scores(flow.margins_.quantile(scores)), scores, rtol=0, atol=0.02)


def test_drawn_scores_are_standard_normal_over_a_window(flow, panel):
    """Pooled over assets, days and starts; the size of the set leaves a standard error of .005 at the most."""
    recent = flow.states(panel).values["recent"][-2000:]
    starts = torch.randint(len(recent), (4096,), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        drawn = flow.transport(torch.from_numpy(block_noise(3, "t", 0, 5, 4)), recent[starts])
    assert abs(float(drawn.mean())) < 0.05
    assert abs(float(drawn.std()) - 1) < 0.05


def test_horizons_of_whole_windows_begin_alike_and_others_only_in_distribution(flow):
    """A window's days depend on each other's noise: three days are not the first three of five, as their bits go."""
    three, five, ten = (scenarios.pooled(flow.sample(2000, days, seed=4)) for days in (3, 5, 10))
    np.testing.assert_allclose(five, ten[:, :5], rtol=1e-5, atol=1e-7)
    assert not np.allclose(three, five[:, :3], rtol=1e-5, atol=1e-7)
    ratio = three.std(axis=0) / five[:, :3].std(axis=0)
    assert np.abs(np.log(ratio)).max() < 0.15


@pytest.mark.parametrize(
    "name, options", [("transformer", {"steps": 10}), ("path_flow", {"filter": "gjr", "steps": 10})]
)
def test_a_history_of_ten_years_stays_in_the_range_of_its_past(name, options, panel):
    """Volatility of every year between a fifth and five times the panel's, no day ten times its worst."""
    sampler = samplers.make(name, **options).fit(panel, seed=2)
    states = sampler.states(panel)
    start = states.rows(np.linspace(0, len(panel) - 1, 24).astype(int))
    noise = torch.from_numpy(block_noise(7, "years", 0, 2500, sampler.width)[:24].copy())
    with torch.no_grad():
        history = sampler.decode(noise, start, 2500).numpy()
    assert np.isfinite(history).all()
    yearly = history.reshape(24, 10, 250, 4).std(axis=2) / panel.std().to_numpy()
    assert yearly.min() > 0.2 and yearly.max() < 5
    assert np.abs(history).max() < 10 * np.abs(panel.to_numpy()).max()


def test_a_flow_without_a_window_is_refused():
    with pytest.raises(ParameterError, match="at least 1"):
        PathFlow("gjr", window=0)


def test_a_context_longer_than_the_history_is_filled_with_calm_days(panel):
    flow = PathFlow("gjr", window=3, context=8, steps=2).fit(panel, seed=1)
    recent = flow.states(panel.iloc[:3]).rows([-1])["recent"]
    assert recent.shape == (1, 8, 4)
    assert (recent[0, :5] == 0).all() and isinstance(panel, pd.DataFrame)
