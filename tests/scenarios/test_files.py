"""Scenario files: every format gives the same bits back, and a malformed file says where."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from workbench import scenarios
from workbench.errors import ScenarioError
from workbench.scenarios import _container

SUFFIXES = [".nc", ".zarr", ".parquet", ".csv"]
letters = st.characters(exclude_categories=("Cc", "Cs"))
names = st.text(letters, min_size=1, max_size=8).filter(lambda name: name not in ("field", "chain", "draw", "time"))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc é", max_size=3), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def sets(draw):
    assets = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 3)), len(assets))
    kind = draw(st.sampled_from([np.float32, np.float64]))
    finite = st.floats(allow_nan=False, allow_infinity=False, width=32 if kind is np.float32 else 64)
    fields = draw(st.lists(st.sampled_from(["ret", "volume", "spread"]), min_size=1, max_size=2, unique=True))
    attrs = draw(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=8), json_values, max_size=3))
    tree = scenarios.assemble({name: draw(hnp.arrays(kind, shape, elements=finite)) for name in fields}, assets)
    tree.attrs.update(attrs)
    return tree


def same(first, second):
    assert scenarios.digest(first) == scenarios.digest(second)
    assert first.attrs == second.attrs
    for dim in scenarios.DIMS:
        np.testing.assert_array_equal(scenarios.dataset(first)[dim], scenarios.dataset(second)[dim])


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=sets())
def test_round_trip_gives_the_same_bits_names_and_provenance(tmp_path, suffix, tree):
    path = scenarios.save(tree, tmp_path / f"set with space é{suffix}")
    same(tree, scenarios.load(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_of_a_subset_survive(tmp_path, suffix):
    values = np.random.Generator(np.random.Philox(3)).normal(size=(2, 6, 4, 2)).astype(np.float32)
    part = scenarios.subset(scenarios.assemble(values, ["A", "B"]), chain=1, draw=[2, 5], time=[3, 4])
    same(part, scenarios.load(scenarios.save(part, tmp_path / f"part{suffix}")))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saving_over_a_file_replaces_it_whole_and_leaves_nothing_beside(tmp_path, suffix):
    for level in (0.0, 1.0):
        tree = scenarios.assemble(np.full((1, 2, 2, 1), level, np.float32), ["A"], level=level)
        path = scenarios.save(tree, tmp_path / f"set{suffix}")
    same(tree, scenarios.load(path))
    assert {found.name for found in tmp_path.iterdir()} <= {f"set{suffix}", f"set{suffix}.json"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_save_that_breaks_leaves_the_old_file(tmp_path, suffix):
    good = scenarios.assemble(np.zeros((1, 2, 2, 1), np.float32), ["A"])
    path = scenarios.save(good, tmp_path / f"set{suffix}")
    bad = scenarios.assemble(np.ones((1, 2, 2, 1), np.float32), ["A"], what=object())
    with pytest.raises(ScenarioError, match="provenance"):
        scenarios.save(bad, path)
    same(good, scenarios.load(path))
    assert not [found for found in tmp_path.iterdir() if found.name.startswith(".")]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_axes_stored_in_another_order_come_back_in_ours(tmp_path, suffix):
    values = np.random.Generator(np.random.Philox(4)).normal(size=(1, 3, 4, 2)).astype(np.float32)
    tree = scenarios.assemble(values, ["A", "B"])
    turned = _container.wrap(scenarios.dataset(tree).transpose("asset", "time", "draw", "chain"), {})
    loaded = scenarios.load(scenarios.save(turned, tmp_path / f"set{suffix}"))
    assert scenarios.returns(loaded).dims == scenarios.DIMS
    np.testing.assert_array_equal(scenarios.returns(loaded), values)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_rows_of_a_foreign_table_may_come_in_any_order(tmp_path, suffix):
    table = pd.DataFrame({"draw": [1, 0, 1, 0], "time": [2, 1, 1, 2], "A B": [0.4, 0.1, 0.3, 0.2], "ä": [4, 1, 3, 2]})
    path = tmp_path / f"foreign{suffix}"
    table.to_csv(path, index=False) if suffix == ".csv" else table.to_parquet(path)
    values = scenarios.returns(scenarios.load(path))
    assert values.dtype == np.float32 and list(values.asset.values) == ["A B", "ä"]
    np.testing.assert_array_equal(values.sel(asset="A B").values[0], np.float32([[0.1, 0.2], [0.3, 0.4]]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column|cannot be read|no rows"),
        ("draw,time,A\n", "no rows?"),
        ("draw,time\n0,1\n", "no column of an asset"),
        ("Draws,time,A\n0,1,0.1\n", "no column 'draw'; 'draws' looks like it"),
        ("draw,time,A,A\n0,1,0.1,0.2\n", "more than once"),
        ("draw,time,A\n0,1,0.1\n0,2,abc\n", "column 'A', row 3: 'abc' is not a number"),
        ("draw,time,A\n0,1,0.1\n0,2,\n", "column 'A', row 3"),
        ("draw,time,A\n0,1,nan\n", "column 'A', row 2: missing or infinite"),
        ("draw,time,A\n0,1.5,0.1\n", "column 'time', row 2: 1.5 is not a whole number"),
        ("draw,time,A\n0,1,0.1\n0,1,0.2\n", "row 3 repeats chain 0, draw 0, time 1"),
        ("draw,time,A\n0,1,0.1\n0,2,0.1\n1,1,0.2\n", "no row for chain 0, draw 1, time 2"),
        ("draw,time,A\n0,1,0.1,0.9\n", "cannot be read|more"),
    ],
)
def test_a_malformed_table_says_where(tmp_path, text, said):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=said):
        scenarios.load(path)


def test_a_companion_of_another_table_is_refused(tmp_path):
    tree = scenarios.assemble(np.zeros((1, 2, 2, 1), np.float32), ["A"], seed=1)
    path = scenarios.save(tree, tmp_path / "set.csv")
    path.write_text(path.read_text().replace("0,1,0", "0,1,1", 1))
    with pytest.raises(ScenarioError, match="another SHA-256"):
        scenarios.load(path)


@pytest.mark.parametrize("name", ["missing.nc", "odd.txt"])
def test_unreadable_places_are_refused(tmp_path, name):
    (tmp_path / "odd.txt").write_text("x")
    with pytest.raises(ScenarioError, match="no scenario file|expected the suffix"):
        scenarios.load(tmp_path / name)


@pytest.mark.parametrize("suffix", [".nc", ".parquet", ".csv"])
def test_noise_in_place_of_a_file_is_a_scenario_error(tmp_path, suffix):
    path = tmp_path / f"noise{suffix}"
    path.write_bytes(np.random.Generator(np.random.Philox(1)).bytes(4000))
    with pytest.raises(ScenarioError, match="cannot be read"):
        scenarios.load(path)


def test_an_empty_folder_is_no_zarr(tmp_path):
    (tmp_path / "empty.zarr").mkdir()
    with pytest.raises(ScenarioError, match="cannot be read|no group"):
        scenarios.load(tmp_path / "empty.zarr")


def test_tables_refuse_what_they_cannot_hold(tmp_path):
    clash = scenarios.assemble(np.zeros((1, 1, 1, 1), np.float32), ["time"])
    with pytest.raises(ScenarioError, match="save as .nc"):
        scenarios.save(clash, tmp_path / "set.csv")
    mixed = scenarios.assemble({"ret": np.zeros((1, 1, 1), np.float32), "volume": np.zeros((1, 1, 1))}, ["A"])
    with pytest.raises(ScenarioError, match="save as .nc"):
        scenarios.save(mixed, tmp_path / "set.parquet")
    with pytest.raises(ScenarioError, match="suffix"):
        scenarios.save(mixed, tmp_path / "set.xlsx")
    with pytest.raises(ScenarioError, match="does not exist"):
        scenarios.save(mixed, tmp_path / "nowhere" / "set.nc")


def test_the_companion_of_a_csv_is_readable_by_anyone(tmp_path):
    tree = scenarios.assemble(np.zeros((1, 2, 2, 1), np.float32), ["A"], seed=1)
    path = scenarios.save(tree, tmp_path / "set.csv")
    assert json.loads((tmp_path / "set.csv.json").read_text())["provenance"] == {"seed": 1}
    assert path.read_text().startswith("draw,time,A\n0,1,0")
