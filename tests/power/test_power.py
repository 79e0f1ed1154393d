"""The red team's figures, list and notebook: they show what the stored trials say, and stand up to little data."""

import numpy as np
import pandas as pd
import pytest

from workbench.cli import _listing as listing
from workbench.errors import ParameterError
from workbench.plots import power as draw
from workbench.power import campaign, stored, tables
from workbench.studies import run
from workbench.validation import CHECKS


@pytest.fixture(scope="module")
def trials() -> pd.DataFrame:
    """A made-up campaign: 'drift' is found by a (and b), 'noise' by nobody; the truth is refuted once in forty."""
    rng, rows = np.random.default_rng(8), []
    for k in range(40):
        answer = {"verdict": "rejected" if k == 3 else "accepted", "failed": ["a"] if k == 3 else []}
        where = {"process": ("jumps", "rough")[k % 2], "days": (500, 2000)[k // 20], "start": "unconditional"}
        p = dict(zip("abc", rng.random(3)))
        rows.append(where | {"fault": "none", "severity": 0.0, **answer, "p": p})
        for fault, severity in (("drift", 0.3), ("drift", 1.0), ("noise", 1.0)):
            failed = ["a", "b"][: 1 + k % 2] if fault == "drift" and severity > rng.random() else []
            verdict = "rejected" if failed else "accepted"
            rows.append(where | {"fault": fault, "severity": severity, "verdict": verdict, "failed": failed, "p": p})
    return campaign.frame(rows)


DOCUMENTED = pd.Series({"drift": 1.0, "noise": 1.0})


def test_detection_map_leaves_out_what_never_fires(trials):
    least = tables.least_severity(trials, DOCUMENTED).set_index("fault")
    ax = draw.detection_map(tables.matrix(trials, DOCUMENTED), least["share"])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["any check, %", "a", "b"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["drift", "noise"]
    assert "1 checks never fire" in ax.get_xlabel()
    with pytest.raises(ParameterError, match="nothing was measured"):
        draw.detection_map(pd.DataFrame(), least["share"])


def test_size_chart_says_how_many(trials):
    axes = draw.size_chart(tables.sizes(trials), tables.false_alarms(trials, ["process", "days"]))
    assert "n = 40-40" in axes[0].get_xlabel() and "n = 10-10" in axes[1].get_xlabel()
    assert len(axes[1].get_yticks()) == 4


def test_large_worlds_stand_beside_small_ones(trials):
    large = trials.assign(days=8000)
    lengths = tables.by_length(pd.concat([trials, large[large["fault"] == "noise"]]), DOCUMENTED)
    assert set(zip(lengths["fault"], lengths["market"])) == {("drift", "small"), ("noise", "small"), ("noise", "large")}
    ax = draw.length_chart(lengths)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["noise"] and "1 other" in ax.get_title("left")
    assert len(tables.short(large)) == (large["fault"] == "none").sum()


def test_power_curves_mark_the_documented_severity(trials):
    axes = draw.power_curves(tables.detection(trials), DOCUMENTED, ["drift", "noise"])
    lines = axes[0].get_lines()
    assert list(lines[0].get_xdata()) == [0.3, 1.0] and lines[1].get_xdata()[0] == 1.0
    assert len(axes) == len(axes[0].figure.axes) == 2


def test_every_check_is_listed_with_what_is_known_of_it():
    rows = {row["name"]: row for row in listing.rows("checks")}
    assert set(rows) == set(CHECKS)
    known = stored.reliability()
    for name, row in rows.items():
        assert row["reliability"] == known.get(name, {})
        assert ("n = " in row["measured"]) == (name in known)
        assert "reliability" not in listing.text(row, 10)


@pytest.mark.skipif(not stored.TRIALS.exists(), reason="nothing measured is stored")
def test_the_notebook_says_what_the_stored_trials_say(tmp_path):
    given = {"live_faults": ["percent for fraction"], "live_worlds": 1, "live_days": 600}
    done = run("red_team", given, tmp_path)
    assert done.state == "completed"
    truth = tables.null(stored.load())
    assert f"{int((truth['verdict'] == 'rejected').sum())} of {len(truth)}" in done.verdict.text
    found = pd.read_parquet(done.path / "detection.parquet")
    assert found["share"].between(0, 1).all() and len(pd.read_parquet(done.path / "sizes.parquet")) >= 30
