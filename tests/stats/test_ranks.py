"""Ranks, scores and weighted quantiles at their edges."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from workbench.errors import ParameterError
from workbench.stats import normal_scores, probit, ranks, weighted_quantile

VALUES = np.array([[3.0, 30.0], [1.0, 20.0], [2.0, 10.0]])
WEIGHTS = np.array([2.0, 1.0, 1.0])


def test_a_certain_probability_scores_seven_standard_deviations():
    """The normal quantile of 1e-12 is -7.0344838."""
    np.testing.assert_allclose(probit(np.array([0.0, 1e-13, 1.0])), [-7.0344838, -7.0344838, 7.0344838], atol=2e-5)
    assert probit(np.array([1e-11]))[0] == pytest.approx(-6.7060231)


def test_scores_are_taken_down_each_column():
    half = 0.9674216  # the normal quantile of 5/6
    np.testing.assert_allclose(normal_scores(VALUES), [[half, half], [-half, 0], [0, -half]], atol=1e-7)


def test_a_quantile_is_the_smallest_value_whose_cumulated_weight_reaches_the_share():
    found = weighted_quantile(VALUES, WEIGHTS, [0.0, 0.25, 0.26, 0.5, 0.51, 1.0])
    assert found[:, 0].tolist() == [1, 1, 2, 2, 3, 3] and found[:, 1].tolist() == [10, 10, 20, 20, 30, 30]


def test_an_interpolated_quantile_is_linear_between_the_middles_of_steps():
    """Weights 1, 1, 2 of the ordered values: middles at 1/8, 3/8 and 3/4 of the whole."""
    shares = [0.0, 0.125, 0.25, 0.375, 0.5625, 0.75, 1.0]
    found = weighted_quantile(VALUES, WEIGHTS, shares, interpolate=True)
    np.testing.assert_allclose(found[:, 0], [1, 1, 1.5, 2, 2.5, 3, 3])
    np.testing.assert_allclose(found[:, 1], [10, 10, 15, 20, 25, 30, 30])
    counts = weighted_quantile(VALUES, np.array([2, 1, 1]), shares, interpolate=True)
    np.testing.assert_allclose(counts, found)


def test_a_row_may_have_no_weight_but_not_every_row():
    assert weighted_quantile(VALUES, np.array([0.0, 1.0, 0.0]), [0.1, 0.9])[:, 0].tolist() == [1.0, 1.0]
    for weights in ([0.0] * 3, [1.0, -0.1, 1.0]):
        with pytest.raises(ParameterError, match="^weights of a quantile are at least 0 and not all 0$"):
            weighted_quantile(VALUES, np.array(weights), [0.5])


@pytest.mark.parametrize(
    ("values", "weights"),
    [(np.ones(3), np.ones(3)), (VALUES, np.ones(2)), (np.ones((0, 2)), np.ones(0)), (np.ones((2, 2, 1)), np.ones(2))],
)
def test_shapes_are_named(values, weights):
    with pytest.raises(ParameterError) as refused:
        weighted_quantile(values, weights, [0.5])
    assert f"values {values.shape} and weights {weights.shape} must be" in str(refused.value)


@pytest.mark.parametrize("ties", ["average", "ordinal"])
def test_ranks_are_float64_whatever_scipy_gives_them_for_float32(monkeypatch, ties):
    """From 1.18 on scipy's ranks have the type of the values: a rank of n over n, in float32, may lie above one."""
    plain = scipy_stats.rankdata
    monkeypatch.setattr(scipy_stats, "rankdata", lambda values, **how: plain(values, **how).astype(values.dtype))
    values = np.random.default_rng(0).normal(size=(1657, 2)).astype(np.float32)
    found = ranks(values, ties)
    assert found.dtype == np.float64
    assert (((found - 1) / 1657 + 1 / 1657) <= 1 + 1e-15).all()
    assert np.array_equal(np.sort(found[:, 0]), np.arange(1, 1658))
