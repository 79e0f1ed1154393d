"""Preflight: an input whose verdict would be misread is refused by name before the trial, and can be allowed by name."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench import cli, scenarios
from workbench.errors import DataError, ParameterError, ScenarioError
from workbench.power import SimulatedMarket, build
from workbench.power.processes import PROCESSES
from workbench.reporting import audits
from workbench.validation import CHECKS, trial
from workbench.validation.audit import audit
from workbench.validation.preflight import grid_step, preflight, simple_returns


@pytest.fixture(scope="module")
def given():
    """A history of 1,500 days of four assets, and 400 draws of 10 days of the same process."""
    process = PROCESSES.make("garch", assets=4)
    history, _ = process.history(1500, seed=5)
    return process.scenarios(400, 10, seed=6), history


WRONG = {
    "prices": (lambda x, h: (100 * np.exp(x.cumsum(1)), h), "look like prices: column 'A0'"),
    "percent": (lambda x, h: (100 * x, h), "the scenarios look like returns in percent"),
    "percent in the history": (lambda x, h: (x, 100 * h), "the history looks like returns in percent"),
    "basis points": (lambda x, h: (1e4 * x, h), "times that of the history"),
    "grid": (lambda x, h: (np.round(x / 0.005) * 0.005, h), "whole multiples of 0.005 (50 bp)"),
    "short": (lambda x, h: (x, h[:200]), "holds 200 complete days, too short for paths of 10 days"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_would_be_misread_is_refused(name, given):
    change, said = WRONG[name]
    with pytest.raises((ScenarioError, DataError)) as refused:
        preflight(*change(*given), None)
    assert said in str(refused.value)


def test_a_correct_set_passes_and_a_rule_can_be_allowed(given):
    assert preflight(*given, None) == []
    assert preflight(100 * given[0], given[1], None, ["units"]) == []
    with pytest.raises(ParameterError, match="lies after the history's last day"):
        preflight(*given, "2040-01-01")


@pytest.mark.parametrize("assets", [5, 10])
def test_simple_returns_of_a_resampled_history_are_found_and_log_returns_are_not(assets):
    """Days drawn with replacement from 4,000 days of volatility 2 %: means are the history's, sized by the draws."""
    rng = np.random.default_rng(assets)
    past = 0.02 * rng.standard_t(6, (4000, assets)) * np.linspace(0.6, 1.4, assets)
    draws = past[rng.integers(0, 4000, (4000, 20))]
    log, simple = (simple_returns(values, past) for values in (draws, np.expm1(draws)))
    assert log[1] == 1.0 and simple[0] < 1e-3 and simple[1] < 5e-3
    with pytest.raises(ScenarioError, match="look like simple returns"):
        preflight(np.expm1(draws), pd.DataFrame(past, pd.bdate_range("2000-01-03", periods=4000)), None)


def test_a_history_on_a_grid_makes_a_set_on_it_no_fault(given):
    values, history = (np.round(part / 0.005) * 0.005 for part in given)
    assert grid_step(values[:, :, 0]) == pytest.approx(0.005) and preflight(values, history, None) == []
    assert grid_step(given[0][:, :, 0]) is None and grid_step(np.zeros(1000)) is None


def test_a_set_that_starts_today_is_noticed_and_one_of_the_long_run_is_not():
    """After a turn of the market; 16 of 40 such sets were noticed, and none of the long run, over five processes."""
    noticed = 0
    for repeat in range(8):
        market = SimulatedMarket("stochastic volatility", 1500, 4, 500, 12, "turned", 9000 + repeat)
        truth = build(market)
        notes = preflight(truth.null, truth.history, None)
        noticed += any(f"add --start {truth.history.index[-1]:%Y-%m-%d}" in note for note in notes)
        assert preflight(truth.null, truth.history, "last") == []
        assert preflight(truth.context.unconditional, truth.history, None) == []
    assert noticed >= 3


def test_a_constant_asset_is_refused_by_name(given):
    values, history = given[0].copy(), given[1]
    values[:, :, 2] = 0.0
    with pytest.raises(ScenarioError, match="column 'A2' never changes in the scenarios"):
        trial(values, history)


