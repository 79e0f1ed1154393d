"""The audit as a study, what it says a refutation does to a risk number, and a folder handed to the command."""

import json

import nbformat
import numpy as np
import pandas as pd
import pytest

from workbench import cli, plots, scenarios
from workbench.errors import ParameterError
from workbench.reporting import audits
from workbench.stats import expected_shortfall, value_at_risk
from workbench.studies import run
from workbench.validation.audit import audit, read_history
from workbench.validation.engine.finding import Finding
from workbench.validation.risk_impact import COUNTERFACTUALS, counterfactuals, risk_impact, weighted_risk
from workbench.validation.trial import prepare

NAMES = ["AAA", "BBB", "CCC"]
ROOT = np.linalg.cholesky(np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.2], [0.3, 0.2, 1.0]]))


def days(seed: int, count: int, scale: float = 0.01) -> np.ndarray:
    """Independent days, t(6), correlated."""
    rng = np.random.default_rng(seed)
    return scale * rng.standard_t(6, (count, 3)) @ ROOT.T


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    return pd.DataFrame(days(1, 2000), pd.bdate_range("2010-01-01", periods=2000), NAMES)


def draws(seed: int = 2, scale: float = 0.01) -> np.ndarray:
    return days(seed, 800 * 5, scale).reshape(800, 5, 3).astype("float32")


def failing(*names: str) -> list[Finding]:
    return [Finding(name, "facts", 0.0, (0.0, 0.0), 0.0, "fail") for name in names]


def test_weighted_risk_with_equal_weights_is_the_plain_one():
    loss = np.random.default_rng(1).standard_normal(401)
    answer = weighted_risk(loss, np.full((1, 401), 1 / 401), 0.95)[:, 0]
    assert answer == pytest.approx([value_at_risk(loss, 0.95), expected_shortfall(loss, 0.95)])


def test_effects_compare_the_books_that_were_given(past):
    books = pd.DataFrame([[1.0, 0.0, 0.0], [1.0, -1.0, 0.0]], ["long", "spread"], NAMES)
    found = risk_impact(prepare(draws(), past, books=books))
    assert list(found["book"].unique()) == ["long", "spread"] and len(found) == 8
    assert found["difference"].to_numpy() == pytest.approx((found["scenarios"] - found["history"]).to_numpy())
    doubled = risk_impact(prepare(draws(scale=0.02), past, books=books))
    assert (doubled["scenarios"] > 1.8 * found["scenarios"]).all()


@pytest.mark.parametrize("mend", COUNTERFACTUALS)
def test_a_mend_sets_its_own_property_and_leaves_the_others(mend, past):
    shifted = draws(scale=0.006) + np.float32(0.002)
    case = prepare(shifted, past)
    mended, real, fake = COUNTERFACTUALS[mend][0](case), case.real.reshape(-1, 3), case.fake.reshape(-1, 3)
    flat = mended.reshape(-1, 3)
    mean, spread = (real if mend == "mean" else fake).mean(0), (real if mend == "volatility" else fake).std(0)
    assert flat.mean(0) == pytest.approx(mean, abs=0.02) and flat.std(0) == pytest.approx(spread, rel=0.04)
    if mend == "correlation":
        assert np.corrcoef(flat.T) == pytest.approx(np.corrcoef(real.T), abs=0.01)
    if mend == "shape":
        assert np.diff(np.take_along_axis(flat, fake.argsort(0), 0), axis=0).min() > -1e-6, "ranks stay"


def test_only_what_failed_and_can_be_mended_is_attributed(past):
    case = prepare(draws(scale=0.005), past)
    found = counterfactuals(case, failing("volatility", "clustering"))
    assert set(found["property"]) == {"volatility"} and set(found["checks"]) == {"volatility"}
    assert (found["change"] > 0.5 * found["scenarios"]).all()
    assert counterfactuals(case, []).empty


def test_the_audit_tells_what_a_refutation_does_in_basis_points(past):
    answer = audit(scenarios.assemble(draws(scale=0.005), NAMES), past)
    said = audits.text(answer)
    assert answer.verdict == "rejected" and "with the history's volatility" in said and "understated by" in said
    assert "no share of these numbers is attributed to" in said
    assert json.loads(json.dumps(audits.to_json(answer)))["effects"] == audits.effects(answer)
    assert answer.risk.loc[answer.risk["level"] == 0.99, "low"].isna().all(), "four losses beyond 99 % cannot tell"


def test_a_correct_set_is_within_what_correct_sets_do(past):
    found = risk_impact(prepare(draws(), past))
    known = found[found["low"].notna()]
    assert len(known) == 2 and known["scenarios"].between(known["low"], known["high"]).all()
    assert all(
        "; within the" in sentence for sentence in audits.sentences(found, counterfactuals(prepare(draws(), past), []))
    )


def test_a_history_by_name_of_the_catalogue():
    assert read_history("us_indices", None).shape[1] == 2


def test_a_figure_of_effects_needs_their_table():
    with pytest.raises(ParameterError, match="lacks the columns"):
        plots.risk_impact(pd.DataFrame({"book": []}))


def test_a_folder_is_audited_from_the_command_line(past, tmp_path, capsys):
    folder = tmp_path / "vendor"
    folder.mkdir()
    values = draws(scale=0.02)
    for place, name in enumerate(NAMES):
        frame = pd.DataFrame(values[:, :, place], columns=range(1, 6)).rename_axis("draw")
        frame.to_csv(folder / f"{name}.csv")
    past.rename_axis("date").to_csv(tmp_path / "returns.csv")
    with pytest.raises(SystemExit) as left:
        cli.main(["audit", str(folder), "--history", str(tmp_path / "returns.csv"), "--returns"])
    out = capsys.readouterr().out
    assert left.value.code == 1 and "vendor: 3 CSV files, one an asset, a row is a draw" in out
    assert "returns.csv: read as log returns" in out and "overstated by" in out


@pytest.fixture(scope="module")
def study(past, tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    path = scenarios.save(scenarios.assemble(draws(scale=0.02), NAMES), folder / "vendor.csv")
    past.rename_axis("date").to_csv(folder / "returns.csv")
    given = {"scenarios": str(path), "history": str(folder / "returns.csv"), "returns": True}
    return run("audit", given, folder / "reports")


def test_the_study_leaves_verdict_findings_and_effects(study):
    findings = pd.read_parquet(study.path / "findings.parquet")
    failed = int((findings["verdict"] == "fail").sum())
    assert study.verdict.outcome == "rejected" and f"{failed} of the " in study.verdict.text
    assert "VaR 95 % of equal weight" in study.verdict.text
    assert json.loads((study.path / "audit.json").read_text())["verdict"] == "rejected"
    assert set(pd.read_csv(study.path / "effects.csv")["measure"]) == {"VaR", "ES"}


def test_the_study_shows_figures_with_words(study):
    ran = nbformat.read(study.notebook, as_version=4).cells
    shown = [output for cell in ran for output in cell.get("outputs", [])]
    figures = [output for output in shown if "image/png" in output.get("data", {})]
    assert len(figures) >= 3 and all(output.metadata["image/png"]["alt"] for output in figures)
    assert not [output for output in shown if output.output_type == "stream" and output.name == "stderr"]


@pytest.mark.slow
def test_the_study_makes_its_own_demonstration(tmp_path):
    found = run("audit", {"draws": 500, "horizon": 5, "history": "us_indices"}, tmp_path)
    assert found.state == "completed" and (found.path / "demonstration.nc").exists()
    assert "demonstration" in found.verdict.text
