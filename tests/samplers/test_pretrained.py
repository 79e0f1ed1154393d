"""The pretrained filter: its records say what the weights saw, and a use that overlaps with it raises a warning."""

import hashlib
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from workbench import data, samplers
from workbench.errors import DataError, ParameterError
from workbench.samplers.filters._pretrained import PretrainedFilter
from workbench.samplers.training import pretraining, weights

SHIPPED = weights.names()
ALLOWED = ("BSD-3-Clause", "MIT", "Apache-2.0", "NCSA", "public domain")


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_are_those_of_their_record_and_the_record_says_what_they_saw(name):
    facts = weights.record(name).facts
    content = (weights.FOLDER / f"{name}.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == facts["sha256"]
    assert len(content) < 500_000
    for panel in facts["panels"]:
        assert any(licence in panel["licence"] for licence in ALLOWED)
        assert all(asset["first"] < asset["last"] <= facts["last"] for asset in panel["assets"])
    assert all(tensor.isfinite().all() for tensor in weights.load(name).values())


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    for suffix in ("json", "safetensors"):
        shutil.copy(weights.FOLDER / f"until_2006.{suffix}", tmp_path)
    file = tmp_path / "until_2006.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="their record says"):
        weights.load("until_2006")


def test_an_asset_is_known_again_by_its_returns_and_not_by_its_name():
    returns = data.returns("us_equities").loc["1995":"2012"]
    renamed = returns.set_axis([f"X{number}" for number in range(20)], axis=1)
    assert weights.record("until_2006").seen(renamed) == list(renamed)
    assert weights.record("until_2006_without_us_equities").seen(renamed) == []


def test_the_benchmark_stocks_that_are_among_the_twenty_are_left_out():
    panels = {panel["name"]: panel for panel in weights.record("until_2006_without_us_equities").facts["panels"]}
    assert "us_equities" not in panels
    names = {asset["name"] for asset in panels["nyse_new"]["assets"]}
    assert not names & {"nyse_new:3", "nyse_new:8", "nyse_new:13", "nyse_new:17"}  # KO, GE, JNJ, MRK


def test_signs_survive_being_packed():
    rng = np.random.default_rng(3)
    signs = np.zeros(len(weights.LATTICE), np.int8)
    signs[100:400] = rng.integers(-1, 2, 300)
    assert np.array_equal(weights.unpack(weights.pack(signs)), signs)
    assert not weights.unpack(weights.pack(np.zeros_like(signs))).any()


@pytest.mark.parametrize(
    "last, expected", [("2006-12-29", "until_2006"), ("2014-06-30", "until_2006"), ("2006-12-28", "until_2002")]
)
def test_the_newest_weights_that_know_nothing_of_later_days_are_taken(last, expected):
    assert weights.newest_before(pd.Timestamp(last)) == expected


def test_weights_from_after_the_fitted_panel_raise_a_warning(panel):
    with pytest.warns(weights.Overlap, match="trained until 2006-12-29, the fitted panel ends on"):
        fitted = PretrainedFilter("until_2006").fit(panel, 0)
    assert fitted.overlap_ == {"trained_until": "2006-12-29", "later": True, "assets": []}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not PretrainedFilter().fit(panel, 0).overlap_["later"]


def test_unknown_weights_are_named(panel):
    with pytest.raises(
        ParameterError, match="no pretrained weights 'until_1066'; known: until_1996, until_1998, until_2002"
    ):
        samplers.make("pretrained", weights="until_1066").fit(panel)


def test_seeds_are_trained_apart_and_tuning_moves_them(panel):
    panel = panel.iloc[600:]
    plain, other = (PretrainedFilter().fit(panel, seed) for seed in (0, 1))
    tuned, again = (PretrainedFilter(tune_steps=20).fit(panel, 0) for _ in range(2))
    volatility = [fitted.filter_path(panel)["volatility"] for fitted in (plain, other, tuned, again)]
    assert not torch.equal(volatility[0], volatility[1])
    assert not torch.equal(volatility[0], volatility[2])
    torch.testing.assert_close(volatility[2], volatility[3])


def test_a_year_of_history_is_enough(panel):
    drawn = samplers.make("pretrained").fit(panel.iloc[640:]).sample(64, 5, seed=1)["scenarios"]["ret"].values
    assert np.isfinite(drawn).all()
    assert np.all(drawn.std(axis=(0, 1, 2)) < 3 * panel.iloc[640:].std().to_numpy())


def test_training_learns_a_recursion_that_all_assets_share(panel):
    rng = np.random.default_rng(1)
    calm_mondays = 0.01 * rng.standard_normal((900, 6)) * np.where(np.arange(900) % 40 < 20, 0.4, 1.6)[:, None]
    bursts = pd.DataFrame(calm_mondays, index=panel.index, columns=list("UVWXYZ"))
    rows = pretraining.rows([panel, bursts.where(rng.random((900, 6)) > 0.02)], ["one", "two"])
    assert len(rows.own) == int((rows.place >= 0).sum()) < 650 * 10 + 1
    first, short = pretraining.pretrain(rows, 2, 8, 60, seed=0)
    same, _ = pretraining.pretrain(rows, 2, 8, 60, seed=0)
    assert all(torch.equal(first[key], same[key]) for key in first)
    _, longer = pretraining.pretrain(rows, 2, 8, 240, seed=0)
    assert longer < short
