"""Factors on the nulls, sharp ends, one state: each against what is known in closed form or by construction."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.checks.calibration import needed
from workbench.power import SimulatedMarket, build
from workbench.validation import CHECKS, trial
from workbench.validation.checks import truncation as edges
from workbench.validation.engine import _null_width as calibration
from workbench.validation.engine._null import Spread
from workbench.validation.trial import prepare


def test_a_factor_needed_puts_the_p_value_at_the_level():
    covariance, departure = np.diag([1.0, 2.0, 0.5]), np.array([0.4, -3.0, 1.6])
    plain, freedom = Spread(covariance, 20.0), np.array([20.0])
    wide = needed(np.array([plain.worst(departure).p_value]), "t", freedom, np.array([plain.comparisons]), 0.05)
    assert Spread(wide[0] ** 2 * covariance, 20.0).worst(departure).p_value == pytest.approx(0.05, rel=1e-6)
    square = needed(np.array([plain.square(departure).p_value]), "F", freedom, np.array([plain.degrees]), 0.01)
    assert Spread(square[0] ** 2 * covariance, 20.0).square(departure).p_value == pytest.approx(0.01, rel=1e-6)


def test_every_factor_belongs_to_a_check_and_is_within_reason():
    for kind, known in calibration.table().items():
        assert kind in ("unconditional", "conditional") and set(known) <= set(CHECKS)
        for days in (250, 2000, 8000):
            at = calibration.regressors(days, np.array([0.0, 0.5, 0.9]))
            values = np.exp(at @ np.array(list(known.values())).T)
            assert np.isfinite(values).all() and np.median(values) < 1.5


def test_the_factor_of_a_check_widens_its_reference(world, monkeypatch):
    history, correct, _ = world
    monkeypatch.setattr(calibration, "table", lambda: {"unconditional": {"volatility": [np.log(2.0), 0.0, 0.0]}})
    wide = trial(correct, history, checks=["volatility"])[0]
    monkeypatch.setattr(calibration, "table", dict)
    plain = trial(correct, history, checks=["volatility"])[0]
    widths = [np.log(found.reference[1] / found.reference[0]) for found in (wide, plain)]
    assert widths[0] == pytest.approx(2 * widths[1], rel=1e-4) and wide.p_value > plain.p_value


def test_memory_is_that_of_the_markets_volatility():
    iid, slow = (build(SimulatedMarket(name, days=4000, draws=40)) for name in ("iid", "garch"))
    assert abs(prepare(iid.null, iid.history).memory) < 0.2
    assert prepare(slow.null, slow.history).memory > 0.2


def test_a_normal_end_is_no_edge_and_a_cut_is():
    rng = np.random.default_rng(5)
    middle, scatter = edges.normal_ends(1000)
    correct = [np.log(edges.sharpness(rng.standard_normal(1000))) for _ in range(300)]
    p = stats.norm.cdf((np.array(correct) - middle) / scatter)
    assert (p < 0.05).sum() <= stats.binom.isf(1e-4, 300, 0.05)
    assert np.log(edges.sharpness(rng.uniform(size=1000))) < middle - 4 * scatter


def test_paths_dropped_at_a_loss_leave_an_edge(world):
    history, correct, _ = world
    depth = -correct.mean(2).cumsum(1).min(1)
    kept = correct[depth < np.quantile(depth, 0.9)]
    assert trial(kept, history, checks=["truncation"])[0].verdict == "fail"
    assert trial(correct, history, checks=["truncation"])[0].verdict == "pass"


def test_draws_of_many_states_do_not_start_from_one():
    truth = build(SimulatedMarket("stochastic volatility", days=4000, assets=4, start="turned"))
    check = ["one state"]
    assert trial(truth.null, truth.history, start="last", checks=check)[0].verdict != "fail"
    sizes = np.exp(0.6 * np.random.default_rng(2).standard_normal((len(truth.null), 1, 1)))
    mixed = truth.context.unconditional * sizes
    assert trial(mixed, truth.history, start="last", checks=check)[0].verdict == "fail"
    assert not trial(truth.null, truth.history, checks=check)[0].answered
