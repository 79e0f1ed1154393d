"""A sampler's file: what it refuses to hold, and what it refuses to make."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from workbench import samplers
from workbench.errors import FitError, ParameterError


def test_what_cannot_be_held_is_named(panel, tmp_path):
    sampler = samplers.make("historical").fit(panel)
    sampler.shocks.pool_ = {"days": [open]}
    with pytest.raises(ParameterError, match=r"Filtered\.shocks\.pool_\['days'\]\[0\] is a builtins"):
        samplers.save(sampler, tmp_path / "sampler.safetensors")
    with pytest.raises(FitError, match="not fitted"):
        samplers.save(samplers.make("historical"), tmp_path / "sampler.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["os:system", "subprocess:Popen", "workbench.samplers._storage:load", "workbenchy:X"])
def test_a_strangers_file_makes_no_other_class(panel, tmp_path, name):
    path = samplers.save(samplers.make("historical").fit(panel), tmp_path / "sampler.safetensors")
    with safe_open(path, "pt") as stored:
        arrays = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        told = json.loads(stored.metadata()["sampler"])
    told["object"] = name
    save_file(arrays, path, metadata={"sampler": json.dumps(told)})
    with pytest.raises(ParameterError, match="no class of this package"):
        samplers.load(path)


def test_another_file_is_told_from_a_sampler(tmp_path):
    with pytest.raises(ParameterError, match="holds no sampler"):
        samplers.load(tmp_path / "missing.safetensors")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ParameterError, match="holds no sampler"):
        samplers.load(tmp_path / "text")
    save_file({"weights": torch.zeros(2)}, tmp_path / "weights.safetensors")
    with pytest.raises(ParameterError, match="holds no sampler"):
        samplers.load(tmp_path / "weights.safetensors")
