"""Every study at settings larger than those of the daily tests, from its parameters to a sound run."""

import pytest

from workbench import studies
from workbench.governance import manifest
from workbench.studies.runner import notebooks

SETTINGS = {
    "audit": {"draws": 40_000, "horizon": 20},
    "backtest": {"samplers": ["fhs", "historical_window", "lognormal"], "draws": 4096, "refit": "126"},
    "causal": {"draws": 200_000, "lags": 3},
    "drift": {"sampler": "fhs"},
    "explore": {"draws": 20_000},
    "horse_race": {"samplers": ["fhs_moving", "fhs", "gjr_t", "lognormal"], "draws": 4096, "every": 4},
    "market_futures": {"sampler": "fhs_moving", "baselines": ["fhs", "gjr_t", "lognormal"], "draws": 40_000},
    "red_team": {"live_worlds": 2, "live_days": 2000},
    "reverse_stress": {"sampler": "fhs", "baselines": ["gjr_t", "lognormal"], "particles": 1000},
    "stress": {"sampler": "fhs", "draws": 40_000, "budget": 40_000},
    "tail_proof": {"draws": 4_000_000, "options": {"steps": 200}},
    "unseen_decade": {"datasets": ["us_indices", "wti"], "samplers": ["fhs_moving", "fhs"], "draws": 4000},
}
WITHOUT_VERDICT = {"explore"}  # a place to play claims nothing


def test_every_study_has_larger_settings():
    """No study is left out of the soak."""
    assert set(SETTINGS) == set(notebooks.names())


@pytest.mark.soak
@pytest.mark.parametrize("study", SETTINGS)
def test_a_study_at_larger_settings_ends_in_a_sound_run(study, tmp_path):
    """Four to ten times the draws of the default: minutes each, and memory as a desk would use it."""
    run = studies.run(study, SETTINGS[study], output=tmp_path)
    assert run.state == "completed" and manifest.verify(run.path).sound
    assert (run.verdict is None) == (study in WITHOUT_VERDICT)
    assert (run.path / "report.html").stat().st_size > (50_000 if run.verdict else 10_000)
