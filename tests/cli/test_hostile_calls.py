"""Hostile calls: exit code 2, one line that names the culprit and what it may be, nothing written, no kernel started."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest

from workbench import cli
from workbench.governance import fingerprints
from workbench.studies.runner import _runs, notebooks
from workbench.studies.runner._bounds import bounds

CALLS = {
    # bounds of numbers, by study
    "run stress -p budget=1000": "'budget' of 'stress'.*at least 1500, got 1000.*default 10000",
    "run stress -p budget=-1": "at least 1500, got -1",
    "run stress -p budget=nan": "expects int, was given 'nan'",
    "run stress -p budget=1e9": "expects int, was given '1e9'",
    "run stress -p horizon=0": "'horizon'.*at least 1, got 0",
    "run stress -p horizon=5000": "'horizon'.*at most 4156, got 5000",
    "run stress -p losses=[0.1,-0.2]": "'losses'.*above 0 and below 1, got -0.2",
    "run stress -p losses=0.1,abc": "'losses'.*expects list of float",
    "run stress -p losses=inf": "got inf",
    "run stress -p market_low=0.1 -p market_high=-0.1": "'market_low' of 'stress' is 0.1, not below 'market_high'",
    "run stress -p market_low=-0.2 -p market_high=-0.2": "'market_low' of 'stress' is -0.2, not below 'market_high'",
    "run stress -p market_low=inf": "'market_low'.*at most 5, got inf",
    "run stress -p expected_share=0": "above 0 and at most 1, got 0",
    "run stress -p expected_share=90": "above 0 and at most 1, got 90",
    "run stress -p draws=0": "'draws'.*at least 100, got 0",
    "run stress -p seed=-1": "'seed'.*zero or a positive number, got -1",
    "run stress -p seed=1.5": "'seed'.*expects int",
    "run reverse_stress -p loss=0": "'loss'.*above 0 and below 1, got 0",
    "run reverse_stress -p loss=1.2": "above 0 and below 1, got 1.2",
    "run reverse_stress -p loss=nan": "expects float or None",
    "run reverse_stress -p ways=0": "'ways'.*at least 1, got 0",
    "run reverse_stress -p particles=3": "'particles'.*at least 20, got 3",
    "run reverse_stress -p sweeps=-1": "'sweeps'.*got -1",
    "run reverse_stress -p volatility_loss=-0.1": "'volatility_loss'.*a positive number, got -0.1",
    "run causal -p lags=-1": "'lags'.*at least 0 and at most 60, got -1",
    "run causal -p lags=1000": "at most 60, got 1000",
    "run causal -p dataset=T/good.csv -p lags=20": "'lags' of 'causal'.*at most 13, got 20",
    "run causal -p move=inf": "'move'.*at most 1, got inf",
    "run causal -p move=-5": "at least -1 and at most 1, got -5",
    "run causal -p draws=1": "'draws'.*at least 100, got 1",
    "run backtest -p window=-1": "'window'.*got -1",
    "run backtest -p window=1": "'window'.*0, or at least 2",
    "run backtest -p purge=-1": "'purge'.*got -1",
    "run backtest -p draws=5000": "'draws'.*at most 4096, got 5000",
    "run backtest -p levels=0.99,2": "'levels'.*below 1, got 2",
    "run backtest -p levels=": "'levels'.*needs one number at the least",
    "run backtest -p long_horizon=0": "'long_horizon'.*at least 1",
    "run drift -p years=0": "'years'.*at least 0.1, got 0",
    "run drift -p rates=0.01": "'rates'.*at least 0.1, got 0.01",
    "run drift -p histories=0": "'histories'.*at least 2",
    "run drift -p level=0.4": "'level'.*above 0.5 and below 1",
    "run drift -p keep=0": "'keep'.*at least 1",
    "run drift -p refit=-1": "'refit'.*zero or a positive number, got -1",
    "run horse_race -p seeds=0": "'seeds'.*at least 1",
    "run horse_race -p every=0": "'every'.*at least 1",
    "run market_futures -p confidence=1": "'confidence'.*above 0.5 and below 1, got 1",
    "run market_futures -p chains=0": "'chains'.*at least 1",
    "run market_futures -p draws=-5": "'draws'.*at least 100, got -5",
    "run market_futures -p draws=100 -p chains=50": "'draws' of 'market_futures'.*at least 1000, got 100",
    "run market_futures -p horizon=700": "'horizon'.*at most 461, got 700",
    "run red_team -p level=1": "'level'.*above 0 and below 1",
    "run red_team -p live_days=3": "'live_days'.*at least",
    "run red_team -p live_worlds=-1": "'live_worlds'.*got -1",
    "run tail_proof -p mixture=1": "'mixture'.*above 2, got 1",
    "run tail_proof -p beyond=0.5": "'beyond'.*at most 0.1, got 0.5",
    "run tail_proof -p indices=0": "'indices'.*a positive number, got 0",
    "run tail_proof -p levels=0.7": "'levels'.*below 0.5, got 0.7",
    "run tail_proof -p confidence=1.1": "'confidence'.*below 1, got 1.1",
    "run audit -p level=0.9": "'level'.*at most 0.5, got 0.9",
    "run explore -p draws=0": "'draws'.*at least 2",
    # names, words, dates, assets
    "run stress -p sampler=neurall": "'sampler' of 'stress'.*did you mean 'neural'",
    "run stress -p sampler=": "'sampler' of 'stress' is empty; leave it out for 'neural'",
    "run stress -p 'options={memberz: 1}'": "'options' of 'stress'.*its options are",
    "run stress -p 'options={members: -1}'": "'options' of 'stress'.*members must be a whole number, at least 1",
    "run stress -p refuge=XYZ": "'refuge' of 'stress'.*known: AAPL",
    "run stress -p as_of=1960-01-01": "'as_of' of 'stress' is 1960-01-01.*run from 1990-01-03",
    "run stress -p as_of=yesterday": "expects date or None",
    "run stress -p columns=3": "'columns'.*write it like {name: value}",
    "run stress -p 'columns={A: B}'": "columns",
    "run reverse_stress -p baselines=fhs,none": "'baselines' of 'reverse_stress'.*'none'",
    "run reverse_stress -p baselines=[fhs": r"'baselines'.*'\[fhs'; did you mean 'fhs'",
    "run causal -p cause=ABC": "'cause' of 'causal'.*'ABC'",
    "run causal -p 'graph=edges: [[SP500, NOPE]]'": r"'graph' of 'causal'.*\['NOPE'\] are no assets",
    "run causal -p 'graph=edges: [[SP500, CAD], [CAD, SP500]]'": "cycle",
    "run causal -p 'graph=A -> B'": "a graph needs 'edges'",
    "run causal -p graph=nowhere.yaml": "no graph file",
    "run causal -p 'graph=edges: [[SP500, CAD]]' -p effect=JPY": "'effect' of 'causal'.*known: SP500, CAD",
    "run causal -p first=2100-01-01": "'first' of 'causal' is 2100-01-01.*to 2018-12-28",
    "run causal -p first=2018-06-01": "'first' of 'causal' is 2018-06-01.*250 are needed",
    "run stress -p as_of=1990-02-01": "'as_of' of 'stress' is 1990-02-01: 22 days.*60 are needed",
    "run tail_proof -p until=1990-02-01": "'until' of 'tail_proof'.*22 days",
    "run horse_race -p trained_until=1990-06-01": "'trained_until' of 'horse_race'.*250 are needed",
    "run horse_race -p samplers=fhs -p reference=fhs": "'samplers' of 'horse_race' names the reference alone",
    "run audit -p horizon=600": "'horizon' of 'audit'.*at most 461, got 600",
    "run backtest -p refit=monthly": "'refit' of 'backtest' is 'monthly': give 'yearly', 'never'",
    "run backtest -p refit=0": "'refit' of 'backtest' is '0'",
    "run backtest -p samplers=": "'samplers' of 'backtest' is empty",
    "run backtest -p samplers=fhs,fhsx": "'samplers'.*did you mean 'fhs'",
    "run backtest -p book=NONE": "'book' of 'backtest'.*known: equal, AAPL",
    "run backtest -p first=2010-01-01 -p last=2009-01-01": "'first' of 'backtest' is 2010-01-01, not below 'last'",
    "run drift -p 'replays={a: [us_equities, 2007-01-03]}'": "'replays' of 'drift'.*2 entries, 4 are needed",
    "run drift -p training=us_equities": "'training' of 'drift'.*1 entries, 3 are needed",
    'run drift -p \'quiet={a: [nope, "2007-01-01", "2008-01-01"]}\'': "'quiet' of 'drift'.*unknown data set 'nope'",
    'run drift -p \'quiet={a: [wti, "2009-01-01", "2008-01-01"]}\'': "'quiet' of 'drift'.*must be in order",
    'run drift -p \'quiet={a: [wti, "x", "2008-01-01"]}\'': "'quiet' of 'drift'.*write each like",
    "run drift -p replays={}": "'replays' of 'drift' is empty",
    "run horse_race -p reference=abc": "'reference' of 'horse_race'.*'abc'",
    "run horse_race -p 'options={neurall: {members: 3}}'": "'options' of 'horse_race'.*did you mean 'neural'",
    "run horse_race -p trained_until=1950-01-01": "'trained_until'.*1950-01-01",
    "run red_team -p dataset=wti -p planted_assets=oil": "'planted_assets' of 'red_team'.*unknown asset 'oil'",
    "run red_team -p live_faults=nothing": "'live_faults' of 'red_team'.*'nothing'",
    "run tail_proof -p filter=arima": "'filter' of 'tail_proof'.*'arima'",
    "run tail_proof -p shocks=foo": "'shocks' of 'tail_proof'.*did you mean 'flow'",
    "run tail_proof -p until=1900-01-01": "'until' of 'tail_proof' is 1900-01-01",
    "run audit -p start=tomorrow": "'start' of 'audit' is 'tomorrow': give 'unconditional'",
    "run audit -p allow=nothing": "'allow' of 'audit'.*unknown rule 'nothing'",
    "run audit -p demonstration=nothing": "'demonstration' of 'audit'.*'nothing'",
    "run audit -p returns=perhaps": "'returns'.*write true or false",
    "run unseen_decade -p last=1995-01-01": "'datasets' of 'unseen_decade': 'us_equities' has 1264 days.*2772 are needed",
    "run unseen_decade -p datasets=nowhere": "unknown data set 'nowhere'",
    "run unseen_decade -p record=until_1900": "'record' of 'unseen_decade' is 'until_1900'",
    "run explore -p sampler=nope": "'sampler' of 'explore'.*'nope'",
    # files, folders, files of parameters
    "run stress -p dataset=nowhere.csv": "no file nowhere.csv",
    "run stress -p dataset=T/empty": "is a folder; name the file in it",
    "run stress -p dataset=T/file.txt": "file.txt has a single column",
    "run stress -p dataset=T/bad.csv": "no column holds dates",
    "run stress -p dataset=": "'dataset' of 'stress' is empty",
    "run stress -p dataset=T/good.csv -p refuge=C": "'refuge' of 'stress'.*known: A, B",
    "run stress -p dataset=T/good.csv -p horizon=200": "'horizon' of 'stress'.*at most 149, got 200",
    "run stress -p dataset=T/short.csv": "'as_of' of 'stress' is not set: 49 days.*60 are needed; give a longer history",
    "run causal -p dataset=T/short.csv": "'first' of 'causal' is not set: 49 days are left.*give a longer history",
    "run drift -p dataset=T/months.csv -p sampler=fhs": "221 dates of .*months.csv.* lie before its first forecast.*467 dates",
    "run drift -p dataset=T/good.csv": "120 dates after the first 60 % .*good.csv.*273 are needed: give a longer history",
    'run drift -p sampler=fhs -p \'training=[us_equities, "1990-03-01", "1995-01-01"]\'': "'training' of 'drift': 40 dates.*begin later",
    "run stress -f T/p.yaml": "'budget'.*was given nan",
    "run stress -f T/empty": "-f .* cannot be read.*is a folder",
    "run stress -f T/none.yaml": "-f .* cannot be read.*no file",
    "run stress --output T/file.txt": "--output.*cannot be written",
    "run backtest -p store=T/file.txt": "'store' of 'backtest'.*cannot be written; name a folder",
    "run red_team -p stored=nowhere.parquet": "'stored' of 'red_team'.*no file 'nowhere.parquet'",
    "run audit -p scenarios=nowhere.nc": "'scenarios' of 'audit'.*no file 'nowhere.nc'",
    "run audit -p books=nowhere.csv": "'books' of 'audit'.*no file 'nowhere.csv'",
    "run audit -p history=nowhere.csv": "no file nowhere.csv",
    "run stress --timeout 0": "--timeout.*more than 0",
    "run stress --timeout nan": "--timeout.*more than 0",
    "run stress --timeout abc": "'--timeout'.*Usage: .*see .*run --help",
    "run stress -p run_dir=/tmp": "set by the run itself; use --output",
    "run stress -p =3": "expected name=value",
    "run nope": "unknown study 'nope'",
    "run T/empty": "unknown study",
    "run": "Missing argument 'study'",
    # the other commands
    "list nope": "unknown kind of entry 'nope'",
    "list studies extra": "unexpected extra argument.*list --help",
    "list --jsn": "--jsn",
    "nonsense": "No such command 'nonsense'",
    "verify nowhere": "'nowhere' is not the folder of a finished run",
    "verify T/file.txt": "not the folder of a finished run",
    "verify T/empty --rerun": "not the folder of a finished run",
    "verify": "Missing argument",
    "backtest nowhere.csv --realised nowhere.csv": "forecasts: there is no file nowhere.csv",
    "backtest T/empty --realised T/empty": "forecasts: .*is a folder",
    "backtest T/bad.csv": "Missing option '--realised'",
    "backtest T/bad.csv --realised T/bad.csv --seed -1": "'--seed'",
    "backtest T/bad.csv --realised T/bad.csv": "bad.csv",
    "audit nowhere.nc --history wti": "scenarios.*nowhere.nc",
    "audit T/empty --history wti": "empty",
    "audit T/bad.nc --history wti": "bad.nc",
    "audit T/good.csv": "Missing option '--history'",
    "audit T/good.csv --history nope": "--history: unknown data set 'nope'",
    "audit T/good.csv --history T/bad.csv": "bad.csv: no column holds dates",
    "audit T/good.csv --history T/good.csv --level 2": "level must be a number, above 0 and at most 0.5, got 2.0",
    "audit T/good.csv --history T/good.csv --level nan": "level must be a number, above 0 and at most 0.5, got nan",
    "audit T/good.csv --history T/good.csv --level x": "'--level'",
    "audit T/good.csv --history T/good.csv --books nowhere.csv": "'--books'.*nowhere.csv",
    "audit T/good.csv --history T/good.csv --identities nowhere.yaml": "'--identities'.*nowhere.yaml",
    "audit T/good.csv --history T/good.csv --holdout nowhere.csv": "'--holdout'.*nowhere.csv",
    "audit T/good.csv --history T/good.csv --allow everything": "no rule 'everything' to allow",
    "audit T/good.csv --history T/good.csv --seed 1.5": "'--seed'",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files that are not what a call takes them for, 300 days of two prices, 50 of them accepted, and 420 months."""
    place = tmp_path_factory.mktemp("hostile")
    (place / "empty").mkdir()
    for name, text in {"file.txt": "x", "bad.csv": "a;b\n1;2\n", "bad.nc": "xx", "p.yaml": "budget: .nan\n"}.items():
        (place / name).write_text(text)
    moves = np.random.default_rng(0).normal(0, 0.01, (300, 2)).cumsum(axis=0)
    prices = pd.DataFrame(100 * np.exp(moves), pd.bdate_range("2020-01-01", periods=300), ["A", "B"])
    prices.to_csv(place / "good.csv", index_label="date")
    prices[:50].to_csv(place / "short.csv", index_label="date")
    (place / "short.csv.yaml").write_text("accept: [too few rows]")
    moves = np.random.default_rng(1).normal(0, 0.04, (420, 2)).cumsum(axis=0)
    months = pd.DataFrame(100 * np.exp(moves), pd.date_range("1988-01-31", periods=420, freq="ME"), ["A", "B"])
    months.to_csv(place / "months.csv", index_label="date")
    return place


