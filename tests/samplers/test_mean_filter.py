"""The mean of filters: averages by hand, no later days, near-duplicate assets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from workbench import samplers
from workbench.errors import FitError, ParameterError
from workbench.samplers._composed import Filtered
from workbench.samplers.filters import Ewma, Gjr, MeanFilter, MovingCorrelation, PretrainedFilter
from workbench.samplers.training.weights import Overlap


def test_log_variances_and_means_are_averaged(panel) -> None:
    mean, fast, slow = MeanFilter([Ewma(0.9), "gjr"]).fit(panel, 0), Ewma(0.9).fit(panel, 0), Gjr().fit(panel, 0)
    states = mean.filter_path(panel)
    drift, scale = mean.moments(states)
    alone = [one.moments(one.filter_path(panel)) for one in (fast, slow)]
    torch.testing.assert_close(scale, (alone[0][1] * alone[1][1]).sqrt())
    torch.testing.assert_close(drift, (alone[0][0] + alone[1][0]).expand_as(drift) / 2)


def test_the_mean_of_one_filter_is_that_filter(panel) -> None:
    one, same = Gjr().fit(panel, 0), MeanFilter(["gjr"]).fit(panel, 0)
    torch.testing.assert_close(same.standardise(panel), one.standardise(panel))
    drawn = [Filtered(filter).fit(panel, 1).sample(64, 5, 2)["scenarios"]["ret"].values for filter in (one, same)]
    np.testing.assert_allclose(drawn[1], drawn[0], rtol=1e-4, atol=1e-7)


def test_every_filter_is_fed_the_common_day(panel) -> None:
    mean = MeanFilter([Ewma(0.9), Ewma(0.99)]).fit(panel, 0)
    state = {name: value[-1:] for name, value in mean.filter_path(panel).items()}
    day = torch.tensor([[0.05, -0.01, 0.0, 0.02], [0.0, 0.01, -0.03, 0.0]])
    after = mean.simulate_step(state, day)
    for place, decay in enumerate((0.9, 0.99)):
        expected = decay * state[f"{place}.variance"] + (1 - decay) * day.square()
        torch.testing.assert_close(after[f"{place}.variance"], expected.clamp(min=0))


def test_a_pooled_drift_is_the_mean_sharpe_ratio(panel) -> None:
    mean = MeanFilter(["ewma"], pooled=True).fit(panel, 0)
    drift, _ = mean.moments(mean.start_)
    sharpe = (panel.mean() / panel.std()).mean()
    np.testing.assert_allclose(drift[0].numpy(), panel.std() * sharpe, rtol=1e-4)


def test_centred_residuals_leave_the_drift_to_the_filter(panel) -> None:
    shifted = panel + 0.02 * panel.std() * np.array([-3, 1, 4, 6])
    sharpe = (shifted.mean() / shifted.std()).mean()
    sampler = Filtered(MeanFilter(["gjr"], pooled=True), centred=True).fit(shifted, 0)
    drawn = sampler.sample(40_000, 1, 0, start="long-run")["scenarios"]["ret"].values[0, :, 0]
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - sharpe * shifted.std().to_numpy()) < 4 * error).all()


def test_weights_that_know_later_days_are_left_out(panel) -> None:
    early = panel.iloc[:400]
    early.index = pd.bdate_range("1990-01-01", periods=400)
    assert not PretrainedFilter().knows_only_the_past(early) and PretrainedFilter().knows_only_the_past(panel)
    with pytest.warns(Overlap, match="PretrainedFilter is left out of the mean.*after 1991-07-12"):
        used = MeanFilter(["gjr", "pretrained"]).fit(early, 0).used_
    assert [type(one).__name__ for one in used] == ["Gjr"]
    with pytest.raises(FitError, match="1991"):
        MeanFilter(["pretrained"]).fit(early, 0)


@pytest.mark.parametrize("inner", [[], "gjr", ()])
def test_a_mean_of_nothing_is_refused(inner) -> None:
    with pytest.raises(ParameterError, match="at least one"):
        MeanFilter(inner)


def test_the_ridge_decides_the_spread_of_near_duplicates(panel) -> None:
    rng = np.random.default_rng(0)
    twin = panel[["A", "B"]].assign(C=panel["A"] + 0.05 * panel["A"].std() * rng.standard_normal(len(panel)))
    spread = {}
    for ridge in (0.02, 0.0005):
        sampler = Filtered("gjr", correlation=MovingCorrelation(0.99, 0.5, ridge)).fit(twin, 0)
        drawn = sampler.sample(4096, 1, 0, start="long-run")["scenarios"]["ret"].values[0, :, 0]
        spread[ridge] = (drawn[:, 2] - drawn[:, 0]).std() / (twin["C"] - twin["A"]).std()
    assert spread[0.02] > 2 and spread[0.0005] < 1.3
    with pytest.raises(ParameterError, match="ridge"):
        MovingCorrelation(ridge=0)


def test_saved_and_read_it_draws_the_same(panel, tmp_path) -> None:
    sampler = samplers.make("neural", members=1, steps=10, tune_steps=2, progress=False).fit(panel, 0)
    again = samplers.load(samplers.save(sampler, tmp_path / "mean.safetensors"))
    drawn = [one.sample(50, 3, 1)["scenarios"]["ret"].values for one in (sampler, again)]
    assert np.array_equal(*drawn)
