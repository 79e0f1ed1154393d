"""Lead and lag: found where one close sees what another has not, left out where nothing leads."""

import numpy as np
import pandas as pd
import pytest
import torch

from workbench import samplers, scenarios
from workbench.samplers.filters._classical import Gjr
from workbench.samplers.filters._lead_lag import CLIP, LeadLag


def market(leads: float, days: int = 1500, seed: int = 5) -> pd.DataFrame:
    """Four assets of 1 % a day; the last sees ``leads`` of the first's shock a day late, its variance unchanged."""
    shocks = np.random.default_rng(seed).standard_normal((days, 4))
    late = np.concatenate([[0.0], shocks[:-1, 0]])
    shocks[:, 3] = leads * late + np.sqrt(1 - leads**2) * shocks[:, 3]
    return pd.DataFrame(shocks / 100, index=pd.bdate_range("2000-01-03", periods=days), columns=list("ABCD"))


@pytest.fixture(scope="module")
def led():
    return samplers.make("fhs_lead").fit(market(0.5), seed=0)


def test_the_regression_finds_who_leads_whom(led):
    weights = led.filter.weights_.numpy()
    assert abs(weights[0, 3] - 0.5) < 0.12  # ridge pulls it in by a tenth; standard error .023
    others = weights.copy()
    others[0, 3] = 0.0
    assert np.abs(others).max() < 0.1


def test_a_fall_of_the_leader_is_a_fall_of_the_led_the_day_after(led):
    known = market(0.5, days=600, seed=9)
    means = []
    for move in (-0.02, 0.02):
        known.iloc[-1, 0] = move
        drawn = scenarios.returns(led.sample(4096, 2, seed=1, start=known)).values[0]
        means.append(drawn.mean(axis=0))
    gap = (means[1] - means[0]) / 0.04
    assert abs(gap[0, 3] - led.filter.weights_[0, 3].item()) < 0.08  # volatilities of leader and led differ a little
    assert np.abs(gap[0, :3]).max() < 0.1 and np.abs(gap[1]).max() < 0.1


def test_a_drawn_leader_leads_too(led):
    drawn = scenarios.returns(led.sample(8192, 3, seed=2)).values[0]
    lagged = np.corrcoef(drawn[:, 1, 0], drawn[:, 2, 3])[0, 1]
    assert abs(lagged - led.filter.weights_[0, 3].item()) < 0.06  # standard error .011
    assert abs(np.corrcoef(drawn[:, 1, 3], drawn[:, 2, 0])[0, 1]) < 0.06


def test_where_nothing_leads_the_filter_is_what_it_was_to_the_bit():
    panel = market(0.0)
    found, inner = LeadLag("gjr").fit(panel, seed=0), Gjr().fit(panel, seed=0)
    assert found.weights_ is None and "led" not in found.start_
    assert torch.equal(found.standardise(panel), inner.standardise(panel))
    plain, led = (samplers.make(name).fit(panel, seed=0).sample(100, 3, seed=1) for name in ("fhs_moving", "fhs_lead"))
    assert scenarios.digest(plain) == scenarios.digest(led)


def test_one_absurd_day_leads_no_farther_than_four_deviations(led):
    known = market(0.5, days=600, seed=9)
    known.iloc[-1, 0] = -0.9
    state = led.states(known).rows([-1])
    assert state["led"].abs().max() <= CLIP * led.filter.weights_.abs().sum(dim=0).max()
