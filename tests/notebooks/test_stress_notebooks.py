"""The notebooks of the stress room run to their last cell on a small preset, and say what their tables say."""

from pathlib import Path

import nbformat
import pandas as pd

from workbench import scenarios
from workbench.studies import run

SMALL = {"dataset": "us_indices", "as_of": "2018-06-29", "horizon": 5}


def _figures(found) -> list:
    shown = [output for cell in nbformat.read(found.notebook, as_version=4).cells for output in cell.get("outputs", [])]
    return [output for output in shown if "image/png" in output.get("data", {})]


def test_stress_answers_its_registered_question(tmp_path: Path) -> None:
    asked = {
        "sampler": "ewma",
        "market_low": -0.06,
        "market_high": -0.02,
        "refuge": "",
        "draws": 1200,
        "losses": [0.03, 0.05],
        "budget": 2500,
    }
    found = run("stress", SMALL | asked, tmp_path)
    moves = scenarios.load(found.path / "scenarios.nc")["scenarios"]["ret"].sum("time").mean("asset")
    assert float(moves.min()) >= -0.06 - 1e-5 and float(moves.max()) <= -0.02 + 1e-5
    assert "the desk expected" in found.verdict.text and len(_figures(found)) == 3


def test_stress_cannot_tell_where_the_condition_is_refused(tmp_path: Path) -> None:
    """Resampled days of a calm market never fall by half in a week: the study ends, and says why it cannot tell."""
    asked = {"sampler": "historical", "market_low": -0.9, "market_high": -0.7, "draws": 400, "losses": [0.03]}
    found = run("stress", SMALL | asked | {"budget": 1500}, tmp_path)
    assert found.verdict.word == "cannot tell" and found.verdict.outcome == "mixed"
    assert "were refused" in found.verdict.text and not (found.path / "scenarios.nc").exists()


def test_reverse_stress_finds_ways_for_both_books(tmp_path: Path) -> None:
    asked = {
        "sampler": "ewma",
        "baselines": ["lognormal"],
        "loss": 0.05,
        "volatility_loss": 0.03,
        "particles": 150,
        "sweeps": 30,
    }
    found = run("reverse_stress", SMALL | asked, tmp_path)
    assert (found.path / "equal_weight.nc").exists() and "factor of" in found.verdict.text
    assert "have the shape of a crisis" in found.verdict.text and len(_figures(found)) == 6


def test_causal_says_whether_its_graph_survives(tmp_path: Path) -> None:
    graph = "edges: [[SP500, NASDAQ], [SP500, AUD]]"
    found = run("causal", {"graph": graph, "effect": "AUD", "draws": 2000}, tmp_path)
    table = pd.read_csv(found.path / "answers.csv", index_col=0)
    assert abs(table.loc["SP500", "do"] + 0.05) < 1e-9
    assert "independences fail" in found.verdict.text and len(_figures(found)) == 3
