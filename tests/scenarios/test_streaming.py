"""Sets written block by block: the same bits and digest as in memory, nothing left of what fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from workbench import samplers, scenarios
from workbench.constants import BLOCK
from workbench.errors import ParameterError, ScenarioError
from workbench.samplers._base import AHEAD, _ahead


@pytest.fixture(scope="module")
def fitted() -> samplers.Sampler:
    rng = np.random.default_rng(5)
    days = pd.bdate_range("2010-01-01", periods=600)
    panel = pd.DataFrame(0.01 * rng.standard_normal((600, 3)), days, ["A", "B β", "C"])
    return samplers.make("lognormal").fit(panel)


@pytest.mark.parametrize("start", ["last", "long-run"])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_stream_is_the_set_in_memory(fitted, tmp_path: Path, workers: int, start: str) -> None:
    draws = 2 * BLOCK + 5
    executor = ThreadPoolExecutor(workers) if workers else None
    stamp = fitted.sample_to(tmp_path / "set.zarr", draws, 2, seed=3, start=start, executor=executor)
    known, found = fitted.sample(draws, 2, seed=3, start=start), scenarios.load(tmp_path / "set.zarr")
    assert stamp == scenarios.digest(found) == scenarios.digest(known)
    xr.testing.assert_identical(scenarios.dataset(found), scenarios.dataset(known))
    assert found.attrs == known.attrs
    assert [path.name for path in tmp_path.iterdir()] == ["set.zarr"]


def test_a_stream_is_the_file_that_save_writes(fitted, tmp_path: Path) -> None:
    fitted.sample_to(tmp_path / "stream.zarr", 100, 2)
    scenarios.save(fitted.sample(100, 2), tmp_path / "save.zarr")
    with scenarios.opened(tmp_path / "stream.zarr") as stream, scenarios.opened(tmp_path / "save.zarr") as save:
        assert scenarios.returns(stream).encoding["chunks"] == scenarios.returns(save).encoding["chunks"]
        xr.testing.assert_identical(scenarios.dataset(stream).load(), scenarios.dataset(save).load())


def test_what_fails_leaves_the_old_set(fitted, tmp_path: Path) -> None:
    path = tmp_path / "set.zarr"
    old = fitted.sample_to(path, 10, 1)
    broken = np.zeros((BLOCK, 1, 1), np.float32)
    broken[7] = np.nan
    for blocks, draws, message in (
        ([np.zeros((BLOCK, 1, 1)), broken], 2 * BLOCK, "not finite at draw 4103, time 1, asset 'A'"),
        ([np.zeros((BLOCK, 1, 1))], BLOCK + 1, "4,097 draws were announced, the blocks held 4,096"),
        ([np.zeros((BLOCK, 1, 2))], BLOCK, "expected"),
        ([np.zeros((5, 1, 1))], BLOCK, "expected"),
    ):
        with pytest.raises(ScenarioError, match=message):
            scenarios.stream(path, blocks, draws, 1, ["A"])
        assert scenarios.digest(scenarios.load(path)) == old
        assert [path.name for path in tmp_path.iterdir()] == ["set.zarr"]


def test_refusals_before_anything_is_drawn(fitted, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"written as \.zarr"):
        fitted.sample_to(tmp_path / "set.nc", 10, 1)
    with pytest.raises(ScenarioError, match="does not exist"):
        fitted.sample_to(tmp_path / "no" / "set.zarr", 10, 1)
    for draws, horizon in ((0, 1), (1, 0), (1.5, 1), (True, 1), ("x", 1)):
        with pytest.raises(ParameterError):
            fitted.sample_to(tmp_path / "set.zarr", draws, horizon)
    assert not list(tmp_path.iterdir())


def test_workers_are_only_a_few_blocks_ahead() -> None:
    begun: list[int] = []
    most, taken = [], []
    with ThreadPoolExecutor(2) as executor:
        for block in _ahead(executor, lambda piece: begun.append(piece) or piece, range(40)):
            taken.append(block)
            most.append(len(begun) - len(taken))
    assert taken == list(range(40)) and max(most) <= AHEAD
