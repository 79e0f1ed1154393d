"""The input of a backtest: hits, conventions and what is refused."""

import dataclasses

import numpy as np
import pytest

from workbench.backtesting.backtests._sample import observed, probabilities
from workbench.errors import DataError, ParameterError


def test_a_hit_is_a_loss_strictly_above_var():
    sample = observed([0.01, 0.02, 0.03], 0.02, 0.99)
    assert sample.hits.tolist() == [False, False, True] and int(sample.count) == 1
    assert sample.var.tolist() == [0.02] * 3 and sample.days == 3 and sample.level == 0.99


def test_days_lie_on_the_last_axis_and_forecasts_are_shared_by_all_histories():
    loss = np.arange(8.0).reshape(2, 4)
    sample = observed(loss, [0.5, 0.5, 9.0, 6.0], 0.95, es=7.0, pit=loss / 8)
    assert sample.days == 4 and sample.count.tolist() == [1, 3]
    assert sample.need_es.shape == (4,) and (sample.need_es == 7).all()
    assert np.array_equal(sample.need_pit, loss / 8) and np.array_equal(sample.loss, loss)


def test_the_tail_probability_has_no_rounding_error():
    assert [observed([0.0], 1.0, level).alpha for level in (0.99, 0.975, 0.9)] == [0.01, 0.025, 0.1]
    assert observed([0.0], 1.0, 1 - 2e-12).alpha == pytest.approx(2e-12, rel=1e-3)


@pytest.mark.parametrize("level", [0.0, 1.0, 99, float("nan")])
def test_a_level_lies_between_zero_and_one(level):
    with pytest.raises(ParameterError, match="^level must be a number, above 0 and below 1, got"):
        observed([0.0], 1.0, level)


def test_what_a_test_cannot_do_without_is_named():
    sample = observed([0.0], 1.0, 0.99)
    with pytest.raises(DataError, match="^this test needs ES forecasts; the sample has none$"):
        _ = sample.need_es
    with pytest.raises(DataError, match="^this test needs PITs; the sample has none$"):
        _ = sample.need_pit


def test_other_hits_leave_the_forecasts_as_they_are():
    sample = observed([0.0, 3.0], 1.0, 0.99, es=2.0)
    other = dataclasses.replace(sample, hits=np.array([True, True]))
    assert other.count == 2 and sample.count == 1 and other.es is sample.es and other.var is sample.var
    with pytest.raises(dataclasses.FrozenInstanceError):
        sample.level = 0.5  # type: ignore[misc]


def test_probabilities_are_floats_from_zero_to_one():
    assert probabilities("PIT", [0, 1]).dtype == float
    for values, said in (
        ([[0.5, 1.0], [0.2, 1.0001]], r"^PIT at \[1, 1\] is 1.0001, which is no probability$"),
        ([0.0, -1e-9], r"^PIT at \[1\] is -1e-09"),
        ([np.nan, 2.0], r"^PIT at \[0\] is nan"),
    ):
        with pytest.raises(DataError, match=said):
            probabilities("PIT", values)