@pytest.fixture(autouse=True)
def no_kernel(monkeypatch):
    def started(*arguments, **options):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(_runs, "execute", started)
    monkeypatch.setattr(fingerprints, "code", lambda: {"sha256": "0"})


@pytest.mark.parametrize("call", CALLS)
def test_a_hostile_call_is_one_line_and_exit_2_and_leaves_nothing(call, folder, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [word.replace("T/", f"{folder}/") for word in shlex.split(call)]
    before = sorted(folder.rglob("*"))
    if words[:1] == ["run"] and "--output" not in words:
        words += ["--output", str(tmp_path / "out")] if len(words) > 1 else []
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    out, err = capsys.readouterr()
    assert left.value.code == 2 and out == ""
    assert err.count("\n") == 1 and err.startswith("workbench: ") and "Traceback" not in err
    assert re.search(CALLS[call], err), err
    assert not list(tmp_path.iterdir()) and sorted(folder.rglob("*")) == before


def test_there_are_enough_hostile_calls_of_every_command_and_study():
    assert len(CALLS) >= 60 and {call.split()[0] for call in CALLS} > {"run", "list", "verify", "backtest", "audit"}
    for study in notebooks.names():
        assert any(call.startswith(f"run {study} ") for call in CALLS), study


def test_every_number_of_every_study_has_bounds_that_hold_its_default():
    for study in notebooks.names():
        for known in notebooks.outline(study).parameters.values():
            if re.search("int|float", known.type_name) and not known.type_name.startswith("dict"):
                assert bounds(known.comment), f"{study}: {known.name} has no bounds at the end of its comment"
                assert known.read(known.default, study) == known.default
