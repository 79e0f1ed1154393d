"""The contract, held against every registered sampler."""

import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch

from workbench import books, samplers, scenarios, stress
from workbench.errors import FitError, ParameterError, Refusal
from workbench.samplers.noise import BLOCK, block_noise

LEARNED = {"members": 1, "steps": 25, "shocks": {"hidden": 8, "steps": 50, "sample": 4096, "mixture": 4.0}}
OPTIONS = {
    "neural": {"members": 2, "steps": 60, "tune_steps": 5},
    "neural_single": {"members": 2, "steps": 60},
    "historical_window": {"window": 250},
    "factor": {"factors": 2},
    "gjr_vine": {"trees": 1},
    **{f"neural_{shocks}": LEARNED for shocks in ("flow", "diffusion", "nsf", "vae", "generator")},
    "transformer": {"steps": 4},
    "path_flow": {"filter": "gjr", "window": 3, "steps": 4},  # horizons of whole windows begin with the same days
}
DIFFERENTIABLE = ["lognormal", "gjr_gaussian", "gjr_t", *(name for name in OPTIONS if OPTIONS[name] is LEARNED)]


@pytest.fixture(scope="module", params=list(samplers.SAMPLERS))
def fitted(request, panel):
    return samplers.make(request.param, **OPTIONS.get(request.param, {})).fit(panel, seed=3)


def test_scenarios_have_the_shape_the_type_and_the_names_asked_for(fitted):
    drawn = scenarios.returns(fitted.sample(50, horizon=7, seed=1))
    assert drawn.shape == (1, 50, 7, 4)
    assert drawn.dtype == np.float32
    assert list(drawn.asset.values) == ["A", "B", "C", "D"]