def test_no_verdict_on_part_of_a_set_unless_asked(given):
    values, history = given
    tree = scenarios.assemble(values, list(history.columns))
    with pytest.raises(ScenarioError, match=r"lacks 1 of 4 assets of the scenarios, such as \['A3'\]"):
        audit(tree, history[["A0", "A1", "A2"]])
    found = audit(tree, history[["A0", "A1", "A2"]], common=True)
    assert found.about["assets"] == ["A0", "A1", "A2"] and any("A3" in note for note in found.notes)


BAD = [
    {"level": 0.0},
    {"level": 2.0},
    {"seed": -1},
    {"seed": 1.5},
    {"seed": "a"},
    {"level": "5%"},
    {"level": float("nan")},
    {"allow": ["nonsense"]},
]


@pytest.mark.parametrize("option", BAD, ids=str)
def test_a_bad_option_is_refused_by_name(option, given):
    with pytest.raises(ParameterError, match=next(iter(option))):
        audit(scenarios.assemble(given[0], list(given[1].columns)), given[1], **option)


def test_a_hold_out_is_read_and_may_not_overlap(given):
    values, history = given
    tree = scenarios.assemble(values, list(history.columns))
    found = audit(tree, history[:1200], holdout=history[1200:])
    assert next(f for f in found.trial if f.check == "leaked hold-out").answered
    with pytest.raises(DataError, match="300 days of the hold-out are in the history too"):
        audit(tree, history, holdout=history[1200:])


def test_every_check_says_what_a_failure_means_where_it_matters_and_what_to_do(given):
    for name in CHECKS:
        assert all(text.endswith(".") and 3 <= len(text.split()) <= 20 for text in CHECKS[name].advice.values()), name
    found = audit(scenarios.assemble(3 * given[0], list(given[1].columns)), given[1])
    assert "To do:" in audits.text(found) and {"meaning", "matters", "remedy"} <= set(
        audits.to_json(found)["findings"][0]
    )


def test_exit_codes_and_json_of_the_command(given, tmp_path, capsys):
    values, history = given
    scenarios.save(scenarios.assemble(values, list(history.columns)), tmp_path / "set.nc")
    prices = (100 * np.exp(history.cumsum())).rename_axis("date")
    prices.to_csv(tmp_path / "prices.csv")
    slip = prices.copy()
    slip.iloc[700:, 1] /= 100
    slip.to_csv(tmp_path / "slip.csv")

    def run(*more: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(["audit", str(tmp_path / "set.nc"), *more])
        out, err = capsys.readouterr()
        return left.value.code or 0, out, err

    code, out, _ = run("--history", str(tmp_path / "prices.csv"), "--json")
    assert code == 0 and json.loads(out)["verdict"] == "accepted"
    code, _, err = run("--history", str(tmp_path / "slip.csv"))
    assert code == 2 and f"column 'A1', {prices.index[700]:%Y-%m-%d}" in err
    code, out, _ = run("--history", str(tmp_path / "slip.csv"), "--allow", "decimal shifts")
    assert code in (0, 1) and "accepted" in out or "rejected" in out
    code, _, err = run("--history", str(tmp_path / "prices.csv"), "--level", "2")
    assert code == 2 and "level must be a number, above 0 and at most 0.5, got 2.0" in err


def test_too_little_history_of_a_like_state_cannot_tell(tmp_path, capsys):
    process = PROCESSES.make("stochastic volatility", assets=3)
    history, state = process.history(400, seed=2)
    tree = scenarios.assemble(process.scenarios(200, 20, seed=3, state=state), list(history.columns))
    scenarios.save(tree, tmp_path / "set.nc")
    (100 * np.exp(history.cumsum())).rename_axis("date").to_csv(tmp_path / "prices.csv")
    asked = ["audit", str(tmp_path / "set.nc"), "--history", str(tmp_path / "prices.csv"), "--start", "last"]
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as left:
            cli.main([*asked, *more])
        assert left.value.code == 5 and "cannot tell" in capsys.readouterr().out
