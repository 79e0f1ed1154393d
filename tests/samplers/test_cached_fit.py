"""Fits on disk: found again to the bit, refitted when anything changed, never half-written or trusted when damaged."""

import numpy as np
import pytest

from workbench import _cache, samplers, scenarios
from workbench.errors import FitError, ParameterError


@pytest.fixture
def fits(monkeypatch):
    """How often a sampler was fitted."""
    done = []
    fit = samplers.Sampler.fit

    def counted(self, returns, seed=0):
        done.append(seed)
        return fit(self, returns, seed)

    monkeypatch.setattr(samplers.Sampler, "fit", counted)
    return done


def digest(sampler: samplers.Sampler) -> str:
    return scenarios.digest(sampler.sample(50, 3, seed=1))


def test_a_fit_is_found_again_with_the_same_bits(panel, tmp_path, fits):
    first, again = (samplers.cached_fit("fhs_moving", panel, seed=3, cache=tmp_path) for _ in range(2))
    assert fits == [3] and digest(first) == digest(again)
    assert again.seed_ == 3 and again.assets_ == list(panel)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_seed_option_panel_or_code_is_another_fit(panel, tmp_path, fits, monkeypatch):
    samplers.cached_fit("ewma", panel, cache=tmp_path)
    samplers.cached_fit("ewma", panel, seed=1, cache=tmp_path)
    samplers.cached_fit("ewma", panel, cache=tmp_path, decay=0.9)
    samplers.cached_fit("ewma", panel.iloc[:-1], cache=tmp_path)
    samplers.cached_fit("historical", panel, cache=tmp_path)
    monkeypatch.setattr(_cache, "code_hash", lambda *modules: "other code")
    samplers.cached_fit("ewma", panel, cache=tmp_path)
    assert len(fits) == 6 == len(list(tmp_path.iterdir()))
    samplers.cached_fit("ewma", panel, cache=tmp_path)
    assert len(fits) == 6


@pytest.mark.parametrize("damage", [b"", b"nothing of the kind", None])
def test_a_damaged_file_is_fitted_again_and_replaced(panel, tmp_path, fits, damage):
    good = digest(samplers.cached_fit("ewma", panel, cache=tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-40] if damage is None else damage)
    assert digest(samplers.cached_fit("ewma", panel, cache=tmp_path)) == good
    assert digest(samplers.cached_fit("ewma", panel, cache=tmp_path)) == good
    assert len(fits) == 2 and list(tmp_path.iterdir()) == [file]


def test_a_fit_that_fails_leaves_nothing_behind(panel, tmp_path, monkeypatch):
    with pytest.raises(FitError):
        samplers.cached_fit("fhs", panel.iloc[:100], cache=tmp_path)
    with pytest.raises(ParameterError, match="options are"):
        samplers.cached_fit("fhs", panel, cache=tmp_path, speed=3)

    def full(*args, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr("workbench.samplers._storage.save_file", full)
    with pytest.warns(UserWarning, match="not kept: no space left"):
        assert samplers.cached_fit("ewma", panel, cache=tmp_path).seed_ == 0
    assert not list(tmp_path.iterdir())


def test_chains_are_cached_one_by_one_in_the_folder_of_the_user(panel, tmp_path, fits, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path))
    two = samplers.fit_chains("ewma", panel, 2, seed=5, cache=True)
    three = samplers.fit_chains("ewma", panel, 3, seed=5, cache=True)
    assert len(fits) == 3 == len(list((tmp_path / "fits").iterdir()))
    assert [digest(chain) for chain in two] == [digest(chain) for chain in three[:2]]
    plain = samplers.fit_chains("ewma", panel, 2, seed=5)
    assert [digest(chain) for chain in plain] == [digest(chain) for chain in two] and len(fits) == 5


def test_what_a_fit_left_out_is_said_again_when_it_is_read(panel, tmp_path):
    stale = panel.copy()
    stale.iloc[100:160, 1] = 0.0
    for _ in range(2):
        with pytest.warns(samplers.ShortenedHistory, match="because the price of 'B'"):
            fitted = samplers.cached_fit("fhs", stale, cache=tmp_path)
    assert len(fitted.notes_) == 1 and np.isfinite(fitted.sample(5, 2)["scenarios"]["ret"].values).all()