def test_the_seed_decides_every_bit(fitted):
    one, same, other = (scenarios.digest(fitted.sample(300, 5, seed=seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_the_bits_do_not_depend_on_the_order_of_the_blocks(fitted):
    class Backwards:
        def map(self, task, work):
            done = {block: task(block) for block in reversed(work)}
            return [done[block] for block in work]

    draws = BLOCK + 10
    forwards = fitted.sample(draws, 2, seed=1)
    assert scenarios.digest(forwards) == scenarios.digest(fitted.sample(draws, 2, seed=1, executor=Backwards()))


def test_fewer_draws_are_the_first_of_more(fitted):
    more = scenarios.pooled(fitted.sample(BLOCK + 5, 2, seed=4))
    assert np.array_equal(scenarios.pooled(fitted.sample(40, 2, seed=4)), more[:40])


def test_a_longer_horizon_begins_with_the_same_days(fitted):
    short, long = (scenarios.pooled(fitted.sample(100, horizon, seed=4)) for horizon in (3, 6))
    np.testing.assert_allclose(short, long[:, :3], rtol=1e-5, atol=1e-7)


def test_a_scenario_depends_on_its_own_noise_alone(fitted, panel):
    state = fitted.states(panel).rows([-1])
    noise = torch.from_numpy(block_noise(5, "test", 0, 4, fitted.width))
    order = torch.randperm(BLOCK, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        straight, shuffled = fitted.decode(noise, state, 4), fitted.decode(noise[order], state, 4)
    torch.testing.assert_close(straight[order], shuffled, rtol=1e-4, atol=1e-6)


def test_a_state_knows_nothing_of_the_days_after_it(fitted, panel):
    whole, early = fitted.states(panel), fitted.states(panel.iloc[:600])
    for name, value in early.rows([-1]).items():
        torch.testing.assert_close(value, whole.at(panel.index[599])[name])


def test_fitting_again_gives_the_same_sampler(fitted, panel):
    name = next(name for name in samplers.SAMPLERS if name == fitted_name(fitted))
    again = samplers.make(name, **OPTIONS.get(name, {})).fit(panel, seed=3)
    assert scenarios.digest(again.sample(20, 3, seed=1)) == scenarios.digest(fitted.sample(20, 3, seed=1))


def test_a_pickled_sampler_draws_the_same_bits(fitted):
    copied = pickle.loads(pickle.dumps(fitted))
    assert scenarios.digest(copied.sample(20, 3, seed=1)) == scenarios.digest(fitted.sample(20, 3, seed=1))


def test_a_sampler_read_from_its_file_draws_the_same_bits(fitted, tmp_path):
    read = samplers.load(samplers.save(fitted, tmp_path / "sampler.safetensors"))
    assert scenarios.digest(read.sample(20, 3, seed=1)) == scenarios.digest(fitted.sample(20, 3, seed=1))


def test_the_long_run_starts_anywhere_in_the_past(fitted):
    drawn = scenarios.pooled(fitted.sample(200, 3, seed=1, start="long-run"))
    assert np.isfinite(drawn).all()


def test_a_newer_history_moves_the_start(fitted, panel):
    newer = fitted.sample(30, 2, seed=1, start=panel.iloc[:700])
    dated = fitted.sample(30, 2, seed=1, start=panel.index[699])
    assert scenarios.digest(newer) == scenarios.digest(dated)


def fitted_name(sampler) -> str:
    """The registered name whose parts the sampler was made of."""
    for name in samplers.SAMPLERS:
        made = samplers.make(name, **OPTIONS.get(name, {}))
        if describe(made) == describe(sampler):
            return name
    raise AssertionError("unregistered sampler")


def describe(sampler) -> tuple:
    parts = [sampler, *(getattr(sampler, part, None) for part in ("filter", "shocks", "correlation"))]
    plain = (int, float, str, bool, tuple)
    return tuple(
        (type(part).__name__, *sorted((k, v) for k, v in vars(part).items() if isinstance(v, plain) and k in KNOBS))
        if part is not None
        else None
        for part in parts
    )


KNOBS = {
    "members",
    "hidden",
    "steps",
    "window",
    "mean_block",
    "factors",
    "observed",
    "decay",
    "shrink",
    "trees",
    "tails",
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_reach_the_noise(name, panel):
    sampler = samplers.make(name, **OPTIONS.get(name, {})).fit(panel, seed=3)
    noise = torch.zeros(8, 3, sampler.width).normal_(generator=torch.Generator().manual_seed(1)).requires_grad_()
    sampler.decode(noise, sampler.states(panel).rows([-1]), 3).sum().backward()
    assert torch.isfinite(noise.grad).all()
    assert (noise.grad.abs().sum(dim=(1, 2)) > 0).all()


@pytest.mark.parametrize("name", ["fhs_moving", "neural"])
def test_worker_processes_change_no_bit(name, panel):
    sampler = samplers.make(name, **OPTIONS.get(name, {})).fit(panel, seed=3)
    alone = scenarios.digest(sampler.sample(2 * BLOCK, 3, seed=9))
    for workers in (2, 4):
        with ProcessPoolExecutor(workers) as executor:
            assert scenarios.digest(sampler.sample(2 * BLOCK, 3, seed=9, executor=executor)) == alone


def test_chains_are_trained_apart_and_stacked(panel):
    chains = samplers.fit_chains("neural_single", panel, 2, seed=0, members=1, steps=40)
    drawn = scenarios.returns(samplers.sample_chains(chains, 60, 2, seed=0))
    assert drawn.shape == (2, 60, 2, 4)
    first, second = (chain.filter.inner.network_.weights[0] for chain in chains)
    assert not torch.equal(first, second)


def test_what_cannot_be_fitted_says_where(panel):
    broken = panel.copy()
    broken.iloc[5, 2] = np.nan
    with pytest.raises(FitError, match=r"'C' on 2000-01-10"):
        samplers.make("fhs").fit(broken)
    with pytest.raises(FitError, match="'A' has 100 days"):
        samplers.make("fhs").fit(panel.iloc[:100])
    with pytest.raises(FitError, match="not fitted"):
        samplers.make("fhs").sample(10, 2)
    with pytest.raises(ParameterError, match="did you mean 'historical'"):
        samplers.make("historic")
    with pytest.raises(ParameterError, match="its options are: decay"):
        samplers.make("fhs_moving", lamda=0.9)
    with pytest.raises(ParameterError, match="at least 1"):
        samplers.make("historical").fit(panel).sample(0, 2)
    fitted, first, last = samplers.make("historical").fit(panel), panel.index[0].date(), panel.index[-1].date()
    with pytest.raises(ParameterError, match=f"no state before {first}, asked for 1990-01-01"):
        fitted.sample(5, 2, start="1990-01-01")
    with pytest.raises(ParameterError, match=f"the history ends on {last}, asked for a start on 2090-01-01"):
        fitted.sample(5, 2, start="2090-01-01")


def test_a_stale_series_is_refused_only_when_nothing_is_left(panel):
    stale = panel.copy()
    stale.iloc[100:160, 0] = 0.0
    sampler = samplers.make("fhs").fit(stale)
    assert len(sampler.shocks.pool_) == 900 - 161
    stale.iloc[850:, 0] = 0.0
    with pytest.raises(FitError, match="'A' has"):
        samplers.make("fhs").fit(stale)


def test_rolled_forecasts_cover_the_days_asked_for(panel):
    sampler = samplers.make("historical").fit(panel.iloc[:600])
    days = [day for day, draws in samplers.roll(sampler, panel, panel.index[600], draws=10, every=7)]
    assert days == list(panel.index[600:900:7])
    assert all(isinstance(day, pd.Timestamp) for day in days)


@pytest.fixture(scope="module")
def crisis(fitted, panel):
    """A sampler, a book, and the loss that one in a hundred of 6,000 plain draws of three days exceeds."""
    book = books.equal_weight(panel)
    losses = -book.profits(fitted.sample(6000, 3, seed=11)).values[0]
    return fitted, book, float(np.quantile(losses, 0.99))


def test_a_rare_loss_is_as_likely_as_plain_draws_say(crisis):
    """Sixty plain draws know it to 13 %; four of both errors together leave one false alarm in ten thousand."""
    sampler, book, loss = crisis
    found = stress.rare(sampler, stress.Loss(book), loss, 3, seed=1, budget=4000)
    assert abs(np.log(found.probability / 0.01)) < 4 * np.hypot(found.relative_error, 0.13)
    assert -book.profits(found.tree).values.max() >= loss - 1e-6


def test_the_most_plausible_way_loses_as_much_as_was_asked(crisis):
    sampler, book, loss = crisis
    found = stress.reverse(sampler, book, loss, 3, seed=1, particles=120, sweeps=20, modes=2)
    assert all(mode.loss >= 0.998 * loss and np.isfinite(mode.distance) for mode in found.modes)
    assert all(torch.isfinite(mode.noise).all() and 0 < mode.plausibility <= 1 for mode in found.modes)


def test_a_loss_that_is_given_is_met_or_refused(crisis):
    sampler, book, loss = crisis
    try:
        found = stress.given(sampler, [stress.Constraint(stress.Loss(book), loss, 2 * loss)], 600, 3, 1, particles=100)
    except Refusal as refused:
        assert "R-hat" in str(refused)
        return
    losses = -book.profits(found.tree).values
    assert loss - 1e-6 <= losses.min() and losses.max() <= 2 * loss + 1e-6
    assert found.diagnostics["r_hat"].max() <= 1.05
