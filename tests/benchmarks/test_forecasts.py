"""Benchmarks of forecasts compare samplers by the package's one comparison."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.forecasts import joint_shocks, one_day_ahead
from benchmarks.forecasts.one_day_ahead import DETERMINISTIC, REFERENCES, SCORES, SPARSE
from workbench.backtesting.comparison import compare_scores


def scored(seed: int, every: int = 1) -> pd.DataFrame:
    days = pd.bdate_range("2007-01-01", periods=800)[::every]
    noise = np.random.default_rng(seed).standard_normal((len(days), len(SCORES)))
    return pd.DataFrame(noise, days, SCORES).rolling(5, min_periods=1).mean() + 0.02 * seed


def test_differences_and_errors_of_one_day_ahead_are_those_of_compare_scores() -> None:
    frames = {(name, 0): scored(seed, SPARSE.get(name, 1)) for seed, name in enumerate(DETERMINISTIC)}
    table = one_day_ahead.table(frames).set_index("sampler")
    for score in SCORES:
        for name in DETERMINISTIC:
            both = {n: frames[n, 0][score] for n in dict.fromkeys((name, *REFERENCES))}
            frame = pd.DataFrame(both).loc[frames[name, 0].index]
            for reference in REFERENCES:
                t = 0.0 if name == reference else compare_scores({score: frame}, reference)["t"][score, name]
                assert table.at[name, f"t_{score}_vs_{reference}"] == pytest.approx(t, rel=1e-12), (name, score)


def test_shocks_are_compared_with_the_bootstrap_of_their_span_and_seed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(joint_shocks, "FOLDER", tmp_path)
    (tmp_path / "2006-3-4").mkdir()
    for seed, name in enumerate(("bootstrap", "flow")):
        scored(seed, 4).to_parquet(tmp_path / "2006-3-4" / f"{name}.parquet")
    rows = joint_shocks.table(4).set_index("shocks")
    pair = pd.DataFrame({"flow": scored(1, 4)["crps"], "bootstrap": scored(0, 4)["crps"]})
    assert rows.at["flow", "t_crps"] == compare_scores({"crps": pair}, "bootstrap")["t"]["crps", "flow"]
    assert rows.at["bootstrap", "t_crps"] == 0 and set(rows["seed"]) == {3} and set(rows["fitted_to"]) == {"2006"}
