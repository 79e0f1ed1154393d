"""Bounds of numbers: which side of each bound is refused, and the whole message of each refusal."""

import math

import numpy as np
import pytest

from workbench import _require, constants
from workbench.errors import CellFailed, DataError, ParameterError, WorkbenchError, printable

INF, NAN = math.inf, math.nan
REFUSED = [
    (NAN, {}, "a finite number, got nan"),
    (INF, {}, "a finite number, got inf"),
    ("1", {}, "a finite number, got '1'"),
    (True, {}, "a finite number, got True"),
    (None, {}, "a finite number, got None"),
    (0, {"above": 0}, "a positive number, got 0"),
    (-0.5, {"least": 0}, "zero or a positive number, got -0.5"),
    (0.0, {"above": 0, "below": 1}, "a number, above 0 and below 1, got 0.0"),
    (1.0, {"above": 0, "below": 1}, "a number, above 0 and below 1, got 1.0"),
    (1.5, {"above": 0, "most": 1}, "a number, above 0 and at most 1, got 1.5"),
    (0.5, {"least": 1}, "a number, at least 1, got 0.5"),
    (-2, {"least": -1}, "a number, at least -1, got -2"),
    (1, {"above": 1}, "a number, above 1, got 1"),
    (-1, {"above": -1}, "a number, above -1, got -1"),
    (-0.1, {"least": 0, "below": 1}, "a number, at least 0 and below 1, got -0.1"),
    (1.1, {"least": 0, "most": 1}, "a number, at least 0 and at most 1, got 1.1"),
    (3, {"most": 2.5}, "a number, at most 2.5, got 3"),
    (np.float64(-2.5), {"above": 0}, "a positive number, got -2.5"),
]
ACCEPTED = [
    (1e-300, {"above": 0}), (0, {"least": 0}), (1, {"above": 0, "most": 1}), (-1, {"least": -1, "most": 2}),
    (2, {"least": -1, "most": 2}), (0.999, {"above": 0, "below": 1}), (np.float32(2.5), {}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "bounds", "said"), REFUSED)
def test_a_number_out_of_bounds_is_refused_with_the_bound_in_words(value, bounds, said):
    with pytest.raises(ParameterError) as refused:
        _require.number("x", value, **bounds)
    assert str(refused.value) == f"x must be {said}"


@pytest.mark.parametrize(("value", "bounds"), ACCEPTED)
def test_a_number_on_an_inclusive_bound_is_returned_as_a_float(value, bounds):
    found = _require.number("x", value, **bounds)
    assert type(found) is float and found == value


@pytest.mark.parametrize(
    ("value", "bounds", "said"),
    [
        (0, {}, "a whole number, at least 1, got 0"),
        (2.0, {}, "a whole number, at least 1, got 2.0"),
        (True, {}, "a whole number, at least 1, got True"),
        (-1, {"least": 0}, "a whole number, at least 0, got -1"),
        (6, {"least": 2, "most": 5}, "a whole number, at least 2 and at most 5, got 6"),
        (np.int64(1), {"least": 2, "most": 5}, "a whole number, at least 2 and at most 5, got 1"),
    ],
)
def test_a_count_out_of_bounds_is_refused_with_the_bound_in_words(value, bounds, said):
    with pytest.raises(ParameterError) as refused:
        _require.count("n", value, **bounds)
    assert str(refused.value) == f"n must be {said}"


def test_a_count_on_its_bounds_is_returned_as_an_int():
    found = [_require.count("n", value, 2, 5) for value in (2, 5, np.int16(3))] + [_require.count("n", 1)]
    assert found == [2, 5, 3, 1] and all(type(value) is int for value in found)


def test_weights_name_an_asset_and_are_finite():
    _require.weights("the book", {"A": -1.0, "B": 0})
    with pytest.raises(ParameterError, match=r"^the book must name at least one asset, got \{\}$"):
        _require.weights("the book", {})
    with pytest.raises(ParameterError, match=r"^the book: the weight of 'B' must be a finite number, got nan$"):
        _require.weights("the book", {"A": 1.0, "B": NAN})


def test_exit_codes_of_errors_are_those_of_the_contract():
    """2: a user can correct it; 3: a study started and did not finish."""
    assert (WorkbenchError.exit_code, DataError.exit_code, CellFailed.exit_code) == (2, 2, 3)
    run = object()
    assert CellFailed("stopped", run).run is run and CellFailed("stopped").run is None
    assert str(CellFailed("a\x07b")) == "a\\x07b" and printable(b"x") == "b'x'"


def test_shared_numbers_are_those_of_their_sources():
    """252 trading days; 250 in MAR32 of the Basel framework; blocks of 4,096 draws are part of every stored digest."""
    assert (constants.TRADING_DAYS, constants.REGULATORY_DAYS) == (252, 250)
    assert constants.TEST_SIZE == 0.05
    assert constants.BLOCK == 4096
