"""The map from noise to paths: sizes, starts, and the days of a band of volatility."""

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
import torch
from stress_panel import panel

from workbench.errors import ParameterError
from workbench.samplers import make
from workbench.samplers.noise import stream
from workbench.stress import Move
from workbench.stress.problem import Problem, starts_with_volatility


@pytest.fixture(scope="module")
def sampler():
    return make("ewma").fit(panel())


@pytest.mark.parametrize(("start", "free"), [("last", 0), ("long-run", 1)])
def test_a_path_needs_a_normal_a_column_and_day_and_one_more_for_a_free_start(sampler, start, free):
    problem = Problem(sampler, 4, start)
    assert (problem.free, problem.dim) == (free, 4 * sampler.width + free)
    noise = problem.prior(5, 3, "stage")
    expected = stream(3, "stage", 0).standard_normal((5, problem.dim), dtype=np.float32)
    assert noise.shape == (5, problem.dim) and np.array_equal(noise.numpy(), expected)
    assert not torch.equal(noise, problem.prior(5, 3, "other")) and not torch.equal(noise, problem.prior(5, 4, "stage"))


@pytest.mark.parametrize("start", ["last", "long-run"])
def test_paths_decoded_together_are_those_decoded_one_by_one(sampler, start):
    """600 draws, more than two chunks."""
    problem = Problem(sampler, 3, start)
    noise = problem.prior(600, 1, "x")
    together = problem.decode(noise)
    assert together.shape == (600, 3, 3)
    for row in (0, 255, 256, 599):
        torch.testing.assert_close(together[row : row + 1], problem.decode(noise[row : row + 1]))


def test_a_score_and_a_tree_know_the_assets(sampler):
    problem = Problem(sampler, 2)
    paths = problem.decode(problem.prior(6, 1, "x"))
    torch.testing.assert_close(problem.reaching(Move("B"), 0.0).score(paths), paths[:, :, 1].sum(1).double())
    tree = problem.tree(paths[None], origin="here")
    attrs = dict(tree.attrs) | dict(tree["scenarios"].attrs) | dict(tree["scenarios"]["ret"].attrs)
    assert (attrs["origin"], attrs["horizon"]) == ("here", 2)
    assert list(tree["scenarios"]["ret"].asset.values) == ["A", "B", "C"]


def test_an_event_is_not_moved_under_those_who_estimate_it(sampler):
    event = Problem(sampler, 2).reaching(Move("B"), -0.1, 4)
    for name in ("problem", "score", "level", "seed"):
        with pytest.raises(FrozenInstanceError):
            setattr(event, name, getattr(event, name))
    assert (event.level, event.seed) == (-0.1, 4)


def volatility(history: pd.DataFrame, window: int = 20) -> pd.Series:
    return history.mean(axis=1).rolling(window).std() * np.sqrt(252)


@pytest.mark.parametrize("window", [None, 2, 60])
def test_days_of_a_band_are_those_whose_window_has_its_volatility(sampler, window):
    chosen = volatility(panel(), window or 20)
    found = starts_with_volatility(sampler, 0.1, 0.2, **({} if window is None else {"window": window}))
    inside = chosen.between(0.1, 0.2)
    assert found.dates.equals(panel().index[inside]) and 0 < inside.sum() < 900
    states = sampler.states(panel())
    torch.testing.assert_close(found.values["variance"], states.values["variance"][np.flatnonzero(inside)])


def test_a_band_may_be_one_value_and_the_history_another(sampler):
    history = panel().iloc[:300][["C", "A", "B"]]
    exact = float(volatility(history[["A", "B", "C"]]).iloc[100])
    found = starts_with_volatility(sampler, exact, exact, returns=history)
    assert list(found.dates) == [history.index[100]]
    whole = starts_with_volatility(sampler, 0.0, 10.0, returns=history)
    assert list(whole.dates) == list(history.index[19:])


def test_what_no_day_fulfils_is_answered_with_the_range(sampler):
    low, high = volatility(panel()).min(), volatility(panel()).max()
    said = f"^on no day was 20-day volatility between 150 % and 200 %; it ranged from {100 * low:.1f} % to {100 * high:.1f} %$"
    with pytest.raises(ParameterError, match=said):
        starts_with_volatility(sampler, 1.5, 2.0)
    with pytest.raises(ParameterError, match="^window must be a whole number, at least 2, got 1$"):
        starts_with_volatility(sampler, 0.1, 0.2, window=1)
    with pytest.raises(ParameterError, match="^high must be a number, at least 0.2, got 0.1$"):
        starts_with_volatility(sampler, 0.2, 0.1)
    with pytest.raises(ParameterError, match="^horizon must be a whole number, at least 1, got 0$"):
        Problem(sampler, 0)
