"""A sampler's file: what it refuses to hold, and what it refuses to make."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from workbench import samplers, scenarios
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
        described = json.loads(stored.metadata()["sampler"])
    described["object"] = name
    save_file(arrays, path, metadata={"sampler": json.dumps(described)})
    with pytest.raises(ParameterError, match="no class of this package"):
        samplers.load(path)


def test_another_file_is_not_taken_for_a_sampler(tmp_path):
    with pytest.raises(ParameterError, match="holds no sampler"):
        samplers.load(tmp_path / "missing.safetensors")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ParameterError, match="holds no sampler"):
        samplers.load(tmp_path / "text")
    save_file({"weights": torch.zeros(2)}, tmp_path / "weights.safetensors")
    with pytest.raises(ParameterError, match="holds no sampler"):
        samplers.load(tmp_path / "weights.safetensors")


def rewritten(path, change) -> None:
    """The file with its JSON changed."""
    with safe_open(path, "pt") as stored:
        arrays = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        described = json.loads(stored.metadata()["sampler"])
    save_file(arrays, path, metadata={"sampler": json.dumps(change(described))})


def test_files_of_version_0_1_name_modules_and_attributes_that_have_moved(panel, tmp_path):
    sampler = samplers.make("gjr_t").fit(panel, seed=1)
    path = samplers.save(sampler, tmp_path / "sampler.safetensors")
    homes = {"Filtered": "grid", "Gjr": "filters", "StudentCopula": "shocks", "ScaleMixture": "shocks",
             "SplicedMargins": "margins"}  # fmt: skip

    def as_before(node):
        if isinstance(node, list):
            return [as_before(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "object" in node:
            state = [["law_" if key == "scale_mixture_" else key, as_before(item)] for key, item in node["state"]]
            return {"object": f"workbench.samplers.{homes[node['object']]}:{node['object']}", "state": state}
        return {key: as_before(item) for key, item in node.items()}

    rewritten(path, as_before)
    read = samplers.load(path)
    assert scenarios.digest(read.sample(20, 3, seed=1)) == scenarios.digest(sampler.sample(20, 3, seed=1))


OTHERS = (
    "Registry", "Executor", "workbench.studies.runner:Run", "torch.nn.modules.module:Module",
    "torch.nn.modules.rnn:LSTM", "workbench.samplers.training.weights:Record", "workbench.governance.ledger:Ledger",
)  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_part_of_another_class_is_refused(panel, tmp_path, name):
    path = samplers.save(samplers.make("historical").fit(panel), tmp_path / "sampler.safetensors")
    rewritten(
        path, lambda described: described | {"state": [*described["state"], ["extra", {"object": name, "state": []}]]}
    )
    if name.endswith("weights:Record"):  # the record of a training by its bare name: known, and harmless
        assert type(samplers.load(path).extra).__module__ == "workbench.samplers.training._loop"
    else:
        with pytest.raises(ParameterError, match="no class of this package"):
            samplers.load(path)


@pytest.mark.parametrize("bad", [
    {"object": "Gjr", "state": []}, {"object": "Filtered"}, {"object": 3, "state": []}, {"tensor": "99"}, {}, [], 7,
    {"object": "Filtered", "state": [["history_", {"table": [1, 2, "fortnight", []]}]]}, {"set": [[{}]]},
])  # fmt: skip
def test_a_file_that_describes_no_sampler_is_refused(panel, tmp_path, bad):
    path = samplers.save(samplers.make("historical").fit(panel), tmp_path / "sampler.safetensors")
    rewritten(path, lambda described: bad)
    with pytest.raises(ParameterError, match="holds no sampler|no class of this package"):
        samplers.load(path)


def test_a_description_without_a_bottom_is_refused(panel, tmp_path):
    path = samplers.save(samplers.make("historical").fit(panel), tmp_path / "sampler.safetensors")
    deep: dict = {}
    for _ in range(400):
        deep = {"list": [deep]}
    rewritten(path, lambda described: deep)
    with pytest.raises(ParameterError, match="nested|holds no sampler"):
        samplers.load(path)


@pytest.mark.parametrize("name", ["historical_window", "path_flow"])
def test_a_process_that_has_made_no_sampler_reads_one(name, panel, tmp_path):
    options = {"historical_window": {"window": 250}, "path_flow": {"filter": "ewma", "steps": 2}}[name]
    sampler = samplers.make(name, **options).fit(panel, seed=1)
    path = samplers.save(sampler, tmp_path / "sampler.safetensors")
    code = "import sys; from workbench import samplers, scenarios; "
    code += "print(scenarios.digest(samplers.load(sys.argv[1]).sample(20, 3, seed=1)))"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.stdout.strip() == scenarios.digest(sampler.sample(20, 3, seed=1)), done.stderr


def test_hooks_in_a_file_are_not_read(panel, tmp_path):
    sampler = samplers.make("neural_single", members=1, steps=25).fit(panel, seed=1)
    path = samplers.save(sampler, tmp_path / "sampler.safetensors")
    text = path.read_bytes()
    assert b"_hooks" not in text


class Shifted(samplers.Sampler):
    """A sampler of a user's own: yesterday's returns again."""

    width = 1

    def _fit(self, returns, seed):
        self.pool_ = torch.tensor(returns.to_numpy(dtype="float32"))

    def states(self, returns):
        return samplers.States(returns.index, {"last": torch.tensor(returns.to_numpy(dtype="float32"))})

    def decode(self, noise, state, horizon):
        return state["last"][:, None].expand(len(noise), horizon, -1) + 0 * noise


def test_a_sampler_of_ones_own_is_stored_like_ours(panel, tmp_path):
    read = samplers.load(samplers.save(Shifted().fit(panel), tmp_path / "own.safetensors"))
    assert type(read) is Shifted and torch.equal(read.pool_, Shifted().fit(panel).pool_)
