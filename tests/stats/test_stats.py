"""Shared estimators against closed forms, hand-computed figures and second implementations."""

import numpy as np
import pytest
import scoringrules as sr
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests

from workbench import stats
from workbench.errors import DataError, ParameterError

P = st.lists(st.floats(0, 1), min_size=1, max_size=12).map(np.array)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(p=P)
def test_multiple_testing_agrees_with_statsmodels(p):
    rejected, adjusted, *_ = multipletests(p, 0.05, method="holm")
    assert (stats.holm(p, 0.05) == rejected).all() or np.any(np.isclose(adjusted, 0.05))
    np.testing.assert_allclose(stats.holm_adjusted(p), adjusted, atol=1e-12)
    np.testing.assert_allclose(stats.q_values(p), multipletests(p, method="fdr_bh")[1], atol=1e-12)


@pytest.mark.parametrize("p", [[0.1, np.nan], [1.2], [-0.1], [[0.1]]])
@pytest.mark.parametrize("rule", [lambda p: stats.holm(p, 0.05), stats.holm_adjusted, stats.q_values])
def test_what_is_no_probability_is_refused(rule, p):
    with pytest.raises(ParameterError, match="p-values"):
        rule(np.array(p))


def test_var_and_es_split_the_atom():
    """Hand-counted on 1..100, and the average-quantile definition on random draws."""
    x = np.arange(1.0, 101.0)
    assert stats.var_es(x, 0.975) == (98.0, pytest.approx(99.2))
    assert stats.var_es(x, 0.95) == (95.0, pytest.approx(98.0))
    assert stats.var_es(x[:3], 0.99) == (3.0, pytest.approx(3.0))
    draws = np.random.Generator(np.random.Philox(3)).standard_t(4, (4, 777))
    grid = 0.975 + 0.025 * (np.arange(200_000) + 0.5) / 200_000
    quantiles = np.quantile(draws, grid, axis=-1, method="inverted_cdf")
    assert stats.var_es(draws, 0.975)[1] == pytest.approx(quantiles.mean(axis=0), rel=1e-4)


@settings(deadline=None, derandomize=True)
@given(losses=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), level=st.sampled_from([0.5, 0.75, 0.9, 0.975]))
def test_es_is_the_mean_of_its_tail_values_and_var_the_inverted_cdf(losses, level):
    losses = np.array(losses)
    var, es = stats.value_at_risk(losses, level), stats.expected_shortfall(losses, level)
    assert var == np.quantile(losses, level, method="inverted_cdf")
    assert es == pytest.approx(stats.tail_values(losses, var, level).mean(), abs=1e-9)
    assert es >= var - 1e-9


@pytest.mark.parametrize("level", [0.0, 1.0, 99, -0.1, float("nan")])
def test_a_level_is_a_probability(level):
    with pytest.raises(ParameterError, match="99 % is 0.99"):
        stats.var_es(np.ones(3), level)


@pytest.mark.parametrize("losses", [[], [np.nan, 1.0], [np.inf]])
def test_losses_are_finite_and_there(losses):
    with pytest.raises(ParameterError, match="loss"):
        stats.expected_shortfall(np.array(losses), 0.95)


def test_normal_scores_of_ranks_and_of_probabilities():
    x = np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 5.0]])
    expected = scipy_stats.norm.ppf((np.array([[3, 1.5], [1, 1.5], [2, 3]]) - 0.5) / 3)
    np.testing.assert_allclose(stats.normal_scores(x), expected)
    np.testing.assert_allclose(stats.normal_scores(x, "ordinal")[:, 1], scipy_stats.norm.ppf([1 / 6, 0.5, 5 / 6]))
    assert np.isfinite(stats.probit(np.array([0.0, 1.0]))).all() and stats.probit(0.975) == pytest.approx(1.959964)


def test_weighted_quantiles_are_those_of_repeated_rows():
    rng = np.random.Generator(np.random.Philox(8))
    values, weights = rng.standard_normal((50, 3)), rng.integers(1, 5, 50)
    shares = [0.1, 0.5, 0.77]
    repeated = np.repeat(values, weights, axis=0)
    expected = np.quantile(repeated, shares, axis=0, method="inverted_cdf")
    np.testing.assert_allclose(stats.weighted_quantile(values, weights, shares), expected)
    flat = stats.weighted_quantile(values, np.ones(50), shares, interpolate=True)
    np.testing.assert_allclose(flat, np.quantile(values, shares, axis=0, method="hazen"))


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0], [np.nan, 1.0]])
def test_weights_without_sense_are_refused(weights):
    with pytest.raises(ParameterError, match="weights"):
        stats.weighted_quantile(np.ones((2, 1)), np.array(weights), [0.5])


def test_scores_are_the_fair_ones_of_scoringrules():
    rng = np.random.Generator(np.random.Philox(9))
    y, x = rng.standard_normal((6, 4)), rng.standard_normal((6, 25, 4))
    options = {"estimator": "fair", "backend": "numpy"}
    np.testing.assert_allclose(stats.energy_score(y, x), sr.es_ensemble(y, x, **options))
    np.testing.assert_allclose(stats.variogram_score(y, x), sr.vs_ensemble(y, x, p=0.5, **options))
    each = np.swapaxes(x, 1, 2)
    np.testing.assert_allclose(stats.crps(y, each), sr.crps_ensemble(y, each, **options))
    drawn, days = torch.tensor(x[0]), torch.tensor(y)
    expected = [sr.crps_ensemble(y[:, a], np.tile(x[0, :, a], (6, 1)), **options).mean() for a in range(4)]
    np.testing.assert_allclose(stats.mean_crps(drawn, days).numpy(), expected)


def test_scores_refuse_what_does_not_fit():
    x = np.zeros((6, 25, 4))
    for wrong in (np.zeros((6, 3)), np.zeros(4), np.full((6, 4), np.nan)):
        with pytest.raises(DataError):
            stats.energy_score(wrong, x)
    with pytest.raises(DataError, match="at least 2 members"):
        stats.energy_score(np.zeros((6, 4)), x[:, :1])


def test_distances_and_long_run_variance():
    rng = np.random.Generator(np.random.Philox(2))
    a, b = rng.standard_normal((7, 3)), rng.standard_normal((5, 3))
    direct = np.linalg.norm(a[:, None] - b, axis=2)
    np.testing.assert_allclose(stats.pairwise_distances(a, b), direct)
    noise = rng.standard_normal(200_000)
    moving = noise[1:] + 0.5 * noise[:-1]  # MA(1): long-run variance 1.5 squared
    assert stats.long_run_variance(moving, 1, "unweighted") == pytest.approx(2.25, rel=0.02)
    assert stats.long_run_variance(moving, 50) == pytest.approx(2.25, rel=0.05)
    for lags in (-1, 5):
        with pytest.raises(ParameterError, match="lags must lie in 0..4"):
            stats.long_run_variance(np.ones(5), lags)
    with pytest.raises(ParameterError, match="kernel 'x'"):
        stats.long_run_variance(np.ones(5), 1, "x")
