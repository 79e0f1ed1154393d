"""The scenario container: properties of its transforms, and what it refuses."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbench import scenarios
from workbench.errors import ScenarioError

small = st.floats(-0.5, 0.5, width=32)
property_test = settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def sets(draw):
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    values = draw(hnp.arrays(np.float32, shape, elements=small))
    return scenarios.assemble(values, [f"A{i}" for i in range(shape[-1])], seed=7)


@property_test
@given(sets())
def test_prices_and_cumulative_returns_are_inverse(tree):
    last = dict.fromkeys(scenarios.returns(tree).asset.values, 100.0)
    again = np.log(scenarios.prices(tree, last) / 100.0)
    np.testing.assert_allclose(again, scenarios.cumulative(tree), atol=1e-6)


@property_test
@given(sets())
def test_a_book_of_one_asset_earns_its_simple_return(tree):
    first = scenarios.returns(tree).asset.values[0]
    earned = scenarios.pnl(tree, {first: 1.0})
    np.testing.assert_allclose(earned, np.expm1(scenarios.cumulative(tree).sel(asset=first)), atol=1e-7)


@property_test
@given(sets(), st.floats(-3, 3))
def test_profit_is_linear_in_the_weights(tree, scale):
    names = list(scenarios.returns(tree).asset.values)
    plain = dict.fromkeys(names, 0.5)
    scaled = {name: 0.5 * scale for name in names}
    np.testing.assert_allclose(scenarios.pnl(tree, scaled), scale * scenarios.pnl(tree, plain), atol=1e-6)


@property_test
@given(sets())
def test_subsets_stacked_again_are_the_whole(tree):
    parts = [scenarios.subset(tree, chain=chain) for chain in scenarios.returns(tree).chain.values]
    assert scenarios.digest(scenarios.concat(parts)) == scenarios.digest(tree)
    assert scenarios.concat(parts).attrs == tree.attrs


@property_test
@given(sets())
def test_pooled_keeps_every_path_in_order(tree):
    values = scenarios.returns(tree).values
    pooled = scenarios.pooled(tree)
    assert pooled.shape[0] == values.shape[0] * values.shape[1]
    np.testing.assert_array_equal(pooled[-1], values[-1, -1])


@property_test
@given(sets(), st.data())
def test_digest_sees_any_one_bit_and_nothing_else(tree, data):
    values = scenarios.returns(tree).values.copy()
    same = scenarios.assemble(np.asfortranarray(values), list(scenarios.returns(tree).asset.values), other="provenance")
    assert scenarios.digest(same) == scenarios.digest(tree)
    place = data.draw(st.integers(0, values.size - 1))
    values.view(np.uint32).reshape(-1)[place] ^= 1
    flipped = scenarios.assemble(values, list(scenarios.returns(tree).asset.values))
    assert scenarios.digest(flipped) != scenarios.digest(tree)


def test_digest_sees_a_renamed_asset():
    values = np.zeros((1, 2, 1, 2), np.float32)
    assert scenarios.digest(scenarios.assemble(values, ["A", "B"])) != scenarios.digest(
        scenarios.assemble(values, ["B", "A"])
    )


@pytest.mark.parametrize(
    ("values", "assets", "said"),
    [
        (np.zeros((2, 3)), ["A", "B", "C"], "shape"),
        (np.zeros((2, 3, 2)), ["A"], "1 assets"),
        (np.zeros((0, 3, 1)), ["A"], "needs a chain, a draw"),
        (np.zeros((2, 3, 2)), ["A", "A"], "more than once"),
        (np.zeros((2, 3, 1)), [""], "at least one character"),
        (np.zeros((2, 3, 1)), ["A\n"], "control character"),
        (np.full((1, 2, 1), "x"), ["A"], "expected numbers"),
        ({}, ["A"], "at least one field"),
        ({"ret": np.zeros((2, 3, 1)), "volume": np.zeros((2, 2, 1))}, ["A"], "agree in shape"),
    ],
)
def test_malformed_sets_are_refused(values, assets, said):
    with pytest.raises(ScenarioError, match=said):
        scenarios.assemble(values, assets)


def test_a_value_that_is_not_finite_is_named():
    values = np.zeros((1, 3, 2, 2))
    values[0, 1, 1, 0] = np.inf
    with pytest.raises(ScenarioError, match="chain 0, draw 1, time 2, asset 'A'"):
        scenarios.assemble(values, ["A", "B"])


def test_what_does_not_fit_together_is_not_stacked():
    one = scenarios.assemble(np.zeros((1, 2, 3, 1)), ["A"])
    for other in (
        scenarios.assemble(np.zeros((1, 2, 4, 1)), ["A"]),
        scenarios.assemble(np.zeros((1, 2, 3, 1)), ["B"]),
        scenarios.assemble({"volume": np.zeros((1, 2, 3, 1))}, ["A"]),
    ):
        with pytest.raises(ScenarioError, match="set 1"):
            scenarios.concat([one, other])
    with pytest.raises(ScenarioError, match="no scenario set"):
        scenarios.concat([])


@pytest.mark.parametrize("labels", [{"asset": "Z"}, {"nowhere": 1}, {"draw": []}, {"draw": slice(10, 20)}])
def test_an_impossible_subset_is_refused(labels):
    with pytest.raises(ScenarioError, match="select"):
        scenarios.subset(scenarios.assemble(np.zeros((1, 2, 3, 1)), ["A"]), **labels)


def test_books_and_prices_name_what_is_missing():
    tree = scenarios.assemble(np.zeros((1, 2, 3, 2)), ["A", "B"])
    with pytest.raises(ScenarioError, match="'C'"):
        scenarios.pnl(tree, {"C": 1.0})
    with pytest.raises(ScenarioError, match="'B'"):
        scenarios.prices(tree, {"A": 1.0, "B": -37.6})
    with pytest.raises(ScenarioError, match="scenarios"):
        scenarios.returns(xr.DataTree())
