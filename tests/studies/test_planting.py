"""Faults planted into a given history: into the columns that were asked for, and said where that cannot be."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterError
from workbench.power import documented
from workbench.reporting import verdicts
from workbench.studies import planting


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    moves = 0.01 * np.random.default_rng(5).standard_t(5, (700, 3))
    return pd.DataFrame(moves, pd.date_range("2008-01-04", periods=700, freq="W-FRI"), ["A", "B", "C"])


def test_faults_go_into_the_chosen_columns_and_nowhere_else(history, monkeypatch):
    judged = []
    real = planting.trial
    monkeypatch.setattr(
        planting, "trial", lambda draws, *rest, **more: judged.append(draws) or real(draws, *rest, **more)
    )
    rows = planting.planted_in(history, {"none": 0.0, "percent for fraction": 1.0}, ["B"], draws=200, horizon=5)
    null, faulty = judged
    np.testing.assert_array_equal(faulty[:, :, [0, 2]], null[:, :, [0, 2]])
    assert abs(faulty[:, :, 1]).max() > 0.5 > abs(null).max()
    assert set(rows[1]["failed"]) - set(rows[0]["failed"]) and "percent for fraction" in verdicts.planted(rows)


def test_a_fault_that_the_columns_cannot_receive_is_said_and_not_counted(history):
    faults = {"none": 0.0, "one asset copies another": 0.6, "broken identity": 0.5}
    rows = planting.planted_in(history, faults, ["C"], draws=200, horizon=5)
    assert [row["verdict"] for row in rows[1:]] == ["not planted"] * 2
    assert "at least 2 assets" in rows[1]["failed"][0] and "Of 0 faults" in verdicts.planted(rows)


def test_every_fault_is_planted_into_some_columns_or_says_why_not(history, monkeypatch):
    monkeypatch.setattr(planting, "trial", lambda *_, **__: planting.trial_of_nothing, raising=False)
    monkeypatch.setattr(planting, "trial_of_nothing", type("Found", (list,), {"verdict": "accepted"})(), raising=False)
    rows = planting.planted_in(history, dict(documented()), ["A", "C"], draws=100, horizon=5)
    assert len(rows) == len(documented()) and {row["verdict"] for row in rows} == {"accepted", "not planted"}
    assert all(row["failed"] for row in rows if row["verdict"] == "not planted")


def test_unknown_assets_and_faults_are_refused_by_name(history):
    with pytest.raises(ParameterError, match="unknown asset of the history 'Z'; known: A, B, C"):
        planting.planted_in(history, {"none": 0.0}, ["Z"])
    with pytest.raises(ParameterError, match="unknown fault 'percnt for fraction'"):
        planting.planted_in(history, {"percnt for fraction": 0.5})
