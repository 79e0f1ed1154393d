"""The parts against second implementations: redraws, quantiles, signatures, risk numbers, identities, the audit."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench import scenarios
from workbench.errors import ParameterError
from workbench.scenarios import assemble
from workbench.stats import expected_shortfall, value_at_risk
from workbench.stats import weighted_quantile as quantile
from workbench.validation import risk_table, trial
from workbench.validation.checks.identities import Identity, read_identities
from workbench.validation.checks.path_distribution import signature
from workbench.validation.engine import _null as null
from workbench.validation.engine._state import alike
from workbench.validation.engine.features import correlations, moments
from workbench.validation.risk import errors, seed_test


def rng(seed=0):
    return np.random.default_rng(seed)


def test_block_redraws_are_whole_blocks_and_fair():
    drawn = null.block_weights(rng(), np.full(100, 0.01), 10, 2000)
    assert np.allclose(drawn.sum(1), 1.0, atol=1e-5)
    assert np.allclose(drawn.mean(0), 0.01, atol=0.001)
    values = rng(1).standard_normal(100)
    correct = np.var([values[(start + np.arange(10)) % 100].mean() for start in range(100)]) / 10
    assert np.var(drawn @ values) == pytest.approx(correct, rel=0.15)


def test_draw_redraws_have_the_variance_of_a_mean():
    values = rng(1).standard_normal(100)
    drawn = null.draw_weights(rng(), np.full(100, 0.01, dtype=np.float32), 50, 4000)
    assert np.var(drawn @ values) == pytest.approx(values.var() / 50, rel=0.1)


def test_weighted_quantiles_agree_with_repetition():
    values, counts = rng().standard_normal((40, 2)), rng(1).integers(1, 5, 40)
    expected = np.quantile(np.repeat(values, counts, axis=0), [0.1, 0.5], axis=0, method="inverted_cdf")
    assert np.allclose(quantile(values, counts.astype(float), [0.1, 0.5]), expected)


def test_the_worst_of_independent_components_has_a_uniform_p_value():
    spread = null.Spread(np.eye(10), 1e6)
    p = [spread.worst(row).p_value for row in rng().standard_normal((400, 10))]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09 and abs(np.mean(p) - 0.5) < 0.06


def test_standard_errors_are_raised_to_the_least_and_no_further():
    spread = null.Spread(np.diag([0.04, 1.0]), 10.0).at_least(0.5)
    assert spread.error == pytest.approx([0.5, 1.0], rel=1e-12) and spread.freedom == 10.0


def test_equal_components_count_once():
    assert null.Spread(np.ones((6, 6)), 1e6).comparisons == pytest.approx(1.0, abs=0.1)


def test_kernel_weights_have_todays_mean():
    market = rng().standard_normal(500)
    weights, z = alike(market, 0.8)
    assert weights.sum() == pytest.approx(1.0) and weights @ ((market - market.mean()) / market.std()) == pytest.approx(
        z
    )


def test_signature_of_a_line_is_its_tensor_exponential_and_chen_holds():
    a = rng().standard_normal(3).astype("f4")
    line = signature(np.repeat(a[None, None] / 5, 5, axis=1))[0]
    expected = [a, np.multiply.outer(a, a).ravel() / 2, np.multiply.outer(np.multiply.outer(a, a), a).ravel() / 6]
    assert np.allclose(line, np.concatenate(expected), atol=1e-5)
    area = signature(np.array([[[1, 0], [0, 1], [-1, 0], [0, -1]]], dtype="f4"))[0]
    assert area[3] - area[4] == pytest.approx(2.0)  # twice the area of the unit square


def test_correlations_agree_with_numpy():
    x = rng().standard_normal((50, 4, 3)).astype("f4")
    flat = x.reshape(-1, 3)
    uncentred = flat.T @ flat / np.sqrt(np.outer((flat**2).sum(0), (flat**2).sum(0)))
    z = correlations(moments(x).mean(0), 3)
    assert np.allclose(np.tanh(z[:3]), uncentred[np.triu_indices(3, 1)], atol=1e-5)


def test_expected_shortfall_splits_the_atom():
    assert value_at_risk(np.arange(1.0, 11.0), 0.75) == 8.0
    assert expected_shortfall(np.arange(1.0, 11.0), 0.75) == pytest.approx(9.2)
    with pytest.raises(ParameterError, match="99 % is 0.99"):
        expected_shortfall(np.arange(3.0), 99)


def test_risk_errors_cover_and_tell_seeds_apart():
    """40 repetitions of 4 chains x 500 normal draws: sd of ES is what its draw error says, and seed noise is seen."""
    said, values, alarms, found = [], [], 0, 0
    for i in range(40):
        loss = rng(i).standard_normal((4, 500))
        rows = errors(loss, 0.95)
        said.append(rows.loc["ES", "draw_error"])
        values.append(rows.loc["ES", "value"])
        alarms += rows.loc["ES", "f_test"] < 0.05
        found += errors(loss * np.array([[0.8], [0.9], [1.1], [1.25]]), 0.95).loc["ES", "f_test"] < 0.05
    assert np.mean(said) == pytest.approx(np.std(values), rel=0.35)
    assert alarms <= 8 and found >= 26


def test_one_chain_has_no_seed_error():
    rows = errors(rng().standard_normal((1, 300)), 0.9)
    assert (
        rows["seed_error"].isna().all() and np.isnan(seed_test(np.zeros((1, 300)))) and (rows["draw_error"] > 0).all()
    )


def test_risk_table_of_books():
    tree = assemble(rng().standard_normal((2, 400, 5, 2)).astype("f4") * 0.01, ["A", "B"])
    frame = risk_table(tree, {"long": {"A": 1.0}, "spread": {"A": 1.0, "B": -1.0}}, levels=(0.95,), day=1)
    assert list(frame["book"]) == ["long", "long", "spread", "spread"]
    assert frame["value"].iloc[2] == pytest.approx(np.sqrt(2) * frame["value"].iloc[0], rel=0.2)
    with pytest.raises(ParameterError, match="horizon"):
        risk_table(tree, day=6)


def triangle(noise: float):
    x = rng().standard_normal((400, 1600 // 400 * 5, 2)).astype("f4") * 0.006
    third = x.sum(2, keepdims=True) + noise * rng(1).standard_normal((*x.shape[:2], 1)).astype("f4")
    return np.concatenate([x, third], axis=2)


@pytest.mark.parametrize("noise, outcome", [(0.0, "pass"), (1e-5, "fail")])
def test_a_triangle_of_currencies_closes_to_rounding(noise, outcome):
    history = pd.DataFrame(triangle(0.0).reshape(-1, 3)[:1500].astype(float), columns=["EURUSD", "USDJPY", "EURJPY"])
    identities = [{"name": "triangle", "weights": {"EURUSD": 1, "USDJPY": 1, "EURJPY": -1}}]
    assert trial(triangle(noise), history, checks=["identities"], identities=identities)[0].verdict == outcome


def test_levels_positivity_parity_and_butterflies():
    paths = np.zeros((3, 2, 3))
    parity = Identity("parity", {"C": 1, "P": -1, "S": -1}, "level", constant=-95.0, start={"C": 10, "P": 5, "S": 100})
    assert parity.residuals(paths, ["C", "P", "S"])[0].max() == 0.0
    butterfly = Identity("fly", {"C": 1, "P": -2, "S": 1}, "level", ">=", start={"C": 3, "P": 4, "S": 2})
    assert butterfly.residuals(paths, ["C", "P", "S"])[0].max() == 3.0  # 3 - 8 + 2 is 3 below nought
    index = Identity("index", {"C": 0.5, "P": 0.5, "S": -1}, "simple")
    assert index.residuals(np.log1p(np.array([[[0.1, 0.3, 0.2]]])), ["C", "P", "S"])[0].max() < 1e-12


@pytest.mark.parametrize(
    "text",
    [
        "just words",
        "- {name: x}",
        "- {name: x, weights: {A: 1}, wrong: 2}",
        "- {name: x, weights: {A: 1}, on: price}",
        "- {name: x, weights: {A: 1}, on: level}",
        "a: [1",
    ],
)
def test_a_malformed_identity_is_reported(text, tmp_path):
    (tmp_path / "identities.yaml").write_text(text)
    with pytest.raises(ParameterError):
        read_identities(tmp_path / "identities.yaml")


@pytest.fixture
def files(world, tmp_path):
    history, correct, _ = world
    prices = (100 * np.exp(history.cumsum())).rename_axis("date")
    prices.to_csv(tmp_path / "prices.csv")
    names = list(history.columns)
    for name, values in {"good.nc": correct, "bad.zarr": correct * 3, "odd.parquet": correct[:, :, :2]}.items():
        scenarios.save(assemble(values, names[: values.shape[2]]), tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    "name, code, word", [("good.nc", 0, "accepted"), ("bad.zarr", 1, "rejected"), ("odd.parquet", 0, "accepted")]
)
def test_audit_from_the_command_line(name, code, word, files):
    from workbench.cli import app

    done = CliRunner().invoke(app, ["audit", str(files / name), "--history", str(files / "prices.csv"), "--json"])
    said = json.loads(done.stdout)
    assert done.exit_code == code and said["verdict"] == word
    assert {"check", "question", "statistic", "reference", "p_value", "verdict", "columns"} <= set(said["findings"][0])
    assert any("only in the history: A2" in note for note in said["notes"]) == (name == "odd.parquet")
    assert len(said["risk"]) == 4


def test_audit_walks_through_all_draws(files, monkeypatch):
    from workbench.validation import _gather as audit

    monkeypatch.setattr(audit, "BLOCK", 300)
    monkeypatch.setattr(audit, "MOST_DRAWS", 500)
    tree = scenarios.load(files / "good.nc")
    given = audit.gather(files / "good.nc")
    assert np.array_equal(given.values, tree["scenarios"]["ret"].values[0][::4]) and given.summary.draws == 2000
    assert given.summary.repeats == 0


def test_audit_says_what_does_not_match(files, tmp_path):
    from workbench.errors import ScenarioError, WorkbenchError
    from workbench.validation.audit import audit

    scenarios.save(assemble(np.zeros((30, 5, 1), "f4"), ["Z"]), tmp_path / "other.nc")
    with pytest.raises(ScenarioError, match="no column in common"):
        audit(tmp_path / "other.nc", files / "prices.csv")
    (tmp_path / "torn.nc").write_bytes(b"not a netcdf")
    for path in ("torn.nc", "absent.nc"):
        with pytest.raises(WorkbenchError, match=path):
            audit(tmp_path / path, files / "prices.csv")
