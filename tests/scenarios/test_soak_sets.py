"""Scenario sets under a thousand random shapes and damages: the profile "soak" is not derandomised."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_hostile_sets import stored

from workbench import scenarios
from workbench.errors import ScenarioError

pytestmark = pytest.mark.soak
soak = settings(settings.get_profile("soak"))
names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).map(str.strip).filter(bool)


@soak
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 5)),
    assets=st.lists(names, min_size=1, max_size=4, unique=True),
    seed=st.integers(0, 2**32 - 1),
    suffix=st.sampled_from([".nc", ".zarr", ".parquet", ".csv"]),
)
def test_every_set_comes_back_to_the_bit(shape, assets, seed, suffix, tmp_path_factory) -> None:
    """1,000 random sets of any names in each of the four formats: saved, loaded, and the same to the bit."""
    values = np.random.default_rng(seed).standard_normal((*shape, len(assets))).astype("float32") / 50
    tree = scenarios.assemble(values, assets, seed=seed)
    path = Path(tmp_path_factory.getbasetemp()) / f"whole{suffix}"
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True) if not path.is_dir() else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert scenarios.digest(scenarios.load(scenarios.save(tree, path))) == scenarios.digest(tree)


@pytest.mark.parametrize("suffix", [".nc", ".parquet", ".csv"])
@soak
@given(places=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=9), st.integers(0, 60)), min_size=1, max_size=5))
def test_damaged_sets_are_read_or_refused_in_a_sentence(suffix, places, tmp_path_factory) -> None:
    """1,000 damaged files of each kind: read, or refused by one error, and the process lives on."""
    folder = Path(tmp_path_factory.getbasetemp())
    whole = folder / f"set{suffix}"
    content = (whole if whole.exists() else stored(folder, suffix)).read_bytes()
    for where, shard, length in places:
        place = int(where * len(content))
        content = content[:place] + shard + content[place + length :]
    path = folder / f"damaged{suffix}"
    path.write_bytes(content)
    try:
        scenarios.load(path)
    except ScenarioError as refused:
        assert len(str(refused)) > 20
